// The verdict: docs/spec/receipt.md, sections 3 to 5, and docs/spec/claims.md, section 2.
// judge never throws for what it is handed, but for a policy that is none.
import { demand, equal, MAX, refuse, Refusal } from './bytes.mjs';
import { contradiction } from './contradiction.mjs';
import { document, documentOf, entryLeaf, grant, identity, run } from './claims.mjs';
import { under } from './fields.mjs';
import { History } from './history.mjs';
import { verifyInclusion } from './merkle.mjs';
import { inForce, sight } from './moment.mjs';
import { parsePolicy } from './policy.mjs';
import { parseReceipt } from './receipt.mjs';
import { registerKey } from './registers.mjs';
import { parseStatement, verifyStatement } from './statement.mjs';
import { openView, RULES, sizeOf } from './view.mjs';

export const SKEW = 300_000n; // milliseconds

// judge: bytes of policy, receipt and staples; the pinned leaf hash; at: the moment that
// is asked for, { time } in milliseconds or { size }; what is expected: file (digest),
// document, namespaces, dev, now and maxAge (milliseconds, 0n: none).
export function judge({ policy: text, genesis, receipt, staples = [], at, expect }) {
  const policy = parsePolicy(text);
  const j = { policy, genesis, expect, at, latest: latestOf(expect), out: { warnings: [] }, approvers: [], sightings: [] };
  try {
    const [r, ...list] = makeCheck(j, '')('form', () => [receipt, ...staples].map(parseReceipt));
    return verdictOf(j, r, list);
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    if (j.contradicted) return final(j, 'CONTRADICTED', 30, e.message);
    return final(j, 'INVALID', 40, e.message);
  }
}

// latestOf: cosignatures that are later, in seconds, do not count.
export const latestOf = ({ now }) => (now === 0n ? MAX : (now + SKEW) / 1000n);

// makeCheck notes in j.out which check fails.
export const makeCheck = (j, prefix) => (name, f) => {
  try {
    return f();
  } catch (e) {
    if (e instanceof Refusal) {
      j.out.check = prefix + name;
      e.message = `${j.out.check}: ${e.message}`;
    }
    throw e;
  }
};

function final(j, verdict, exit, reason = '') {
  return { verdict, exit, reason, ...j.out };
}

function verdictOf(j, r, staples) {
  const check = makeCheck(j, '');
  const view = openView(check, j.policy, j.genesis, r, j.latest);
  speakFor(j, view);
  if (!r.envelope) return stapleAlone(j, check, r, view);
  const entry = openEntry(check, r, view.cp);
  Object.assign(j.out, { issuer: entry.st.issuer, index: entry.index, document: entry.document?.id, version: entry.document?.version });
  openRegisters(j, '', entry, r, view);
  sight(j, view, true);
  j.held = view; // the best tree that is proven to have the entry
  openStaples(j, entry, r, staples, view);
  return conclude(j, entry);
}

function speakFor(j, view) {
  j.view = view;
  j.witnessTime = view.level === 'L0' ? 0n : view.quorum.quorumTime * 1000n;
  Object.assign(j.out, { origin: view.cp.origin, size: view.cp.size, sealTime: view.seal.time, level: view.level, witnessTime: j.witnessTime });
}

function openEntry(check, r, cp) {
  const e = r.envelope;
  const entry = { payload: e.payload, spki: e.spki, digest: e.digest, index: r.index };
  check('statement', () => {
    entry.st = parseStatement(e.payload);
    entry.document = documentOf(entry.st);
  });
  check('signature', () => verifyStatement(e.payload, e.signature, e.spki));
  check('log', () => demand(entry.st.log === cp.origin, 'the statement was made for another log'));
  check('entry inclusion', () => {
    entry.leafHash = entryLeaf(e);
    verifyInclusion(entry.leafHash, entry.index, cp.size, cp.root, r.inclusion);
  });
  const inRuns = entry.st.kind.startsWith('document.');
  entry.run = inRuns ? entry.st.run : undefined;
  entry.spends = inRuns ? entry.st.spends ?? [] : [];
  return entry;
}

function checkDirect(entry, registers) {
  const shown = registers.some((p) => p.type === 'run' || p.type === 'grant');
  const named = entry.run !== undefined || entry.spends.length > 0;
  demand(shown === named, 'runs and grants are shown exactly if the statement names them');
  demand(entry.run !== undefined || !named || entry.st.kind !== 'document.release', 'a release that names grants names a run');
}

// takeRegisters: exactly those that the statement names, in their order. Who gave a grant stands in the grant.
function takeRegisters(entry, proofs, seal) {
  const want = [['identity', entry.st.issuer]];
  if (entry.document) want.unshift(['document', entry.document.id]);
  if (entry.run !== undefined) want.push(['run', entry.run]);
  for (const g of entry.spends) want.push(['grant', g], ['identity', undefined]);
  demand(proofs.length === want.length, `${proofs.length} registers, want ${want.length}`);
  return proofs.map((p, i) => {
    demand(p.type === want[i][0] && (want[i][1] === undefined || p.id === want[i][1]), `register ${i} is not the one that the statement names`);
    return new History(p, seal);
  });
}

function openRegisters(j, prefix, entry, r, view) {
  const check = makeCheck(j, prefix), inner = makeCheck(j, `${prefix}grantor `);
  check('rules', () => demand(view.seal.rules === RULES, `unknown rules ${view.seal.rules}`));
  check('direct release', () => checkDirect(entry, r.registers));
  const list = check('registers', () => takeRegisters(entry, r.registers, view.seal));
  if (entry.document) j.authority = document(check, entry, list.shift());
  const time = j.authority?.time;
  const signer = identity(check, entry, list.shift(), time);
  j.signer = signer.now;
  const opened = entry.run === undefined ? undefined : run(check, entry, list.shift());
  j.approvers = entry.spends.map((g) => grant(check, inner, {
    entry, digest: Buffer.from(g.slice(7), 'hex'), h: list.shift(), grantor: list.shift(), owner: signer.then.owner, run: opened, time,
  }));
}

// openStaples takes them by rising size, so that the largest speaks last. None excludes another.
function openStaples(j, entry, r, staples, view) {
  const list = staples.map((staple) => ({ staple, size: sizeOf(j.policy, staple) })).sort((a, b) => (a.size < b.size ? -1 : a.size > b.size ? 1 : 0));
  const before = [];
  for (const { staple } of list) {
    const mine = [staple, openStaple(j, entry, r, staple, view)];
    for (const other of before) agree(j, other, mine);
    before.push(mine);
  }
}

function agree(j, one, other) {
  makeCheck(j, 'staple ')('no contradiction', () => {
    const found = contradiction(one, other);
    if (!found) return;
    j.contradicted = true;
    refuse(found.reason);
  });
}

function openStaple(j, entry, r, staple, view) {
  const check = makeCheck(j, 'staple ');
  const newer = openView(check, j.policy, j.genesis, staple, j.latest);
  agree(j, [r, view], [staple, newer]);
  if (newer.cp.size < view.cp.size) {
    openOlder(j, entry, staple, newer);
    return newer;
  }
  openRegisters(j, 'staple ', entry, staple, newer);
  sight(j, newer, true);
  speakFor(j, newer);
  if (staple.envelope) {
    check('entry inclusion', () => verifyInclusion(entry.leafHash, entry.index, newer.cp.size, newer.cp.root, staple.inclusion));
    if (newer.level >= j.held.level) j.held = newer;
    j.apart = false;
    return newer;
  }
  j.apart = true; // nobody vouches that the entry is in this tree but who vouches for a receipt
  if (j.held.level < newer.level) j.out.level = j.held.level;
  return newer;
}

// openOlder: for a moment it says when its tree was seen, for nothing else is it used.
function openOlder(j, entry, staple, older) {
  if (!j.at) {
    j.out.warnings.push('a staple is of a smaller size: not used');
    return;
  }
  const has = older.cp.size > entry.index;
  if (has) openRegisters({ ...j }, 'staple ', entry, staple, older);
  sight(j, older, has);
}

function stapleAlone(j, check, r, view) {
  check('rules', () => demand(view.seal.rules === RULES, `unknown rules ${view.seal.rules}`));
  let never = false;
  for (const p of r.registers) {
    check('register', () => {
      const h = new History(p, view.seal);
      if (h.alone() && equal(h.key, registerKey('digest', `sha256:${j.expect.file.toString('hex')}`))) never = true;
    });
  }
  const reason = never ? `this log had released no document with these bytes, as of size ${view.cp.size}` : 'a staple: verify it together with its receipt';
  return final(j, 'UNKNOWN', 20, reason);
}

// conclude makes the checks that qualify a verdict: all of them, whatever the others say.
function conclude(j, entry) {
  const { file } = j.expect, failed = {};
  const noFile = file.every((b) => b === 0);
  if (noFile || !equal(entry.st.subject, file)) {
    j.out.check = 'file';
    return final(j, 'UNKNOWN', 20, noFile ? 'there is no file in hand' : 'this receipt is for other bytes');
  }
  if (!entry.document) return final(j, 'UNKNOWN', 20, `a ${entry.st.kind}: it says nothing about a document`);
  const { from, until, kind, time } = j.authority;
  Object.assign(j.out, { from, until });
  const verdict = { undefined: 'AUTHORITATIVE', 1: 'WAS AUTHORITATIVE', 2: 'WITHDRAWN' }[kind];
  const qualify = (name, f) => { try { f(); } catch (e) { failed[name] = e.message; } };
  qualify('compromise', () => checkCompromise(j, time));
  qualify('cosigners', () => checkCosigners(j));
  qualify('expected', () => checkExpected(entry.document.id, j.expect));
  qualify('age', () => checkAge(j));
  if (j.witnessTime !== 0n && j.view.seal.time > j.witnessTime + SKEW) j.out.warnings.push("the log's clock was ahead of the witnesses'");
  let ended = verdict !== 'AUTHORITATIVE';
  if (j.at) {
    j.out.inForce = inForce(j, from, until);
    if (j.out.inForce.answer === 'unknown') return final(j, verdict, 20, 'the evidence ends before that moment: fetch a newer receipt or staple');
    ended = j.out.inForce.answer === 'no';
  }
  const order = [['compromise', 13], ['cosigners', 11], ...(ended ? [] : [['expected', 12], ['age', 12]])];
  const [name, exit] = order.find(([n]) => n in failed) ?? [undefined, ended ? 10 : 0];
  j.out.check = name;
  return final(j, verdict, exit, failed[name]);
}

function checkCompromise(j, time) {
  demand(j.signer.compromisedSince > time, "the signer's key was reported compromised from before the entry");
  for (const a of j.approvers) demand(a.now.compromisedSince > a.time, `the key of ${a.by}, who granted it, was reported compromised from before the grant`);
}

function checkCosigners({ policy, expect, apart, held, view }) {
  demand(policy.quorum !== 'none' || expect.dev, 'the policy demands no cosigner (quorum none)');
  demand(!apart || held.quorum.satisfied, 'the tree that is proven to hold the entry has fewer cosigners than the policy asks');
  demand(view.quorum.satisfied, 'fewer cosigners than the policy asks');
}

export function checkExpected(id, { document: asked, namespaces, dev }) {
  if (asked !== '') return demand(id === asked, `the receipt is for ${id}, ${asked} was asked for`);
  const expected = namespaces.length === 0 && dev ? ['*'] : namespaces;
  return demand(expected.some((p) => under(p, id)), `${id} is not expected: name the document that you ask for`);
}

function checkAge({ expect, witnessTime, view }) { checkAgeOf(expect, witnessTime || view.seal.time); }

// checkAgeOf: not older than the maximum age, and not dated after the clock.
export function checkAgeOf({ now, maxAge }, time) {
  if (now === 0n) return;
  const age = now - time;
  demand(age >= -SKEW, "it is dated after the verifier's clock");
  demand(maxAge === 0n || age <= maxAge, 'it is older than the maximum age');
}
