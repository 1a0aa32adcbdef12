// Vectors of evidence and of packs: each function throws a Refusal that begins with WRONG.
import { fromHex, utf8 } from './bytes.mjs';
import { judgeEvidence } from './evidence.mjs';
import { same } from './judged.mjs';

const brought = (v) => ({ policy: utf8(v.policy), genesis: fromHex(v.genesis) });

function evidence(v) {
  const got = judgeEvidence({ ...brought(v), evidence: utf8(v.evidence), skew: v.skew && BigInt(v.skew) });
  same(`${got.verdict} ${got.exit} by "${got.code}"`, `${v.verdict} ${v.exit} by "${v.code}"`, `verdict (${got.reason})`);
}

export const judged = { evidence };
