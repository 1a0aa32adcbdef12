// Evidence against a log: docs/spec/evidence.md. Nothing in a file is believed but what
// the log signed, and of a seal's time the verifier's own quorum.
import { demand, equal, fromBase64, isText, Refusal, refuse, text, utf8 } from './bytes.mjs';
import { contradiction } from './contradiction.mjs';
import { canonical, members } from './json.mjs';
import { leafHash, verifyConsistency, verifyInclusion } from './merkle.mjs';
import { openCheckpoint } from './note.mjs';
import { evaluate, parsePolicy } from './policy.mjs';
import { parseReceipt } from './receipt.mjs';
import { digestOf, parseSeal, parseStatement, parseStatementLeaf, verifyStatement } from './statement.mjs';
import { openDocket, RULES } from './view.mjs';

const MEDIA_TYPE = 'application/vnd.docket.evidence.v1+json';
export const MAX_EVIDENCE = 8 << 20;
const LAST_TIME = 253402300799n; // POSIX seconds: the year 9999

const kinds = {
  fork: ['notes'], rollback: ['notes'], unproven: ['notes'], phantom: ['receipts'], rewrite: ['receipts'], time: ['receipts', 'seal'], leaf: ['leaf'],
};

// judgeEvidence: bytes of policy and file, the pinned leaf hash of entry 0, and the skew in
// milliseconds. It gives verdict, exit, code and reason, and never throws for a file.
export function judgeEvidence({ policy: own, genesis, evidence, skew = 300_000n }) {
  const policy = parsePolicy(own);
  let at = 'form';
  const check = (code, f) => { at = code; return f(); };
  try {
    const e = check('form', () => parseEvidence(evidence));
    check('genesis', () => demand(!e.genesis || equal(e.genesis, genesis), 'the evidence is of a log with another genesis than the pinned one'));
    return verdicts[e.shape](e, policy, check, skew);
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    return { verdict: 'INVALID', exit: 40, code: at, reason: e.message };
  }
}

const convicts = (code, reason) => ({ verdict: 'CONTRADICTED', exit: 30, code, reason });
const unproven = (code, reason) => ({ verdict: 'UNPROVEN', exit: 20, code, reason });

// parseEvidence takes the one form: section 1. Receipts are parsed too, not verified.
export function parseEvidence(bytes) {
  demand(bytes.length <= MAX_EVIDENCE, 'above 8 MiB');
  let v;
  try {
    v = JSON.parse(text(bytes));
  } catch (e) {
    refuse(`not JSON: ${e.message.slice(0, 80)}`);
  }
  members(v, ['mediaType', 'kind', 'reason'], ['genesis', 'rules', 'checkpoints', 'root', 'consistency', 'receipts', 'divergence', 'entries']);
  demand(v.mediaType === MEDIA_TYPE, 'another media type');
  const e = read(v);
  demand(Object.hasOwn(kinds, v.kind) && kinds[v.kind].includes(e.shape), 'an unknown kind, or one with other members');
  demand(equal(utf8(printed(v)), bytes), 'not in the one form');
  e.receipts = e.receipts?.map((r) => parseReceipt(utf8(canonical(r))));
  return e;
}

const isString = (v) => demand(typeof v === 'string' && isText(v), 'not text');
const base64 = (v) => { isString(v); return fromBase64(v); };
const hash = (v) => { const b = base64(v); demand(b.length === 32, 'not 32 bytes'); return b; };
const index = (v) => { demand(Number.isSafeInteger(v) && v >= 0, 'no index'); return BigInt(v); };

function list(v, least, most, each) {
  demand(Array.isArray(v) && v.length >= least && v.length <= most, `not a list of ${least} to ${most}`);
  return v.map(each);
}

// has: a member that is there is never empty.
function read(v) {
  const has = (name) => Object.hasOwn(v, name);
  const e = { shape: shapeOf(v, has) };
  demand(has('genesis') || e.shape === 'notes', 'two notes alone may do without a genesis');
  if (has('genesis')) e.genesis = hash(v.genesis);
  isString(v.reason);
  demand(utf8(v.reason).length <= 4096, 'a reason of more than 4 KiB');
  demand(has('root') === has('consistency'), 'root and consistency stand together');
  if (has('rules')) e.rules = nonEmpty(v.rules);
  if (has('checkpoints')) e.checkpoints = list(v.checkpoints, 1, 2, note);
  if (has('root')) [e.root, e.consistency] = [hash(v.root), list(v.consistency, 1, 64, hash)];
  if (has('receipts')) e.receipts = list(v.receipts, 2, 2, (r) => r);
  if (has('divergence')) e.divergence = divergence(v.divergence);
  if (has('entries')) e.entries = list(v.entries, 1, 1100, entry);
  e.entries?.forEach((x, i) => demand(i === 0 || x.index > e.entries[i - 1].index, 'entries that do not rise'));
  return e;
}

function shapeOf(v, has) {
  const only = (...names) => ['rules', 'checkpoints', 'root', 'receipts', 'divergence', 'entries'].every((n) => !has(n) || names.includes(n));
  const notes = Array.isArray(v.checkpoints) ? v.checkpoints.length : 0;
  if (has('divergence')) return notes === 1 && has('entries') && only('rules', 'checkpoints', 'divergence', 'entries') ? 'leaf' : undefined;
  if (has('receipts')) return only('receipts') ? 'receipts' : undefined;
  if (has('entries')) return notes === 1 && v.entries.length === 1 && only('checkpoints', 'entries') ? 'seal' : undefined;
  return notes === 2 && only('checkpoints', 'root') ? 'notes' : undefined;
}

const nonEmpty = (v) => { isString(v); demand(v !== '', 'an empty text'); return v; };

function note(v) {
  isString(v);
  const b = utf8(v);
  demand(b.length <= 65536, 'a note has at most 65,536 bytes');
  return b;
}

function divergence(v) {
  members(v, ['index', 'class', 'rule', 'reason'], ['field', 'indices']);
  [v.rule, v.reason].forEach(isString);
  if (Object.hasOwn(v, 'field')) nonEmpty(v.field);
  if (Object.hasOwn(v, 'indices')) list(v.indices, 1, Infinity, index);
  demand(v.class === 'entry' || v.class === 'seal', 'an unknown class');
  return { index: index(v.index), class: v.class, rule: v.rule };
}

function entry(v) {
  members(v, ['index', 'leaf', 'inclusion'], ['content']);
  if (Object.hasOwn(v, 'content')) nonEmpty(v.content);
  return { index: index(v.index), leaf: base64(v.leaf), content: base64(v.content ?? ''), inclusion: list(v.inclusion, 0, 64, hash) };
}

// printed is the file as it must be: members in their order, receipts by RFC 8785.
function printed(v) {
  const one = (name, print = plain) => (o) => (Object.hasOwn(o, name) ? [`"${name}":${print(o[name])}`] : []);
  const object = (...of) => (o) => `{${of.flatMap((f) => f(o)).join(',')}}`;
  const all = (print) => (l) => `[${l.map(print).join(',')}]`;
  const claim = object(one('index'), one('class'), one('rule'), one('field'), one('reason'), one('indices', all(plain)));
  const leaf = object(one('index'), one('leaf'), one('content'), one('inclusion', all(plain)));
  return object(
    one('mediaType'), one('kind'), one('reason'), one('genesis'), one('rules'), one('checkpoints', all(plain)), one('root'),
    one('consistency', all(plain)), one('receipts', all(canonical)), one('divergence', claim), one('entries', all(leaf)),
  )(v) + '\n';
}

// plain: JSON.stringify escapes what the page says, but for the two line separators.
const plain = (v) => JSON.stringify(v).replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);

const verdicts = {
  notes(e, policy, check) {
    const [seen, shown] = check('checkpoint', () => e.checkpoints.map((n) => openCheckpoint(n, policy.logs).cp));
    const [older, newer] = seen.size > shown.size ? [shown, seen] : [seen, shown];
    if (older.origin !== newer.origin) return unproven('two logs', 'the checkpoints are of two logs');
    if (older.size === newer.size) {
      if (equal(older.root, newer.root)) return unproven('one tree', `both checkpoints are of one tree, of size ${older.size}`);
      return convicts('two roots', `${older.origin} signed two trees of size ${older.size}`);
    }
    if (!e.root) return unproven('no proof', 'nothing says that the two sizes are not of one history');
    check('consistency', () => verifyConsistency(older.size, e.root, newer.size, newer.root, e.consistency));
    if (equal(e.root, older.root)) return unproven('one history', 'the larger tree begins with the smaller one');
    return convicts('other prefix', `${older.origin} signed a tree of size ${newer.size} that begins with another one than that of size ${older.size}`);
  },

  receipts(e, policy, check) {
    const sides = check('checkpoint', () => e.receipts.map((r) => [r, openDocket(policy, r.checkpoint, 0n)]));
    const found = contradiction(...sides);
    return found ? convicts(found.code, found.reason) : unproven('agree', 'the two receipts do not exclude each other');
  },

  seal(e, policy, check, skew) {
    const quorum = check('checkpoint', () => evaluate(policy, e.checkpoints[0], LAST_TIME));
    const [x] = e.entries;
    check('inclusion', () => verifyEntry(x, quorum.cp));
    const seal = sealOf(x);
    if (!seal) return unproven('no time', `the leaf at ${x.index} is no seal of that index`);
    if (!quorum.satisfied || quorum.quorumTime === 0n) return unproven('no quorum', 'no quorum of the policy cosigned the checkpoint');
    if (seal.time <= quorum.quorumTime * 1000n + 999n + skew) return unproven('in time', 'the seal is no more than the skew ahead');
    return convicts('ahead', `the seal at ${x.index} is later than the quorum that cosigned a tree with it`);
  },

  leaf(e, policy, check) {
    check('rules', () => demand(e.rules === RULES, 'unknown rules'));
    const { cp } = check('checkpoint', () => evaluate(policy, e.checkpoints[0], 0n));
    const d = e.divergence;
    const wrong = check('inclusion', () => {
      e.entries.forEach((x) => verifyEntry(x, cp));
      return e.entries.find((x) => x.index === d.index) ?? refuse(`entry ${d.index} is missing`);
    });
    if (d.class === 'entry' && !ruled(e.entries, wrong, e.rules)) return unproven('no rules', `no seal here covers entry ${d.index} and names ${e.rules}`);
    const broken = d.class === 'seal' ? badSeal(e.entries, wrong, cp) : badEntry(e.entries, wrong, cp, d.rule);
    return broken ? convicts(d.class, `${cp.origin} signed leaf ${d.index}, which ${d.rule} forbids`) : unproven('replay', `what is wrong with leaf ${d.index} only a replay tells`);
  },
};

const verifyEntry = (x, cp) => verifyInclusion(leafHash(x.leaf), x.index, cp.size, cp.root, x.inclusion);
const isSeal = (x) => x.leaf.subarray(0, 14).equals(utf8('docket/v1/seal'));
const attempt = (f) => { try { return f(); } catch (e) { if (e instanceof Refusal) return undefined; throw e; } };
const sealOf = (x) => attempt(() => { const s = parseSeal(x.leaf); demand(s.index === x.index, 'of another index'); return s; });

// ruled: the rules of a file are its maker's word; the first seal at hand that covers the entry must name them.
function ruled(entries, wrong, rules) {
  const seal = entries.map(sealOf).find((s) => s && s.prev < wrong.index && wrong.index < s.index);
  return seal?.rules === rules;
}

function badEntry(entries, wrong, cp, rule) {
  if (isSeal(wrong)) return false;
  if (rule === 'E306') {
    const digest = (x) => attempt(() => parseStatementLeaf(x.leaf).digest);
    const mine = digest(wrong);
    return mine !== undefined && entries.some((x) => x.index < wrong.index && digest(x)?.equals(mine));
  }
  return refusalOf(wrong, cp.origin) === rule;
}

// refusalOf: the code by which the rules refuse the leaf without knowing any other; undefined: they do not, or the content is not the leaf's.
function refusalOf({ leaf, content }, origin) {
  try {
    const c = parseStatementLeaf(leaf);
    if (!equal(digestOf(content), c.digest)) return undefined;
    demand(parseStatement(content).log === origin, 'for another log', 'E103');
    verifyStatement(content, c.signature, c.spki);
    return undefined;
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    return e.code ?? 'E101';
  }
}

function badSeal(entries, wrong, cp) {
  if (!isSeal(wrong)) return wrong.index === cp.size - 1n;
  const seal = sealOf(wrong);
  if (!seal) return true;
  return entries.some((x) => {
    const before = x.index < wrong.index ? sealOf(x) : undefined;
    return before && (seal.prev < x.index || seal.time < before.time || (seal.prev === x.index && x.index + 1n === wrong.index));
  });
}
