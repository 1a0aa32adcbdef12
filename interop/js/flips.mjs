// node flips.mjs [step]: one altered byte anywhere in a receipt never gives another
// verdict than INVALID, one in a staple or a history never an answer that says more, and
// an altered value of another type never ends the program. Every step-th byte is tried
// (default 1), of staples for a moment every tenth of those.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex, utf8 } from './bytes.mjs';
import { absence } from './absence.mjs';
import { record } from './record.mjs';
import { judge } from './verdict.mjs';

const step = Number(process.argv[2] ?? 1);
const linesOf = (name) => readFileSync(fileURLToPath(new URL(`../../docs/vectors/${name}.jsonl`, import.meta.url)), 'utf8').trimEnd().split('\n').map((l) => JSON.parse(l));
const lines = linesOf('receipt');
const wanted = ['current', 'superseded', 'in a run, in the stead of another'];
let tried = 0, wrong = 0;

function expectInvalid(v, receipt, what) {
  const expect = { file: fromHex(v.file), document: v.document, namespaces: [], dev: false, now: 0n, maxAge: 0n };
  const got = judge({ policy: utf8(v.policy), genesis: fromHex(v.genesis), receipt, expect });
  tried++;
  if (got.exit === 40 || allowed(v, got)) return;
  wrong++;
  console.log(`FAIL ${v.comment}: ${what}: ${got.verdict} ${got.exit}`);
}

// A line of a cosigner whose name or key ID is altered is one of an unknown key: then
// a cosigner is missing.
const allowed = (v, got) => got.exit === 11 && got.check === 'cosigners' && got.document === v.document;

// replaced yields the receipt with each value, one after the other, replaced by others.
function* replaced(root) {
  const others = [null, 0, -1, 'x', '', [], {}, true, 1e30];
  const paths = [];
  const walk = (v, path) => { if (v && typeof v === 'object') for (const k of Object.keys(v)) { paths.push([...path, k]); walk(v[k], [...path, k]); } };
  walk(root, []);
  for (const path of paths) {
    for (const other of others) {
      const copy = structuredClone(root);
      const owner = path.slice(0, -1).reduce((v, k) => v[k], copy);
      if (JSON.stringify(owner[path.at(-1)]) === JSON.stringify(other)) continue;
      owner[path.at(-1)] = other;
      yield [JSON.stringify(copy), `${path.join('.')} = ${JSON.stringify(other)}`];
    }
  }
}

function* flipped(good, every) {
  for (let i = 0; i < good.length; i += every) {
    const bad = Buffer.from(good);
    bad[i] ^= 1 << (i % 8);
    yield [bad, `byte ${i}`];
  }
}

for (const v of lines.filter((l) => wanted.includes(l.comment))) {
  for (const [bad, what] of flipped(utf8(v.receipt), step)) expectInvalid(v, bad, what);
  let n = 0;
  for (const [bad, what] of replaced(JSON.parse(v.receipt))) if (n++ % step === 0) expectInvalid(v, utf8(bad), what);
}

const none = { dev: false, now: 0n, maxAge: 0n };
const brought = (v) => ({ policy: utf8(v.policy), genesis: fromHex(v.genesis) });

// expectLess: INVALID, UNKNOWN, or the same without a cosigner.
function expectLess(v, got, what) {
  tried++;
  if (got.exit === 40 || got.exit === 20 || (got.exit === 11 && got.answer === v.answer)) return;
  wrong++;
  console.log(`FAIL ${v.comment}: ${what}: ${got.answer ?? got.verdict} ${got.exit}`);
}

for (const v of linesOf('absence').filter((l) => ['no such document', 'never released', 'never released: it was'].includes(l.comment))) {
  const answer = (staple, what) => expectLess(v, absence({ ...brought(v), staple, claim: v.claim, id: v.id, expect: none }), what);
  for (const [bad, what] of flipped(utf8(v.staple), step)) answer(bad, what);
  let n = 0;
  for (const [bad, what] of replaced(JSON.parse(v.staple))) if (n++ % step === 0) answer(utf8(bad), what);
}

for (const v of linesOf('record').filter((l) => ['all that X signed', 'run: released with two grants, success'].includes(l.comment))) {
  const prove = (staple, events, what) => expectLess(v, record({ ...brought(v), staple, claim: v.claim, id: v.id, events, expect: none }), what);
  for (const [bad, what] of flipped(utf8(v.staple), step)) prove(bad, v.events, what);
  for (const [i, e] of v.events.entries()) {
    for (const name of ['event', 'blind', 'body']) {
      for (const [bad, what] of flipped(Buffer.from(e[name], 'base64'), step)) {
        const events = v.events.map((other, k) => (k === i ? { ...e, [name]: bad.toString('base64') } : other));
        prove(utf8(v.staple), events, `${name} ${i}, ${what}`);
      }
    }
  }
}

// Of a moment that is proven, an altered staple may leave the answer as it is, or by the
// log's clock alone. Registers of a tree from before the entry are not looked at.
for (const v of linesOf('moment').filter((l) => l.comment === 'at a time: at the first sight of it')) {
  const expect = { file: fromHex(v.file), document: v.document, namespaces: [], ...none };
  for (const k of v.staples.keys()) {
    for (const [bad, what] of flipped(utf8(v.staples[k]), 10 * step)) {
      const staples = v.staples.map((other, i) => (i === k ? bad : utf8(other)));
      const got = judge({ ...brought(v), receipt: utf8(v.receipt), staples, at: { time: BigInt(v.at.time) }, expect }), f = got.inForce;
      const weaker = f && f.answer === v.inForce.answer && (f.known === v.inForce.known || (f.known === 'log clock only' && f.log === f.answer));
      if (weaker) tried++;
      else expectLess(v, got, `staple ${k}, ${what}`);
    }
  }
}
console.log(`${tried} altered receipts, staples and histories, ${wrong} not refused`);
process.exitCode = wrong || tried === 0 ? 1 : 0;
