#!/usr/bin/env node
// node verify.mjs FILE --receipt R --policy P --genesis H [--doc D | --namespace N]...
//   [--staple S]... [--at TIME | --as-of SIZE] [--max-age SECONDS] [--now RFC3339]
//   [--no-clock] [--dev] [--json]
// node verify.mjs FILE --never-released --staple S --policy P --genesis H ...
// node verify.mjs --absent DOCUMENT --staple S --policy P --genesis H ...
//
// Judges a file by its receipt, or a register by its staple, offline. --policy is the
// verifier's own tlog-policy file, --genesis the pinned leaf hash of entry 0 in hex;
// nothing in a receipt is believed. The exit code is that of docs/spec/receipt.md,
// section 4, of a moment and of an absence that of docs/spec/claims.md, section 1.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fromHex, Refusal, Unsupported } from './bytes.mjs';
import { absence } from './absence.mjs';
import { isDocumentId } from './fields.mjs';
import { judge } from './verdict.mjs';

const IO = 1, USAGE = 2;
const usage = 'usage: node verify.mjs FILE --receipt R --policy P --genesis H [--doc D] [--namespace N]... [--staple S]... [--at TIME | --as-of SIZE] [--max-age SECONDS] [--now TIME] [--no-clock] [--dev] [--json]\n' +
  '       node verify.mjs FILE --never-released --staple S --policy P --genesis H\n       node verify.mjs --absent DOCUMENT --staple S --policy P --genesis H';

class Usage extends Error {}

function readOptions() {
  const text = { type: 'string' }, flag = { type: 'boolean' };
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        receipt: text, policy: text, genesis: text, doc: text, namespace: { type: 'string', multiple: true }, staple: { type: 'string', multiple: true },
        at: text, 'as-of': text, 'never-released': flag, absent: text, 'max-age': text, now: text, 'no-clock': flag, dev: flag, json: flag,
      },
    });
  } catch (e) {
    throw new Usage(e.message);
  }
  const { values: o, positionals } = parsed;
  const claim = o.absent !== undefined ? 'no such document' : o['never-released'] ? 'never released' : undefined;
  if (positionals.length !== (o.absent === undefined ? 1 : 0)) throw new Usage('name one file, or --absent DOCUMENT');
  for (const n of ['policy', 'genesis', ...(claim ? [] : ['receipt'])]) if (o[n] === undefined) throw new Usage(`--${n} is missing`);
  if (claim) checkClaim(o);
  if (!/^[0-9a-f]{64}$/.test(o.genesis)) throw new Usage('--genesis is 64 lower-case hex digits');
  if (o['max-age'] !== undefined && !/^[1-9][0-9]{0,11}$/.test(o['max-age'])) throw new Usage('--max-age is a number of seconds');
  const now = o['no-clock'] ? 0n : o.now === undefined ? BigInt(Date.now()) : millis('--now', o.now);
  return { ...o, claim, file: positionals[0], now, moment: momentOf(o) };
}

function millis(name, s) {
  const ms = Date.parse(s);
  if (!Number.isSafeInteger(ms) || ms < 0) throw new Usage(`${name} is a time such as 2026-11-10T14:05:20Z`);
  return BigInt(ms);
}

// momentOf: --at or --as-of; undefined: neither was given.
function momentOf({ at, 'as-of': size }) {
  if (at !== undefined && size !== undefined) throw new Usage('--at or --as-of, not both');
  if (size !== undefined && !/^[1-9][0-9]{0,14}$/.test(size)) throw new Usage('--as-of is a size from 1');
  if (size !== undefined) return { size: BigInt(size) };
  return at === undefined ? undefined : { time: millis('--at', at) };
}

function checkClaim(o) {
  if (o.absent !== undefined && o['never-released']) throw new Usage('--never-released or --absent, not both');
  for (const n of ['receipt', 'doc', 'namespace', 'at', 'as-of']) if (o[n] !== undefined) throw new Usage(`a claim about a register goes without --${n}`);
  if (o.staple?.length !== 1) throw new Usage('a claim about a register takes one --staple');
  if (o.absent !== undefined && !isDocumentId(o.absent)) throw new Usage('--absent is no document id');
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

const asJSON = (v) => JSON.stringify(v, (_, x) => (typeof x === 'bigint' ? Number(x) : x));

function print(v) {
  if (v.inForce) console.log(`${{ yes: 'IN FORCE', no: 'NOT IN FORCE', unknown: 'UNKNOWN whether in force' }[v.inForce.answer]} at ${v.inForce.time ?? `size ${v.inForce.size}`}: ${v.inForce.known}`);
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

function printClaim(v) {
  console.log(`${{ yes: 'PROVEN', no: 'NOT SO', unknown: 'UNKNOWN' }[v.answer] ?? 'INVALID'}: ${v.claim}${v.reason ? `: ${v.reason}` : ''}`);
  console.log(`  exit code  ${v.exit}`);
  console.log(`  register   ${v.id}`);
  if (v.asOf) console.log(`  log        ${v.asOf.origin}, size ${v.asOf.size}, level ${v.asOf.level}`);
}

const bound = (b) => b && { index: b.index, time: b.time };

async function main() {
  const o = readOptions();
  const file = o.file === undefined ? undefined : await hashFile(o.file);
  const expect = { file, document: o.doc ?? '', namespaces: o.namespace ?? [], dev: o.dev ?? false, now: o.now, maxAge: BigInt(o['max-age'] ?? 0) * 1000n };
  const brought = { policy: readSmall(o.policy), genesis: fromHex(o.genesis), expect };
  const staples = (o.staple ?? []).map(readSmall);
  if (o.claim) {
    const v = absence({ ...brought, staple: staples[0], claim: o.claim, id: o.absent ?? `sha256:${file.toString('hex')}` });
    if (o.json) console.log(asJSON({ ...v, ...v.asOf, asOf: undefined }));
    else printClaim(v);
    return v.exit;
  }
  const verdict = judge({ ...brought, receipt: readSmall(o.receipt), staples, at: o.moment });
  const v = { ...verdict, from: bound(verdict.from), until: bound(verdict.until) };
  if (o.json) console.log(asJSON(v));
  else print(v);
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
