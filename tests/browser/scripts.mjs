// Checks the page's own readers of playlists and FLV without a browser: `node scripts.mjs CLIP.flv`. Silent if all is well.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PlayerError } from '../../crates/faces/admin/assets/boxes.js';
import { FlvSegmenter } from '../../crates/faces/admin/assets/flv.js';
import { endDate, holdBack, itemsFrom, parsePlaylist, startOf } from '../../crates/faces/admin/assets/playlist.js';

const master = parsePlaylist('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001E,mp4a.40.2"\na/ll.m3u8?k=1\n');
assert.deepEqual(master.variants, ['a/ll.m3u8?k=1']);

const low = parsePlaylist(`#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-MAP:URI="i0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:2.0,
s7.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="i1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:10.000Z
#EXT-X-PART:DURATION=0.5,URI="p0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.5,URI="p1.m4s"
#EXT-X-PART:DURATION=0.5,URI="p2.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.5,URI="p3.m4s",GAP=YES
#EXTINF:2.0,
s8.m4s
#EXT-X-PART:DURATION=0.5,URI="p4.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p5.m4s"
`);
assert.deepEqual(low.segments.map(({ sequence, uri, map, discontinuity, parts }) => [sequence, uri, map, discontinuity, parts.length]),
  [[7, 's7.m4s', 'i0.mp4', false, 0], [8, 's8.m4s', 'i1.mp4', true, 4], [9, null, 'i1.mp4', false, 1]]);
assert.equal(low.hint, 'p5.m4s');
assert.equal(holdBack(low, true), 1.5);
assert.equal(holdBack(low, false), 6);
// A segment without a date goes on from the one before it.
assert.equal(endDate(low), Date.parse('2026-01-01T00:00:12.500Z'));
// 0.5 s of the last segment and a second of the one before: its third part is where decoding may begin.
assert.deepEqual(startOf(low, true), { sequence: 8, part: 2 });
assert.deepEqual(startOf(low, false), { sequence: 7, part: 0 });
const uris = (next, parts) => itemsFrom(low, next, parts).map(({ uri, date_ms }) => `${uri} ${new Date(date_ms).toISOString().slice(17, 23)}`);
assert.deepEqual(uris({ sequence: 8, part: 2 }, true), ['p2.m4s 11.000', 'p3.m4s 11.500', 'p4.m4s 12.000']);
assert.deepEqual(uris({ sequence: 8, part: 0 }, true), ['s8.m4s 10.000', 'p4.m4s 12.000']);
assert.deepEqual(uris({ sequence: 8, part: 0 }, false), ['s8.m4s 10.000']);
assert.deepEqual(itemsFrom(low, { sequence: 8, part: 2 }, true).map(({ gap }) => gap), [false, true, false]);
assert.deepEqual(uris({ sequence: 9, part: 1 }, true), []);
for (const wrong of ['', '<html>', '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k"\n', '#EXTM3U\n#EXT-X-BYTERANGE:1@0\n']) {
  assert.throws(() => parsePlaylist(wrong), PlayerError, wrong);
}

const clip = readFileSync(process.argv[2]);
const read = (bytes, step) => {
  const segmenter = new FlvSegmenter(() => true);
  const segments = [];
  for (let at = 0; at < bytes.length; at += step) segments.push(...segmenter.push(new Uint8Array(bytes.subarray(at, at + step))));
  return segments;
};
const whole = read(clip, clip.length);
assert.equal(whole[0].kind, 'init');
assert.equal(whole[0].init.type, 'video/mp4; codecs="avc1.64001E, mp4a.40.2"');
const times = (id) => whole.flatMap(({ times }) => (times?.has(id) ? [times.get(id)] : []));
assert.deepEqual([times(1).length, times(2).length], [240, 375]);
times(2).forEach((time, index) => assert.ok(Math.abs(time - (index * 1024) / 48000) < 0.0005, `sound ${index} at ${time}`));
times(1).forEach((time, index) => assert.ok(Math.abs(time - index / 30) < 0.0011, `picture ${index} at ${time}`));
const bytes = (segments) => Buffer.concat(segments.map((segment) => segment.bytes));
for (const step of [1, 777, 65536]) assert.ok(bytes(read(clip.subarray(0, 50_000), step)).equals(bytes(read(clip.subarray(0, 50_000), 50_000))), `steps of ${step}`);
// Whatever a byte is turned into, the reader gives segments or says what is wrong.
for (let at = 0; at < 2_000; at += 1) {
  const broken = Buffer.from(clip.subarray(0, 4_000));
  broken[at] ^= 0xff;
  try {
    read(broken, 1_000);
  } catch (error) {
    assert.ok(error instanceof PlayerError, `byte ${at}: ${error.stack}`);
  }
}
