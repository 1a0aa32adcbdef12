// In force at a moment of the past: docs/spec/claims.md, section 2. Times are
// milliseconds, BigInt.
import { latest } from './policy.mjs';

// sight notes when the quorum saw a tree; holds: its registers were judged for the entry.
export function sight(j, { cp, quorum }, holds) {
  if (j.policy.quorum === 'none' || !quorum.satisfied) return;
  const until = latest(j.policy.nodes.get(j.policy.quorum), quorum.times);
  j.sightings.push({ size: cp.size, earliest: quorum.quorumTime * 1000n, latest: until * 1000n, holds });
}

const least = (a, b) => (a === undefined || b < a ? b : a);
const most = (a, b) => (a === undefined || b > a ? b : a);

// seen joins the sightings. Only where two quorums share a cosigner does it exclude a
// larger tree that a quorum saw none.
function seen(j, from, until) {
  const shared = j.view.quorum.tolerates >= 0, s = {};
  for (const g of j.sightings) {
    if (g.size <= from.index) {
      if (shared) s.absent = most(s.absent, g.latest);
    } else if (g.holds) {
      s.begun = least(s.begun, g.earliest);
      if (until && g.size > until.index) s.ended = least(s.ended, g.earliest);
      else if (shared) s.still = most(s.still, g.latest);
    }
  }
  return s;
}

const answer = (yes) => (yes ? 'yes' : 'no');

function atSize(size, j, from, until) {
  if (size <= from.index) return 'no';
  if (until) return answer(size <= until.index);
  return size <= j.view.cp.size ? 'yes' : 'unknown';
}

function byLogClock(time, j, from, until) {
  if (time < from.time) return 'no';
  if (until) return answer(time < until.time);
  return time <= j.view.seal.time ? 'yes' : 'unknown';
}

function atTime(time, log, s) {
  if ((s.absent !== undefined && time < s.absent) || (s.ended !== undefined && time >= s.ended)) return ['no', 'refuted'];
  const before = s.still !== undefined && time < s.still;
  if (s.begun !== undefined && s.begun <= time && before) return ['yes', 'proven'];
  if (log !== 'unknown') return [log, 'log clock only'];
  return before ? ['yes', 'log clock only'] : ['unknown', 'none'];
}

// timeText is RFC 3339 with milliseconds. Times that no calendar of JavaScript has stay numbers.
export const timeText = (ms) => (ms > 8_640_000_000_000_000n ? String(ms) : new Date(Number(ms)).toISOString());

// inForce answers, in the form of its JSON.
export function inForce(j, from, until) {
  const { size, time } = j.at, s = seen(j, from, until);
  const out = size === undefined ? { time: timeText(time) } : { size: Number(size) };
  if (size === undefined) {
    out.log = byLogClock(time, j, from, until);
    [out.answer, out.known] = atTime(time, out.log, s);
  } else {
    out.log = out.answer = atSize(size, j, from, until);
    out.known = { yes: 'proven', no: 'refuted', unknown: 'none' }[out.answer];
  }
  for (const [name, t] of Object.entries(s)) out[name] = timeText(t);
  if (out.log !== 'unknown' && out.log !== out.answer) j.out.warnings.push("by the log's clock it would be otherwise: its times are doubtful");
  return out;
}
