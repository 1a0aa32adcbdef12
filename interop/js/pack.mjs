// The verdict on an evidence pack: docs/spec/pack.md, section 5. Nothing in a pack says whom to trust.
import { demand, equal, Refusal, refuse, sha256, utf8, zeros } from './bytes.mjs';
import { claims, notClaimed, SPEC } from './claimed.mjs';
import { canonical } from './json.mjs';
import { checkMade } from './made.mjs';
import { checkComplete } from './needs.mjs';
import { openCheckpoint } from './note.mjs';
import { checkListed, FORMAT, LIMITS, oneCheckpoint, Pack, parseManifest } from './packparts.mjs';
import { parsePolicy } from './policy.mjs';
import { record } from './record.mjs';
import { NONE } from './registers.mjs';
import { report } from './report.mjs';
import * as s from './states.mjs';
import { checkAgeOf, checkExpected as expectDocument, judge, latestOf } from './verdict.mjs';
import { openView } from './view.mjs';
import { readZip } from './zip.mjs';

// verifyPack: bytes of policy and pack, the pinned leaf hash of entry 0; expect as of judge, without
// file; seen: signed notes that the verifier knew. It never throws for a pack, but for a policy that is none.
export function verifyPack({ policy: text, genesis, pack, expect, seen = [] }) {
  const j = { text, policy: parsePolicy(text), genesis, expect, seen, out: {} };
  const check = (name, f) => { j.out.check = name; return f(); };
  try {
    open(j, check, pack);
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    return { verdict: 'INVALID', exit: 40, reason: `${j.out.check}: ${e.message}`, ...j.out };
  }
  return conclude(j);
}

function open(j, check, bytes) {
  const files = check('container', () => readZip(bytes, LIMITS));
  const subject = check('manifest', () => {
    const m = parseManifest(files.find((f) => f.name === 'manifest.json')?.data ?? refuse('there is no manifest.json'));
    checkListed(files, m.files);
    return m.subject;
  });
  const p = check('parts', () => new Pack(subject, files));
  j.pack = p;
  check('one checkpoint', () => oneCheckpoint(p));
  check('log', () => openLog(j, p));
  check('receipts', () => judgeReceipts(j, p));
  check('histories', () => openHistories(j, p));
  check('statements', () => checkStatements(p));
  check('complete', () => checkComplete(p));
  check('report', () => checkReport(j, p));
}

const failed = (got) => demand(got.exit !== 40, got.reason);

function openLog(j, p) {
  const { bytes, staple } = p.history(p.subject.type, p.subject.id);
  failed(judge({ policy: j.text, genesis: j.genesis, receipt: bytes, expect: { ...j.expect, file: zeros } }));
  j.view = openView((_, f) => f(), j.policy, j.genesis, staple, latestOf(j.expect));
  j.witnessTime = j.view.level === 'L0' ? 0n : j.view.quorum.quorumTime * 1000n;
}

function judgeReceipts(j, p) {
  j.each = new Map();
  for (const i of p.indices()) {
    const { bytes, st } = p.entries.get(i);
    const got = judge({ policy: j.text, genesis: j.genesis, receipt: bytes, expect: { ...j.expect, file: st.subject } });
    failed(got);
    j.each.set(i, got);
  }
}

// openHistories: each register is there with all its events, or is proven absent.
function openHistories(j, p) {
  const claimOf = { run: 'run complete', grant: 'grant spent' };
  for (const h of p.sorted()) {
    const got = record({
      policy: j.text, genesis: j.genesis, staple: h.bytes, claim: claimOf[h.type] ?? 'full history', type: h.type, id: h.id, events: h.shown,
      expect: { dev: true, now: 0n, maxAge: 0n },
    });
    demand(got.exit !== 40, `the register of ${h.type} ${h.id}: ${got.reason}`);
    if (h.type === 'run' && p.subject.type === 'run' && h.id === p.subject.id) j.run = got.record;
    for (const e of h.events) {
      demand((p.times.get(e.index) ?? e.time) === e.time, `entry ${e.index} has two times`);
      p.times.set(e.index, e.time);
    }
  }
  const times = [...p.times].sort(([a], [b]) => (a < b ? -1 : 1));
  times.forEach(([index, time], n) => demand(n === 0 || time >= times[n - 1][1], `time falls to entry ${index}`));
}

// checkStatements: what a missing entry made is a matter of the next check.
function checkStatements(p) {
  for (const h of p.histories.values()) {
    for (const e of h.events) if (p.entries.has(e.index)) checkMade(h.type, h.id, e, p.entries.get(e.index));
  }
}

// checkReport makes anew what follows from the rest. That no file is missing or too many is known then.
function checkReport(j, p) {
  const page = utf8(report(p, j.view, notClaimed));
  demand(p.files.get('report.html')?.equals(page), 'report.html does not follow from the evidence');
  demand(p.files.has('SPEC.txt') && sha256(p.files.get('SPEC.txt')).toString('hex') === SPEC, 'SPEC.txt is not that of the format');
  demand(p.files.has('untrusted/policy'), 'there is no untrusted/policy');
  const { cp } = j.view;
  const files = [...p.files].filter(([name]) => name !== 'manifest.json');
  const manifest = canonical({
    checkpoint: { origin: cp.origin, root: cp.root.toString('base64'), size: Number(cp.size) }, claims: claims(p.subject.type), format: FORMAT, notClaimed,
    files: files.map(([name, data]) => ({ bytes: data.length, name, sha256: sha256(data).toString('hex') })), subject: p.subject,
  });
  demand(p.files.get('manifest.json').equals(utf8(manifest)), 'manifest.json does not follow from the evidence');
}

const final = (j, verdict, exit, check, reason = '') => ({
  verdict, exit, reason, check, size: j.view.cp.size, level: j.view.level, statements: j.pack.entries.size, registers: j.pack.histories.size, status: j.run?.status,
});

function conclude(j) {
  const p = j.pack, { type, id } = p.subject;
  const other = seenOther(j);
  if (other) return { ...final(j, 'CONTRADICTED', 30, 'one history', `the log signed two trees of size ${j.view.cp.size}`), notes: [other, p.note] };
  if (p.history(type, id).events.length === 0) return final(j, 'UNKNOWN', 20, undefined, `proven that the log had no ${type} ${id}`);
  const documents = inQuestion(j, p);
  if (documents.some((d) => d.verdict === 'UNKNOWN')) return final(j, 'UNKNOWN', 20, undefined, 'a release is of no file');
  const verdict = documents.at(-1)?.verdict ?? 'VERIFIED', ended = verdict !== 'AUTHORITATIVE' && verdict !== 'VERIFIED';
  const why = {};
  const qualify = (name, f) => { try { f(); } catch (e) { if (!(e instanceof Refusal)) throw e; why[name] = e.message; } };
  qualify('compromise', () => checkCompromise(p));
  qualify('cosigners', () => checkCosigners(j));
  qualify('expected', () => checkExpected(j, documents));
  qualify('age', () => checkAgeOf(j.expect, j.witnessTime || j.view.seal.time));
  const order = [['compromise', 13], ['cosigners', 11], ...(ended ? [] : [['expected', 12], ['age', 12]])];
  const [name, exit] = order.find(([n]) => n in why) ?? [undefined, ended ? 10 : 0];
  return final(j, verdict, exit, name, why[name]);
}

// seenOther: a note of this log and size with another root, if the verifier saw one.
function seenOther(j) {
  const { cp } = j.view;
  return j.seen.find((note) => {
    try {
      const other = openCheckpoint(note, j.policy.logs).cp;
      return other.origin === cp.origin && other.size === cp.size && !equal(other.root, cp.root);
    } catch (e) {
      if (e instanceof Refusal) return false;
      throw e;
    }
  });
}

// inQuestion: the verdicts on the newest release of the document, or on each release of the run.
function inQuestion(j, p) {
  const { type, id } = p.subject;
  if (type === 'identity') return [];
  const all = p.made(type, id).filter((i) => p.entries.get(i).st.kind === 'document.release').map((i) => j.each.get(i));
  return type === 'document' ? all.slice(-1) : all;
}

function checkCompromise(p) {
  const rests = [...p.core(), ...p.sorted().filter((h) => h.type === 'grant' && h.events.length > 0).map((h) => h.events[0].index)];
  for (const i of rests) {
    const { issuer } = p.entries.get(i).st, events = p.history('identity', issuer)?.events ?? [];
    if (events.length === 0) continue;
    const since = s.identityBody(events.at(-1).body).state.compromisedSince;
    demand(since === NONE || since > p.times.get(i), `the key of ${issuer} was reported compromised from before entry ${i}`);
  }
}

function checkCosigners({ policy, expect, view }) {
  if (policy.quorum === 'none') return demand(expect.dev, 'the policy demands no cosigner (quorum none)');
  return demand(view.level !== 'L0', 'fewer cosigners than the policy asks');
}

function checkExpected({ expect }, documents) {
  if (documents.length === 0) return demand(expect.document === '', `the pack releases no document ${expect.document}`);
  return documents.forEach((d) => expectDocument(d.document, expect));
}
