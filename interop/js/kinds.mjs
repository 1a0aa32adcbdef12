// The kinds of statements: docs/spec/statement.md, section 1.5, and docs/spec/kinds.
import { demand, fromBase64, sha256, utf8 } from './bytes.mjs';
import { isObject } from './json.mjs';
import * as f from './fields.mjs';
import { policyDocument, workflowDocument } from './texts.mjs';

const ops = {
  policy: ['set'], identity: ['enroll', 'rotate', 'suspend', 'resume', 'revoke', 'retire'], workflow: ['define', 'retire'],
  request: ['open', 'cancel'], decision: ['grant', 'deny', 'revoke'], step: ['intent', 'done'], outcome: ['close'],
  document: ['release', 'withdraw'], attest: ['observe'], finding: ['refuse', 'alert', 'ack', 'close'], erase: ['erase', 'hold', 'unhold'],
};

// codes: 16 x kind + op, of every kind and op that has a number.
export const codes = Object.fromEntries(Object.entries(ops).flatMap(([kind, list], k) => list.map((op, o) => [`${kind}.${op}`, 16 * (k + 1) + o + 1])));

const external = f.object({ digest: f.digest, id: f.foreign, kind: f.token, system: f.token });
const common = {
  log: f.origin, nonce: f.nonce, at: f.time, issuer: f.id, run: f.maybe(f.id),
  traceparent: f.maybe(f.pattern('traceparent', /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/)),
  external: f.maybe(f.list(external, { min: 1, max: 16 })),
  sealed: f.maybe(f.list(f.sealedDigest, { min: 1, max: 64, sorted: (s) => Buffer.from(s, 'base64url') })),
};
const late = { late: f.maybe(f.oneOf('offline', 'outage', 'migration')) };
const spends = { spends: f.list(f.digest, { max: 16 }) };
const maySpend = { spends: f.maybe(f.list(f.digest, { min: 1, max: 16 })) };
const inRun = { run: f.id };

const subjectIs = (c, subject, bytes) => c.field(Buffer.compare(subject, bytes) === 0, 'subject: it follows from the predicate, and is another');
const digestBytes = (d) => Buffer.from(d.slice(7), 'hex');
const subjectFrom = (name) => (c, p, subject) => subjectIs(c, subject, digestBytes(p[name]));

// kind: a predicate with the common part; also judges what members say together, and the subject.
function kind(shape, also = () => {}, before = () => {}) {
  const type = f.object({ ...common, ...shape });
  return {
    names(c, p) { before(c, p); type.names(c, p); },
    check(c, p, subject) { type.check(c, p); return also(c, p, subject); },
  };
}

const role = f.slot;
const version = f.integer(1);
const documentObject = f.object({ document: f.documentId, version });
const identityObject = f.object({ identity: f.id, terms: f.digest });
const stepObject = f.object(
  { attempt: f.integer(1), in: f.files, step: f.slot, target: f.foreign, tool: f.token, privilege: f.maybe(f.foreign), resource: f.maybe(f.foreign) },
  (c, o) => c.field(('privilege' in o) === ('resource' in o), 'privilege and resource, both or neither'));
const delegation = f.object({ namespaces: f.list(f.prefix), role });
const nothing = f.object({});
const grantable = {
  'document.release': [documentObject], 'document.withdraw': [documentObject], 'step.intent': [stepObject, true],
  'policy.set': [nothing, false], 'workflow.define': [nothing, false], 'workflow.retire': [nothing, false],
  'identity.enroll': [identityObject, false], 'identity.rotate': [identityObject, false], 'identity.resume': [identityObject, false],
  'decision.grant': [delegation, false],
};
const override = f.object({
  rule: f.oneOf('approval', 'level', 'destinations', 'maxAttempts', 'maxDuration'),
  reason: f.oneOf('emergency', 'outage', 'legal', 'safety', 'other'), reviewBy: f.time,
});

function checkGrant(c, p, subject) {
  const [object, about] = grantable[p.for];
  object.check(c, p.object);
  c.field(about === undefined || about === 'about' in p, 'about');
  if (about) subjectIs(c, subject, digestBytes(p.about));
  c.field(!('about' in p) || 'run' in p, 'run');
  c.field((p.level === 'bridged') === 'by' in p && (p.level === 'bridged') === 'source' in p, 'by and source, of a bridged grant alone');
  c.field(!('notBefore' in p) || f.parseTime(p.notBefore) < f.parseTime(p.notAfter), 'notAfter, after notBefore');
}

function beforeGrant(c, p) {
  if (!isObject(p)) return;
  demand(!/^erase\./.test(p.for), 'erase is reserved', 'E101');
  if (Object.hasOwn(grantable, p.for)) grantable[p.for][0].names(c, p.object);
}

const grant = kind({
  about: f.maybe(f.digest), for: f.oneOf(...Object.keys(grantable)), object: { names() {}, check() {} }, to: f.id,
  meaning: f.oneOf('review', 'approval', 'responsibility', 'authorship'), role, rule: f.token, policy: f.digest,
  notBefore: f.maybe(f.time), notAfter: f.time, uses: f.integer(1), level: f.oneOf('direct', 'bridged'), by: f.maybe(f.id),
  source: f.maybe(f.digest), actingFor: f.maybe(f.digest), override: f.maybe(override),
}, checkGrant, beforeGrant);

const identityTerms = {
  id: f.id, class: f.oneOf('human', 'workload', 'agent', 'bridge'), owner: f.id, roles: f.list(role), spki: f.spki, notAfter: f.maybe(f.time),
  verbs: f.list(f.oneOf(...Object.keys(codes))), namespaces: f.list(f.prefix), tools: f.maybe(f.list(f.token)),
  custody: f.oneOf('hsm', 'kms', 'file'), attestation: f.maybe(f.digest), proof: f.signature, ...spends,
};

function checkIdentity(c, p, subject) {
  c.field((p.class === 'human') === (p.owner === p.id), 'owner: of a human itself, of others never');
  subjectIs(c, subject, sha256(fromBase64(p.spki)));
}

const life = (...reasons) => kind({ id: f.id, reason: f.oneOf(...reasons), ...spends });
const textKind = (parse) => kind({ text: f.anyText, ...spends }, (c, p, subject) => {
  const found = parse(utf8(p.text));
  subjectIs(c, subject, sha256(utf8(p.text)));
  return found;
});

const causes = ['policy', 'connector_timeout', 'missing_mapping', 'denied', 'input', 'internal'];
const assurance = f.oneOf('producer-signed', 'dssematerial-verified', 'collector-observed');
const work = {
  ...inRun, attempt: f.integer(1), seq: f.integer(1), step: f.slot, tool: f.token, target: f.foreign, privilege: f.maybe(f.foreign), in: f.files,
  policy: f.object({ digest: f.digest, id: f.foreign, verdict: f.oneOf('allow', 'deny', 'error', 'none') }), branch: f.maybe(f.token), runner: f.digest,
  model: f.maybe(f.object({ digest: f.digest, name: f.foreign })), retryOf: f.maybe(f.digest), assurance,
};
const subjectOfFiles = (...names) => (c, p, subject) => {
  const first = names.map((n) => p[n]).find((list) => list.length > 0);
  if (first) subjectIs(c, subject, digestBytes(first[0].digest));
};

const wants = [
  f.object({ document: f.documentId }), f.object({ privilege: f.foreign, resource: f.foreign, seconds: f.integer(1) }), f.object({ task: f.token }),
];
const want = {
  names: (c, v) => c.names(v, wants.flatMap((w) => Object.keys(w.shape))),
  check(c, v) {
    const w = isObject(v) && wants.find((x) => Object.keys(v).every((n) => n in x.shape) && Object.keys(v).length > 0);
    c.field(w, 'want');
    w.check(c, v);
  },
};

const change = f.object({ after: f.orNull(f.digest), before: f.orNull(f.digest), resource: f.foreign });
const observed = f.object({
  resource: f.foreign, digest: f.maybe(f.digest), count: f.maybe(f.integer()),
  property: f.oneOf('received', 'present', 'absent', 'accepted', 'rejected', 'reviewed', 'disclosed', 'accesslog', 'cosigned'),
});
const refusals = ['E201', 'E202', 'E203', 'E204', 'E205', 'E206', 'E207', 'E301', 'E302', 'E303', 'E304', 'E305', 'E401', 'E402', 'E403', 'E404', 'E405',
  'E406', 'E407', 'E408', 'E409', 'E501', 'E502', 'E601', 'E602'];

export const kinds = {
  'policy.set': textKind((text) => ({ policy: policyDocument(text) })),
  'identity.enroll': kind(identityTerms, checkIdentity),
  'identity.rotate': kind(identityTerms, checkIdentity),
  'identity.suspend': life('investigation', 'inactivity', 'absence', 'other'),
  'identity.resume': life('resolved', 'returned', 'error', 'other'),
  'identity.revoke': kind({
    id: f.id, reason: f.oneOf('keyCompromise', 'cessation', 'affiliationChanged', 'superseded', 'other'), compromisedSince: f.maybe(f.time), ...spends,
  }),
  'identity.retire': life('cessation', 'affiliationChanged', 'superseded', 'other'),
  'workflow.define': textKind((text) => ({ workflow: workflowDocument(text) })),
  'workflow.retire': kind({ workflow: f.digest, ...spends }, subjectFrom('workflow')),
  'request.open': kind({
    ...inRun, workflow: f.digest, trigger: f.object({ digest: f.maybe(f.digest), kind: f.oneOf('human', 'schedule', 'event', 'api', 'agent') }),
    inputs: f.files, noInputs: f.maybe(f.only(true)), executor: f.id, want, parent: f.maybe(f.id),
  }, (c, p, subject) => {
    c.field((p.inputs.length === 0) === ('noInputs' in p), 'noInputs, exactly if inputs is empty');
    c.field(p.parent !== p.run, 'parent');
    subjectIs(c, subject, digestBytes(p.workflow));
  }),
  'request.cancel': kind({ ...inRun, about: f.digest, reason: f.oneOf('superseded', 'duplicate', 'error', 'other') }),
  'decision.grant': grant,
  'decision.deny': kind({ ...inRun, about: f.digest, rule: f.token, reason: f.oneOf('policy', 'incomplete', 'incorrect', 'risk', 'duties', 'other') }, subjectFrom('about')),
  'decision.revoke': kind({ about: f.digest, reason: f.oneOf('error', 'superseded', 'policy', 'risk', 'keyCompromise', 'other') }, subjectFrom('about')),
  'step.intent': kind({ ...work, ...spends }, subjectOfFiles('in')),
  'step.done': kind({
    ...work, intent: f.maybe(f.digest), out: f.files, result: f.oneOf('ok', 'error', 'skipped'), cause: f.maybe(f.oneOf(...causes)),
    changes: f.list(change, { max: 64 }), ...late,
  }, (c, p, subject) => {
    c.field((p.result === 'error') === ('cause' in p), 'cause, of an error alone');
    subjectOfFiles('out', 'in')(c, p, subject);
  }),
  'outcome.close': kind({
    ...inRun, attempt: f.integer(1), status: f.oneOf('success', 'partial', 'failed', 'aborted'), cause: f.maybe(f.oneOf(...causes)),
    missing: f.list(f.slot, { max: 64 }), steps: f.maybe(f.object({ count: f.integer(1), root: f.bytesOf(32) })), assurance, ...late,
  }, (c, p) => c.field((p.status !== 'success') === ('cause' in p), 'cause, unless it is a success')),
  'document.release': kind({
    document: f.documentId, version, prev: f.orNull(f.digest), size: f.integer(0, f.SAFE),
    media: f.pattern('media type', /^(?=.{3,127}$)[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/), to: f.list(f.id), ...maySpend,
  }),
  'document.withdraw': kind({ document: f.documentId, version, reason: f.oneOf('superseded', 'error', 'legal', 'privacy', 'expired', 'other'), ...maySpend }),
  'attest.observe': kind({ about: f.maybe(f.digest), observed: f.list(observed, { min: 1, max: 64 }), ...late }),
  'finding.refuse': kind({ code: f.oneOf(...refusals), submission: f.digest, submitter: f.id, ...late }, subjectFrom('submission')),
  'finding.alert': kind({
    rule: f.pattern('rule', /^AL-[0-9]{2}$/), ruleVersion: f.integer(1), evidence: f.list(f.digest, { max: 64 }), occurred: f.time, detected: f.time,
    severity: f.oneOf('info', 'low', 'med', 'high', 'crit'), dedup: f.id, ...late,
  }, (c, p, subject) => { if (p.evidence.length > 0) subjectIs(c, subject, digestBytes(p.evidence[0])); }),
  'finding.ack': kind({ about: f.digest, reason: f.oneOf('investigating', 'expected', 'duplicate', 'other'), ...late }, subjectFrom('about')),
  'finding.close': kind({ about: f.digest, reason: f.oneOf('resolved', 'falsePositive', 'accepted', 'duplicate', 'other'), ...late }, subjectFrom('about')),
};
