// RFC 6962 over SHA-256, and the paths of tiles: docs/spec/checkpoint.md, section 2; tiles.md.
import { decimal, demand, equal, MAX, refuse, sha256 } from './bytes.mjs';

const LEAF = Buffer.from([0]), NODE = Buffer.from([1]);
export const leafHash = (leaf) => sha256(LEAF, leaf);
export const nodeHash = (left, right) => sha256(NODE, left, right);

// verifyInclusion: the leaf hash stands at index in the tree of this size and root.
export function verifyInclusion(hash, index, size, root, proof) {
  demand(index < size, `index ${index} is not below the size ${size}`);
  let fn = index, sn = size - 1n, r = hash;
  for (const p of proof) {
    demand(sn !== 0n, 'too many hashes');
    if (fn & 1n || fn === sn) {
      r = nodeHash(p, r);
      while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      r = nodeHash(r, p);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  demand(sn === 0n, 'too few hashes');
  demand(equal(r, root), 'the proof leads to another root');
}

const EMPTY = sha256(Buffer.alloc(0));

// verifyConsistency: the older tree is a prefix of the newer one.
export function verifyConsistency(older, olderRoot, size, root, proof) {
  demand(older <= size, 'the older tree is larger');
  if (older === 0n || older === size) {
    demand(proof.length === 0, 'a proof where none is wanted');
    demand(older !== 0n || equal(olderRoot, EMPTY), 'size 0 with another root');
    demand(older !== size || equal(olderRoot, root), 'two roots of one size');
    return;
  }
  const hashes = (older & (older - 1n)) === 0n ? [olderRoot, ...proof] : [...proof];
  demand(hashes.length > 0, 'too few hashes');
  let fn = older - 1n, sn = size - 1n;
  while (fn & 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  let fr = hashes[0], sr = hashes[0];
  for (const c of hashes.slice(1)) {
    demand(sn !== 0n, 'too many hashes');
    if (fn & 1n || fn === sn) {
      fr = nodeHash(c, fr);
      sr = nodeHash(c, sr);
      while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      sr = nodeHash(sr, c);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  demand(sn === 0n, 'too few hashes');
  demand(equal(fr, olderRoot) && equal(sr, root), 'the proof leads to other roots');
}

// joinRanges is the root of a tree of this size over the hashes of the compact range
// [0, from), of its leaves from there on, and of the subtrees after them.
export function joinRanges(leaves, before, after, from, size) {
  const left = subtreesBefore(from);
  const stack = before.map((hash, i) => ({ hash, size: left[i] }));
  const push = (node) => {
    stack.push(node);
    while (stack.length > 1 && stack.at(-2).size === stack.at(-1).size && aligned(stack)) merge(stack);
  };
  for (const hash of leaves) push({ hash, size: 1n });
  const sizes = subtreesAfter(from + BigInt(leaves.length), size);
  after.forEach((hash, i) => push({ hash, size: sizes[i] }));
  if (stack.length === 0) return EMPTY;
  while (stack.length > 1) merge(stack);
  return stack[0].hash;
}

// Two neighbours of equal size are one subtree exactly if the left begins at a multiple of twice the size.
function aligned(stack) {
  const end = stack.reduce((n, s) => n + s.size, 0n);
  return end % (2n * stack.at(-1).size) === 0n;
}

function merge(stack) {
  const right = stack.pop(), left = stack.pop();
  stack.push({ hash: nodeHash(left.hash, right.hash), size: left.size + right.size });
}

// subtreesBefore: sizes of the compact range [0, n), the largest first.
export function subtreesBefore(n) {
  const sizes = [];
  for (let bit = 1n << 63n; bit > 0n; bit >>= 1n) if (n & bit) sizes.push(bit);
  return sizes;
}

// subtreesAfter: sizes of the fewest aligned complete subtrees that cover [from, to).
export function subtreesAfter(from, to) {
  const sizes = [];
  while (from < to) {
    let size = 1n;
    while (from % (2n * size) === 0n && from + 2n * size <= to) size *= 2n;
    sizes.push(size);
    from += size;
  }
  return sizes;
}

// parseTilePath: level -1 is an entry bundle.
export function parseTilePath(path) {
  const m = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,6}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path);
  demand(m, 'no tile path');
  const level = m[1] === 'entries' ? -1 : Number(m[1]);
  const digits = m[2].replace(/[x/]/g, '');
  demand(level <= 63 && (digits.length === 3 || !digits.startsWith('000')), 'not the one path of a tile');
  const n = decimal(digits.replace(/^0+(?=.)/, ''));
  const width = m[3] === undefined ? 256 : Number(m[3]);
  if (n > MAX || (m[3] !== undefined && width > 255)) refuse('no tile of that place or width');
  return { level, n, width };
}
