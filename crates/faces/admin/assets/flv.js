// FLV (Adobe's specification, annex E, with the enhanced headers of E-RTMP v2), turned into fragmented MP4 on the fly.

import { PlayerError, Segmenter, concat } from './boxes.js';
import { audioTrack, fragment, initSegment, videoTrack } from './mux.js';

const HEADER_BYTES = 9;
const TAG_HEADER_BYTES = 11;
const [AUDIO, VIDEO, SCRIPT] = [8, 9, 18];
const VIDEO_ID = 1;
const AUDIO_ID = 2;
const LEGACY_AUDIO = { 2: '.mp3', 7: 'alaw', 8: 'ulaw', 10: 'mp4a' };
const [SEQUENCE_START, CODED_FRAMES, CODED_FRAMES_X] = [0, 1, 3];
const RECORD_BYTES_MAX = 64 * 1024;

/** Cuts a byte stream into tags `{ type, time_ms, body }`, whatever the chunk boundaries are. */
export class TagScanner {
  #held = new Uint8Array(0);
  #begun = false;

  push(chunk) {
    const bytes = this.#held.length ? concat([this.#held, chunk]) : chunk;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = this.#begun ? 0 : this.#header(view);
    const tags = [];
    while (this.#begun && at + TAG_HEADER_BYTES <= bytes.length) {
      const size = view.getUint32(at) & 0xffffff;
      const end = at + TAG_HEADER_BYTES + size + 4;
      if (end > bytes.length) break;
      const time_ms = (view.getUint32(at + 4) >>> 8) + view.getUint8(at + 7) * 2 ** 24;
      tags.push({ type: bytes[at] & 31, time_ms, body: bytes.subarray(at + TAG_HEADER_BYTES, end - 4) });
      at = end;
    }
    this.#held = bytes.slice(at);
    return tags;
  }

  /** How many bytes the file header and the first previous tag size take, once they are there. */
  #header(view) {
    if (view.byteLength < HEADER_BYTES + 4) return 0;
    if (view.getUint32(0) >>> 8 !== 0x464c56) throw new PlayerError('format', { header: 'FLV' });
    const size = view.getUint32(5);
    if (size !== HEADER_BYTES) throw new PlayerError('format', { header: 'FLV', size });
    this.#begun = true;
    return HEADER_BYTES + 4;
  }
}

/** Turns a stream of FLV into segments of fragmented MP4: the same as `Segmenter` gives for MP4. */
export class FlvSegmenter {
  #tags = new TagScanner();
  #boxes;
  #size = { width: 640, height: 360 };
  #lanes = { video: null, audio: null };
  #told = false; // the initialisation segment has been written for these lanes
  #sequence = 0;

  constructor(playable) {
    this.#boxes = new Segmenter(playable);
  }

  push(chunk) {
    const out = [];
    try {
      for (const tag of this.#tags.push(chunk)) this.#tag(tag, out);
    } catch (error) {
      if (error instanceof RangeError) throw new PlayerError('format', { tag: 'FLV' });
      throw error;
    }
    return out.length ? this.#boxes.push(concat(out)) : [];
  }

  #tag({ type, time_ms, body }, out) {
    if (type === SCRIPT) this.#size = pictureSize(body) ?? this.#size;
    const read = type === VIDEO ? readVideo(body) : type === AUDIO ? readAudio(body) : null;
    if (!read) return;
    const kind = type === VIDEO ? 'video' : 'audio';
    if (read.record) this.#configure(kind, read);
    else if (read.data?.length) this.#frame(kind, read, time_ms, out);
  }

  #configure(kind, { codec, record }) {
    if (record.length > RECORD_BYTES_MAX) throw new PlayerError('format', { codec, size: record.length });
    const track = kind === 'video' ? videoTrack(VIDEO_ID, codec, record, this.#size) : audioTrack(AUDIO_ID, codec, record);
    this.#lanes[kind] = new Lane(track);
    this.#told = false;
  }

  #frame(kind, { codec, data, key, cts_ms = 0 }, time_ms, out) {
    // MP3 and G.711 have no sequence header: the first frame tells what there is to tell.
    if (kind === 'audio' && !this.#lanes.audio && LEGACY_AUDIO[2] === codec) this.#configure(kind, { codec, record: data });
    const lane = this.#lanes[kind];
    if (!lane) return;
    if (!this.#told) {
      const tracks = Object.values(this.#lanes).filter(Boolean).map((one) => one.track);
      out.push(initSegment(tracks));
      this.#told = true;
    }
    this.#sequence += 1;
    const { dts, duration } = lane.place(time_ms);
    const cts = Math.round((cts_ms * lane.track.timescale) / 1000);
    out.push(fragment(this.#sequence, lane.track, { dts, duration, cts, key: key ?? true, data }));
  }
}

/** A track's time: milliseconds of FLV, made smooth where the length of every frame is known. */
class Lane {
  #wraps = 0;
  #last_ms = null;
  #next = null; // in ticks
  #interval;

  constructor(track) {
    this.track = track;
    this.#interval = track.frame ?? track.timescale / 25;
  }

  place(time_ms) {
    // The field counts 32 bits and starts over.
    if (this.#last_ms !== null && this.#last_ms - time_ms > 2 ** 31) this.#wraps += 1;
    const { timescale, frame } = this.track;
    const exact = Math.round(((time_ms + this.#wraps * 2 ** 32) * timescale) / 1000);
    const near = frame && this.#next !== null && Math.abs(exact - this.#next) * 1000 < timescale * 5;
    const dts = near ? this.#next : exact;
    const step = this.#last_ms === null ? 0 : ((time_ms - this.#last_ms) * timescale) / 1000;
    if (!frame && step > 0 && step < timescale) this.#interval = Math.round(step);
    this.#last_ms = time_ms;
    this.#next = dts + this.#interval;
    return { dts, duration: this.#interval };
  }
}

/** The body of a video tag: `{ codec, record }` or `{ codec, data, key, cts_ms }`; null for what is neither. */
function readVideo(body) {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const first = view.getUint8(0);
  const key = ((first >> 4) & 7) === 1;
  const signed24 = (at) => (view.getUint32(at - 1) << 8) >> 8;
  if (!(first & 0x80)) {
    if ((first & 15) !== 7) return null;
    const type = view.getUint8(1);
    if (type === 0) return { codec: 'avc1', record: body.slice(5) };
    return type === 1 ? { codec: 'avc1', data: body.subarray(5), key, cts_ms: signed24(2) } : null;
  }
  const codec = String.fromCharCode(...body.subarray(1, 5));
  if (!['avc1', 'hvc1', 'av01', 'vp09'].includes(codec)) return null;
  const type = first & 15;
  if (type === SEQUENCE_START) return { codec, record: body.slice(5) };
  const timed = type === CODED_FRAMES && (codec === 'avc1' || codec === 'hvc1');
  if (timed) return { codec, data: body.subarray(8), key, cts_ms: signed24(5) };
  return type === CODED_FRAMES || type === CODED_FRAMES_X ? { codec, data: body.subarray(5), key } : null;
}

function readAudio(body) {
  const format = body[0] >> 4;
  if (format === 9) {
    const codec = String.fromCharCode(...body.subarray(1, 5));
    if (codec !== 'Opus') return null;
    const rest = body.slice(5);
    return (body[0] & 15) === SEQUENCE_START ? { codec, record: rest } : { codec, data: rest };
  }
  const codec = LEGACY_AUDIO[format];
  if (codec === 'mp4a') return body[1] === 0 ? { codec, record: body.slice(2) } : { codec, data: body.subarray(2) };
  return codec ? { codec, data: body.subarray(1) } : null;
}

/** `width` and `height` of `onMetaData`: each an AMF0 key before a number. Decoders take the true size from the stream. */
function pictureSize(body) {
  const text = String.fromCharCode(...body.subarray(0, 8192));
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const value = (key) => {
    const at = text.indexOf(`${String.fromCharCode(0, key.length)}${key}\0`);
    const found = at < 0 || at + key.length + 11 > body.length ? 0 : view.getFloat64(at + key.length + 3);
    return found >= 1 && found <= 16384 ? Math.round(found) : 0;
  };
  const size = { width: value('width'), height: value('height') };
  return size.width && size.height ? size : null;
}
