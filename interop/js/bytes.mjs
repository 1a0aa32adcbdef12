// Bytes and the readers that all formats share: docs/spec/checkpoint.md, section 1.
import { createHash } from 'node:crypto';

// Refusal: the input is not what the specification demands. code is that of a statement.
export class Refusal extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

// Unsupported: this Node.js cannot judge it, which is neither yes nor no.
export class Unsupported extends Error {}

export function refuse(message, code) {
  throw new Refusal(message, code);
}

export function demand(condition, message, code) {
  if (!condition) refuse(message, code);
}

export const sha256 = (...parts) => {
  const h = createHash('sha256');
  for (const p of parts) h.update(p);
  return h.digest();
};

export const utf8 = (text) => Buffer.from(text, 'utf8');
export const concat = (...parts) => Buffer.concat(parts);
export const equal = (a, b) => Buffer.compare(a, b) === 0;
export const zeros = Buffer.alloc(32);

// text decodes UTF-8 strictly. A byte order mark is a character like any other.
export function text(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('not UTF-8');
  }
}

// isText: no lone surrogates, which UTF-8 cannot carry.
export const isText = (s) => s.isWellFormed?.() ?? !/\p{Surrogate}/u.test(s);

export function fromBase64(s) {
  const b = Buffer.from(s, 'base64');
  demand(b.toString('base64') === s, 'not base64 in its one form');
  return b;
}

export function fromHex(s) {
  demand(/^([0-9a-f]{2})*$/.test(s), 'not lower-case hex');
  return Buffer.from(s, 'hex');
}

// decimal: no sign, no leading zero, at most 2^63-1.
export const MAX = (1n << 63n) - 1n;

export function decimal(s) {
  demand(/^(0|[1-9][0-9]{0,18})$/.test(s), `not a decimal: ${s.slice(0, 30)}`);
  const n = BigInt(s);
  demand(n <= MAX, 'above 2^63-1');
  return n;
}

export const u8 = (n) => Buffer.from([Number(n)]);
export const u16 = (n) => { const b = Buffer.alloc(2); b.writeUInt16BE(Number(n)); return b; };
export const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(Number(n)); return b; };
export const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };
export const lp = (b) => concat(u16(b.length), b);

// Reader takes bytes from the front. Numbers of 64 bits are BigInt.
export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  take(n) {
    demand(this.at + n <= this.bytes.length, 'bytes are missing');
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }
  expect(literal) {
    const b = utf8(literal);
    demand(equal(this.take(b.length), b), `does not begin with ${JSON.stringify(literal)}`);
  }
  u8() { return this.take(1)[0]; }
  u16() { return this.take(2).readUInt16BE(); }
  u32() { return this.take(4).readUInt32BE(); }
  u64() { return this.take(8).readBigUInt64BE(); }
  hash() { return this.take(32); }
  lp() { return this.take(this.u16()); }
  end() { demand(this.at === this.bytes.length, 'bytes after the end'); }
}
