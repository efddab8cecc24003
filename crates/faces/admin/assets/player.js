// Live fragmented MP4 over HTTP, played with Media Source Extensions.
//
// A long-lived response is cut into boxes (`BoxScanner`), the boxes into initialisation and media segments
// (`Segmenter`), and the segments are fed to one `SourceBuffer` (`LivePlayer`). The player owns its timeline: after a
// reconnection, or when the time stamps go back, the new media is placed at the end of what is already buffered.

const BOX_BYTES_MAX = 32 * 1024 * 1024;
const QUEUE_BYTES_MAX = 48 * 1024 * 1024;
const APPEND_BYTES_MAX = 1024 * 1024;
const TICK_MS = 200;
const TARGET_DELAY_S = 0.7;
const TARGET_DELAY_MAX_S = 1.0;
const SEEK_DELAY_S = 3;
const KEEP_BEHIND_S = 30;
const SILENCE_LIVE_MS = 5000; // no bytes although the publisher is there: the connection is dead
const SILENCE_MAX_MS = 20000; // no bytes at all: longer than the grace time of a stream
const RETRY_MS = [300, 1000, 2000, 4000, 8000];

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

function concat(parts) {
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

// --------------------------------------------------------------------------------------------------------- player

const MediaSourceClass = globalThis.MediaSource ?? globalThis.ManagedMediaSource;

/**
 * Plays one live stream at a time in a `<video>`.
 *
 * Events: `state` (see `state`, `error`, `tracks`, `silent`), `stats` (about five times a second), both without detail: read the members.
 * The state also stands in `data-state` and the stream's name in `data-stream` of the video and of `root`.
 */
export class LivePlayer extends EventTarget {
  #video;
  #root;
  #source = () => null;
  #run = null; // AbortController of the stream being played
  #session = null; // AbortController of the response being read
  #timer = 0;
  #state = 'idle';
  #error = null;
  #ended = false;
  #halted = false; // by the viewer, or because the browser does not let the video start by itself

  #media = null;
  #objectUrl = '';
  #buffer = null;
  #init = null;
  #queue = [];
  #queueBytes = 0;
  #lastTimes = new Map();
  #fresh = true;

  #bytesAt = 0;
  #advanceAt = 0;
  #seekAt = 0;
  #position = 0;
  #played = false;
  #catching = false;
  #target = TARGET_DELAY_S;

  constructor(video, root) {
    super();
    this.#video = video;
    this.#root = root;
    video.muted = true;
    video.playsInline = true;
    video.disableRemotePlayback = true;
    video.addEventListener('error', () => {
      if (video.error && this.#media) this.#fail(new PlayerError('decode', { message: video.error.message }));
    });
  }

  /** `idle`, `connecting`, `playing`, `stalled`, `paused`, `ended`, `unsupported` or `error`. */
  get state() { return this.#state; }

  /** The last `PlayerError`, as long as it matters. */
  get error() { return this.#error; }

  /** The tracks of the stream (`{ kind, codec }`), once they are known. */
  get tracks() { return this.#init?.tracks ?? []; }

  /** The codecs of sound that is left out, because this browser cannot play it. */
  get silent() { return this.#init?.silent ?? []; }

  /** What is measured: delay to the live edge in seconds (or null), frames, picture size. */
  get stats() {
    const quality = this.#video.getVideoPlaybackQuality?.();
    const edge = this.#edge();
    return {
      delay_s: edge === null || !this.#played ? null : Math.max(0, edge - this.#video.currentTime),
      frames: quality?.totalVideoFrames ?? 0,
      dropped: quality?.droppedVideoFrames ?? 0,
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      rate: this.#video.playbackRate,
    };
  }

  /**
   * Plays the stream `name`. `source()` is asked before each connection and answers `{ url, live, session }`, where
   * `live` says that the publisher is there; or null when the stream is not listed any more.
   */
  play(name, source) {
    this.stop();
    this.#source = source;
    this.#video.dataset.stream = name;
    this.#root.dataset.stream = name;
    this.#start();
  }

  /** Ends playing and forgets the stream. */
  stop() {
    this.#close();
    this.#dropMedia();
    this.#source = () => null;
    this.#halted = false;
    this.#error = null;
    delete this.#video.dataset.stream;
    delete this.#root.dataset.stream;
    this.#setState('idle');
  }

  /** Leaves the stream but keeps the last picture; `resume` goes on at the live edge. */
  pause() {
    if (!this.#run || this.#halted) return;
    this.#close();
    this.#halted = true;
    this.#video.pause();
    this.#setState('paused');
  }

  /** Goes on after `pause`, or after the browser did not let the video start by itself. */
  resume() {
    if (!this.#halted) return;
    this.#halted = false;
    if (this.#run) this.#startVideo();
    else {
      this.#dropMedia();
      this.#start();
    }
  }

  #start() {
    this.#run = new AbortController();
    this.#ended = false;
    this.#played = false;
    this.#error = null;
    this.#target = TARGET_DELAY_S;
    this.#advanceAt = performance.now();
    this.#setState('connecting');
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#loop(this.#run.signal);
  }

  #close() {
    clearInterval(this.#timer);
    this.#run?.abort();
    this.#session?.abort();
    this.#run = this.#session = null;
  }

  // ---- the connection

  async #loop(signal) {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const place = this.#source();
      this.#ended = !place;
      if (place) {
        const lasted = await this.#connect(place, signal);
        if (signal.aborted) return;
        if (lasted) attempt = 0;
        if (this.#error?.kind === 'unsupported') await this.#otherSession(place.session, signal);
      }
      const wait = place ? RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] * (0.8 + 0.4 * Math.random()) : TICK_MS;
      await sleep(wait, signal);
    }
  }

  /** Nothing changes for a browser without the codec until somebody publishes anew. */
  async #otherSession(session, signal) {
    while (!signal.aborted && this.#source()?.session === session) await sleep(1000, signal);
    if (signal.aborted) return;
    this.#error = null;
    this.#setState('connecting');
  }

  /** Reads one response to its end. Answers whether it was a working one, so that the back-off begins anew. */
  async #connect(place, signal) {
    const session = new AbortController();
    const segmenter = new Segmenter(isPlayable);
    const begun = performance.now();
    this.#session = session;
    this.#fresh = true;
    this.#bytesAt = begun;
    try {
      const response = await fetch(place.url, { signal: session.signal, cache: 'no-store' });
      if (!response.ok || !response.body) throw new PlayerError('http', { status: response.status });
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || session.signal.aborted) break;
        this.#bytesAt = performance.now();
        for (const segment of segmenter.push(value)) this.#enqueue(segment);
        this.#pump();
      }
    } catch (error) {
      if (!signal.aborted && !session.signal.aborted) {
        this.#fail(error instanceof PlayerError ? error : new PlayerError('network', { message: String(error) }));
      }
    }
    session.abort();
    return this.#bytesAt - begun > SILENCE_LIVE_MS;
  }

  #fail(error) {
    this.#error = error;
    this.#session?.abort();
    if (error.kind !== 'network' && error.kind !== 'http') this.#dropMedia();
    if (error.kind === 'unsupported') this.#setState('unsupported');
  }

  // ---- the buffer

  #enqueue(segment) {
    if (segment.kind === 'media') {
      segment.rebase = this.#fresh;
      for (const [id, time] of segment.times) {
        const last = this.#lastTimes.get(id);
        if (last !== undefined && time < last) segment.rebase = true;
      }
      if (segment.rebase) this.#lastTimes.clear();
      for (const [id, time] of segment.times) this.#lastTimes.set(id, time);
      this.#fresh = false;
    }
    this.#queue.push(segment);
    this.#queueBytes += segment.bytes.length;
    if (this.#queueBytes > QUEUE_BYTES_MAX) throw new PlayerError('overflow', { bytes: this.#queueBytes });
  }

  #pump() {
    if (!this.#queue.length || this.#buffer?.updating || this.#media?.readyState === 'closed') return;
    try {
      if (this.#queue[0].kind === 'init') this.#appendInit();
      else if (this.#buffer && !this.#trim()) this.#appendMedia();
    } catch (error) {
      if (error.name === 'QuotaExceededError' && this.#makeRoom()) return;
      this.#fail(error instanceof PlayerError ? error : new PlayerError('decode', { message: error.message }));
    }
  }

  #shift() {
    const segment = this.#queue.shift();
    this.#queueBytes -= segment.bytes.length;
    return segment;
  }

  #appendInit() {
    const { init } = this.#queue[0];
    requireSupport(init);
    // A MediaSource keeps the tracks it began with: another set of tracks, or a codec that cannot be changed in place,
    // needs a new one.
    const changed = this.#init && init.type !== this.#init.type;
    if (this.#init && (init.kinds !== this.#init.kinds || (changed && !this.#buffer?.changeType))) {
      const waiting = this.#queue;
      this.#dropMedia();
      this.#queue = waiting;
      this.#queueBytes = waiting.reduce((sum, segment) => sum + segment.bytes.length, 0);
    }
    if (!this.#media) {
      this.#openMedia();
      return;
    }
    if (!this.#buffer) {
      this.#buffer = this.#media.addSourceBuffer(init.type);
      this.#buffer.addEventListener('updateend', () => this.#pump());
    } else {
      this.#buffer.abort();
      if (changed) this.#buffer.changeType(init.type);
    }
    this.#init = init;
    this.#root.dataset.kind = init.kinds.includes('video') ? 'video' : 'audio';
    this.#buffer.appendBuffer(this.#shift().bytes);
    this.dispatchEvent(new Event('state'));
  }

  #openMedia() {
    const media = new MediaSourceClass();
    this.#media = media;
    this.#objectUrl = URL.createObjectURL(media);
    media.addEventListener('sourceopen', () => {
      if (this.#media === media) this.#pump();
    }, { once: true });
    this.#video.src = this.#objectUrl;
    this.#startVideo();
  }

  async #startVideo() {
    try {
      await this.#video.play();
    } catch (error) {
      if (error.name !== 'NotAllowedError') return; // a new load interrupted this one
      this.#halted = true;
      this.#setState('paused');
    }
  }

  #appendMedia() {
    const buffered = this.#buffer.buffered;
    const { rebase, times } = this.#queue[0];
    if (rebase && buffered.length && times.size) {
      this.#buffer.abort();
      const end = buffered.end(buffered.length - 1);
      this.#buffer.timestampOffset = end + 0.02 - Math.min(...times.values());
    }
    let count = 1;
    let bytes = this.#queue[0].bytes.length;
    for (const next of this.#queue.slice(1)) {
      if (next.kind !== 'media' || next.rebase || bytes + next.bytes.length > APPEND_BYTES_MAX) break;
      bytes += next.bytes.length;
      count += 1;
    }
    this.#buffer.appendBuffer(concat(this.#queue.slice(0, count).map((segment) => segment.bytes)));
    for (; count > 0; count -= 1) this.#shift();
  }

  /** Takes out what lies too far behind; true when the buffer is busy with that. */
  #trim() {
    const buffered = this.#buffer.buffered;
    if (!buffered.length || this.#video.currentTime - buffered.start(0) < KEEP_BEHIND_S + 5) return false;
    this.#buffer.remove(0, this.#video.currentTime - KEEP_BEHIND_S);
    return true;
  }

  /** The browser's own limit is met: go to the live edge and drop all before it. False when that frees nothing. */
  #makeRoom() {
    const edge = this.#edge();
    const buffered = this.#buffer?.buffered;
    if (edge === null || edge - this.#target <= buffered.start(0)) return false;
    this.#video.currentTime = edge - this.#target;
    this.#buffer.remove(0, edge - this.#target);
    return true;
  }

  #dropMedia() {
    this.#queue = [];
    this.#queueBytes = 0;
    this.#lastTimes.clear();
    this.#init = this.#buffer = this.#media = null;
    this.#fresh = true;
    if (!this.#objectUrl) return;
    URL.revokeObjectURL(this.#objectUrl);
    this.#objectUrl = '';
    this.#video.removeAttribute('src');
    this.#video.load();
    delete this.#root.dataset.kind;
  }

  // ---- the live edge

  #edge() {
    const buffered = this.#buffer && this.#media?.readyState === 'open' ? this.#buffer.buffered : null;
    return buffered?.length ? buffered.end(buffered.length - 1) : null;
  }

  #tick() {
    const now = performance.now();
    const advanced = this.#video.currentTime !== this.#position && this.#video.readyState >= 2;
    this.#position = this.#video.currentTime;
    if (advanced) this.#advanceAt = now;
    if (advanced && !this.#video.paused) {
      this.#played = true;
      this.#error = null;
    }
    this.#watchConnection(now);
    this.#pump();
    if (this.#edge() !== null && !this.#video.seeking) this.#followEdge(now);
    this.#judge(now);
    this.dispatchEvent(new Event('stats'));
  }

  #watchConnection(now) {
    if (!this.#session || this.#session.signal.aborted) return;
    const place = this.#source();
    const allowed = place?.live ? SILENCE_LIVE_MS : SILENCE_MAX_MS;
    if (now - this.#bytesAt > allowed) this.#session.abort();
  }

  #followEdge(now) {
    const { buffered } = this.#buffer;
    const last = buffered.length - 1;
    const at = this.#video.currentTime;
    const edge = buffered.end(last);
    const delay = edge - at;
    if (delay > SEEK_DELAY_S && now - this.#seekAt > 2000) {
      this.#seek(Math.max(buffered.start(last), edge - this.#target), now);
    } else if (this.#blocked(now)) {
      const next = nextStart(buffered, at);
      if (next !== null) this.#seek(next, now);
      else if (at > edge + 0.1) this.#seek(Math.max(buffered.start(last), edge - this.#target), now);
    }
    this.#video.playbackRate = this.#rate(delay);
    if (this.#video.paused && !this.#halted && !document.hidden) this.#startVideo();
  }

  #seek(to, now) {
    this.#seekAt = now;
    this.#video.currentTime = to;
  }

  #blocked(now) {
    return now - this.#advanceAt > TICK_MS || !this.#played;
  }

  /** Faster while too far behind, a little slower while the reserve is nearly used up. */
  #rate(delay) {
    if (delay > this.#target + 0.25) this.#catching = true;
    if (delay <= this.#target) this.#catching = false;
    if (this.#catching) return Math.min(1.1, 1.05 + Math.max(0, delay - this.#target - 0.5) * 0.05);
    return delay < 0.3 && this.#played ? 0.96 : 1;
  }

  #judge(now) {
    if (this.#halted || this.#state === 'unsupported') return;
    if (now - this.#advanceAt < 1000 && this.#played) this.#setState('playing');
    else if (document.hidden && this.#state === 'playing') return;
    else if (this.#ended) this.#setState('ended');
    else if (this.#error && this.#error.kind !== 'network') this.#setState('error');
    else if (!this.#played) this.#setState('connecting');
    else {
      if (this.#state === 'playing') this.#target = Math.min(TARGET_DELAY_MAX_S, this.#target + 0.1);
      this.#setState('stalled');
    }
  }

  #setState(state) {
    this.#video.dataset.state = state;
    this.#root.dataset.state = state;
    if (this.#state === state) return;
    this.#state = state;
    this.dispatchEvent(new Event('state'));
  }
}

function isPlayable({ kind, codec }) {
  return MediaSourceClass?.isTypeSupported(typeString(`${kind}/mp4`, [codec])) ?? false;
}

/** Throws `unsupported` with the codecs that this browser cannot play. */
function requireSupport(init) {
  if (!MediaSourceClass) throw new PlayerError('unsupported', { codecs: [], reason: 'mse' });
  if (MediaSourceClass.isTypeSupported(init.type)) return;
  const missing = init.tracks
    .filter((track) => !isPlayable(track))
    .map(({ codec }) => codec);
  throw new PlayerError('unsupported', { codecs: missing.length ? missing : init.tracks.map(({ codec }) => codec) });
}

/** Where playing goes on when it stands at `at`: the start of the first range behind a gap, or null. */
function nextStart(buffered, at) {
  for (let index = 0; index < buffered.length; index += 1) {
    if (at < buffered.start(index)) return buffered.start(index);
    if (at < buffered.end(index) - 0.1) return null;
  }
  return null;
}

function sleep(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
