// The documents inside statements: docs/spec/statement.md, section 6; kinds/workflow.define.md.
import { demand } from './bytes.mjs';
import { isObject, parseCanonical } from './json.mjs';
import * as f from './fields.mjs';

function parse(bytes, type) {
  demand(bytes.length <= 65536, 'more than 65,536 bytes', 'E101');
  const v = parseCanonical(bytes, { depth: 16, values: 4096, code: 'E101' });
  demand(isObject(v), 'not an object', 'E101');
  f.checkClear(v);
  const c = new f.Checker();
  type(v).names(c, v);
  type(v).check(c, v);
  return v;
}

const map = (name, type, { min = 0, max = 64 } = {}) => ({
  names(c, v) { if (isObject(v)) for (const e of Object.values(v)) type.names(c, e); },
  check(c, v) {
    c.field(isObject(v) && Object.keys(v).length >= min && Object.keys(v).length <= max, 'object');
    for (const [n, e] of Object.entries(v)) {
      c.field(name.test(n), 'name');
      type.check(c, e);
    }
  },
});

// first: those of version 1 prove their keys; later ones name identities that are enrolled.
const member = (first) => f.object(first ? { id: f.id, proof: f.signature, spki: f.spki } : { id: f.id });

const policy = (v) => {
  const m = member(v.version === 1);
  return f.object({
    version: f.integer(1), rules: f.pattern('rules', /^docket\/[a-z0-9-]{1,32}$/),
    admins: f.object({ m: f.integer(1, 17), members: f.list(m, { min: 1, max: 64 }) }, (c, a) => c.field(a.m <= a.members.length, 'm')),
    log: m, algorithms: f.list(f.only('PKIX_ECDSA_P256_SHA_256'), { min: 1 }), witnessPolicy: f.digest, skewSeconds: f.integer(1),
    grantMaxSeconds: f.integer(1), accessMaxSeconds: f.integer(1), contentMax: f.integer(1024, 65536),
    overridable: f.list(f.oneOf('approval', 'level', 'destinations', 'maxAttempts', 'maxDuration')), overrideRoles: f.list(f.slot), direct: f.list(f.prefix),
    alerts: map(/^AL-[0-9]{2}$/, map(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, f.integer(), { min: 1 })),
  }, (c, p) => {
    const all = [...p.admins.members, p.log];
    for (const name of v.version === 1 ? ['id', 'spki'] : ['id']) c.field(new Set(all.map((x) => x[name])).size === all.length, `${name}, none twice`);
  });
};

const step = f.object({ actors: f.list(f.id, { max: 16 }), gated: f.boolean, name: f.slot, release: f.boolean, required: f.boolean });
const approval = f.object({
  class: f.oneOf('human', 'any'), level: f.oneOf('direct', 'any'), n: f.integer(0, 16), roles: f.list(f.slot), ttlSeconds: f.integer(1),
}, (c, a) => c.field(a.roles.length <= a.n, 'roles, never more than n'));
const workflow = () => f.object({
  id: f.id, version: f.integer(1), namespaces: f.list(f.prefix), steps: f.list(step, { min: 1, max: 64, by: (s) => s.name }), tools: f.list(f.token),
  targets: f.list(f.foreign), destinations: f.list(f.id), approval, withdrawGrants: f.integer(0, 16), expects: f.list(f.id), runners: f.list(f.digest),
  detail: f.oneOf('full', 'rolled'), materiality: f.oneOf('external', 'internal'), retention: f.pattern('retention', /^P[1-9][0-9]{0,3}[DWMY]$/),
  maxDurationSeconds: f.integer(1), maxAttempts: f.integer(1), retryWindowSeconds: f.integer(),
}, (c, w) => c.field(w.steps.filter((s) => s.release).length <= 1, 'release, of one step at most'));

export const policyDocument = (bytes) => parse(bytes, policy);
export const workflowDocument = (bytes) => parse(bytes, workflow);
