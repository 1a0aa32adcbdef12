// JSON that is its own canonical form, RFC 8785: docs/spec/statement.md, section 1.
// JSON.parse alone takes repeated names, white space and other numbers; printing
// the value again and comparing finds all of them.
import { demand, isText, refuse, text, utf8, equal } from './bytes.mjs';

export function parseCanonical(bytes, { depth = 64, values = Infinity, code } = {}) {
  let value;
  try {
    value = JSON.parse(text(bytes));
  } catch (e) {
    refuse(`not JSON: ${e.message.slice(0, 80)}`, code); // not UTF-8, or not JSON
  }
  const left = { values };
  demand(equal(utf8(print(value, depth, left, code)), bytes), 'not in canonical form (RFC 8785)', code);
  return value;
}

export const canonical = (value) => print(value, 64, { values: Infinity });

function print(value, depth, left, code) {
  demand(--left.values >= 0, 'too many values', code);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    demand(Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0), 'a number that is no integer from 0 to 2^53-1', code);
    return String(value);
  }
  if (typeof value === 'string') return printText(value, code);
  demand(depth > 0, 'nested too deep', code);
  if (Array.isArray(value)) return '[' + value.map((v) => print(v, depth - 1, left, code)).join(',') + ']';
  const names = Object.keys(value).sort(byCodeUnit);
  return '{' + names.map((n) => printText(n, code) + ':' + print(value[n], depth - 1, left, code)).join(',') + '}';
}

// JSON.stringify escapes text exactly as RFC 8785 says.
function printText(s, code) {
  demand(isText(s), 'a lone surrogate', code);
  return JSON.stringify(s);
}

const byCodeUnit = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

export const isObject = (v) => typeof v === 'object' && v !== null && !Array.isArray(v);

// members: v is an object with all of these names and at most the optional ones.
export function members(v, mandatory, optional = []) {
  demand(isObject(v), 'not an object');
  for (const n of mandatory) demand(Object.hasOwn(v, n), `${n} is missing`);
  for (const n of Object.keys(v)) demand(mandatory.includes(n) || optional.includes(n), `unknown name ${n.slice(0, 40)}`);
  return v;
}
