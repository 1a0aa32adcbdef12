// The fixed texts of a pack: docs/spec/report.md, section 4, and the SHA-256 of SPEC.txt.
export const SPEC = 'b14b49a01cce459ebe05348db8f19fa86fc1d6a3c6c8884459bc8635372eb332';

const own = {
  run: [
    'every statement of the run that the log had admitted is here, in its order',
    'every grant that was given or spent in the run is here, with all that became of it',
    'each document that the run released or withdrew is here with its whole history',
  ],
  document: [
    'every release and withdrawal of the document that the log had admitted is here',
    'each run that released a version is here with every statement of it, and each grant spent with all that became of it',
  ],
  identity: [
    'every change of the identity that the log had admitted is here: its keys, scope and end',
    'every statement that the identity signed and the log had admitted is here',
  ],
};

const common = [
  'each statement is in the log, signed by the key that its issuer had in the log at that moment',
  'each identity that signed, each version of the policy and of the workflows used is here with its whole history',
  'all of it holds under the one signed checkpoint of this pack',
];

export const claims = (type) => [...own[type], ...common];

export const notClaimed = [
  'anything after the checkpoint of this pack',
  'that a statement is true, that no key was stolen, that the subject is the right one in the world',
  'that nothing was delayed or refused without being logged, and that no second log exists',
  'what others said without naming the run, such as later attestations',
  'that the log admitted by its rules: an audit cosigner vouches for that, or a replay of the log',
  'anything by the policy in untrusted/policy: it is whom the maker of the pack trusted',
];
