// What an entry needs of its registers: the checks of docs/spec/receipt.md, section 3,
// from "document register" to "grantor apart". check(name, f) makes one of them.
import { concat, demand, equal, fromHex, refuse, sha256, zeros } from './bytes.mjs';
import { canonical } from './json.mjs';
import { leafHash } from './merkle.mjs';
import * as r from './registers.mjs';
import * as s from './states.mjs';
import { codes } from './kinds.mjs';
import { parseTime, under } from './fields.mjs';
import { parseStatement, statementLeaf, verifyStatement } from './statement.mjs';

const digestBytes = (d) => fromHex(d.slice('sha256:'.length));
export const entryLeaf = (envelope) => leafHash(statementLeaf(envelope));

// documentOf is what a statement writes to the register of a document, if it is about one.
export function documentOf(st) {
  const run = st.run === undefined ? zeros : r.registerKey('run', st.run);
  if (st.kind === 'document.release') return { id: st.document, version: st.version, kind: 1, run, chained: true, prev: st.prev };
  if (st.kind === 'document.withdraw') return { id: st.document, version: st.version, kind: 2, run };
  if (st.kind === 'policy.set') return { id: 'docket:policy', version: st.policy.version, kind: 1, run: zeros };
  return undefined;
}

function made(event, entry, kind) {
  demand(event.index === entry.index, `event ${event.seq} is of another entry`);
  demand(equal(event.leafHash, entry.leafHash), `event ${event.seq} names another leaf`);
  demand(event.kind === kind, `event ${event.seq} is of another kind`);
}

// document: authority at release, but for the key.
export function document(check, entry, h) {
  const d = entry.document, digest = r.sha256Digest(entry.st.subject);
  let at, last;
  const blind = () => r.eventBlind(h.key, h.events[at].seq, entry.payload);
  check('document register', () => h.register());
  check('document events', () => h.eachEvent());
  check('release', () => {
    at = h.events.findIndex((e) => e.index === entry.index);
    demand(at >= 0, 'no event of the entry is shown');
    made(h.events[at], entry, d.kind);
    r.openEvent(h.events[at], blind(), s.formatDocumentBody({ version: d.version, digest, statement: entry.digest, run: d.run }));
  });
  check('document neighbours', () => h.adjacent(at));
  check('version', () => { last = (d.kind === 2 ? beforeWithdrawal : beforeRelease)(h, at, d, digest); });
  check('document state', () => {
    h.opensState();
    if (!h.newest(at)) return;
    const statement = d.kind === 2 ? last.statement : entry.digest;
    r.openState(h.value, r.stateBlind(blind()), s.formatDocumentState({ status: d.kind, version: d.version, digest, statement }));
  });
  const event = h.events[at];
  return d.kind === 2 ? { time: event.time, from: h.events[at - 1], until: event, kind: 2 } : { time: event.time, from: event, until: h.next(at), kind: h.next(at)?.kind };
}

function before(h, at, n) {
  demand(at >= n, 'the event before is not shown');
  return { kind: h.events[at - n].kind, ...s.documentBody(h.opened(at - n).body) };
}

function beforeRelease(h, at, d) {
  if (h.events[at].seq === 0n) {
    demand(d.version === 1 && (d.prev ?? null) === null, 'a first release has version 1 and no prev');
    return undefined;
  }
  let last = before(h, at, 1), places = 1;
  if (last.kind === 2) {
    const withdrawn = last;
    [last, places] = [before(h, at, 2), 2];
    demand(last.kind === 1 && withdrawn.version === last.version && equal(withdrawn.digest, last.digest), 'the withdrawal does not follow its release');
  }
  demand(at === places, `${at} events before it are shown, want ${places}`);
  demand(d.version === last.version + 1, 'not the next version');
  demand(!d.chained || (d.prev !== null && equal(digestBytes(d.prev), last.statement)), 'prev is not the release before');
  return last;
}

function beforeWithdrawal(h, at, d, digest) {
  const last = before(h, at, 1);
  demand(at === 1, `${at} events before it are shown, want 1`);
  demand(last.kind === 1 && last.version === d.version && equal(last.digest, digest), 'the event before does not release what is withdrawn');
  return last;
}

// identity: KEY. time undefined: no register shows the time of the entry.
export function identity(check, entry, h, time) {
  let then, now;
  check('identity register', () => h.register());
  check('identity events', () => h.eachEvent());
  check('identity neighbours', () => {
    demand(h.events.length > 0, 'no event is shown');
    h.adjacent(0);
  });
  check('signer', () => {
    const [e, next] = h.events;
    demand(e.index < entry.index || (entry.index === 0n && e.index === 0n), 'the event is not before the entry');
    demand(!next || next.index >= entry.index, 'a later event was in force');
    then = s.identityBody(h.opened(0).body).state;
    demand(then.status === 1, 'the identity was not active');
    demand(equal(then.key, concat(Buffer.from([1]), sha256(entry.spki))), 'the key in the leaf is not its key');
  });
  if (time !== undefined) check('key expiry', () => demand(time < then.notAfter, 'the key had expired'));
  check('identity state', () => {
    now = s.identityState(h.openedState());
    const derived = () => equal(h.state.state, s.formatIdentityState(then)) && equal(h.state.blind, r.stateBlind(h.opened(0).blind));
    demand(!h.newest(0) || derived(), 'not the state that the newest event set');
  });
  return { then, now };
}

export function run(check, entry, h) {
  let request, mine, state;
  check('run register', () => h.register());
  check('run events', () => h.shown(2));
  check('request', () => {
    const e = h.events[0];
    demand(e.seq === 0n && e.kind === codes['request.open'], 'not the event that opens a run');
    request = s.runBody(h.opened(0).body);
    s.nextState('run', undefined, e.kind, h.opened(0).body, { index: e.index, time: e.time });
  });
  check('run', () => {
    const e = h.events[1];
    made(e, entry, entry.st.code);
    const { blind, body } = h.opened(1);
    demand(equal(blind, r.eventBlind(h.key, e.seq, entry.payload)), 'the blind of another statement');
    mine = s.runBody(body);
    demand(equal(mine.statement, entry.digest) && equal(mine.issuer, r.identityKey(entry.st.issuer)) && mine.ref.every((b) => b === 0), 'not the event of the statement');
    demand(mine.status <= 4, 'the run was aborted, cancelled or denied');
  });
  check('run state', () => {
    state = s.runState(h.openedState());
    demand(equal(state.request, request.statement) && equal(state.workflow, request.ref) && state.opened === h.events[0].time, 'of another request');
    const derived = () => state.status === mine.status && equal(h.state.blind, r.stateBlind(h.opened(1).blind));
    demand(!h.newest(1) || derived(), 'not the state that the newest event left');
  });
  return { request: request.statement, asked: request.issuer };
}

// grant: it was given for exactly this, and this entry spent it.
export function grant(check, inner, { entry, digest, h, grantor, owner, run: { request, asked } = {}, time }) {
  let st, delegation, granted;
  const given = { spki: h.envelope?.spki };
  check('grant', () => {
    const e = h.envelope ?? refuse('the statement that granted is not shown');
    demand(equal(e.digest, digest), 'another statement than the one that the entry spends');
    st = parseStatement(e.payload);
    demand(st.kind === 'decision.grant' && st.log === entry.st.log, 'no decision.grant for this log');
    demand(grantor.id === st.issuer, 'another identity is shown for it');
    verifyStatement(e.payload, e.signature, e.spki);
    delegation = delegationOf(st, e.spki, h.delegation);
  });
  check('grant terms', () => {
    demand(st.for === entry.st.kind, 'for another kind');
    demand(st.object.document === entry.document.id && st.object.version === entry.document.version, 'for another document or version');
    demand(equal(st.subject, entry.st.subject) && st.to === entry.st.issuer, 'for other bytes, or to another');
    demand(request ? st.about !== undefined && equal(digestBytes(st.about), request) : st.about === undefined, 'about another request');
    demand(during(time, st), 'the entry is not of its time');
  });
  check('grant register', () => h.register());
  check('grant events', () => h.shown(2));
  check('granted', () => {
    const e = h.events[0];
    Object.assign(given, { index: e.index, leafHash: entryLeaf(h.envelope), st, payload: h.envelope.payload });
    made(e, given, 1);
    demand(e.seq === 0n, 'not the first event');
    demand(!delegation || during(e.time, delegation), 'not given in the time of the delegation');
    granted = grantedBody(st, delegation ? r.identityKey(delegation.issuer) : zeros);
    r.openEvent(e, r.eventBlind(h.key, 0n, given.payload), s.formatGranted(granted));
  });
  check('spent', () => spent(entry, h, granted));
  const { then, now } = identity(inner, given, withState(grantor), h.events[0].time);
  inner('apart', () => {
    demand(!equal(then.owner, owner), 'given by one of the same owner');
    for (const id of [st.issuer, delegation?.issuer, st.by].filter((x) => x !== undefined)) {
      demand(id !== st.to && !(asked && equal(r.identityKey(id), asked)), 'by the word of who spent it, or of who asked for the run');
    }
    demand(!goneBefore(entry.index, grantor, now), 'who granted it was gone when it was spent');
  });
  return { by: st.issuer, time: h.events[0].time, now };
}

// goneBefore: what is shown of an identity says that it was suspended, revoked or retired before the entry.
function goneBefore(index, h, now) {
  const next = h.next(0);
  return (now.status !== 1 && h.value.last < index) || (next !== undefined && next.index < index && (next.kind === 5 || next.kind === 6));
}

export const during = (time, grant) => time >= notBefore(grant) && time < BigInt(parseTime(grant.notAfter));
const notBefore = (st) => BigInt(st.notBefore === undefined ? 0 : parseTime(st.notBefore));

// delegationOf: by which the grant was given, under the key spki, in another's stead; undefined: in nobody's.
export function delegationOf(st, spki, e) {
  if (st.actingFor === undefined) {
    demand(!e, 'a delegation is shown, and none was used');
    return undefined;
  }
  demand(e && equal(e.digest, digestBytes(st.actingFor)), 'the delegation is not shown, or is another');
  const d = parseStatement(e.payload);
  demand(d.kind === 'decision.grant' && d.for === 'decision.grant' && d.log === st.log, 'no delegation for this log');
  demand(d.to === st.issuer && d.object.role === st.role, 'to another, or in another role');
  demand(equal(d.subject, sha256(spki)), 'to another key');
  demand(st.object.document === undefined || d.object.namespaces.some((p) => under(p, st.object.document)), 'in other namespaces');
  verifyStatement(e.payload, e.signature, e.spki);
  return d;
}

export const grantedBody = (st, delegator) => ({
  object: r.objectHash(st.for, canonical(st.object)), subject: r.sha256Digest(st.subject), to: r.identityKey(st.to), grantor: r.identityKey(st.issuer),
  delegator, request: st.about === undefined ? zeros : digestBytes(st.about), notBefore: notBefore(st), notAfter: BigInt(parseTime(st.notAfter)), uses: st.uses,
});

function spent(entry, h, granted) {
  const e = h.events[1];
  made(e, entry, 2);
  demand(e.seq <= BigInt(granted.uses), 'more spendings than uses');
  const left = granted.uses - Number(e.seq), blind = r.eventBlind(h.key, e.seq, entry.payload);
  r.openEvent(e, blind, s.formatSpent({ left, by: r.identityKey(entry.st.issuer), statement: entry.digest }));
  h.opensState();
  if (!h.newest(1)) return;
  const state = { status: left === 0 ? 2 : 1, spender: e.index, granted: { ...granted, uses: left } };
  r.openState(h.value, r.stateBlind(blind), s.formatGrantState(state));
}

// withState derives the newest state of a grantor, if the event in force is the newest and opened.
function withState(h) {
  const first = h.events[0];
  if (h.state || !h.value || !first?.opening || !h.newest(0)) return h;
  try {
    const { state } = s.identityBody(first.opening.body);
    h.state = { blind: r.stateBlind(first.opening.blind), state: s.formatIdentityState(state) };
  } catch {
    // it is judged, and refused, where it is opened
  }
  return h;
}
