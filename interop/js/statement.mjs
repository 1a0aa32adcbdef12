// What is signed and what stands in the tree: docs/spec/statement.md, sections 1 to 5.
import { verify as verifySignature } from 'node:crypto';
import { concat, decimal, demand, equal, fromBase64, refuse, sha256, text, utf8 } from './bytes.mjs';
import { isObject, members, parseCanonical } from './json.mjs';
import { codes, kinds } from './kinds.mjs';
import { checkClear, Checker } from './fields.mjs';
import { checkDER, checkSPKI, publicKey } from './ecdsa.mjs';

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const pae = (payload) => concat(utf8(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload);
export const digestOf = (payload) => sha256(pae(payload));

// verifyStatement checks the signature over the statement digest under spki.
export function verifyStatement(payload, signature, spki) {
  const key = publicKey(spki);
  checkDER(signature);
  demand(verifySignature('sha256', pae(payload), key, signature), 'the signature does not verify', 'E104');
}

// envelopeOf reads an envelope as a receipt holds it: without keyid. Without spki it has
// the form, and no key verifies it.
export function envelopeOf(v) {
  members(v, ['payload', 'payloadType', 'signatures']);
  demand(v.payloadType === PAYLOAD_TYPE, 'another payloadType');
  demand(Array.isArray(v.signatures) && v.signatures.length === 1, 'not exactly one signature');
  const s = members(v.signatures[0], ['sig'], ['spki']);
  for (const x of [v.payload, s.sig, s.spki ?? '']) demand(typeof x === 'string', 'not text');
  const e = { payload: fromBase64(v.payload), signature: fromBase64(s.sig), spki: fromBase64(s.spki ?? '') };
  demand(e.payload.length >= 1 && e.payload.length <= 65536, 'payload of 1 to 65,536 bytes is wanted');
  checkDER(e.signature);
  if (Object.hasOwn(s, 'spki')) checkSPKI(e.spki);
  return { ...e, digest: digestOf(e.payload) };
}

// statementLeaf is the commitment of an envelope: all but three values is fixed text.
export function statementLeaf({ digest, signature, spki }) {
  return utf8(
    `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"${digest.toString('base64')}"},` +
    `"signature":{"content":"${signature.toString('base64')}","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","publicKey":{"rawBytes":"${spki.toString('base64')}"}}}}}}`);
}

const LEAF = /^\{"apiVersion":"0\.0\.2",.*"digest":"([A-Za-z0-9+/=]*)"\},"signature":\{"content":"([A-Za-z0-9+/=]*)",.*"rawBytes":"([A-Za-z0-9+/=]*)"\}{6}$/;

export function parseStatementLeaf(leaf) {
  demand(leaf.length <= 8192, 'a leaf has at most 8,192 bytes');
  const m = LEAF.exec(text(leaf)) ?? refuse('not the form of a commitment');
  const c = { digest: fromBase64(m[1]), signature: fromBase64(m[2]), spki: fromBase64(m[3]) };
  demand(c.digest.length === 32, 'no digest of 32 bytes');
  demand(equal(statementLeaf(c), leaf), 'not the one form of a commitment');
  checkDER(c.signature);
  checkSPKI(c.spki);
  return c;
}

const SEAL = /^docket\/v1\/seal\nindex (\d+)\nprev (-1|\d+)\ntime (\d+)\nrules (docket\/[a-z0-9-]{1,32})\nregisters (\d+) ([A-Za-z0-9+/=]{44})\n$/;

export function parseSeal(leaf) {
  const s = text(leaf), m = SEAL.exec(s) ?? refuse('not the form of a seal');
  const seal = {
    index: decimal(m[1]), prev: m[2] === '-1' ? -1n : decimal(m[2]), time: decimal(m[3]),
    rules: m[4], count: decimal(m[5]), root: fromBase64(m[6]),
  };
  demand(s.length <= 8192 && seal.root.length === 32, 'not the form of a seal');
  return seal;
}

const PREFIX = 'https://github.com/docketlog/docket/spec/';

// parseStatement reads a payload in the order of section 9: form, sealed-only names,
// unknown names, fields. A refusal has the code of the rule.
export function parseStatement(payload) {
  demand(payload.length <= 65536, 'more than 65,536 bytes', 'E101');
  const s = parseStrict(payload);
  const c = new Checker();
  c.names(s, ['_type', 'predicate', 'predicateType', 'subject']);
  if ('_type' in s && typeof s._type === 'string') demand(s._type === 'https://in-toto.io/Statement/v1', 'another _type', 'E101');
  for (const sub of Array.isArray(s.subject) ? s.subject : []) {
    c.names(sub, ['digest']);
    c.names(sub?.digest, ['sha256']);
  }
  const kind = kindOf(s.predicateType);
  const schema = kinds[kind];
  schema.names(c, s.predicate);
  c.field(typeof s._type === 'string' && Array.isArray(s.subject) && s.subject.length === 1, 'subject');
  const hex = s.subject[0]?.digest?.sha256;
  c.field(typeof hex === 'string' && /^[0-9a-f]{64}$/.test(hex), 'subject[0].digest.sha256');
  const subject = Buffer.from(hex, 'hex');
  c.field(isObject(s.predicate), 'predicate');
  const found = schema.check(c, s.predicate, subject);
  return { kind, code: codes[kind], subject, ...s.predicate, ...found, predicate: s.predicate };
}

function parseStrict(bytes) {
  const s = parseCanonical(bytes, { depth: 16, values: 4096, code: 'E101' });
  demand(isObject(s), 'not an object', 'E101');
  checkClear(s);
  return s;
}

function kindOf(type) {
  demand(type !== undefined && typeof type === 'string', 'predicateType is missing', 'E102');
  const m = type.startsWith(PREFIX) && /^([a-z]+\.[a-z]+)\/v1$/.exec(type.slice(PREFIX.length));
  demand(m && Object.hasOwn(kinds, m[1]), 'a kind that these rules do not build', 'E101');
  return m[1];
}
