// Writes fragmented MP4 (ISO/IEC 14496-12), as much of it as a browser needs to play one frame after the other.

import { concat } from './boxes.js';

const AAC_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
const MP3_RATES = [44100, 48000, 32000];
const AAC_FRAME = 1024;
const OPUS_HZ = 48000;
const MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

const u8 = (...values) => Uint8Array.from(values);
const u16 = (...values) => Uint8Array.from(values.flatMap((value) => [(value >> 8) & 255, value & 255]));
const u32 = (...values) => {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => view.setUint32(index * 4, value >>> 0));
  return new Uint8Array(view.buffer);
};
const ascii = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const zeros = (count) => new Uint8Array(count);

function box(type, ...parts) {
  const size = parts.reduce((sum, part) => sum + part.length, 8);
  return concat([u32(size), ascii(type), ...parts]);
}

const fullBox = (type, version, flags, ...parts) => box(type, u32(version * 2 ** 24 + flags), ...parts);

/** A track of pictures whose decoder is described by `record`. */
export function videoTrack(id, codec, record, { width, height }) {
  const config = {
    avc1: () => box('avcC', record), hvc1: () => box('hvcC', record), av01: () => box('av1C', record),
    // Some encoders send the version and flags of the box along, some do not.
    vp09: () => (record.length >= 12 && !(record[1] | record[2] | record[3]) ? box('vpcC', record) : fullBox('vpcC', 1, 0, record)),
  }[codec]();
  const entry = box(codec, zeros(6), u16(1), zeros(16), u16(width, height), u32(0x480000, 0x480000, 0), u16(1), zeros(32), u16(24, 0xffff), config);
  return { id, kind: 'video', timescale: 90000, frame: null, width, height, entry };
}

/** A track of sound. `frame` is how long each frame is, in ticks, where the codec says so. */
export function audioTrack(id, codec, record) {
  const { rate, channels, frame, config } = { mp4a: aac, '.mp3': mp3, Opus: opus }[codec](record);
  const entry = box(codec, zeros(6), u16(1), zeros(8), u16(channels, 16, 0, 0), u32(Math.min(rate, 0xffff) * 0x10000), ...config);
  return { id, kind: 'audio', timescale: rate, frame, width: 0, height: 0, entry };
}

/** AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), as far as a sample entry repeats it. */
function aac(record) {
  const bits = new DataView(Uint8Array.from({ length: 8 }, (_, index) => record[index] ?? 0).buffer).getBigUint64(0);
  const field = (from, count) => Number((bits >> BigInt(64 - from - count)) & ((1n << BigInt(count)) - 1n));
  const start = field(0, 5) === 31 ? 11 : 5;
  const index = field(start, 4);
  const rate = index === 15 ? field(start + 4, 24) : AAC_RATES[index];
  const channels = field(start + (index === 15 ? 28 : 4), 4);
  return { rate: rate || 48000, channels: channels || 2, frame: AAC_FRAME, config: [esds(0x40, record)] };
}

/** The header of an MP3 frame (ISO/IEC 11172-3, 2.4.2.3). */
function mp3(frame) {
  const version = (frame[1] >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const full = MP3_RATES[(frame[2] >> 2) & 3] ?? 44100;
  const rate = version === 3 ? full : version === 2 ? full / 2 : full / 4;
  return { rate, channels: frame[3] >> 6 === 3 ? 1 : 2, frame: version === 3 ? 1152 : 576, config: [esds(0x6b, null)] };
}

/** `OpusHead` (RFC 7845, 5.1), whose numbers are little-endian, as `dOps`, whose are not. */
function opus(head) {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const channels = view.getUint8(9);
  const family = view.getUint8(18);
  const dops = box('dOps', u8(0, channels), u16(view.getUint16(10, true)), u32(view.getUint32(12, true)),
    u16(view.getInt16(16, true)), u8(family), family ? head.slice(19, 21 + channels) : u8());
  return { rate: OPUS_HZ, channels, frame: null, config: [dops] };
}

/** Elementary stream descriptor (ISO/IEC 14496-1, 7.2.6). */
function esds(objectType, specific) {
  const descriptor = (tag, ...parts) => {
    const body = concat(parts);
    return concat([u8(tag, 0x80, 0x80, 0x80, body.length), body]);
  };
  const own = specific ? [descriptor(5, specific)] : [];
  const decoder = descriptor(4, u8(objectType, 0x15), zeros(11), ...own);
  return fullBox('esds', 0, 0, descriptor(3, u16(0), u8(0), decoder, descriptor(6, u8(2))));
}

/** `ftyp` and `moov`. */
export function initSegment(tracks) {
  const next = Math.max(...tracks.map(({ id }) => id)) + 1;
  const mvhd = fullBox('mvhd', 0, 0, u32(0, 0, 1000, 0, 0x10000), u16(0x100), zeros(10), u32(...MATRIX), zeros(24), u32(next));
  const trex = tracks.map(({ id }) => fullBox('trex', 0, 0, u32(id, 1, 0, 0, 0)));
  return concat([
    box('ftyp', ascii('iso5'), u32(1), ascii('iso5dash')),
    box('moov', mvhd, ...tracks.map(trak), box('mvex', ...trex)),
  ]);
}

function trak({ id, kind, timescale, width, height, entry }) {
  const video = kind === 'video';
  const tkhd = fullBox('tkhd', 0, 3, u32(0, 0, id, 0, 0), zeros(8), u16(0, 0, video ? 0 : 0x100, 0), u32(...MATRIX, width * 0x10000, height * 0x10000));
  const mdhd = fullBox('mdhd', 0, 0, u32(0, 0, timescale, 0), u16(0x55c4, 0));
  const hdlr = fullBox('hdlr', 0, 0, u32(0), ascii(video ? 'vide' : 'soun'), zeros(12), u8(0));
  const header = video ? fullBox('vmhd', 0, 1, zeros(8)) : fullBox('smhd', 0, 0, zeros(4));
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
  const empty = ['stts', 'stsc', 'stco'].map((type) => fullBox(type, 0, 0, u32(0)));
  const stbl = box('stbl', fullBox('stsd', 0, 0, u32(1), entry), ...empty, fullBox('stsz', 0, 0, u32(0, 0)));
  return box('trak', tkhd, box('mdia', mdhd, hdlr, box('minf', header, dinf, stbl)));
}

/** One frame as `moof` and `mdat`; times are in ticks of its track. */
export function fragment(sequence, track, { dts, duration, cts, key, data }) {
  const flags = key ? 0x02000000 : 0x01010000;
  const tfhd = fullBox('tfhd', 0, 0x020000, u32(track.id));
  const tfdt = fullBox('tfdt', 1, 0, u32(Math.floor(dts / 2 ** 32), dts % 2 ** 32));
  const trun = (offset) => fullBox('trun', 1, 0x000f01, u32(1, offset, duration, data.length, flags, cts));
  const moof = (offset) => box('moof', fullBox('mfhd', 0, 0, u32(sequence)), box('traf', tfhd, tfdt, trun(offset)));
  return concat([moof(moof(0).length + 8), box('mdat', data)]);
}
