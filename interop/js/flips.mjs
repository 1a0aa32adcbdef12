// node flips.mjs [step]: one altered byte anywhere in a receipt never gives another
// verdict than INVALID, and an altered value of another type never ends the program.
// Every step-th byte is tried (default 1).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex, utf8 } from './bytes.mjs';
import { judge } from './verdict.mjs';

const step = Number(process.argv[2] ?? 1);
const lines = readFileSync(fileURLToPath(new URL('../../docs/vectors/receipt.jsonl', import.meta.url)), 'utf8').trimEnd().split('\n').map((l) => JSON.parse(l));
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

for (const v of lines.filter((l) => wanted.includes(l.comment))) {
  const good = utf8(v.receipt);
  for (let i = 0; i < good.length; i += step) {
    const bad = Buffer.from(good);
    bad[i] ^= 1 << (i % 8);
    expectInvalid(v, bad, `byte ${i}`);
  }
  let n = 0;
  for (const [bad, what] of replaced(JSON.parse(v.receipt))) if (n++ % step === 0) expectInvalid(v, utf8(bad), what);
}
console.log(`${tried} altered receipts, ${wrong} not refused`);
process.exitCode = wrong || tried === 0 ? 1 : 0;
