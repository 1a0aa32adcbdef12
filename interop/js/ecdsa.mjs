// Keys and signatures of statements, ECDSA P-256: docs/spec/statement.md, section 1.2.
import { createPublicKey } from 'node:crypto';
import { demand, equal, refuse } from './bytes.mjs';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

// checkDER: SEQUENCE { INTEGER r, INTEGER s }, strict and minimal, both from 1 to n-1.
export function checkDER(der) {
  const bad = 'no ECDSA P-256 signature in strict DER';
  demand(der.length >= 2 && der[0] === 0x30 && der[1] === der.length - 2, bad, 'E104');
  let at = 2;
  for (let i = 0; i < 2; i++) {
    const n = der[at + 1];
    demand(der[at] === 2 && n >= 1 && n <= 33 && at + 2 + n <= der.length, bad, 'E104');
    const b = der.subarray(at + 2, at + 2 + n);
    demand(b[0] < 0x80 && !(n > 1 && b[0] === 0 && b[1] < 0x80), bad, 'E104');
    const value = BigInt('0x' + b.toString('hex'));
    demand(value > 0n && value < ORDER, bad, 'E104');
    at += 2 + n;
  }
  demand(at === der.length, bad, 'E104');
}

const SPKI_HEADER = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');

export function checkSPKI(spki) {
  demand(spki.length === 91 && equal(spki.subarray(0, 27), SPKI_HEADER), 'no P-256 key in its one form', 'E104');
}

export function publicKey(spki) {
  checkSPKI(spki);
  const x = spki.subarray(27, 59).toString('base64url'), y = spki.subarray(59).toString('base64url');
  try {
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  } catch {
    return refuse('no point of the curve', 'E104');
  }
}
