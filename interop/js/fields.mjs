// Types of fields, and objects made of them: docs/spec/statement.md, sections 1.1 to 1.3.
// A type has names(c, value), which refuses unknown names (E101), and check(c, value),
// which refuses all else (E102): all names are judged before any value.
import { demand, fromBase64 } from './bytes.mjs';
import { isObject } from './json.mjs';
import { checkDER, publicKey } from './ecdsa.mjs';

export class Checker {
  names(v, known) {
    if (!isObject(v)) return;
    for (const n of Object.keys(v)) demand(known.includes(n), `unknown name ${n.slice(0, 40)}`, 'E101');
  }
  field(ok, what) {
    demand(ok, `${what} is missing or not what it must be`, 'E102');
  }
}

const SEALED_ONLY = new Set(['personName', 'mail', 'purpose', 'reasonText', 'subjectRef', 'prompt']);

// checkClear: no name anywhere that may only stand in a sealed disclosure.
export function checkClear(v) {
  if (Array.isArray(v)) v.forEach(checkClear);
  else if (isObject(v)) {
    for (const [name, value] of Object.entries(v)) {
      demand(!SEALED_ONLY.has(name), `${name} may only stand in a sealed disclosure`, 'E601');
      checkClear(value);
    }
  }
}

const scalar = (what, ok) => ({ names() {}, check(c, v) { c.field(ok(v), what); } });
const asText = (what, ok) => scalar(what, (v) => typeof v === 'string' && ok(v));
const matching = (what, pattern) => asText(what, (s) => pattern.test(s));

export const U32 = 2 ** 32 - 1, SAFE = Number.MAX_SAFE_INTEGER;
export const integer = (min = 0, max = U32) => scalar('integer', (v) => Number.isSafeInteger(v) && v >= min && v <= max);
export const oneOf = (...values) => scalar(`one of ${values.join(', ')}`, (v) => values.includes(v));
export const only = (value) => scalar(String(value), (v) => v === value);
export const boolean = scalar('boolean', (v) => typeof v === 'boolean');

const SEGMENTS = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;
export const id = asText('id', (s) => s.length <= 64 && SEGMENTS.test(s));
export const isDocumentId = (s) => s.length <= 255 && SEGMENTS.test(s);
export const documentId = asText('document id', isDocumentId);
export const prefix = asText('prefix', (s) => s === '*' || (s.length <= 255 && s.endsWith('/') && SEGMENTS.test(s.slice(0, -1))));
// under: the id stands below the prefix.
export const under = (p, s) => (p === '*' ? !s.startsWith('docket:') : p.endsWith('/') && s.startsWith(p) && s.length > p.length);
export const digest = matching('digest', /^sha256:[0-9a-f]{64}$/);
export const slot = matching('slot', /^[a-z0-9-]{1,32}$/);
export const token = matching('token', /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
export const foreign = matching('foreign id', /^[!-~]{1,255}$/);
export const anyText = asText('text', () => true);
export const pattern = matching;
export const origin = asText('origin', (s) => s.length <= 255 && s.split('.').every((l) => /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(l)));

export const parseTime = (s) => {
  const m = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(s) ? Date.parse(s) : NaN;
  return Number.isNaN(m) || new Date(m).toISOString() !== s || m <= 0 ? undefined : m;
};
export const time = asText('time', (s) => parseTime(s) !== undefined);

const succeeds = (f) => { try { f(); return true; } catch { return false; } };
const base64url = (least, most) => (s) => {
  const b = Buffer.from(s, 'base64url');
  return b.toString('base64url') === s && b.length >= least && b.length <= most;
};
export const nonce = asText('nonce', base64url(16, 32));
export const sealedDigest = asText('sealed digest', base64url(32, 32));
export const bytesOf = (n) => asText(`${n} bytes`, (s) => succeeds(() => demand(fromBase64(s).length === n, '')));
export const spki = asText('key', (s) => succeeds(() => publicKey(fromBase64(s))));
export const signature = asText('signature', (s) => succeeds(() => checkDER(fromBase64(s))));

// list: none twice; by is what must differ.
export const list = (type, { min = 0, max = 256, by = (v) => JSON.stringify(v), sorted = false } = {}) => ({
  names(c, v) { if (Array.isArray(v)) v.forEach((e) => type.names(c, e)); },
  check(c, v) {
    c.field(Array.isArray(v) && v.length >= min && v.length <= max, 'list');
    v.forEach((e) => type.check(c, e));
    c.field(new Set(v.map(by)).size === v.length, 'list without an element twice');
    if (sorted) c.field(v.every((e, i) => i === 0 || Buffer.compare(sorted(v[i - 1]), sorted(e)) < 0), 'sorted list');
  },
});

// object: members by name; maybe(type) need not be there. also judges what members say together.
export const maybe = (type) => ({ ...type, optional: true });
export const orNull = (type) => ({ names: type.names, check(c, v) { if (v !== null) type.check(c, v); } });
export const object = (shape, also = () => {}) => ({
  shape,
  names(c, v) {
    c.names(v, Object.keys(shape));
    if (isObject(v)) for (const [n, type] of Object.entries(shape)) if (n in v) type.names(c, v[n]);
  },
  check(c, v) {
    c.field(isObject(v), 'object');
    for (const [n, type] of Object.entries(shape)) {
      c.field(type.optional || Object.hasOwn(v, n), n);
      if (Object.hasOwn(v, n)) type.check(c, v[n]);
    }
    also(c, v);
  },
});

export const file = object({ digest, name: slot });
export const files = list(file, { max: 64, by: (f) => f.name });
