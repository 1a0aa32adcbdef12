// What one register answers: docs/spec/claims.md, section 3.
import { demand, Refusal } from './bytes.mjs';
import { History } from './history.mjs';
import { timeText } from './moment.mjs';
import { counted, parsePolicy } from './policy.mjs';
import { parseReceipt } from './receipt.mjs';
import { digestState } from './states.mjs';
import { checkAgeOf, latestOf, makeCheck, SKEW } from './verdict.mjs';
import { openView, RULES } from './view.mjs';

// asOfJSON is what every claim says of the tree that it speaks for.
export function asOfJSON(policy, { cp, seal, quorum, level }) {
  return {
    origin: cp.origin, size: Number(cp.size), rules: seal.rules, sealTime: timeText(seal.time),
    ...(level === 'L0' ? {} : { witnessTime: timeText(quorum.quorumTime * 1000n) }), level,
    cosigners: counted(policy, quorum.times), tolerates: quorum.tolerates,
  };
}

// openKnown is V(N), by rules that are known here.
export function openKnown(check, policy, genesis, staple, latest) {
  const view = openView(check, policy, genesis, staple, latest);
  check('rules', () => demand(view.seal.rules === RULES, `unknown rules ${view.seal.rules}`));
  return view;
}

// openRegister: the one of this name, by itself. Others that the staple has are not looked at.
export function openRegister(check, staple, type, id, seal) {
  return check('register', () => {
    const list = staple.registers.filter((p) => p.type === type && p.id === id).map((p) => new History(p, seal));
    demand(list.length === 1, `the register of ${type} ${id} is shown ${list.length} times`);
    list[0].alone();
    return list[0];
  });
}

// qualify: who vouches, and how old it is; the exit code and the check that failed.
export function qualify(policy, expect, { quorum, seal, level }) {
  const time = level === 'L0' ? seal.time : quorum.quorumTime * 1000n, { now, dev } = expect;
  const early = level !== 'L0' && now !== 0n && time > now + SKEW;
  if ((policy.quorum === 'none' && !dev) || !quorum.satisfied || early) return { exit: 11, check: 'cosigners', reason: 'fewer cosigners than the policy asks' };
  try {
    checkAgeOf(expect, time);
    return { exit: 0 };
  } catch (e) {
    return { exit: 12, check: 'age', reason: e.message };
  }
}

const questions = {
  'no such document': { type: 'document', answer: (h) => (h.value ? 'no' : 'yes') },
  'never released': { type: 'digest', answer: neverReleased },
};

function neverReleased(h) {
  if (!h.value) return 'yes';
  if (!h.state) return 'unknown';
  try {
    return digestState(h.state.state).releases === 0 ? 'yes' : 'no';
  } catch (e) {
    if (e instanceof Refusal) return 'unknown';
    throw e;
  }
}

// absence answers one of the questions about an id, by bytes of policy and staple.
export function absence({ policy: text, genesis, staple, claim, id, expect }) {
  const policy = parsePolicy(text), j = { out: {} }, check = makeCheck(j, ''), { type, answer } = questions[claim];
  try {
    const s = check('form', () => parseReceipt(staple));
    const view = openKnown(check, policy, genesis, s, latestOf(expect));
    const asOf = asOfJSON(policy, view);
    if (!s.registers.some((p) => p.type === type && p.id === id)) return { claim, id, answer: 'unknown', exit: 20, asOf, reason: 'the staple does not show that register' };
    return { claim, id, asOf, ...concluded(answer(openRegister(check, s, type, id, view.seal)), qualify(policy, expect, view)) };
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    return { claim, id, exit: 40, check: j.out.check, reason: e.message };
  }
}

function concluded(answer, qualified) {
  if (answer === 'unknown') return { answer, exit: 20, reason: 'the state of the register is not shown, or is none' };
  if (qualified.exit === 11 || (qualified.exit === 12 && answer === 'yes')) return { answer, ...qualified };
  return { answer, exit: answer === 'yes' ? 0 : 10 };
}
