// Registers: keys, values, events, histories and the register tree. docs/spec/registers.md.
import { concat, demand, equal, fromHex, lp, Reader, refuse, sha256, u64, u8, utf8, zeros } from './bytes.mjs';
import { joinRanges, leafHash, subtreesAfter, subtreesBefore, verifyInclusion } from './merkle.mjs';
import { codes } from './kinds.mjs';

export const types = { document: 1, digest: 2, run: 3, identity: 4, grant: 5, activity: 6 };
export const typeOf = (name) => (Object.hasOwn(types, name) ? types[name] : refuse('unknown type of register'));
export const NONE = (1n << 64n) - 1n;

export const keyOf = (type, field) => sha256(utf8('docket/v1/register-key\n'), u8(type), lp(field));
export const sha256Digest = (digest) => concat(u8(1), digest); // dig33
export const identityKey = (id) => keyOf(types.identity, utf8(id));

// registerKey derives the key from the name that a receipt gives.
export function registerKey(type, id) {
  if (type !== 'digest' && type !== 'grant') return keyOf(typeOf(type), utf8(id));
  demand(/^sha256:[0-9a-f]{64}$/.test(id), 'the id is no digest');
  const digest = fromHex(id.slice(7));
  return keyOf(types[type], type === 'digest' ? sha256Digest(digest) : digest);
}

export const eventBlind = (key, seq, payload) => sha256(utf8('docket/v1/event-blind\n'), key, u64(seq), payload);
export const bodyHash = (blind, body) => sha256(utf8('docket/v1/event-body\n'), blind, body);
export const stateBlind = (blind) => sha256(utf8('docket/v1/state-blind\n'), blind);
export const stateHash = (blind, state) => sha256(utf8('docket/v1/register-state\n'), blind, state);
export const objectHash = (action, object) => sha256(utf8('docket/v1/object\n'), lp(utf8(action)), lp(utf8(object)));
export const termsHash = (terms) => sha256(utf8('docket/v1/terms\n'), utf8(terms));

export function parseValue(bytes) {
  const r = new Reader(bytes);
  r.expect('docket/v1/register-value\n');
  const v = { bytes, type: r.u8(), size: r.u64(), root: r.hash(), last: r.u64(), stateHash: r.hash() };
  r.end();
  demand(v.type >= 1 && v.type <= 6, 'unknown type of register');
  demand(v.size >= 1n, 'a register without events');
  return v;
}

const runCodes = new Set(Object.values(codes));
export const isKind = (type, kind) => ({ 1: kind <= 2, 2: kind <= 2, 3: runCodes.has(kind), 4: kind <= 6, 5: kind <= 3, 6: runCodes.has(kind) })[type] && kind >= 1;

export function parseEvent(bytes) {
  const r = new Reader(bytes);
  r.expect('docket/v1/event\n');
  const e = { bytes, type: r.u8(), kind: r.u8(), seq: r.u64(), index: r.u64(), leafHash: r.hash(), time: r.u64(), bodyHash: r.hash() };
  r.end();
  demand(isKind(e.type, e.kind), `no kind ${e.kind} of events of type ${e.type}`);
  return e;
}

export const openEvent = (e, blind, body) => demand(equal(bodyHash(blind, body), e.bodyHash), `the opening does not open event ${e.seq}`);
export const openState = (v, blind, state) => demand(equal(stateHash(blind, state), v.stateHash), 'the opening does not open the state');

export const verifyEvent = (e, proof, size, root) => verifyInclusion(leafHash(e.bytes), e.seq, size, root, proof);

// verifyRange: the events are [events[0].seq, ...) of the history, one after the other.
export function verifyRange(events, proof, size, root) {
  demand(events.length > 0, 'no events');
  const from = events[0].seq, to = from + BigInt(events.length);
  demand(to <= size, 'more events than the history has');
  events.forEach((e, i) => {
    const before = events[i - 1];
    demand(!before || (e.seq === before.seq + 1n && e.type === before.type && e.index > before.index && e.time >= before.time), `event ${e.seq} does not follow`);
  });
  const n = subtreesBefore(from).length, m = subtreesAfter(to, size).length;
  demand(proof.length === n + m, 'another number of hashes');
  const hashes = events.map((e) => leafHash(e.bytes));
  demand(equal(joinRanges(hashes, proof.slice(0, n), proof.slice(n), from, size), root), 'the proof leads to another root');
}

const treeLeaf = (key, valueHash) => sha256(u8(2), key, valueHash);
const treeNode = (left, right) => sha256(u8(3), left, right);
const bit = (key, i) => (key[i >> 3] >> (7 - (i & 7))) & 1;

export function parsePath(bytes) {
  const r = new Reader(bytes);
  const result = r.u8(), depth = r.u16();
  demand(result >= 1 && result <= 3 && depth >= 1 && depth <= 256, 'no such result or depth');
  const bitmap = r.take(Math.ceil(depth / 8));
  const siblings = [];
  for (let i = 0; i < bitmap.length * 8; i++) {
    const set = (bitmap[i >> 3] >> (i & 7)) & 1;
    if (i >= depth) {
      demand(!set, 'a bit beyond the depth');
      continue;
    }
    siblings.push(set ? r.hash() : zeros);
    demand(!set || !equal(siblings[i], zeros), 'a sibling of zeros is listed');
  }
  const path = { result, depth, siblings };
  if (result === 2) [path.key, path.valueHash] = [r.hash(), r.hash()];
  r.end();
  return path;
}

function fold(path, key, hash, root) {
  path.siblings.forEach((sibling, i) => {
    hash = bit(key, path.depth - 1 - i) ? treeNode(sibling, hash) : treeNode(hash, sibling);
  });
  demand(equal(hash, root), 'the path leads to another root');
}

export function verifyPresent(path, key, valueHash, root) {
  demand(path.result === 1, 'a path of absence');
  fold(path, key, treeLeaf(key, valueHash), root);
}

export function verifyAbsent(path, key, root) {
  demand(path.result !== 1, 'a path of inclusion');
  if (path.result === 3) return fold(path, key, zeros, root);
  demand(!equal(path.key, key), 'the leaf that it ends at is the one searched for');
  for (let i = 0; i < path.depth; i++) demand(bit(path.key, i) === bit(key, i), 'the other leaf does not stand there');
  return fold(path, key, treeLeaf(path.key, path.valueHash), root);
}

// treeRoot is the root over [{key, valueHash}], in any order.
export function treeRoot(leaves) {
  const side = (list, depth, b) => list.filter((l) => bit(l.key, depth) === b);
  const node = (list, depth) => treeNode(child(side(list, depth, 0), depth + 1), child(side(list, depth, 1), depth + 1));
  const child = (list, depth) => (list.length === 0 ? zeros : list.length === 1 ? treeLeaf(list[0].key, list[0].valueHash) : node(list, depth));
  return node(leaves, 0);
}
