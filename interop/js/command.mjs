// What the commands have in common: options, files of bounded size, exit codes.
import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Refusal, Unsupported } from './bytes.mjs';

const IO = 1, USAGE = 2;

class Usage extends Error {}

// command runs judge(file, options), and sets the exit code that it gives.
export async function command(usage, options, judge) {
  try {
    process.exitCode = await judge(...readOptions(options));
  } catch (e) {
    if (e instanceof Usage) console.error(`${e.message}\n${usage}`);
    else if (e instanceof Refusal || e instanceof Unsupported || e.code) console.error(e.message);
    else console.error(e);
    process.exitCode = e instanceof Usage || e instanceof Refusal ? USAGE : IO; // a Refusal here is of the policy
  }
}

function readOptions(options) {
  let parsed;
  try {
    const types = Object.entries(options).map(([name, o]) => [name, { type: o.type ?? 'string', multiple: o.multiple ?? false }]);
    parsed = parseArgs({ allowPositionals: true, options: Object.fromEntries(types) });
  } catch (e) {
    throw new Usage(e.message);
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 1) throw new Usage('name one file');
  for (const [name, o] of Object.entries(options)) {
    if (o.needed && values[name] === undefined) throw new Usage(`--${name} is missing`);
    if (o.pattern && values[name] !== undefined && !o.pattern.test(values[name])) throw new Usage(`--${name} is ${o.say}`);
  }
  return [positionals[0], values];
}

// clockOf is the verifier's clock in milliseconds; 0n: none.
export function clockOf({ now, 'no-clock': none }) {
  const ms = none ? 0 : now === undefined ? Date.now() : Date.parse(now);
  if (!Number.isSafeInteger(ms) || ms < 0) throw new Usage('--now is a time such as 2026-11-10T14:05:20Z');
  return BigInt(ms);
}

// readBounded: what is larger than the format allows is not read.
export function readBounded(path, most) {
  if (statSync(path).size > most) throw Object.assign(new Error(`${path}: above ${most} bytes`), { code: 'ETOOBIG' });
  return readFileSync(path);
}

// print gives JSON, or what text prints.
export function print(v, json, text) {
  if (json) console.log(JSON.stringify(v, (_, x) => (typeof x === 'bigint' ? Number(x) : x)));
  else text();
}
