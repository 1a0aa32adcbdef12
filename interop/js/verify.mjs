#!/usr/bin/env node
// node verify.mjs FILE --receipt R --policy P --genesis H [--doc D | --namespace N]...
//   [--staple S] [--max-age SECONDS] [--now RFC3339] [--no-clock] [--dev] [--json]
//
// Judges a file by its receipt, offline. --policy is the verifier's own tlog-policy
// file, --genesis the pinned leaf hash of entry 0 in hex; nothing in the receipt is
// believed. The exit code is that of docs/spec/receipt.md, section 4.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fromHex, Refusal, Unsupported } from './bytes.mjs';
import { judge } from './verdict.mjs';

const IO = 1, USAGE = 2;
const usage = 'usage: node verify.mjs FILE --receipt R --policy P --genesis H [--doc D] [--namespace N]... [--staple S] [--max-age SECONDS] [--now TIME] [--no-clock] [--dev] [--json]';

class Usage extends Error {}

function readOptions() {
  const text = { type: 'string' }, flag = { type: 'boolean' };
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        receipt: text, policy: text, genesis: text, doc: text, namespace: { type: 'string', multiple: true }, staple: text,
        'max-age': text, now: text, 'no-clock': flag, dev: flag, json: flag,
      },
    });
  } catch (e) {
    throw new Usage(e.message);
  }
  const { values: o, positionals } = parsed;
  if (positionals.length !== 1) throw new Usage('name one file');
  for (const n of ['receipt', 'policy', 'genesis']) if (o[n] === undefined) throw new Usage(`--${n} is missing`);
  if (!/^[0-9a-f]{64}$/.test(o.genesis)) throw new Usage('--genesis is 64 lower-case hex digits');
  if (o['max-age'] !== undefined && !/^[1-9][0-9]{0,11}$/.test(o['max-age'])) throw new Usage('--max-age is a number of seconds');
  const now = o['no-clock'] ? 0 : o.now === undefined ? Date.now() : Date.parse(o.now);
  if (!Number.isSafeInteger(now) || now < 0) throw new Usage('--now is a time such as 2026-11-10T14:05:20Z');
  return { ...o, file: positionals[0], now: BigInt(now) };
}

// hashFile reads a file of any size in constant memory.
async function hashFile(path) {
  const h = createHash('sha256');
  for await (const chunk of createReadStream(path)) h.update(chunk);
  return h.digest();
}

// readSmall: what is larger than any format allows is not read.
function readSmall(path) {
  if (statSync(path).size > 2 << 20) throw new Error(`${path}: above 2 MiB, which no receipt or policy is`);
  return readFileSync(path);
}

function print(v, json) {
  if (json) return console.log(JSON.stringify(v, (_, x) => (typeof x === 'bigint' ? Number(x) : x)));
  const what = v.document ? `version ${v.version} of ${v.document}` : 'no document';
  console.log(`${v.verdict}: ${v.reason || what}`);
  console.log(`  exit code  ${v.exit}`);
  const at = (b) => `${new Date(Number(b.time)).toISOString()} by the log's clock, entry ${b.index}`;
  if (v.document) console.log(`  document   ${v.document}, version ${v.version}`);
  if (v.from) console.log(`  from       ${at(v.from)}`);
  if (v.until) console.log(`  until      ${at(v.until)}`);
  if (v.issuer) console.log(`  issuer     ${v.issuer}, entry ${v.index}`);
  if (v.size) console.log(`  log        ${v.origin}, size ${v.size}, level ${v.level}`);
  if (v.witnessTime) console.log(`  witnessed  ${new Date(Number(v.witnessTime)).toISOString()} by the witnesses' clock`);
  for (const w of v.warnings) console.log(`  warning    ${w}`);
}

const bound = (b) => b && { index: b.index, time: b.time };

async function main() {
  const o = readOptions();
  const verdict = judge({
    policy: readSmall(o.policy), genesis: fromHex(o.genesis), receipt: readSmall(o.receipt), staple: o.staple && readSmall(o.staple),
    expect: {
      file: await hashFile(o.file), document: o.doc ?? '', namespaces: o.namespace ?? [], dev: o.dev ?? false, now: o.now,
      maxAge: BigInt(o['max-age'] ?? 0) * 1000n,
    },
  });
  print({ ...verdict, from: bound(verdict.from), until: bound(verdict.until) }, o.json);
  return verdict.exit;
}

try {
  process.exitCode = await main();
} catch (e) {
  if (e instanceof Usage) console.error(`${e.message}\n${usage}`);
  else if (e instanceof Refusal || e instanceof Unsupported || e.code) console.error(e.message);
  else console.error(e);
  process.exitCode = e instanceof Usage || e instanceof Refusal ? USAGE : IO; // a Refusal here is of the policy
}
