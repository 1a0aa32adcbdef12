// The container of a pack: docs/spec/pack.md, section 1. Nothing is unpacked: files are
// stored, and a zip file that is written in any other way than writeZip does is refused.
import { concat, demand, equal, utf8 } from './bytes.mjs';

const LOCAL = 0x04034b50, ROW = 0x02014b50, END = 0x06054b50, VERSION = 20, DATE = 0x21;

const table = Array.from({ length: 256 }, (_, n) => {
  for (let i = 0; i < 8; i++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(data) {
  let c = -1;
  for (const b of data) c = table[(c ^ b) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

const u16 = (n) => { const b = Buffer.alloc(2); b.writeUInt16LE(n); return b; };
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32LE(n); return b; };

// writeZip writes files, { name, data }, in their order.
export function writeZip(files) {
  const locals = [], rows = [];
  let at = 0;
  for (const { name, data } of files) {
    const n = utf8(name);
    // version needed, flags, method, time, date, CRC, lengths, length of the name, no extra fields
    const common = concat(u16(VERSION), u16(0), u16(0), u16(0), u16(DATE), u32(crc32(data)), u32(data.length), u32(data.length), u16(n.length), u16(0));
    const local = concat(u32(LOCAL), common, n);
    locals.push(local, data);
    // no comment, disk 0, no attributes, where the file begins
    rows.push(concat(u32(ROW), u16(VERSION), common, u16(0), u16(0), u16(0), u32(0), u32(at), n));
    at += local.length + data.length;
  }
  const directory = concat(...rows);
  const end = concat(u32(END), u16(0), u16(0), u16(files.length), u16(files.length), u32(directory.length), u32(at), u16(0));
  return concat(...locals, directory, end);
}

// readZip takes only what writeZip gives, with rising names: at most so many files and bytes.
export function readZip(bytes, { files: most, size }) {
  demand(bytes.length <= size, `a pack has at most ${size} bytes`);
  const files = [];
  let at = 0;
  const left = (n) => demand(at + n <= bytes.length, 'bytes are missing');
  for (left(4); bytes.readUInt32LE(at) === LOCAL; left(4)) {
    left(30);
    const length = bytes.readUInt32LE(at + 22), name = bytes.readUInt16LE(at + 26);
    left(30 + name + length);
    files.push({ name: bytes.subarray(at + 30, at + 30 + name).toString('utf8'), data: bytes.subarray(at + 30 + name, at + 30 + name + length) });
    demand(files.length <= most, `a pack has at most ${most} files`);
    at += 30 + name + length;
  }
  demand(equal(writeZip(files), bytes), 'not in the one form: stored files, no times, comments and bytes between them');
  files.forEach(({ name }, i) => {
    demand(i === 0 || Buffer.compare(utf8(files[i - 1].name), utf8(name)) < 0, `${name.slice(0, 80)} does not stand in its place`);
    demand(!name.endsWith('/'), `${name.slice(0, 80)} is a folder`);
  });
  return files;
}
