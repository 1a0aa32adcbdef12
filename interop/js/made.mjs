// What made an event: the check "statements" of docs/spec/pack.md, section 5. An event is
// compared with all that the statement of its entry says.
import { concat, demand, equal, fromBase64, fromHex, sha256, u8, utf8, zeros } from './bytes.mjs';
import { grantedBody } from './claims.mjs';
import { parseTime } from './fields.mjs';
import { codes } from './kinds.mjs';
import * as r from './registers.mjs';
import * as s from './states.mjs';

const digestBytes = (d) => fromHex(d.slice('sha256:'.length));
const same = (ok, what) => demand(ok, `the ${what} differs`);
const sameBytes = (a, b, what) => same(equal(a, b), what);
const runOf = (st) => (st.run === undefined ? zeros : r.registerKey('run', st.run));

// checkMade: the event, opened, of the register of this type and id is what the entry { st, payload, digest, leafHash } made.
export function checkMade(type, id, event, entry) {
  sameBytes(event.leafHash, entry.leafHash, 'leaf');
  r.openEvent(event, r.eventBlind(r.registerKey(type, id), event.seq, entry.payload), event.body);
  made[type]?.(id, event, entry);
}

const made = {
  activity(id, { kind, body }, { st, digest }) {
    const b = s.activityBody(body);
    sameBytes(b.statement, digest, 'statement');
    same(kind === codes[st.kind], 'kind');
    sameBytes(b.run, runOf(st), 'run');
    same(id === st.issuer, 'issuer');
  },

  document(id, { kind, body }, { st, digest }) {
    const b = s.documentBody(body), want = documentEvent(st, id);
    sameBytes(b.statement, digest, 'statement');
    sameBytes(b.digest, r.sha256Digest(st.subject), 'digest');
    same(want !== undefined, 'document');
    same(kind === want.kind, 'kind');
    same(want.version === undefined || b.version === want.version, 'version');
    sameBytes(b.run, want.run ?? zeros, 'run');
  },

  run(id, { kind, body }, { st, digest }) {
    const b = s.runBody(body), work = workOf(st, b);
    sameBytes(b.statement, digest, 'statement');
    same(kind === codes[st.kind], 'kind');
    same(id === st.run, 'run');
    sameBytes(b.issuer, r.identityKey(st.issuer), 'issuer');
    for (const name of ['attempt', 'seq']) same(b[name] === (work[name] ?? 0), name);
    sameBytes(b.step, work.step ?? Buffer.alloc(0), 'step');
    same(b.result === 0 || b.result === (work.result ?? 0), 'result');
    sameBytes(b.ref, refOf(st, digest), 'reference');
  },

  grant(id, { kind, body }, { st, digest }) {
    if (kind === 1) return given(id, body, st, digest);
    const b = kind === 2 ? s.spentBody(body) : s.revokedBody(body);
    sameBytes(b.statement, digest, 'statement');
    sameBytes(b.by, r.identityKey(st.issuer), 'issuer');
    if (kind === 2) return same((st.spends ?? []).includes(id) || st.actingFor === id, 'grant');
    return same(st.kind === 'decision.revoke' && st.about === id, 'grant');
  },

  identity(id, { kind, body }, { st, digest }) {
    const { state, statement } = s.identityBody(body);
    const want = identityKinds[st.kind], terms = termsOf(st, id);
    sameBytes(statement, digest, 'statement');
    same(kind === want, 'kind');
    same(st.kind === 'policy.set' || st.id === id, 'identity');
    same(state.compromisedSince === instant(st.compromisedSince), 'compromisedSince');
    if (!terms) return;
    sameBytes(state.key, r.sha256Digest(sha256(fromBase64(terms.spki))), 'key');
    same(state.class === classes[terms.class], 'class');
    sameBytes(state.owner, sha256(utf8(terms.owner)), 'owner');
    same(state.notAfter === instant(terms.notAfter), 'notAfter');
    sameBytes(state.terms, statement, 'terms');
  },
};

const instant = (time) => (time === undefined ? r.NONE : BigInt(parseTime(time)));
const classes = { human: 1, workload: 2, agent: 3, bridge: 4 };
const identityKinds = {
  'identity.enroll': 1, 'identity.rotate': 2, 'identity.suspend': 3, 'identity.resume': 4, 'identity.revoke': 5, 'identity.retire': 6, 'policy.set': 1,
};

// termsOf: the key and the terms that a statement gives to an identity; undefined: it gives none.
function termsOf(st, id) {
  if (st.kind === 'identity.enroll' || st.kind === 'identity.rotate') return st;
  if (st.kind !== 'policy.set') return undefined;
  const admin = st.policy.version === 1 ? st.policy.admins.members.find((m) => m.id === id) : undefined;
  const member = admin ?? (st.policy.version === 1 && st.policy.log.id === id ? st.policy.log : undefined);
  same(member !== undefined, 'identity');
  return { spki: member.spki, class: admin ? 'human' : 'workload', owner: id };
}

// documentEvent: what a statement writes to the register of the document id; undefined: nothing.
// One that retires a workflow names its text: there the digest says which, and no version is said.
function documentEvent(st, id) {
  switch (st.kind) {
    case 'document.release': return id === st.document ? { kind: 1, version: st.version, run: runOf(st) } : undefined;
    case 'document.withdraw': return id === st.document ? { kind: 2, version: st.version, run: runOf(st) } : undefined;
    case 'policy.set': return id === 'docket:policy' ? { kind: 1, version: st.policy.version } : undefined;
    case 'workflow.retire': return id.startsWith('docket:workflow/') ? { kind: 2 } : undefined;
    case 'workflow.define':
      if (id === `docket:text/${st.subject.toString('hex')}`) return { kind: 1, version: 1 };
      return id === `docket:workflow/${st.workflow.id}` ? { kind: 1, version: st.workflow.version } : undefined;
    default: return undefined;
  }
}

const results = { ok: 1, error: 2, skipped: 3 };
const claimed = { success: 2, partial: 3, failed: 4, aborted: 5 };

// workOf: what a statement says of its work. A release may be the step of its workflow that releases.
function workOf(st, b) {
  const work = { attempt: st.attempt, seq: st.seq, step: utf8(st.step ?? '') };
  switch (st.kind) {
    case 'step.intent': return work;
    case 'step.done': return { ...work, result: results[st.result] };
    case 'outcome.close': return { attempt: st.attempt, result: claimed[st.status] };
    case 'document.release': return { step: b.step, result: b.step.length > 0 ? 1 : 0 };
    default: return {};
  }
}

function refOf(st, digest) {
  switch (codes[st.kind]) {
    case codes['request.open']: return r.sha256Digest(digestBytes(st.workflow));
    case codes['decision.grant']: return concat(u8(0), r.keyOf(r.types.grant, digest));
    case codes['decision.revoke']: return concat(u8(0), r.registerKey('grant', st.about));
    default: return Buffer.alloc(33);
  }
}

// given: in whose stead a grant was given says the delegation; here, whether it was.
function given(id, body, st, digest) {
  same(st.kind === 'decision.grant' && id === `sha256:${digest.toString('hex')}`, 'statement');
  const b = s.grantedBody(body);
  same(equal(b.delegator, zeros) === (st.actingFor === undefined), 'delegator');
  sameBytes(body, s.formatGranted(grantedBody(st, b.delegator)), 'terms of the grant');
}
