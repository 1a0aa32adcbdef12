// The parts of a pack: docs/spec/pack.md, sections 1 to 4. Nothing is verified here but forms.
import { demand, equal, fromBase64, refuse, sha256, utf8 } from './bytes.mjs';
import { entryLeaf } from './claims.mjs';
import { documentId, id as idType } from './fields.mjs';
import { canonical, members, parseCanonical } from './json.mjs';
import { parseReceipt } from './receipt.mjs';
import { parseEvent, registerKey, types } from './registers.mjs';
import { parseStatement } from './statement.mjs';

export const FORMAT = 'docket-pack/1';
const MAX_ENTRIES = 4096, MAX_HISTORIES = 2048;
export const LIMITS = { files: 2 * MAX_ENTRIES + MAX_HISTORIES + 5, size: 64 << 20 };

const isText = (v) => demand(typeof v === 'string', 'not text');
const valid = (type, s) => { type.check({ field: (ok, what) => demand(ok, `no ${what}`) }, s); };

// parseManifest gives the subject, and what the manifest says of each file.
export function parseManifest(bytes) {
  const m = members(parseCanonical(bytes), ['checkpoint', 'claims', 'files', 'format', 'notClaimed', 'subject']);
  demand(m.format === FORMAT, `the format is ${String(m.format).slice(0, 80)}, this verifier knows ${FORMAT}`);
  const { type, id } = members(m.subject, ['id', 'type']);
  demand(['run', 'document', 'identity'].includes(type), 'a pack is about a run, a document or an identity');
  valid(type === 'document' ? documentId : idType, id);
  demand(Array.isArray(m.files), 'files is no list');
  const files = new Map(m.files.map((f) => [members(f, ['bytes', 'name', 'sha256']).name, f]));
  return { subject: { type, id }, files };
}

// checkListed: every file is listed as it is, and nothing else is.
export function checkListed(files, listed) {
  const there = new Map(files.map((f) => [f.name, f.data]));
  for (const [name, f] of listed) {
    const data = there.get(name) ?? refuse(`${name} is listed, but it is not there`);
    demand(f.bytes === data.length && f.sha256 === sha256(data).toString('hex'), `${name} was changed`);
  }
  for (const { name } of files) demand(listed.has(name) || name === 'manifest.json', `${name} is not listed`);
}

// A Pack has what the files hold: entries by index, and histories by type and id.
export class Pack {
  constructor(subject, files) {
    Object.assign(this, { subject, entries: new Map(), histories: new Map(), times: new Map(), statements: 0 });
    this.files = new Map(files.map((f) => [f.name, f.data]));
    for (const { name, data } of files) this.add(name, data);
    for (const [index, e] of this.entries) {
      const same = this.files.get(`statements/${digits(index)}.json`)?.equals(utf8(envelopeText(e.receipt.envelope)));
      demand(same, `the statement of entry ${index} is not the one in its receipt`);
    }
    demand(this.statements === this.entries.size, 'statements and receipts differ in number');
  }

  add(name, data) {
    if (name.startsWith('receipts/')) this.addReceipt(name, data);
    else if (name.startsWith('histories/')) this.addHistory(name, data);
    else if (name.startsWith('statements/')) this.statements++;
    else if (name === 'checkpoint') this.note = data;
    else demand(['SPEC.txt', 'manifest.json', 'report.html', 'untrusted/policy'].includes(name), `${name.slice(0, 80)}: no pack has such a file`);
  }

  addReceipt(name, data) {
    const receipt = parseReceipt(data), { envelope, index } = receipt;
    demand(envelope && name === `receipts/${digits(index)}.docket`, `${name} is not the receipt of its entry`);
    const st = parseStatement(envelope.payload);
    this.entries.set(index, { index, receipt, bytes: data, st, payload: envelope.payload, digest: envelope.digest, leafHash: entryLeaf(envelope) });
    demand(this.entries.size <= MAX_ENTRIES, `more than ${MAX_ENTRIES} receipts`);
  }

  addHistory(name, data) {
    const v = members(parseCanonical(data), ['events', 'staple']), bytes = utf8(canonical(v.staple)), staple = parseReceipt(bytes);
    demand(!staple.envelope && staple.registers.length === 1, 'the staple of a history shows one register alone');
    demand(Array.isArray(v.events), 'events is no list');
    const { type, id } = staple.registers[0];
    demand(name === `histories/${type}-${registerKey(type, id).toString('hex')}.json`, `${name} is the register of another`);
    this.histories.set(`${type} ${id}`, { type, id, staple, bytes, shown: v.events, events: v.events.map(openedEvent) });
    demand(this.histories.size <= MAX_HISTORIES, `more than ${MAX_HISTORIES} registers`);
  }

  history(type, id) { return this.histories.get(`${type} ${id}`); }

  // sorted: histories by type, then by id.
  sorted() {
    return [...this.histories.values()].sort((a, b) => types[a.type] - types[b.type] || Buffer.compare(utf8(a.id), utf8(b.id)));
  }

  indices() { return [...this.entries.keys()].sort(rising); }

  // made: the entries that made the events of a register, those that are there.
  made(type, id) { return (this.history(type, id)?.events ?? []).map((e) => e.index).filter((i) => this.entries.has(i)); }

  // roots: the registers that the pack is about, as [type, id].
  roots() {
    const { type, id } = this.subject, own = [type, id];
    if (type === 'identity') return [own, ['activity', id]];
    if (type === 'run') return [own];
    const runs = new Set(this.made(type, id).map((i) => this.entries.get(i).st.run).filter((run) => run !== undefined));
    return [own, ...[...runs].map((run) => ['run', run])];
  }

  // core: the entries that made the events of the roots.
  core() { return [...new Set(this.roots().flatMap((n) => this.made(...n)))].sort(rising); }
}

const rising = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const digits = (index) => String(index).padStart(10, '0');

function openedEvent(v) {
  members(v, ['blind', 'body', 'event']);
  Object.values(v).forEach(isText);
  const blind = fromBase64(v.blind);
  demand(blind.length === 32, 'a blind has 32 bytes');
  return { ...parseEvent(fromBase64(v.event)), blind, body: fromBase64(v.body) };
}

// envelopeText is an envelope as a receipt has it.
function envelopeText({ payload, signature, spki }) {
  const b = (x) => x.toString('base64');
  return canonical({ payload: b(payload), payloadType: 'application/vnd.in-toto+json', signatures: [{ sig: b(signature), ...(spki.length > 0 && { spki: b(spki) }) }] });
}

// oneCheckpoint: each receipt and staple is under the bytes of the checkpoint.
export function oneCheckpoint(p) {
  demand(p.note, 'there is no checkpoint');
  demand(p.history(p.subject.type, p.subject.id), 'the register that the pack is about is not there');
  for (const { receipt } of p.entries.values()) demand(equal(receipt.checkpoint, p.note), `the receipt of entry ${receipt.index} is of another checkpoint`);
  for (const h of p.histories.values()) demand(equal(h.staple.checkpoint, p.note), `the register of ${h.type} ${h.id} is of another checkpoint`);
}
