// Bodies and states of registers, and how an event changes one: docs/spec/registers.md, section 5.
import { concat, demand, equal, lp, Reader, refuse, u16, u32, u64, u8, zeros } from './bytes.mjs';
import { codes } from './kinds.mjs';
import { isKind, NONE, types } from './registers.mjs';

const whole = (bytes, read) => {
  const r = new Reader(bytes), v = read(r);
  r.end();
  return v;
};
const oneOf = (v, least, most, what) => { demand(v >= least && v <= most, `${what} ${v}`); return v; };
const dig33 = (r) => { const d = r.take(33); oneOf(d[0], 1, 2, 'digest algorithm'); return d; };
const key33 = (r) => { const k = r.take(33); oneOf(k[0], 1, 1, 'key type'); return k; };

export const documentBody = (b) => whole(b, (r) => ({ version: oneOf(r.u32(), 1, 2 ** 32, 'version'), digest: dig33(r), statement: r.hash(), run: r.hash() }));
const documentState = (b) => whole(b, (r) => ({ status: oneOf(r.u8(), 1, 2, 'status'), version: oneOf(r.u32(), 1, 2 ** 32, 'version'), digest: dig33(r), statement: r.hash() }));
export const formatDocumentBody = (d) => concat(u32(d.version), d.digest, d.statement, d.run);
export const formatDocumentState = (s) => concat(u8(s.status), u32(s.version), s.digest, s.statement);

function nextDocument(state, kind, bytes) {
  const b = documentBody(bytes), s = state && documentState(state);
  if (kind === 1) {
    demand(b.version === (s ? s.version : 0) + 1, 'not the next version');
    return formatDocumentState({ ...b, status: 1 });
  }
  demand(kind === 2 && s && s.status === 1 && b.version === s.version && equal(b.digest, s.digest), 'not the current version');
  return formatDocumentState({ ...s, status: 2 });
}

export function digestState(bytes) {
  const s = whole(bytes, (r) => ({ releases: r.u32(), type: oneOf(r.u8(), 0, 1, 'key type'), identity: r.hash() }));
  demand(s.releases > 0 || s.type > 0, 'no releases and no key');
  demand((s.type === 0) === equal(s.identity, zeros), 'key type and identity');
  return s;
}

function nextDigest(state, kind, bytes) {
  const s = state ? digestState(state) : { releases: 0, type: 0, identity: zeros };
  if (kind === 1) {
    whole(bytes, (r) => { r.hash(); oneOf(r.u32(), 1, 2 ** 32, 'version'); });
    demand(s.releases < 2 ** 32 - 1, 'too many releases');
    s.releases++;
  } else {
    const b = whole(bytes, (r) => ({ type: oneOf(r.u8(), 1, 1, 'key type'), identity: r.hash() }));
    demand(kind === 2 && s.type === 0 && !equal(b.identity, zeros), 'a key belongs to one identity');
    Object.assign(s, b);
  }
  return concat(u32(s.releases), u8(s.type), s.identity);
}

const readIdentity = (r) => {
  const s = {
    status: oneOf(r.u8(), 1, 4, 'status'), class: oneOf(r.u8(), 1, 4, 'class'), owner: r.hash(), key: key33(r), notAfter: r.u64(), compromisedSince: r.u64(), terms: r.hash(),
  };
  demand(s.compromisedSince === NONE || s.status === 3, 'compromised, but not revoked');
  return s;
};
export const identityState = (b) => whole(b, readIdentity);
export const identityBody = (b) => whole(b, (r) => ({ state: readIdentity(r), statement: r.hash() }));
export const formatIdentityState = (s) => concat(u8(s.status), u8(s.class), s.owner, s.key, u64(s.notAfter), u64(s.compromisedSince), s.terms);

const identityRules = { // kind: statuses before, status after (0: unchanged), members that change
  1: [[], 1, []], 2: [[1, 2], 0, ['key', 'notAfter', 'terms']], 3: [[1], 2, []], 4: [[2], 1, []], 5: [[1, 2, 3, 4], 3, ['compromisedSince']], 6: [[1, 2], 4, []],
};

function nextIdentity(state, kind, bytes) {
  const { state: b, statement } = identityBody(bytes);
  const [before, after, change] = identityRules[kind] ?? refuse('no such kind');
  demand(kind > 2 || equal(b.terms, statement), 'terms of another statement');
  if (kind === 1) {
    demand(!state && b.status === 1, 'enrolled already, or not active');
    return formatIdentityState(b);
  }
  const s = identityState(state ?? refuse('not enrolled'));
  demand(before.includes(s.status), 'the status does not allow it');
  const want = { ...s, status: after || s.status };
  for (const n of change) want[n] = b[n];
  demand(equal(formatIdentityState(want), formatIdentityState(b)), 'changes what it may not');
  demand(kind !== 2 || !equal(s.key, b.key), 'the same key');
  demand(kind !== 5 || (s.status === 3 ? b.compromisedSince < s.compromisedSince : b.compromisedSince <= s.compromisedSince), 'compromised since later');
  return formatIdentityState(b);
}

const stepName = (b) => { demand(b.length <= 32, 'name of a step'); return b; };
const ref33 = (b) => (b[0] === 0 ? b : dig33(new Reader(b)));
export const runBody = (b) => whole(b, (r) => ({
  status: oneOf(r.u8(), 1, 7, 'status'), attempt: r.u32(), seq: r.u32(), result: oneOf(r.u8(), 0, 5, 'result'),
  issuer: r.hash(), statement: r.hash(), ref: ref33(r.take(33)), step: stepName(r.lp()),
}));

const times = (n, read) => Array.from({ length: n }, read);
const rising = (list, by) => list.every((e, i) => i === 0 || Buffer.compare(by(list[i - 1]), by(e)) < 0);

export function runState(bytes) {
  const s = whole(bytes, (r) => ({
    status: oneOf(r.u8(), 1, 7, 'status'), claimed: r.u8(), workflow: dig33(r), request: r.hash(), opened: r.u64(), attempt: r.u32(), outcome: r.hash(),
    steps: times(oneOf(r.u16(), 0, 64, 'steps'), () => ({ name: stepName(r.lp()), result: oneOf(r.u8(), 1, 3, 'result'), attempt: r.u32(), seq: r.u32() })),
    signers: times(oneOf(r.u16(), 0, 1025, 'signers'), () => ({ id: r.hash(), next: oneOf(r.u32(), 2, 2 ** 32, 'next') })),
  }));
  demand(s.claimed === 0 || (s.claimed >= 2 && s.claimed <= 5), 'claimed');
  demand((s.claimed === 0) === equal(s.outcome, zeros), 'claimed without an outcome');
  demand(rising(s.steps, (x) => x.name) && s.steps.every((x) => x.name.length > 0) && rising(s.signers, (x) => x.id), 'not sorted');
  return s;
}

const formatRunState = (s) => concat(
  u8(s.status), u8(s.claimed), s.workflow, s.request, u64(s.opened), u32(s.attempt), s.outcome,
  u16(s.steps.length), ...s.steps.map((x) => concat(lp(x.name), u8(x.result), u32(x.attempt), u32(x.seq))),
  u16(s.signers.length), ...s.signers.map((x) => concat(x.id, u32(x.next))));

function nextRun(state, kind, bytes, time) {
  const b = runBody(bytes);
  if (kind === codes['request.open']) {
    demand(!state && b.ref[0] !== 0 && b.status === 1 && b.attempt === 0 && b.seq === 0 && b.result === 0 && b.step.length === 0, 'not what opens a run');
    return formatRunState({ status: 1, claimed: 0, workflow: b.ref, request: b.statement, opened: time, attempt: 0, outcome: zeros, steps: [], signers: [] });
  }
  const s = runState(state ?? refuse('no run'));
  demand(isKind(types.run, kind) && b.ref[0] === 0, 'no kind of a statement, or the text of a workflow');
  (runRules[kind] ?? stays)(s, b);
  return formatRunState(s);
}

const stays = (s, b) => demand(b.status === s.status && b.result === 0, 'the status stays');
const worked = (b) => demand(b.attempt >= 1 && b.seq >= 1 && b.step.length > 0, 'attempt, seq and step');

const runRules = {
  [codes['step.intent']](s, b) { stays(s, b); worked(b); counts(s, b); },
  [codes['step.done']](s, b) {
    if (b.result === 0) return stays(s, b);
    demand(b.result <= 3, 'result');
    worked(b);
    counts(s, b);
    takeStep(s, b);
    return derive(s, b);
  },
  [codes['document.release']](s, b) {
    if (b.result === 0) return stays(s, b);
    demand(b.result <= 3 && b.step.length > 0, 'result of a step');
    takeStep(s, b);
    return derive(s, b);
  },
  [codes['outcome.close']](s, b) {
    if (b.result === 0) return stays(s, b);
    demand(b.result >= 2 && b.result <= 5 && b.attempt >= 1, 'outcome');
    [s.outcome, s.claimed] = [b.statement, b.result];
    return derive(s, b);
  },
  [codes['request.cancel']](s, b) { demand(b.status === 6 && b.result === 0, 'cancelled'); s.status = 6; },
  [codes['decision.deny']](s, b) { demand(b.status === 7 && b.result === 0, 'denied'); s.status = 7; },
};

// derive: the status is 1 to 5, and stays as it was when the run is cancelled or denied.
function derive(s, b) {
  demand(s.status >= 6 ? b.status === s.status : b.status <= 5, 'status');
  s.status = b.status;
}

function counts(s, b) {
  if (b.attempt > s.attempt) [s.attempt, s.signers] = [b.attempt, []];
  if (b.attempt < s.attempt) return;
  const next = Math.min(b.seq + 1, 2 ** 32 - 1), known = s.signers.find((x) => equal(x.id, b.issuer));
  if (known) known.next = Math.max(known.next, next);
  else insert(s.signers, { id: b.issuer, next }, (x) => x.id);
  demand(s.signers.length <= 1025, 'too many signers');
}

function takeStep(s, b) {
  const known = s.steps.find((x) => equal(x.name, b.step));
  if (known && !(b.attempt > known.attempt || (b.attempt === known.attempt && b.seq > known.seq))) return;
  const step = { name: b.step, result: b.result, attempt: b.attempt, seq: b.seq };
  if (known) Object.assign(known, step);
  else insert(s.steps, step, (x) => x.name);
  demand(s.steps.length <= 64, 'too many steps');
}

function insert(list, e, by) {
  list.push(e);
  list.sort((a, b) => Buffer.compare(by(a), by(b)));
}

const readGranted = (r, open = true) => {
  const g = {
    object: r.hash(), subject: dig33(r), to: r.hash(), grantor: r.hash(), delegator: r.hash(), request: r.hash(), notBefore: r.u64(), notAfter: r.u64(), uses: r.u32(),
  };
  demand(!equal(g.to, zeros) && !equal(g.grantor, zeros), 'a grant to or by nobody');
  demand(g.notBefore < g.notAfter && (g.uses >= 1 || !open), 'a grant of no time or no uses');
  return g;
};
export const formatGranted = (g) => concat(g.object, g.subject, g.to, g.grantor, g.delegator, g.request, u64(g.notBefore), u64(g.notAfter), u32(g.uses));
export const formatGrantState = (s) => concat(u8(s.status), u64(s.spender), formatGranted(s.granted));
export const formatSpent = (b) => concat(u32(b.left), b.by, b.statement);

export const grantedBody = (b) => whole(b, readGranted);
export const spentBody = (b) => whole(b, (r) => ({ left: r.u32(), by: r.hash(), statement: r.hash() }));
export const revokedBody = (b) => whole(b, (r) => ({ by: r.hash(), statement: r.hash() }));

function grantState(bytes) {
  const s = whole(bytes, (r) => ({ status: oneOf(r.u8(), 1, 3, 'status'), spender: r.u64(), granted: readGranted(r, false) }));
  demand((s.granted.uses === 0) === (s.status === 2) && !(s.status === 2 && s.spender === NONE), 'uses left, status and spender');
  return s;
}

function nextGrant(state, kind, bytes, time, index) {
  if (kind === 1) {
    demand(!state, 'granted already');
    return formatGrantState({ status: 1, spender: NONE, granted: grantedBody(bytes) });
  }
  const s = grantState(state ?? refuse('no grant'));
  demand(s.status === 1, 'the grant is not open');
  if (kind === 3) {
    revokedBody(bytes);
    return formatGrantState({ ...s, status: 3 });
  }
  const b = spentBody(bytes);
  demand(index !== NONE && kind === 2 && b.left === s.granted.uses - 1 && equal(b.by, s.granted.to), 'not what spends it');
  return formatGrantState({ status: b.left === 0 ? 2 : 1, spender: index, granted: { ...s.granted, uses: b.left } });
}

export const activityBody = (b) => whole(b, (r) => ({ statement: r.hash(), run: r.hash() }));

function nextActivity(state, kind, bytes) {
  demand(isKind(types.activity, kind), 'no kind of a statement');
  activityBody(bytes);
  const count = state ? whole(state, (r) => r.u64()) : 0n;
  demand(count < NONE && (!state || count > 0n), 'a count of no statements, or of too many');
  return u64(count + 1n);
}

const next = { document: nextDocument, digest: nextDigest, identity: nextIdentity, run: nextRun, grant: nextGrant, activity: nextActivity };

// nextState is the state after an event; state undefined: a new register.
export const nextState = (type, state, kind, body, { index = 0n, time = 0n } = {}) => next[type](state, kind, body, time, index);
