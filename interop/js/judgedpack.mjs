// Vectors of evidence and of packs: each function throws a Refusal that begins with WRONG.
import { fromBase64, fromHex, refuse, sha256, utf8 } from './bytes.mjs';
import { judgeEvidence } from './evidence.mjs';
import { same } from './judged.mjs';
import { verifyPack } from './pack.mjs';
import { writeZip } from './zip.mjs';

const brought = (v) => ({ policy: utf8(v.policy), genesis: fromHex(v.genesis) });

function evidence(v) {
  const got = judgeEvidence({ ...brought(v), evidence: utf8(v.evidence), skew: v.skew && BigInt(v.skew) });
  same(`${got.verdict} ${got.exit} by "${got.code}"`, `${v.verdict} ${v.exit} by "${v.code}"`, `verdict (${got.reason})`);
}

const wholes = new Map(); // the files of earlier lines, by their comment

// packBytes: a line is a zip file; or files; or those of another line, edited.
function packBytes(v) {
  if (v.zip !== undefined) return fromBase64(v.zip);
  let files = v.files ?? [];
  if (v.of !== undefined) {
    const left = (wholes.get(v.of) ?? refuse(`WRONG: no line ${v.of}`)).filter((f) => !v.without?.includes(f.name) && !v.with?.some((w) => w.name === f.name));
    files = [...left, ...(v.with ?? [])].sort((a, b) => Buffer.compare(utf8(a.name), utf8(b.name)));
  }
  wholes.set(v.comment, files);
  const bytes = writeZip(files.map((f) => ({ name: f.name, data: utf8(f.text) })));
  same(sha256(bytes).toString('hex'), v.sha256, 'SHA-256 of the zip file');
  return bytes;
}

function pack(v) {
  const expect = { document: v.document ?? '', namespaces: v.namespaces ?? [], dev: v.dev ?? false, now: BigInt(v.now ?? 0), maxAge: BigInt(v.maxAge ?? 0) };
  const got = verifyPack({ ...brought(v), pack: packBytes(v), expect, seen: (v.seen ?? []).map(utf8) });
  same(`${got.verdict} ${got.exit} by "${got.check ?? ''}"`, `${v.verdict} ${v.exit} by "${v.check ?? ''}"`, `verdict (${got.reason})`);
  if (v.verdict === 'INVALID') return;
  const facts = (x) => `size ${x.size} level ${x.level}, ${x.statements} statements, ${x.registers} registers, run ${x.status ?? ''}`;
  same(facts(got), facts(v), 'what it says');
}

export const judged = { evidence, pack };
