// Whole histories and what they say: docs/spec/claims.md, section 4. A record is in
// the form of its JSON, without notChecked.
import { demand, equal, fromBase64, MAX, Refusal, zeros } from './bytes.mjs';
import { asOfJSON, openKnown, openRegister, qualify } from './absence.mjs';
import { delegationOf, during, entryLeaf, grantedBody } from './claims.mjs';
import { codes } from './kinds.mjs';
import { timeText } from './moment.mjs';
import { parsePolicy } from './policy.mjs';
import { parseReceipt } from './receipt.mjs';
import * as r from './registers.mjs';
import * as s from './states.mjs';
import { parseStatement, verifyStatement } from './statement.mjs';
import { makeCheck } from './verdict.mjs';

const kindNames = Object.fromEntries(Object.entries(codes).map(([name, code]) => [code, name]));
const identityKinds = [undefined, 'enroll', 'rotate', 'suspend', 'resume', 'revoke', 'retire'];
const identityStatus = [undefined, 'active', 'suspended', 'revoked', 'retired'];
const classes = [undefined, 'human', 'workload', 'agent', 'bridge'];
const runStatus = [undefined, 'open', 'success', 'partial', 'failed', 'aborted', 'cancelled', 'denied'];
const results = [undefined, 'ok', 'error', 'skipped'];
const grantStatus = [undefined, 'open', 'spent', 'revoked'];

const digest = (hash) => `sha256:${hash.toString('hex')}`;
const keyText = (key) => (equal(key, zeros) ? undefined : key.toString('hex'));
const instant = (ms) => (ms === r.NONE ? undefined : timeText(ms));
const bound = (e) => ({ index: Number(e.index), time: timeText(e.time), clock: 'log' });
// some drops what is not there.
const some = (o) => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined && v !== '' && v !== 0));

// claims: the type of the register, and what its events and last state say. h is the register.
const claims = {
  'full history': { says: fullHistory },
  'all signed': { type: 'activity', says: allSigned },
  'identity history': { type: 'identity', says: ({ events }) => ({ changes: events.map(change) }) },
  'grant spent': { type: 'grant', says: grantSpent },
  'run complete': { type: 'run', says: runComplete },
};

// record: bytes of policy and staple; events as { event, blind, body } in base64.
export function record({ policy: text, genesis, staple, claim, type, id, events, from = 0n, to = 0n, expect }) {
  const policy = parsePolicy(text), j = { out: {} }, check = makeCheck(j, ''), { type: own, says } = claims[claim];
  try {
    const shown = check('form', () => parseReceipt(staple));
    const view = openKnown(check, policy, genesis, shown, MAX); // what is too new is judged by its age
    const h = openRegister(check, shown, own ?? type, id, view.seal);
    const { opened, state } = check('history', () => {
      const list = events.map(openedEvent);
      return { opened: list, state: history(h, list) };
    });
    const out = { claim, id, ...asOfJSON(policy, view), ...says({ check, h, events: opened, state, from, to, origin: view.cp.origin }) };
    return { ...qualify(policy, expect, view), record: out };
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    return { exit: 40, check: j.out.check, reason: e.message };
  }
}

function openedEvent(e) {
  const blind = fromBase64(e.blind);
  demand(blind.length === 32, 'a blind has 32 bytes');
  return { ...r.parseEvent(fromBase64(e.event)), blind, body: fromBase64(e.body) };
}

// history: the events are all of the register, and lead to its state.
function history(h, events) {
  const v = h.value;
  if (!v) return demand(events.length === 0, 'a register that is absent has no events');
  let state;
  for (const e of events) {
    h.possible(e);
    r.openEvent(e, e.blind, e.body);
    state = s.nextState(h.type, state, e.kind, e.body, e);
    demand(e.type === v.type && e.index <= v.last, `event ${e.seq} is of another type, or after the newest`);
  }
  demand(BigInt(events.length) === v.size && events.at(-1).index === v.last, `${events.length} events are shown, the register has ${v.size}`);
  r.verifyRange(events, [], v.size, v.root);
  demand(!h.state || equal(h.state.state, state), 'its events lead to another state');
  r.openState(v, r.stateBlind(events.at(-1).blind), state);
  return state;
}

function fullHistory({ h, events, state }) {
  const list = events.map((e) => ({ ...bound(e), event: e.bytes.toString('base64'), blind: e.blind.toString('base64'), body: e.body.toString('base64') }));
  return some({ type: h.type, events: list, state: state?.toString('base64') });
}

function allSigned({ events, from, to }) {
  const within = events.filter((e) => e.index >= from && (to === 0n || e.index < to));
  return { ...some({ from: Number(from), to: Number(to) }), signed: within.map((e) => {
    const b = s.activityBody(e.body);
    return { ...bound(e), ...some({ kind: kindNames[e.kind], statement: digest(b.statement), run: keyText(b.run) }) };
  }) };
}

function change(e) {
  const { state, statement } = s.identityBody(e.body);
  return {
    ...bound(e),
    ...some({
      kind: identityKinds[e.kind], status: identityStatus[state.status], class: classes[state.class], key: digest(state.key.subarray(1)),
      notAfter: instant(state.notAfter), compromisedSince: instant(state.compromisedSince), statement: digest(statement),
    }),
  };
}

// keyAt: the change that spoke for an identity at an entry; undefined: none, or above the record.
export function keyAt({ changes, size }, index) {
  if (index >= size) return undefined;
  return changes.findLast((c) => c.index < Math.max(index, 1));
}

// releasedAs lists the versions of a document, by its full history, that have the digest.
export function releasedAs({ type, events }, wanted) {
  if (type !== 'document') return [];
  const releases = events.filter((e) => r.parseEvent(fromBase64(e.event)).kind === 1).map((e) => s.documentBody(fromBase64(e.body)));
  return releases.filter((b) => digest(b.digest.subarray(1)) === wanted && b.digest[0] === 1).map((b) => b.version);
}

function grantSpent({ check, h, events, origin }) {
  if (!h.value) return { uses: 0, left: 0, spent: [] };
  const first = s.grantedBody(events[0].body), out = { status: 'open', uses: first.uses, left: first.uses, granted: bound(events[0]), spent: [] };
  for (const e of events.slice(1)) {
    if (e.kind === 3) {
      const b = s.revokedBody(e.body);
      out.revoked = { ...bound(e), statement: digest(b.statement), by: keyText(b.by) };
      out.status = grantStatus[3];
      continue;
    }
    const b = s.spentBody(e.body);
    out.spent.push({ ...bound(e), statement: digest(b.statement), by: keyText(b.by), left: b.left });
    [out.left, out.status] = [b.left, grantStatus[b.left === 0 ? 2 : 1]];
  }
  if (h.envelope) check('granted', () => granted(h, events[0], first.delegator, origin));
  return out;
}

// granted: what is shown as the statement that granted made the first event.
function granted(h, first, named, origin) {
  const { payload, signature, spki } = h.envelope, st = parseStatement(payload);
  demand(st.kind === 'decision.grant' && st.log === origin, 'no decision.grant for this log');
  demand(equal(first.leafHash, entryLeaf(h.envelope)), 'not signed as the one in the log');
  let delegator = named;
  if (h.delegation) {
    const d = delegationOf(st, spki, h.delegation);
    demand(d && during(first.time, d), 'not given in the time of the delegation');
    delegator = r.identityKey(d.issuer);
  }
  demand(equal(delegator, zeros) === (st.actingFor === undefined), 'in nobody\'s stead, or in somebody\'s');
  r.openEvent(first, r.eventBlind(h.key, 0n, payload), s.formatGranted(grantedBody(st, delegator)));
  verifyStatement(payload, signature, spki);
}

function runComplete({ h, events, state }) {
  if (!h.value) return { closed: false, attempt: 0, events: [] };
  const run = s.runState(state), status = runStatus[run.status];
  return {
    ...some({ status, claimed: runStatus[run.claimed] }), closed: ['success', 'aborted', 'cancelled', 'denied'].includes(status),
    request: digest(run.request), workflow: digest(run.workflow.subarray(1)), attempt: run.attempt, events: events.map(runEvent),
  };
}

function runEvent(e) {
  const b = s.runBody(e.body), kind = kindNames[e.kind], ref = b.ref.subarray(1);
  return {
    ...bound(e),
    ...some({
      kind, statement: digest(b.statement), issuer: keyText(b.issuer), status: runStatus[b.status], attempt: b.attempt, seq: b.seq, step: b.step.toString('utf8'),
      result: (kind === 'outcome.close' ? runStatus : results)[b.result], grant: kind.startsWith('decision.') ? keyText(ref) : undefined,
    }),
  };
}
