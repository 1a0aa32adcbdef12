// What a statement does, in words: docs/spec/report.md, section 3.

// words are what it does, and the details.
export function words(st) {
  return (of[st.kind] ?? (() => [st.kind, '']))(st);
}

const steps = (st) => `attempt ${st.attempt}, with ${st.tool} on ${st.target}`;
const and = (text, more) => (more ? `${text}, ${more}` : text);

const of = {
  'request.open': (st) => [`asks, and opens run ${st.run}`, `${wanted(st.want)}, to be done by ${st.executor}`],
  'request.cancel': (st) => [`cancels run ${st.run}`, st.reason],
  'decision.grant': (st) => [`approves as ${st.role}`, `${allowed(st)}, by ${st.to}`],
  'decision.deny': (st) => [`denies run ${st.run}`, st.reason],
  'decision.revoke': (st) => ['takes an approval back', st.reason],
  'step.intent': (st) => [`is about to do ${st.step}`, steps(st)],
  'step.done': (st) => [`did ${st.step}: ${st.result}`, and(steps(st), st.cause)],
  'outcome.close': (st) => [`says the run ended in ${st.status}`, and(`attempt ${st.attempt}`, st.cause)],
  'attest.observe': (st) => ['saw', st.observed.map((o) => `${o.resource} ${o.property}`).join(', ')],
  'document.release': (st) => [`released version ${st.version} of ${st.document}`, `${st.size} bytes of ${st.media}${st.to.length > 0 ? `, for ${st.to.join(', ')}` : ''}`],
  'document.withdraw': (st) => [`withdrew version ${st.version} of ${st.document}`, st.reason],
  'policy.set': (st) => [`set version ${st.policy.version} of the log's policy`, ''],
  'workflow.define': ({ workflow: w }) => [
    `defined version ${w.version} of workflow ${w.id}`, `a release needs ${w.approval.n} approvals, in the roles ${w.approval.roles.join(', ')}`,
  ],
  'identity.enroll': (st) => [`enrolled ${st.id}`, `${st.class} of ${st.owner}`],
  'identity.rotate': (st) => [`gave a new key to ${st.id}`, ''],
  'identity.suspend': (st) => [`suspended ${st.id}`, st.reason],
  'identity.resume': (st) => [`ended the suspension of ${st.id}`, st.reason],
  'identity.revoke': (st) => [`revoked ${st.id}`, st.reason],
  'identity.retire': (st) => [`retired ${st.id}`, st.reason],
  'finding.refuse': (st) => [`put on record that a statement of ${st.submitter} was refused`, st.predicate.code],
  'finding.alert': (st) => [`raised the alert ${st.rule}`, st.severity],
};

function wanted(w) {
  if (w.document !== undefined) return `a release of ${w.document}`;
  if (w.task !== undefined) return `the task ${w.task}`;
  return `access to ${w.resource}, ${w.privilege}, for ${w.seconds} s`;
}

// allowed is what a grant lets its holder do.
export function allowed({ for: kind, object: o }) {
  switch (kind) {
    case 'document.release': return `the release of version ${o.version} of ${o.document}`;
    case 'document.withdraw': return `the withdrawal of version ${o.version} of ${o.document}`;
    case 'step.intent': return and(`the step ${o.step}, attempt ${o.attempt}, with ${o.tool} on ${o.target}`, o.resource && `${o.privilege} on ${o.resource}`);
    case 'identity.enroll': case 'identity.rotate': case 'identity.resume': return `${kind} of ${o.identity}`;
    case 'decision.grant': return `decisions in the role ${o.role} below ${o.namespaces.join(' ')}, in its stead`;
    default: return kind;
  }
}
