// V(N): checkpoint, seal and genesis. docs/spec/receipt.md, section 2.
import { demand, Refusal } from './bytes.mjs';
import { leafHash, verifyInclusion } from './merkle.mjs';
import { isHost } from './note.mjs';
import { evaluate, needs } from './policy.mjs';
import { parseSeal } from './statement.mjs';

export const RULES = 'docket/1';

// openDocket evaluates a checkpoint that a docket log can have.
export function openDocket(policy, note, latest) {
  const quorum = evaluate(policy, note, latest);
  demand(isHost(quorum.cp.origin) && quorum.cp.size >= 2n, 'the origin is no host name, or the size is below 2');
  return quorum;
}

// sizeOf is that of a receipt's tree; 0n if its checkpoint is none of the log.
export function sizeOf(policy, receipt) {
  try {
    return openDocket(policy, receipt.checkpoint).cp.size;
  } catch (e) {
    if (e instanceof Refusal) return 0n;
    throw e;
  }
}

// openView makes the first five checks. latest is in seconds.
export function openView(check, policy, genesis, receipt, latest) {
  const quorum = check('checkpoint', () => openDocket(policy, receipt.checkpoint, latest));
  const cp = quorum.cp, seal = openSeal(check, receipt, cp);
  check('genesis', () => verifyInclusion(genesis, 0n, cp.size, cp.root, receipt.genesisInclusion));
  return { cp, seal, quorum, level: levelOf(policy, quorum) };
}

// openSeal: the tree ends in a seal that names its own place.
export function openSeal(check, receipt, cp) {
  const seal = check('seal form', () => parseSeal(receipt.seal));
  check('seal position', () => {
    demand(seal.index === cp.size - 1n, 'the seal does not name its own place');
    demand(seal.prev + 1n < seal.index, 'no leaf stands between two seals');
  });
  check('seal inclusion', () => verifyInclusion(leafHash(receipt.seal), cp.size - 1n, cp.size, cp.root, receipt.sealInclusion));
  return seal;
}

function levelOf(policy, quorum) {
  if (policy.quorum === 'none' || !quorum.satisfied) return 'L0';
  const auditors = policy.nodes.get('auditors');
  return auditors && !auditors.key && needs(policy, 'auditors') ? 'L2' : 'L1';
}
