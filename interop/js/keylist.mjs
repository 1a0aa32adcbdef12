// Lists of a log's keys: docs/spec/checkpoint.md, section 9.
import { demand, equal, text, utf8 } from './bytes.mjs';
import { leafHash, nodeHash } from './merkle.mjs';
import { checkKeys, checkListed, ED25519, isHost, MLDSA44, parseCheckpoint, parseNote, parseVKey } from './note.mjs';

const MAX_LIST = 196608, MAX_KEYS = 64;

function rootOver(hashes) {
  if (hashes.length === 1) return hashes[0];
  let left = 1;
  while (left * 2 < hashes.length) left *= 2;
  return nodeHash(rootOver(hashes.slice(0, left)), rootOver(hashes.slice(left)));
}

// parseKeyList: the keys, and the note over them, whose body is the one of these keys.
export function parseKeyList(bytes) {
  demand(bytes.length <= MAX_LIST, 'a list has at most 196,608 bytes');
  const s = text(bytes), split = s.indexOf('\n\n');
  demand(split >= 0, 'no empty line after the keys');
  const vkeys = s.slice(0, split).split('\n');
  demand(vkeys.length <= MAX_KEYS, 'more than 64 keys');
  const keys = vkeys.map(parseVKey);
  checkKeys(keys);
  for (const k of keys) {
    demand(k.name === keys[0].name && isHost(k.name), 'not the keys of one log');
    demand(k.type === ED25519 || k.type === MLDSA44, 'no key of a log');
  }
  const note = parseNote(utf8(s.slice(split + 2)));
  const cp = parseCheckpoint(note.body);
  demand(cp.origin === `${keys[0].name}/keys` && cp.size === BigInt(keys.length), 'the note is of something else');
  demand(equal(cp.root, rootOver(vkeys.map((k) => leafHash(utf8(k))))), 'the note is over another list');
  return { keys, note, cp };
}

// introduced: for who pins these keys, by whom the list is signed, which keys it
// introduces, and which of another type signed it.
export function introduced({ keys, note, cp }, pinned) {
  const isPinned = (k) => pinned.some((p) => p.name === k.name && p.type === k.type && equal(p.bytes, k.bytes));
  const signed = keys.filter((k) => checkListed(k, note, cp) > 0);
  const by = signed.filter(isPinned), types = new Set(by.map((k) => k.type)), fresh = signed.filter((k) => !isPinned(k));
  demand(by.length > 0, 'no pinned key signed');
  return { by, keys: fresh.filter((k) => types.has(k.type)), others: fresh.filter((k) => !types.has(k.type)) };
}
