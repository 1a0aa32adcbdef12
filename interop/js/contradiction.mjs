// What two receipts of one log prove that excludes each other: docs/spec/receipt.md, section 6.
import { equal, Refusal } from './bytes.mjs';
import { entryLeaf } from './claims.mjs';
import { History } from './history.mjs';
import { leafHash, verifyInclusion } from './merkle.mjs';
import { RULES } from './view.mjs';

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

function factsOf(r, { cp, seal }) {
  const f = { cp, seal, leaves: [{ index: seal.index, hash: leafHash(r.seal), time: seal.time }], registers: [] };
  if (r.envelope && holds(() => verifyInclusion(entryLeaf(r.envelope), r.index, cp.size, cp.root, r.inclusion))) {
    f.leaves.push({ index: r.index, hash: entryLeaf(r.envelope) });
  }
  for (const p of seal.rules === RULES ? r.registers : []) {
    let h;
    if (!holds(() => { h = new History(p, seal); if (p.value) { h.register(); h.eachEvent(); } else h.absent(); })) continue;
    f.registers.push(h);
    for (const e of h.events) f.leaves.push({ index: e.index, hash: e.leafHash, time: e.time });
  }
  return f;
}

// contradiction: what is wrong between [receipt, view] and another; undefined if nothing is.
export function contradiction(one, other) {
  let [f, g] = [factsOf(...one), factsOf(...other)];
  if (f.cp.origin !== g.cp.origin) return undefined;
  if (f.cp.size > g.cp.size) [f, g] = [g, f];
  if (f.cp.size === g.cp.size && !equal(f.cp.root, g.cp.root)) return `the log signed two trees of size ${f.cp.size}`;
  return leaves([...f.leaves, ...g.leaves]) ?? seals(f.seal, g.seal) ?? registers(f, g);
}

function leaves(list) {
  list.sort((a, b) => (a.index < b.index ? -1 : a.index > b.index ? 1 : 0));
  let newest;
  for (const [i, l] of list.entries()) {
    const before = list[i - 1];
    if (before && before.index === l.index && !equal(before.hash, l.hash)) return `two leaves stand at index ${l.index}`;
    if (l.time === undefined) continue;
    if (newest && newest.index === l.index && newest.time !== l.time) return `the entry at index ${l.index} has two times`;
    if (newest && l.time < newest.time) return `time falls between index ${newest.index} and index ${l.index}`;
    newest = l;
  }
  return undefined;
}

function seals(f, g) {
  return f.index < g.index && g.prev < f.index ? `the seal at ${g.index} passes over the seal at ${f.index}` : undefined;
}

function registers(f, g) {
  for (const a of f.registers) {
    for (const b of g.registers) {
      const found = equal(a.key, b.key) && register(a, b, f.seal.index);
      if (found) return found;
    }
  }
  return undefined;
}

// register: b is what a tree that is not smaller shows of the register a under the seal at index seal.
function register(a, b, seal) {
  const name = `${a.type} ${a.id}`, size = a.value?.size ?? 0n;
  if ((b.value?.size ?? 0n) < size) return `${name} has fewer events under a later seal`;
  for (const e of b.events) {
    if (e.seq >= size && e.index <= seal) return `${name} has an event of entry ${e.index}, which the seal at ${seal} leaves out`;
    if (e.seq < size && e.index > a.value.last) return `${name} has an event of entry ${e.index}, above its newest one under the seal at ${seal}`;
    if (a.events.some((old) => old.seq === e.seq && !equal(old.bytes, e.bytes))) return `${name} has two events ${e.seq}`;
  }
  return undefined;
}
