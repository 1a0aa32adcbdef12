// Signed notes, verifier keys, checkpoints, cosignatures: docs/spec/checkpoint.md.
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { concat, decimal, demand, equal, fromBase64, MAX, refuse, sha256, text, u64, u8, Unsupported, utf8 } from './bytes.mjs';

export const ED25519 = 1, ED25519_TIMED = 4, MLDSA44 = 6;
const publicSizes = { [ED25519]: 32, [ED25519_TIMED]: 32, [MLDSA44]: 1312 };
const signatureSizes = { [ED25519_TIMED]: 64, [MLDSA44]: 2420 };

const isName = (s) => s !== '' && !/[\p{White_Space}+]/u.test(s) && utf8(s).length > 0;
const isShortName = (s) => isName(s) && utf8(s).length <= 255;

export function parseVKey(s) {
  const [name, id, encoded, ...rest] = s.split('+');
  demand(encoded !== undefined, 'want <name>+<8 hex digits>+<base64>');
  const key = fromBase64([encoded, ...rest].join('+')); // base64 has + too
  const type = key[0], bytes = key.subarray(1);
  demand(isShortName(name), 'no key name');
  demand(Object.hasOwn(publicSizes, type), `signature type ${type} is not supported`);
  demand(bytes.length === publicSizes[type], 'public key of another length');
  const want = sha256(utf8(name), utf8('\n'), key).subarray(0, 4).toString('hex');
  demand(id === want, `key ID ${id.slice(0, 16)}, want ${want}`);
  return { name, id, type, bytes };
}

// checkKeys: no public key twice, no two keys of one name and ID.
export function checkKeys(keys) {
  const seen = new Set();
  for (const k of keys) {
    for (const s of [k.bytes.toString('hex'), `${k.name} ${k.id}`]) {
      demand(!seen.has(s), `the key ${k.name}+${k.id} stands twice`);
      seen.add(s);
    }
  }
}

export function parseNote(bytes) {
  demand(bytes.length <= 65536, 'a note has at most 65,536 bytes');
  const s = text(bytes);
  demand(!/[\0-\x09\x0b-\x1f]/.test(s), 'control character');
  const split = s.lastIndexOf('\n\n');
  demand(split >= 0, 'no empty line before the signatures');
  const tail = s.slice(split + 2);
  demand(tail.endsWith('\n'), 'the last line has no newline');
  const lines = tail.slice(0, -1).split('\n');
  demand(lines.length <= 100, 'more than 100 signature lines');
  return { body: s.slice(0, split + 1), signatures: lines.map(parseLine) };
}

function parseLine(line) {
  const m = /^— ([^ ]+) ([^ ]+)$/u.exec(line);
  demand(m && isName(m[1]), 'malformed signature line');
  const blob = fromBase64(m[2]);
  demand(blob.length >= 5, 'a signature of no bytes');
  return { name: m[1], id: blob.subarray(0, 4).toString('hex'), signature: blob.subarray(4) };
}

const EMPTY_ROOT = sha256(Buffer.alloc(0));

export function parseCheckpoint(body) {
  const lines = body.split('\n');
  demand(lines.length === 4 && lines[3] === '', 'not exactly three lines');
  const [origin, sizeLine, rootLine] = lines;
  demand(isShortName(origin), 'the first line is no origin');
  const size = decimal(sizeLine), root = fromBase64(rootLine);
  demand(root.length === 32, 'no root hash of 32 bytes');
  demand(size > 0n || equal(root, EMPTY_ROOT), 'size 0 with another root than the empty one');
  return { origin, size, root };
}

export function isHost(s) {
  return s.length <= 255 && s.split('.').every((l) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(l));
}

// openCheckpoint: at least one of the keys signed, and every line of a known key verifies.
export function openCheckpoint(bytes, keys) {
  checkKeys(keys);
  const note = parseNote(bytes);
  const cp = parseCheckpoint(note.body);
  let signed = 0;
  for (const key of keys) {
    for (const s of linesOf(note, key)) {
      demand(key.name === cp.origin, 'the key has another name than the origin');
      demand(key.type !== ED25519_TIMED, 'a cosigner is no log');
      if (key.type === ED25519) checkSignature(key, utf8(note.body), s.signature);
      else verifyTimed(key, cp, s.signature);
      signed++;
    }
  }
  demand(signed > 0, 'no signature by a known key');
  return { cp, note };
}

const linesOf = (note, key) => note.signatures.filter((s) => s.name === key.name && s.id === key.id);

// checkListed verifies the lines of a listed key below a list of keys, and counts them.
export function checkListed(key, note, cp) {
  const lines = linesOf(note, key);
  for (const s of lines) {
    if (key.type === ED25519) checkSignature(key, utf8(note.body), s.signature);
    else verifyTimed(key, cp, s.signature);
  }
  return lines.length;
}

// cosigned verifies all lines of a cosigner; the smallest time other than 0, 0n without one.
export function cosigned(note, cp, key) {
  demand(key.type !== ED25519, 'type 0x01 is no type of a cosigner');
  let time = 0n;
  for (const s of linesOf(note, key)) {
    const t = verifyTimed(key, cp, s.signature);
    if (t !== 0n && (time === 0n || t < time)) time = t;
  }
  return time;
}

function verifyTimed(key, cp, signature) {
  demand(signature.length === 8 + signatureSizes[key.type], 'signature of another length');
  const time = signature.readBigUInt64BE();
  demand(time <= MAX, 'time above 2^63-1');
  const message = cosignatureMessage({ type: key.type, name: key.name, time, origin: cp.origin, start: 0n, end: cp.size, root: cp.root });
  checkSignature(key, message, signature.subarray(8));
  return time;
}

export function cosignatureMessage({ type, name, time, origin, start, end, root }) {
  demand(time >= 0n && time <= MAX && start <= end && end <= MAX && isShortName(origin), 'cannot be signed');
  if (type === ED25519_TIMED) {
    return utf8(`cosignature/v1\ntime ${time}\n${origin}\n${end}\n${root.toString('base64')}\n`);
  }
  demand(type === MLDSA44 && isShortName(name) && (start === 0n || time === 0n), 'cannot be signed');
  const names = [name, origin].map((s) => concat(u8(utf8(s).length), utf8(s)));
  return concat(utf8('subtree/v1\n\0'), names[0], u64(time), names[1], u64(start), u64(end), root);
}

function checkSignature(key, message, signature) {
  const ok = verifySignature(null, message, key.type === MLDSA44 ? mldsaKey(key.bytes) : ed25519Key(key.bytes), signature);
  demand(ok, `the signature of ${key.name}+${key.id} does not verify`);
}

function ed25519Key(bytes) {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
  } catch {
    return refuse('no Ed25519 key');
  }
}

// DER before the 1,312 bytes of an ML-DSA-44 key: SEQUENCE { SEQUENCE { id-ml-dsa-44 }, BIT STRING }.
const mldsaHeader = Buffer.from('30820532300b060960864801650304031103820521' + '00', 'hex');

function mldsaKey(bytes) {
  try {
    return createPublicKey({ key: concat(mldsaHeader, bytes), format: 'der', type: 'spki' });
  } catch {
    throw new Unsupported('this Node.js has no ML-DSA-44');
  }
}

// hasMLDSA: whether this Node.js can verify ML-DSA-44 at all.
export function hasMLDSA() {
  try {
    return mldsaKey(Buffer.alloc(1312)) !== undefined;
  } catch {
    return false;
  }
}
