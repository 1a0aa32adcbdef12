#!/usr/bin/env node
// node verify-evidence.mjs FILE --policy P --genesis H [--skew SECONDS] [--json]
//
// Judges evidence against a log, offline: docs/spec/evidence.md. --policy is the verifier's
// own tlog-policy file, --genesis the pinned leaf hash of entry 0 in hex. The exit code is
// 30 (it convicts), 20 (nothing follows), 40 (it is no evidence), 1 or 2 as of verify.mjs.
import { MAX_EVIDENCE, judgeEvidence } from './evidence.mjs';
import { fromHex } from './bytes.mjs';
import { command, print, readBounded } from './command.mjs';

await command('usage: node verify-evidence.mjs FILE --policy P --genesis H [--skew SECONDS] [--json]', {
  policy: { needed: true }, genesis: { needed: true, pattern: /^[0-9a-f]{64}$/, say: '64 lower-case hex digits' },
  skew: { pattern: /^[0-9]{1,9}$/, say: 'a number of seconds' }, json: { type: 'boolean' },
}, (file, o) => {
  const got = judgeEvidence({
    policy: readBounded(o.policy, 1 << 20), genesis: fromHex(o.genesis), evidence: readBounded(file, MAX_EVIDENCE),
    skew: o.skew === undefined ? undefined : BigInt(o.skew) * 1000n,
  });
  print(got, o.json, () => console.log(`${got.verdict}: ${got.code}: ${got.reason}`));
  return got.exit;
});
