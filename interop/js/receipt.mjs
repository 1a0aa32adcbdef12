// The receipt file: docs/spec/receipt.md, section 1. Nothing is verified here.
import { demand, fromBase64, utf8 } from './bytes.mjs';
import { members, parseCanonical } from './json.mjs';
import { envelopeOf } from './statement.mjs';
import { parseEvent, parsePath, parseValue, typeOf, types } from './registers.mjs';
import { canonical } from './json.mjs';

const MEDIA_TYPE = 'application/vnd.docket.receipt.v1+json';
const isText = (v) => demand(typeof v === 'string', 'not text');
const base64 = (v) => { isText(v); return fromBase64(v); };
const hash = (v) => { const b = base64(v); demand(b.length === 32, 'not 32 bytes'); return b; };

function list(v, most, each) {
  demand(Array.isArray(v) && v.length <= most, `not a list of at most ${most}`);
  return v.map(each);
}
const hashes = (v) => list(v, 64, hash);

function bytes(v, most) {
  isText(v);
  const b = utf8(v);
  demand(b.length <= most, `above ${most} bytes`);
  return b;
}

export function parseReceipt(input) {
  demand(input.length <= 1 << 20, 'above 1 MiB');
  const v = parseCanonical(input);
  const entry = ['envelope', 'index', 'inclusion'];
  const mandatory = ['checkpoint', 'genesisInclusion', 'mediaType', 'registers', 'seal', 'sealInclusion'];
  members(v, mandatory, entry);
  demand(v.mediaType === MEDIA_TYPE, 'another media type');
  const r = {
    checkpoint: bytes(v.checkpoint, 65536), seal: bytes(v.seal, 8192),
    genesisInclusion: hashes(v.genesisInclusion), sealInclusion: hashes(v.sealInclusion), registers: list(v.registers, 48, register),
  };
  const there = entry.filter((n) => Object.hasOwn(v, n)).length;
  demand(there === 0 || there === 3, 'envelope, index and inclusion stand together');
  if (there === 3) {
    demand(typeof v.index === 'number', 'index is no integer');
    Object.assign(r, { envelope: envelope(v.envelope), index: BigInt(v.index), inclusion: hashes(v.inclusion) });
  }
  return r;
}

function envelope(v) {
  demand(utf8(canonical(v)).length <= 131072, 'an envelope has at most 128 KiB');
  return envelopeOf(v);
}

function opening(v, name, most) {
  members(v, ['blind', name]);
  const content = base64(v[name]);
  demand(content.length >= 1 && content.length <= most, `${name} of 1 to ${most} bytes is wanted`);
  return { blind: hash(v.blind), [name]: content };
}

function register(v) {
  members(v, ['events', 'id', 'path', 'type'], ['delegation', 'envelope', 'state', 'value']);
  isText(v.type);
  isText(v.id);
  const type = typeOf(v.type), length = utf8(v.id).length;
  demand(length >= 1 && length <= 255, 'an id has 1 to 255 bytes');
  demand(!('envelope' in v) || type === types.grant, 'a grant alone has an envelope');
  demand(!('delegation' in v) || 'envelope' in v, 'a delegation without the grant');
  return {
    type: v.type, id: v.id, path: parsePath(base64(v.path)), events: list(v.events, 64, event),
    value: 'value' in v ? parseValue(base64(v.value)) : undefined,
    envelope: 'envelope' in v ? envelope(v.envelope) : undefined,
    delegation: 'delegation' in v ? envelope(v.delegation) : undefined,
    state: 'state' in v ? opening(v.state, 'state', type === types.run ? 40960 : 8192) : undefined,
  };
}

function event(v) {
  members(v, ['event', 'proof'], ['opening']);
  return { ...parseEvent(base64(v.event)), proof: hashes(v.proof), opening: 'opening' in v ? opening(v.opening, 'body', 8192) : undefined };
}
