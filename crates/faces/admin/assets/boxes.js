// Boxes of fragmented MP4 (ISO/IEC 14496-12), cut out of a stream of bytes and read as far as a player needs them.

const BOX_BYTES_MAX = 32 * 1024 * 1024;

/** What ended a session: `kind` is `http`, `network`, `format`, `decode`, `unsupported` or `overflow`. */
export class PlayerError extends Error {
  constructor(kind, detail = {}) {
    super(`${kind} ${JSON.stringify(detail)}`);
    this.name = 'PlayerError';
    this.kind = kind;
    this.detail = detail;
  }
}

// ---------------------------------------------------------------------------------------------------------- boxes

/** Cuts a byte stream into top-level ISO BMFF boxes (ISO/IEC 14496-12, 4.2), whatever the chunk boundaries are. */
export class BoxScanner {
  #buffer = new Uint8Array(64 * 1024);
  #start = 0;
  #end = 0;

  /** Takes the next bytes and returns the boxes they complete, each `{ type, bytes }` with its header. */
  push(chunk) {
    this.#reserve(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
    const boxes = [];
    for (let box = this.#next(); box; box = this.#next()) boxes.push(box);
    return boxes;
  }

  #next() {
    const held = this.#end - this.#start;
    if (held < 8) return null;
    const view = new DataView(this.#buffer.buffer, this.#start, held);
    let size = view.getUint32(0);
    let header = 8;
    if (size === 1) {
      if (held < 16) return null;
      header = 16;
      size = view.getUint32(8) === 0 ? view.getUint32(12) : Infinity;
    }
    // Size 0 ("to the end of the file") has no meaning in a stream that does not end.
    if (size < header || size > BOX_BYTES_MAX) throw new PlayerError('format', { box: fourcc(view, 4), size });
    if (held < size) return null;
    const bytes = this.#buffer.slice(this.#start, this.#start + size);
    this.#start += size;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return { type: fourcc(view, 4), bytes };
  }

  #reserve(more) {
    if (this.#end + more <= this.#buffer.length) return;
    const held = this.#buffer.subarray(this.#start, this.#end);
    const room = held.length + more;
    const target = room > this.#buffer.length ? new Uint8Array(room * 2) : this.#buffer;
    target.set(held);
    this.#buffer = target;
    this.#end = held.length;
    this.#start = 0;
  }
}

/** Joins boxes to segments: `{ kind: 'init', bytes, init }` and `{ kind: 'media', bytes, times }`. */
export class Segmenter {
  #scanner = new BoxScanner();
  #pending = [];
  #init = null;
  #playable;

  /** `playable` says of a track (`{ kind, codec }`) whether the browser can play it. */
  constructor(playable = () => true) {
    this.#playable = playable;
  }

  push(chunk) {
    const segments = [];
    for (const { type, bytes } of this.#scanner.push(chunk)) {
      if (type === 'free' || type === 'skip' || type === 'mfra') continue;
      this.#pending.push({ type, bytes });
      const held = this.#pending.reduce((sum, box) => sum + box.bytes.length, 0);
      if (this.#pending.length > 64 || held > BOX_BYTES_MAX) throw new PlayerError('format', { box: type, size: held });
      if (type === 'moov') {
        this.#init = parseInit(bytes, this.#playable);
        segments.push({ kind: 'init', bytes: this.#take(), init: this.#init });
      } else if (type === 'mdat') {
        const moof = this.#pending.find((box) => box.type === 'moof');
        if (!moof || !this.#init) throw new PlayerError('format', { box: type });
        const times = decodeTimes(moof.bytes, this.#init);
        const joined = this.#take();
        if (times.size) segments.push({ kind: 'media', bytes: joined, times });
      }
    }
    return segments;
  }

  #take() {
    const bytes = concat(this.#pending.map((box) => box.bytes));
    this.#pending = [];
    return bytes;
  }
}

export function concat(parts) {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function fourcc(view, at) {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}

/** The child boxes between two offsets, as views of their payloads. A length that does not fit ends the list. */
function children(view, from = 0) {
  const list = [];
  for (let at = from; at + 8 <= view.byteLength;) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > view.byteLength) break;
    list.push({ type: fourcc(view, at + 4), view: new DataView(view.buffer, view.byteOffset + at + 8, size - 8) });
    at += size;
  }
  return list;
}

function descend(view, ...path) {
  let here = view;
  for (const type of path) here = here && children(here).find((child) => child.type === type)?.view;
  return here ?? null;
}

/** Turns the box of this payload into a `free` box. */
function blank(view) {
  new DataView(view.buffer, view.byteOffset - 4, 4).setUint32(0, 0x66726565);
}

function payload(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset + 8, bytes.byteLength - 8);
}

// -------------------------------------------------------------------------------------------------- initialisation

/**
 * Reads a `moov` box: its tracks, and the type string (RFC 6381) that Media Source Extensions ask for.
 *
 * Sound that the browser cannot play is left out when there is a picture: its boxes, here and in the fragments, become
 * `free` boxes in place, and `silent` names its codecs.
 */
export function parseInit(moov, playable = () => true) {
  try {
    const boxes = children(payload(moov));
    const tracks = boxes.filter((box) => box.type === 'trak').map((box) => ({ view: box.view, ...parseTrack(box.view) }));
    const known = tracks.filter((track) => track.codec);
    const picture = known.some((track) => track.kind === 'video');
    const left = picture ? known.filter((track) => track.kind === 'audio' && !playable(track)) : [];
    const played = known.filter((track) => !left.includes(track)).map(({ view, ...track }) => track);
    if (!played.length) throw new PlayerError('format', { box: 'moov' });
    const leftIds = new Set(left.map((track) => track.id));
    for (const track of left) blank(track.view);
    for (const trex of children(descend(payload(moov), 'mvex') ?? new DataView(new ArrayBuffer(0)))) {
      if (trex.type === 'trex' && leftIds.has(trex.view.getUint32(4))) blank(trex.view);
    }
    return {
      tracks: played,
      silent: left.map((track) => track.codec),
      leftIds,
      type: typeString(picture ? 'video/mp4' : 'audio/mp4', played.map((track) => track.codec)),
      kinds: played.map((track) => track.kind).sort().join('+'),
    };
  } catch (error) {
    if (error instanceof RangeError) throw new PlayerError('format', { box: 'moov' });
    throw error;
  }
}

/** The type string of a container with these codecs. */
export function typeString(container, codecs) {
  return `${container}; codecs="${codecs.join(', ')}"`;
}

function parseTrack(trak) {
  const tkhd = descend(trak, 'tkhd');
  const mdhd = descend(trak, 'mdia', 'mdhd');
  const stsd = descend(trak, 'mdia', 'minf', 'stbl', 'stsd');
  const hdlr = descend(trak, 'mdia', 'hdlr');
  if (!tkhd || !mdhd || !stsd || !hdlr) return null;
  const handler = fourcc(hdlr, 8);
  const entry = children(stsd, 8)[0];
  if (!entry || (handler !== 'vide' && handler !== 'soun')) return null;
  const kind = handler === 'vide' ? 'video' : 'audio';
  return {
    id: tkhd.getUint32(tkhd.getUint8(0) === 1 ? 20 : 12),
    timescale: mdhd.getUint32(mdhd.getUint8(0) === 1 ? 20 : 12) || 1,
    kind,
    codec: kind === 'video' ? videoCodec(entry) : audioCodec(entry),
  };
}

function hex(value, digits = 2) {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

function dec(value) {
  return String(value).padStart(2, '0');
}

function videoCodec({ type, view }) {
  // An encoder may leave its record empty; the type alone then names the codec.
  const boxes = children(view, 78);
  const config = (name, least) => boxes.find((child) => child.type === name && child.view.byteLength >= least)?.view;
  const avcC = config('avcC', 4);
  if (avcC) return `${type}.${hex(avcC.getUint8(1))}${hex(avcC.getUint8(2))}${hex(avcC.getUint8(3))}`;
  const hvcC = config('hvcC', 13);
  if (hvcC) return `${type}.${hevcParts(hvcC)}`;
  const av1C = config('av1C', 4);
  if (av1C) return `av01.${av1Parts(av1C)}`;
  const vpcC = config('vpcC', 7);
  if (vpcC) return `${type}.${dec(vpcC.getUint8(4))}.${dec(vpcC.getUint8(5))}.${dec(vpcC.getUint8(6) >> 4)}`;
  return type;
}

/** ISO/IEC 14496-15, annex E.3: profile space and idc, compatibility flags in reverse, tier and level, constraints. */
function hevcParts(hvcC) {
  const first = hvcC.getUint8(1);
  let flags = hvcC.getUint32(2);
  let reversed = 0;
  for (let bit = 0; bit < 32; bit += 1) {
    reversed = ((reversed << 1) | (flags & 1)) >>> 0;
    flags >>>= 1;
  }
  const constraints = [];
  for (let at = 6; at < 12; at += 1) constraints.push(hvcC.getUint8(at));
  while (constraints.length && constraints.at(-1) === 0) constraints.pop();
  const parts = [
    `${['', 'A', 'B', 'C'][first >> 6]}${first & 31}`,
    reversed.toString(16).toUpperCase(),
    `${first & 32 ? 'H' : 'L'}${hvcC.getUint8(12)}`,
    ...constraints.map((value) => value.toString(16).toUpperCase()),
  ];
  return parts.join('.');
}

/** AV1 in ISO BMFF, section 5: profile, level and tier, bit depth. */
function av1Parts(av1C) {
  const levels = av1C.getUint8(1);
  const flags = av1C.getUint8(2);
  const depth = flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8;
  return `${levels >> 5}.${dec(levels & 31)}${flags & 0x80 ? 'H' : 'M'}.${dec(depth)}`;
}

function audioCodec({ type, view }) {
  if (type === 'Opus') return 'opus';
  if (type === 'fLaC') return 'flac';
  if (type === '.mp3') return 'mp4a.6B';
  if (type !== 'mp4a') return type;
  const extra = view.getUint16(8) === 1 ? 16 : 0; // QuickTime's version 1 sound description is longer
  const esds = children(view, 28 + extra).find((child) => child.type === 'esds')?.view;
  return esds ? `mp4a.${esdsParts(esds)}` : 'mp4a.40.2';
}

/** ISO/IEC 14496-1, 7.2.6: the object type, and for MPEG-4 audio the audio object type of its configuration. */
function esdsParts(esds) {
  let at = 4;
  const descriptor = () => {
    const tag = esds.getUint8(at++);
    let size = 0;
    for (let count = 0; count < 4; count += 1) {
      const byte = esds.getUint8(at++);
      size = size * 128 + (byte & 127);
      if (byte < 128) break;
    }
    return { tag, size };
  };
  if (descriptor().tag !== 3) return '40.2';
  const flags = esds.getUint8(at + 2);
  at += 3;
  if (flags & 0x80) at += 2;
  if (flags & 0x40) at += 1 + esds.getUint8(at);
  if (flags & 0x20) at += 2;
  if (descriptor().tag !== 4) return '40.2';
  const objectType = esds.getUint8(at);
  if (objectType !== 0x40) return hex(objectType);
  at += 13;
  if (at + 2 > esds.byteLength || descriptor().tag !== 5) return '40.2';
  const bits = esds.getUint16(at);
  const audioType = bits >> 11;
  return `40.${audioType === 31 ? 32 + ((bits >> 5) & 63) : audioType}`;
}

/** The decode time of each track fragment of a `moof`, in seconds, by track number. Tracks left out are blanked. */
export function decodeTimes(moof, init) {
  const times = new Map();
  for (const traf of children(payload(moof))) {
    if (traf.type !== 'traf') continue;
    const tfhd = descend(traf.view, 'tfhd');
    const tfdt = descend(traf.view, 'tfdt');
    if (!tfhd || !tfdt || tfhd.byteLength < 8 || tfdt.byteLength < 8) continue;
    const id = tfhd.getUint32(4);
    const track = init.tracks.find((one) => one.id === id);
    if (init.leftIds.has(id)) blank(traf.view);
    const long = tfdt.getUint8(0) === 1 && tfdt.byteLength >= 12;
    const ticks = long ? tfdt.getUint32(4) * 2 ** 32 + tfdt.getUint32(8) : tfdt.getUint32(4);
    if (track && !times.has(id)) times.set(id, ticks / track.timescale);
  }
  return times;
}
