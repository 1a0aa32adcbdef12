// Vectors that have a verdict or an exit code, whatever is handed in: receipts, moments,
// absences and records. Each function throws a Refusal that begins with WRONG.
import { demand, fromHex, utf8 } from './bytes.mjs';
import { absence } from './absence.mjs';
import { isObject } from './json.mjs';
import { keyAt, record, releasedAs } from './record.mjs';
import { judge } from './verdict.mjs';

// same demands that a result is what the vector says.
export const same = (got, want, what) => demand(String(got) === String(want), `WRONG: ${what} is ${got}, want ${want}`);
const byName = (_, v) => (isObject(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v);
const sameJSON = (got, want, what) => same(JSON.stringify(got, byName), JSON.stringify(want, byName), what);

const brought = (v) => ({ policy: utf8(v.policy), genesis: fromHex(v.genesis) });
const clock = (v) => ({ dev: v.dev ?? false, now: BigInt(v.now ?? 0), maxAge: BigInt(v.maxAge ?? 0) });
const decided = (got) => `${got.exit} by "${got.check ?? ''}"`;
const result = (exit) => (exit === 40 ? 'refuse' : 'accept');

function momentOf(at) {
  if (!at) return undefined;
  return at.size === undefined ? { time: BigInt(at.time) } : { size: BigInt(at.size) };
}

function receipt(v) {
  const expect = { file: fromHex(v.file), document: v.document ?? '', namespaces: v.namespaces ?? [], ...clock(v) };
  const staples = [...(v.staple ? [v.staple] : []), ...(v.staples ?? [])].map(utf8);
  const got = judge({ ...brought(v), receipt: utf8(v.receipt), staples, at: momentOf(v.at), expect });
  same(`${got.verdict} ${decided(got)}`, `${v.verdict} ${decided(v)}`, `verdict (${got.reason})`);
  if (v.size !== undefined) {
    const bound = (b) => (b ? `${b.index}@${b.time}` : 'none');
    const facts = (x) => `version ${x.version ?? 0} size ${x.size} from ${bound(x.from)} until ${bound(x.until)} level ${x.level}`;
    same(facts(got), facts(v), 'what it says');
    sameJSON(got.inForce, v.inForce, 'what it says of the moment');
  }
}

function claim(v) {
  const got = absence({ ...brought(v), staple: utf8(v.staple), claim: v.claim, id: v.id, expect: clock(v) });
  same(`${result(got.exit)} ${got.answer} ${decided(got)}`, `${v.result} ${v.answer} ${decided(v)}`, `answer (${got.reason})`);
  sameJSON(got.asOf, v.asOf, 'what it speaks for');
}

function history(v) {
  const got = record({
    ...brought(v), staple: utf8(v.staple), claim: v.claim, type: v.type, id: v.id, events: v.events ?? [],
    from: BigInt(v.from ?? 0), to: BigInt(v.to ?? 0), expect: clock(v),
  });
  same(`${result(got.exit)} ${decided(got)}`, `${v.result} ${decided(v)}`, `record (${got.reason})`);
  sameJSON(got.record, v.record, 'record');
  for (const want of v.keyAt ?? []) {
    const c = keyAt(got.record, want.index);
    same(`${c?.status} ${c?.key}`, `${want.status} ${want.key}`, `key at entry ${want.index}`);
  }
  for (const want of v.released ?? []) same(releasedAs(got.record, want.digest), want.versions ?? [], `versions of ${want.digest}`);
}

export const judged = { receipt, invalid: receipt, form: receipt, moment: receipt, absence: claim, record: history };
