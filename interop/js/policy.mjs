// Verifier policies and quorums: docs/spec/policy.md. Times are seconds, BigInt.
import { decimal, demand, MAX, refuse, text } from './bytes.mjs';
import { cosigned, ED25519, ED25519_TIMED, openCheckpoint, parseVKey } from './note.mjs';

// parsePolicy reads a tlog-policy file. Bytes from 0x80 are opaque: names are kept as
// Latin-1, one character a byte; names of keys are UTF-8.
export function parsePolicy(bytes) {
  demand(bytes.length <= 1 << 20, 'policy: at most 1 MiB');
  demand(bytes.length > 0 && bytes.at(-1) === 10, 'policy: the last line has no newline');
  const p = { logs: [], witnesses: [], groups: [], quorum: undefined, nodes: new Map(), keys: new Set() };
  bytes.toString('latin1').slice(0, -1).split('\n').forEach((line, i) => {
    try {
      parseLine(p, line);
    } catch (e) {
      refuse(`policy, line ${i + 1}: ${e.message}`);
    }
  });
  demand(p.quorum !== undefined, 'policy: no quorum line');
  return p;
}

function parseLine(p, line) {
  demand(!/[\0-\x08\x0a-\x1f\x7f]/.test(line), 'control character');
  const words = line.split(/[ \t]+/).filter((w) => w !== '');
  if (words.length === 0 || words[0].startsWith('#')) return;
  const [keyword, ...args] = words;
  const limits = { log: [1, 2], witness: [2, 3], group: [3, Infinity], quorum: [1, 1] };
  const [least, most] = limits[keyword] ?? refuse('unknown keyword');
  demand(args.length >= least && args.length <= most, 'too few or too many words');
  ({ log: addLog, witness: addWitness, group: addGroup, quorum: setQuorum })[keyword](p, args);
}

function addKey(p, word, url, types, list) {
  const key = parseVKey(text(Buffer.from(word, 'latin1')));
  demand(types(key.type), 'a key of a type that does not suit');
  demand(url === undefined || /^https?:\/\/./.test(url), 'a URL is https:// or http:// and more');
  const hex = key.bytes.toString('hex');
  demand(!p.keys.has(hex), 'this public key stands in another line');
  p.keys.add(hex);
  demand(list.length < 256, 'more than 256');
  return key;
}

function addLog(p, [vkey, url]) {
  p.logs.push(addKey(p, vkey, url, (t) => t !== ED25519_TIMED, p.logs));
}

function define(p, name, node) {
  demand(name !== 'none' && !p.nodes.has(name), `${name} is defined twice, or is none`);
  p.nodes.set(name, { ...node, name, used: false });
}

function addWitness(p, [name, vkey, url]) {
  const key = addKey(p, vkey, url, (t) => t !== ED25519, p.witnesses);
  define(p, name, { key });
  p.witnesses.push(p.nodes.get(name));
}

function addGroup(p, [name, threshold, ...names]) {
  demand(p.groups.length < 256, 'more than 256 groups');
  const k = threshold === 'all' ? names.length : threshold === 'any' ? 1 : Number(decimal(threshold));
  demand(k >= 1 && k <= names.length, 'threshold is not between 1 and the number of members');
  const members = names.map((n) => {
    const node = p.nodes.get(n) ?? refuse(`${n} is not defined`);
    demand(!node.used, `${n} is a member twice`);
    node.used = true;
    return node;
  });
  define(p, name, { k, members });
  p.groups.push(p.nodes.get(name));
}

function setQuorum(p, [name]) {
  demand(p.quorum === undefined, 'second quorum line');
  demand(name === 'none' || p.nodes.has(name), `${name} is not defined`);
  p.quorum = name;
}

// evaluate opens a checkpoint under the policy. A cosignature later than latest does not count.
export function evaluate(p, note, latest = MAX) {
  const { cp, note: parsed } = openCheckpoint(note, p.logs);
  const times = new Map();
  for (const w of p.witnesses) {
    const time = cosigned(parsed, cp, w.key);
    if (time !== 0n && time <= latest) times.set(w.name, time);
  }
  const root = p.nodes.get(p.quorum);
  const time = root ? earliest(root, times) : 0n;
  return { cp, times, satisfied: time !== undefined, quorumTime: time ?? 0n, tolerates: (root ? shared(root) : 0) - 1 };
}

// earliest is the quorum time of a witness or group: undefined if it is not satisfied.
function earliest(node, times) {
  if (node.key) return times.get(node.name);
  const list = node.members.map((m) => earliest(m, times)).filter((t) => t !== undefined).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return list[node.k - 1];
}

// latest is the mirror of earliest: until when a whole quorum signed.
export function latest(node, times) {
  if (node.key) return times.get(node.name);
  const list = node.members.map((m) => latest(m, times)).filter((t) => t !== undefined).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  return list[node.k - 1];
}

// counted names the witnesses of the quorum whose cosignature counts, in the order of the policy.
export function counted(p, times) {
  const within = (node) => (node.key ? [node.name] : node.members.flatMap(within));
  const root = p.nodes.get(p.quorum);
  const names = root ? within(root) : [];
  return p.witnesses.map((w) => w.name).filter((n) => names.includes(n) && times.has(n));
}

// shared is the least number of witnesses that two quorums have in common. A group any of keys
// of one name is one witness.
function shared(node) {
  if (node.key || (node.k === 1 && new Set(operators(node)).size === 1)) return 1;
  const list = node.members.map(shared).sort((a, b) => a - b);
  return list.slice(0, Math.max(0, 2 * node.k - list.length)).reduce((n, s) => n + s, 0);
}

// operators are the key names of the witnesses below a node.
const operators = (node) => (node.key ? [node.key.name] : node.members.flatMap(operators));

// warns: the policy is one that is seldom meant; docs/spec/policy.md, section 1, says when.
export function warns(p) {
  const below = (node) => (node.key ? [node] : node.members.flatMap(below));
  const names = (node) => new Set(below(node).map((w) => w.key.name));
  const root = p.nodes.get(p.quorum), used = root ? below(root) : [];
  const twice = (g) => g.k > 1 && g.members.some((m, i) => g.members.slice(0, i).some((other) => [...names(m)].some((n) => names(other).has(n))));
  const ofLog = (w) => p.logs.some((l) => l.name === w.key.name);
  return p.groups.some(twice) || p.witnesses.some((w) => ofLog(w) || !used.includes(w)) || !root || shared(root) <= 1;
}

// needs: the quorum cannot be met without the node of this name.
export function needs(p, name) {
  const met = (node) => node.name !== name && (node.key ? true : node.members.filter(met).length >= node.k);
  const root = p.nodes.get(p.quorum);
  return root !== undefined && p.nodes.has(name) && !met(root);
}
