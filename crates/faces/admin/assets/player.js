// Live fragmented MP4 over HTTP, played with Media Source Extensions.
//
// A long-lived response is cut into boxes (`BoxScanner`), the boxes into initialisation and media segments
// (`Segmenter`), and the segments are fed to one `SourceBuffer` (`LivePlayer`). The player owns its timeline: after a
// reconnection, or when the time stamps go back, the new media is placed at the end of what is already buffered.

import { PlayerError, Segmenter, concat, typeString } from './boxes.js';

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
