// The report of a pack: docs/spec/report.md. It follows from the evidence alone.
import { demand } from './bytes.mjs';
import { timeText } from './moment.mjs';
import { parseNote } from './note.mjs';
import { parseTime } from './fields.mjs';
import { NONE } from './registers.mjs';
import { page } from './reportpage.mjs';
import * as s from './states.mjs';
import { render } from './template.mjs';
import { allowed, words } from './words.mjs';

const LAST_TIME = 253402300799999n; // the year 9999
const clock = (ms) => timeText(BigInt(ms)).replace('T', ' ').replace('Z', '');
const count = (n, what) => (n === 1 ? `1 ${what}` : `${n} ${what}s`);
const identityStatus = ['', 'active', 'suspended', 'revoked', 'retired'];
const runStatus = ['', 'open', 'successful', 'done in part', 'failed', 'aborted', 'cancelled', 'denied'];

// report renders the page of a pack whose parts are complete: see pack.mjs. view is that of its checkpoint.
export function report(p, { cp, seal }, notClaimed) {
  demand(seal.time <= LAST_TIME, 'a time beyond the year 9999 is in no pack');
  const r = {
    Title: `Evidence on ${p.subject.type} ${p.subject.id}`, Origin: cp.origin, Size: cp.size, Root: cp.root, Sealed: seal.time, Signed: signatures(p.note, cp.origin),
    Identity: p.subject.type === 'identity', Said: [], Asked: [], Approved: [], Executed: [], Released: [], Others: [], NotClaimed: notClaimed,
  };
  for (const i of p.core()) add(p, r, row(p, i));
  const histories = p.sorted().filter((h) => h.events.length > 0);
  r.Grants = histories.filter((h) => h.type === 'grant').map((h) => grantRow(p, h)).sort(byIndex);
  r.People = histories.filter((h) => h.type === 'identity').map((h) => person(p, h));
  r.Texts = p.indices().filter((i) => ['policy.set', 'workflow.define', 'workflow.retire'].includes(p.entries.get(i).st.kind)).map((i) => row(p, i));
  if (r.Identity) divide(r, p.subject.id);
  r.Sentence = sentence(p, r);
  return render(page, r, { time: clock, base64: (b) => b.toString('base64') });
}

const byIndex = (a, b) => (a.Index < b.Index ? -1 : a.Index > b.Index ? 1 : 0);

// signatures are the names on the lines below the note, but for the log's; nobody checked them.
const signatures = (note, origin) => parseNote(note).signatures.map((l) => l.name).filter((n) => n !== origin).map((n) => n.replace(/[^!-~]/gu, '?'));

function row(p, i) {
  const { st } = p.entries.get(i), [What, Detail] = words(st);
  return { Index: i, Time: p.times.get(i) ?? 0n, At: parseTime(st.at), By: st.issuer, What, Detail, Digest: `sha256:${st.subject.toString('hex')}`, Until: '' };
}

const places = {
  'request.open': 'Asked', 'request.cancel': 'Asked', 'decision.grant': 'Approved', 'decision.deny': 'Approved', 'decision.revoke': 'Approved',
  'step.intent': 'Executed', 'step.done': 'Executed', 'outcome.close': 'Executed', 'document.release': 'Released', 'document.withdraw': 'Released',
};

function add(p, r, x) {
  const { st } = p.entries.get(x.Index);
  if (st.kind === 'document.release') x.Until = ended(p, st.document, x.Index);
  r[places[st.kind] ?? 'Others'].push(x);
}

// ended: how the release of an entry ended, by the document's history, or by what the receipt shows of it.
function ended(p, document, index) {
  const shown = p.entries.get(index).receipt.registers.filter((x) => x.type === 'document' && x.id === document).flatMap((x) => x.events);
  const e = (p.history('document', document)?.events ?? shown).find((x) => x.index > index);
  if (!e) return 'still the current version';
  return `${e.kind === 2 ? 'withdrawn' : 'superseded'} at ${clock(e.time)} (entry ${e.index})`;
}

// divide puts what an identity signed apart from what others said of it.
function divide(r, id) {
  const all = ['Asked', 'Approved', 'Executed', 'Released', 'Others'].flatMap((n) => r[n]).sort(byIndex);
  r.Said = all.filter((x) => x.By === id);
  r.Others = all.filter((x) => x.By !== id);
}

function person(p, h) {
  const x = { ID: h.id, Class: 'named by the first policy', Owner: '', Roles: '', Status: standing(h), Changes: [] };
  for (const e of h.events) {
    const { st } = p.entries.get(e.index);
    x.Changes.push(`${st.kind} by ${st.issuer} at ${clock(e.time)} (entry ${e.index})`);
    if (st.kind === 'identity.enroll' || st.kind === 'identity.rotate') [x.Class, x.Owner, x.Roles] = [st.class, st.owner, st.roles.join(', ')];
  }
  return x;
}

function standing(h) {
  const { state } = s.identityBody(h.events.at(-1).body), stolen = state.compromisedSince;
  return identityStatus[state.status] + (stolen === NONE ? '' : `, its key reported stolen since ${clock(stolen)}`);
}

function grantRow(p, h) {
  const { st } = p.entries.get(h.events[0].index);
  const became = h.events.slice(1).map((e) => `${e.kind === 3 ? 'taken back' : 'used'} by entry ${e.index} at ${clock(e.time)}`);
  return {
    ...row(p, h.events[0].index), By: st.by === undefined ? st.issuer : `${st.issuer}, for ${st.by} who decided in another system`, To: st.to, Role: st.role,
    Meaning: st.override ? `${st.meaning}, setting aside the rule ${st.override.rule} (${st.override.reason})` : st.meaning, Rule: st.rule, For: allowed(st),
    Until: clock(parseTime(st.notAfter)), Became: became.join('; ') || 'never used',
  };
}

function sentence(p, r) {
  const { type, id } = p.subject, h = p.history(type, id);
  if (h.events.length === 0) return `Up to its entry ${r.Size - 1n}, the log ${r.Origin} had no ${type} with the name ${id}.`;
  if (type === 'run') return runSentence(p, r, h);
  if (type === 'document') return documentSentence(p, r, h);
  const signed = count(p.history('activity', id)?.events.length ?? 0, 'statement');
  return `${id} is ${standing(h)}, and signed ${signed} that the log ${r.Origin} took in; all of them are listed here.`;
}

// documentSentence is about the newest release of the document.
function documentSentence(p, r, h) {
  const newest = r.Released.filter((x) => x.Until !== '' && h.events.some((e) => e.index === x.Index)).at(-1);
  if (!newest) return 'The history of the document begins with no release.';
  const { st } = p.entries.get(newest.Index), until = newest.Until.startsWith('still') ? newest.Until : `no longer in force: ${newest.Until}`;
  return `Version ${st.version} of ${st.document} was released by ${st.issuer} at ${clock(newest.Time)}; it is ${until}, as far as the log ${r.Origin} went when this was made (${r.Size} entries).`;
}

function runSentence(p, r, h) {
  const parts = r.Asked.length > 0 ? [`${r.Asked[0].By} asked for ${r.Asked[0].Detail}`] : [''];
  const by = new Set(r.Approved.filter((x) => p.entries.get(x.Index).st.kind === 'decision.grant').map((x) => x.By));
  parts.push(by.size > 0 ? `${[...by].join(' and ')} approved` : 'nobody approved anything');
  if (r.Executed.length > 0) parts.push(`${count(r.Executed.length, 'piece')} of work on record`);
  for (const x of r.Released) parts.push(`${x.By} ${x.What} at ${clock(x.Time)}${x.Until ? `, ${x.Until}` : ''}`);
  const { status } = s.runBody(h.events.at(-1).body);
  return `${parts.join('; ')}. The run is ${runStatus[status]}, as far as the log ${r.Origin} went when this was made (${r.Size} entries).`;
}
