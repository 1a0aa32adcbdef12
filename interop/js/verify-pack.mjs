#!/usr/bin/env node
// node verify-pack.mjs FILE.zip --policy P --genesis H [--doc D | --namespace N]... [--seen NOTE]...
//   [--max-age SECONDS] [--now RFC3339] [--no-clock] [--dev] [--json]
//
// Judges an evidence pack, offline: docs/spec/pack.md. --policy is the verifier's own
// tlog-policy file, --genesis the pinned leaf hash of entry 0 in hex, --seen a file with a
// signed note of the log that the verifier saw before. The exit code is that of section 5.
import { fromHex } from './bytes.mjs';
import { clockOf, command, print, readBounded } from './command.mjs';
import { verifyPack } from './pack.mjs';
import { LIMITS } from './packparts.mjs';

const usage = 'usage: node verify-pack.mjs FILE.zip --policy P --genesis H [--doc D] [--namespace N]... [--seen NOTE]... [--max-age SECONDS] [--now TIME] [--no-clock] [--dev] [--json]';
const list = { multiple: true }, flag = { type: 'boolean' };

await command(usage, {
  policy: { needed: true }, genesis: { needed: true, pattern: /^[0-9a-f]{64}$/, say: '64 lower-case hex digits' }, doc: {}, namespace: list, seen: list,
  'max-age': { pattern: /^[1-9][0-9]{0,11}$/, say: 'a number of seconds' }, now: {}, 'no-clock': flag, dev: flag, json: flag,
}, (file, o) => {
  const got = verifyPack({
    policy: readBounded(o.policy, 1 << 20), genesis: fromHex(o.genesis), pack: readBounded(file, LIMITS.size), seen: (o.seen ?? []).map((f) => readBounded(f, 65536)),
    expect: { document: o.doc ?? '', namespaces: o.namespace ?? [], dev: o.dev ?? false, now: clockOf(o), maxAge: BigInt(o['max-age'] ?? 0) * 1000n },
  });
  print({ ...got, notes: got.notes?.map(String) }, o.json, () => {
    console.log(`${got.verdict}${got.reason ? `: ${got.reason}` : ''}`);
    console.log(`  exit code  ${got.exit}`);
    if (got.size !== undefined) console.log(`  in it      ${got.statements} statements, ${got.registers} registers as of size ${got.size}, level ${got.level}`);
    if (got.status) console.log(`  the run    ${got.status}`);
  });
  return got.exit;
});
