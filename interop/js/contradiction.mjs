// What two receipts of one log prove that excludes each other: docs/spec/receipt.md, section 6.
import { equal, Refusal } from './bytes.mjs';
import { entryLeaf } from './claims.mjs';
import { History } from './history.mjs';
import { leafHash, verifyInclusion } from './merkle.mjs';
import { openSeal, RULES } from './view.mjs';

// holds: a part that does not verify under its own checkpoint is passed over.
function holds(f) {
  try {
    f();
    return true;
  } catch (e) {
    if (e instanceof Refusal) return false;
    throw e;
  }
}

// factsOf: what a receipt proves under its checkpoint cp, which the log signed.
function factsOf(r, { cp }) {
  const f = { cp, leaves: [], registers: [] };
  const add = (index, hash, time) => f.leaves.push({ index, hash, time });
  const stands = () => holds(() => verifyInclusion(entryLeaf(r.envelope), r.index, cp.size, cp.root, r.inclusion));
  if (r.envelope && stands()) add(r.index, entryLeaf(r.envelope));
  let seal;
  if (!holds(() => { seal = openSeal((_, check) => check(), r, cp); })) return f;
  add(seal.index, leafHash(r.seal), seal.time);
  if (seal.rules !== RULES) return f;
  f.seal = seal;
  for (const p of r.registers) {
    let h;
    if (!holds(() => { h = new History(p, seal); if (p.value) { h.register(); h.eachEvent(); } else h.absent(); })) continue;
    f.registers.push(h);
    for (const e of h.events) add(e.index, e.leafHash, e.time);
  }
  return f;
}

// contradiction: { code, reason } of what is wrong between [receipt, { cp }] and another; undefined if nothing is.
export function contradiction(one, other) {
  let [f, g] = [factsOf(...one), factsOf(...other)];
  if (f.cp.origin !== g.cp.origin) return undefined;
  if (f.cp.size > g.cp.size) [f, g] = [g, f];
  if (f.cp.size === g.cp.size && !equal(f.cp.root, g.cp.root)) return { code: 'fork', reason: `the log signed two trees of size ${f.cp.size}` };
  return leaves([...f.leaves, ...g.leaves]) ?? (f.seal && g.seal ? seals(f.seal, g.seal) ?? registers(f, g) : undefined);
}

function leaves(list) {
  list.sort((a, b) => (a.index < b.index ? -1 : a.index > b.index ? 1 : 0));
  let newest;
  for (const [i, l] of list.entries()) {
    const before = list[i - 1];
    if (before && before.index === l.index && !equal(before.hash, l.hash)) return { code: 'phantom', reason: `two leaves stand at index ${l.index}` };
    if (l.time === undefined) continue;
    if (newest && newest.index === l.index && newest.time !== l.time) return { code: 'time', reason: `the entry at index ${l.index} has two times` };
    if (newest && l.time < newest.time) return { code: 'time', reason: `time falls between index ${newest.index} and index ${l.index}` };
    newest = l;
  }
  return undefined;
}

function seals(f, g) {
  const passed = f.index < g.index && g.prev < f.index;
  return passed ? { code: 'phantom', reason: `the seal at ${g.index} passes over the seal at ${f.index}` } : undefined;
}

function registers(f, g) {
  for (const a of f.registers) {
    for (const b of g.registers) {
      const reason = equal(a.key, b.key) ? register(a, b, f.seal.index) : undefined;
      if (reason) return { code: 'rewrite', reason };
    }
  }
  return undefined;
}

// register: b is what a tree that is not smaller shows of the register a under the seal at index seal.
function register(a, b, seal) {
  const name = `${a.type} ${a.id}`, size = a.value?.size ?? 0n, later = b.value?.size ?? 0n;
  if (later < size) return `${name} has fewer events under a later seal`;
  for (const e of b.events) {
    if (e.seq >= size && e.index <= seal) return `${name} has an event of entry ${e.index}, which the seal at ${seal} leaves out`;
    if (e.seq < size && e.index > a.value.last) return `${name} has an event of entry ${e.index}, above its newest one under the seal at ${seal}`;
    if (a.events.some((old) => old.seq === e.seq && !equal(old.bytes, e.bytes))) return `${name} has two events ${e.seq}`;
  }
  if (later > size && b.value.last <= seal) return `${name} has its newest event of entry ${b.value.last}, which the seal at ${seal} leaves out`;
  return undefined;
}
