// node vectors.mjs [folder [name...]]: every vector of docs/vectors, or of the files
// with these names in the folder, against this verifier.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { demand, equal, fromBase64, fromHex, refuse, Refusal, sha256, Unsupported, utf8 } from './bytes.mjs';
import { introduced, parseKeyList } from './keylist.mjs';
import { cosignatureMessage, hasMLDSA, openCheckpoint, parseVKey } from './note.mjs';
import { leafHash, parseTilePath, verifyConsistency, verifyInclusion } from './merkle.mjs';
import { evaluate, parsePolicy, warns } from './policy.mjs';
import { digestOf, pae, parseSeal, parseStatement, parseStatementLeaf, verifyStatement } from './statement.mjs';
import * as r from './registers.mjs';
import { nextState } from './states.mjs';
import { judged as receipts, same } from './judged.mjs';
import { judged as packs } from './judgedpack.mjs';

const input = (v, name) => (v.bytes === undefined ? utf8(v[name] ?? '') : fromBase64(v.bytes));
const hashes = (list) => list.map((h) => fromBase64(h));

const hex = { // hash of a register vector by its kind
  key: (v) => r.keyOf(r.typeOf(v.type), fromHex(v.input)),
  object: (v) => r.objectHash(v.for, v.input),
  terms: (v) => r.termsHash(v.input),
  blind: (v) => r.eventBlind(fromHex(v.key), v.seq ?? 0, utf8(v.input)),
  body: (v) => r.bodyHash(fromHex(v.blind), fromHex(v.input)),
  state: (v) => r.stateHash(r.stateBlind(fromHex(v.blind)), fromHex(v.input)),
  value: (v) => sha256(r.parseValue(fromHex(v.input)).bytes),
  event: (v) => leafHash(r.parseEvent(fromHex(v.input)).bytes),
};

const tests = {
  vkey(v) {
    const k = parseVKey(v.vkey);
    same(`${k.name} ${k.id} ${k.type}`, `${v.name} ${v.id} ${v.type}`, 'key');
  },
  checkpoint(v) {
    const { cp } = openCheckpoint(input(v, 'note'), v.keys.map(parseVKey));
    same(`${cp.origin} ${cp.size} ${cp.root.toString('base64')}`, `${v.origin} ${v.size} ${v.root}`, 'checkpoint');
  },
  keylist(v) {
    const got = introduced(parseKeyList(utf8(v.list)), v.pinned.map(parseVKey));
    for (const name of ['by', 'keys', 'others']) same(got[name].map((k) => k.id).join(' '), v[name].join(' '), name);
  },
  cosignature(v) {
    const message = cosignatureMessage({ ...v, time: BigInt(v.time), start: BigInt(v.start), end: BigInt(v.end), root: fromBase64(v.root) });
    same(message.toString('hex'), v.message, 'message');
  },
  policy(v) { same(warns(parsePolicy(input(v, 'policy'))), v.warns ?? false, 'warning'); },
  quorum(v) {
    const q = evaluate(parsePolicy(utf8(v.policy)), utf8(v.note), BigInt(v.latest));
    same(`${q.satisfied} ${q.quorumTime} ${q.tolerates}`, `${v.satisfied} ${v.quorumTime} ${v.tolerates}`, 'quorum');
  },
  merkle(v) {
    const args = [fromBase64(v.hash), BigInt(v.size), fromBase64(v.root), hashes(v.proof)];
    if (v.kind === 'inclusion') verifyInclusion(args[0], BigInt(v.index), ...args.slice(1));
    else verifyConsistency(BigInt(v.older), ...args);
  },
  tile(v) {
    const t = parseTilePath(v.path);
    same(`${t.level} ${t.n} ${t.width}`, `${v.level} ${v.n} ${v.width}`, 'tile');
  },
  leaf(v) {
    const bytes = utf8(v.leaf);
    if (v.kind === 'statement') {
      const c = parseStatementLeaf(bytes);
      same(`${c.digest.toString('hex')} ${c.signature.toString('base64')} ${c.spki.toString('base64')}`, `${v.digest} ${v.signature} ${v.spki}`, 'commitment');
    } else {
      const s = parseSeal(bytes);
      same(`${s.index} ${s.prev} ${s.time} ${s.rules} ${s.count} ${s.root.toString('base64')}`, `${v.index} ${v.prev} ${v.time} ${v.rules} ${v.count} ${v.root}`, 'seal');
    }
    same(leafHash(bytes).toString('hex'), v.hash, 'leaf hash');
  },
  statement(v) {
    const bytes = input(v, 'statement');
    same(parseStatement(bytes).kind, v.kind, 'kind');
    same(`sha256:${digestOf(bytes).toString('hex')}`, v.digest, 'statement digest');
  },
  signature(v) {
    const payload = utf8(v.statement);
    same(pae(payload).toString('base64'), v.pae, 'pre-authentication encoding');
    same(digestOf(payload).toString('hex'), v.digest, 'statement digest');
    verifyStatement(payload, fromBase64(v.signature ?? ''), fromBase64(v.spki ?? ''));
  },
  register(v) { same(hex[v.kind](v).toString('hex'), v.hash, 'hash'); },
  path(v) {
    if (v.kind === 'root') {
      const leaves = (v.leaves ?? []).map((l) => ({ key: fromHex(l.slice(0, 64)), valueHash: fromHex(l.slice(64)) }));
      return same(r.treeRoot(leaves).toString('hex'), v.root, 'root');
    }
    const path = r.parsePath(fromHex(v.path));
    if (v.kind === 'inclusion') return r.verifyPresent(path, fromHex(v.key), fromHex(v.valueHash), fromHex(v.root));
    return r.verifyAbsent(path, fromHex(v.key), fromHex(v.root));
  },
  history(v) {
    const events = v.events.map((e) => r.parseEvent(fromHex(e)));
    const args = [v.proof.map(fromHex), BigInt(v.size), fromHex(v.root)];
    if (v.kind === 'event') r.verifyEvent(events[0], ...args);
    else r.verifyRange(events, ...args);
  },
  transition(v) {
    const state = v.state === '' ? undefined : fromHex(v.state);
    const by = { index: BigInt(v.index ?? 0), time: BigInt(v.time ?? 0) };
    same(nextState(v.type, state, v.kind, fromHex(v.body), by).toString('hex'), v.next, 'state');
  },
};

const judged = { ...receipts, ...packs };

// outcome: undefined if the vector passed, else what is wrong; null: it was skipped.
function outcome(name, v) {
  try {
    if (judged[name]) return void judged[name](v);
    tests[name](v);
    return v.result === 'refuse' ? 'accepted' : undefined;
  } catch (e) {
    if (e instanceof Unsupported && !hasMLDSA()) return null;
    if (!(e instanceof Refusal)) throw e;
    if (judged[name] || v.result !== 'refuse' || e.message.startsWith('WRONG')) return e.message;
    return v.code !== undefined && e.code !== v.code ? `refused by ${e.code}, want ${v.code}` : undefined;
  }
}

const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/vectors', import.meta.url));
let failed = 0, all = 0, skipped = 0;
const names = process.argv.length > 3 ? process.argv.slice(3) : [...Object.keys(tests), ...Object.keys(judged)];
for (const name of names) {
  const lines = readFileSync(`${folder}/${name}.jsonl`, 'utf8').trimEnd().split('\n');
  let skips = 0;
  lines.forEach((line, i) => {
    const v = JSON.parse(line), wrong = outcome(name, v);
    if (wrong === null) skips++;
    else if (wrong !== undefined) {
      failed++;
      console.log(`FAIL ${name}.jsonl:${i + 1} ${v.comment ?? ''}: ${wrong}`);
    }
  });
  [all, skipped] = [all + lines.length, skipped + skips];
  console.log(`${name}.jsonl: ${lines.length} vectors${skips ? `, ${skips} skipped: this Node.js has no ML-DSA-44` : ''}`);
}
console.log(`${all} vectors, ${failed} failed, ${skipped} skipped`);
if (all === 0) refuse('no vectors');
process.exitCode = failed ? 1 : 0;
