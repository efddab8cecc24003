// One `SourceBuffer` of one `<video>`: takes segments in order, and knows what the picture on screen is.
//
// The buffer owns its timeline: after a break, or when the time stamps go back, the new media is placed at the end of
// what is already buffered. Marks remember where that happened, so that a position can be told in the stream's own time.

import { PlayerError, concat, typeString } from './boxes.js';

const QUEUE_BYTES_MAX = 48 * 1024 * 1024;
const APPEND_BYTES_MAX = 1024 * 1024;
const KEEP_BEHIND_S = 30;
const SEAM_S = 0.02;

const MediaSourceClass = globalThis.MediaSource ?? globalThis.ManagedMediaSource;

export class MediaQueue {
  #video;
  #events;
  #media = null;
  #objectUrl = '';
  #buffer = null;
  #init = null;
  #queue = [];
  #queueBytes = 0;
  #lastTimes = new Map();
  #fresh = true;
  #marks = []; // { at, offset, date_ms }, `at` growing

  /** `events.init()` tells of a new initialisation segment, `events.fail(error)` of the end, `events.start()` asks to play. */
  constructor(video, events) {
    this.#video = video;
    this.#events = events;
  }

  /** The initialisation segment that counts now: tracks, type, sound that is left out. */
  get init() { return this.#init; }

  get isOpen() { return this.#media !== null; }

  /** The buffered ranges; null while there are none. */
  get buffered() {
    const ranges = this.#buffer && this.#media?.readyState === 'open' ? this.#buffer.buffered : null;
    return ranges?.length ? ranges : null;
  }

  get edge() {
    const ranges = this.buffered;
    return ranges ? ranges.end(ranges.length - 1) : null;
  }

  /** What follows does not continue what came before. */
  discontinue() {
    this.#fresh = true;
  }

  /** Takes an initialisation or media segment. A media segment may carry the date of its first picture, `date_ms`. */
  push(segment) {
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

  /** Hands the browser what waits, as far as it takes it now. */
  pump() {
    if (!this.#queue.length || this.#buffer?.updating || this.#media?.readyState === 'closed') return;
    try {
      if (this.#queue[0].kind === 'init') this.#appendInit();
      else if (this.#buffer && !this.#trim()) this.#appendMedia();
    } catch (error) {
      if (error.name === 'QuotaExceededError' && this.#makeRoom()) return;
      this.#events.fail(error instanceof PlayerError ? error : new PlayerError('decode', { message: error.message }));
    }
  }

  /** What stands at a position of the buffer: its time in the stream in seconds, and its date if the stream has dates. */
  at(position) {
    const mark = this.#marks.findLast((one) => one.at <= position + 0.001) ?? this.#marks[0];
    if (!mark) return { stream_s: null, date_ms: null };
    const date_ms = mark.date_ms === null ? null : mark.date_ms + (position - mark.at) * 1000;
    return { stream_s: position - mark.offset, date_ms };
  }

  /** Forgets all media. */
  drop() {
    this.#queue = [];
    this.#queueBytes = 0;
    this.#lastTimes.clear();
    this.#marks = [];
    this.#init = this.#buffer = this.#media = null;
    this.#fresh = true;
    if (!this.#objectUrl) return;
    URL.revokeObjectURL(this.#objectUrl);
    this.#objectUrl = '';
    this.#video.removeAttribute('src');
    this.#video.load();
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
      this.drop();
      this.#queue = waiting;
      this.#queueBytes = waiting.reduce((sum, segment) => sum + segment.bytes.length, 0);
    }
    if (!this.#media) {
      this.#openMedia();
      return;
    }
    if (!this.#buffer) {
      this.#buffer = this.#media.addSourceBuffer(init.type);
      this.#buffer.addEventListener('updateend', () => this.pump());
    } else {
      this.#buffer.abort();
      if (changed) this.#buffer.changeType(init.type);
    }
    this.#init = init;
    this.#buffer.appendBuffer(this.#shift().bytes);
    this.#events.init();
  }

  #openMedia() {
    const media = new MediaSourceClass();
    this.#media = media;
    this.#objectUrl = URL.createObjectURL(media);
    media.addEventListener('sourceopen', () => {
      if (this.#media === media) this.pump();
    }, { once: true });
    this.#video.src = this.#objectUrl;
    this.#events.start();
  }

  #appendMedia() {
    const { buffered } = this.#buffer;
    const { rebase, times } = this.#queue[0];
    if (rebase && buffered.length && times.size) {
      this.#buffer.abort();
      const end = buffered.end(buffered.length - 1);
      this.#buffer.timestampOffset = end + SEAM_S - Math.min(...times.values());
    }
    let count = 1;
    let bytes = this.#queue[0].bytes.length;
    for (const next of this.#queue.slice(1)) {
      if (next.kind !== 'media' || next.rebase || bytes + next.bytes.length > APPEND_BYTES_MAX) break;
      bytes += next.bytes.length;
      count += 1;
    }
    const taken = this.#queue.slice(0, count);
    this.#buffer.appendBuffer(concat(taken.map((segment) => segment.bytes)));
    for (const segment of taken) {
      this.#mark(segment);
      this.#shift();
    }
  }

  #mark({ times, rebase, date_ms = null }) {
    const offset = this.#buffer.timestampOffset;
    const picture = this.#init.tracks.find(({ kind }) => kind === 'video')?.id;
    const time = times.get(picture) ?? Math.min(...times.values());
    if ((!rebase && this.#marks.length && date_ms === null) || !Number.isFinite(time)) return;
    this.#marks.push({ at: time + offset, offset, date_ms });
    const keep = this.#marks.findLastIndex((one) => one.at < this.#video.currentTime);
    if (keep > 0) this.#marks.splice(0, keep);
  }

  /** Takes out what lies too far behind; true when the buffer is busy with that. */
  #trim() {
    const { buffered } = this.#buffer;
    if (!buffered.length || this.#video.currentTime - buffered.start(0) < KEEP_BEHIND_S + 5) return false;
    this.#buffer.remove(0, this.#video.currentTime - KEEP_BEHIND_S);
    return true;
  }

  /** The browser's own limit is met: go to the live edge and drop all before it. False when that frees nothing. */
  #makeRoom() {
    const ranges = this.buffered;
    if (!ranges) return false;
    const to = ranges.end(ranges.length - 1) - 1;
    if (to <= ranges.start(0)) return false;
    this.#video.currentTime = Math.max(to, this.#video.currentTime);
    this.#buffer.remove(0, to);
    return true;
  }
}

/** Whether this browser plays a track (`{ kind, codec }`). */
export function isPlayable({ kind, codec }) {
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
