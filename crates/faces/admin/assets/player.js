// Plays a live stream in a `<video>`: keeps a connection, keeps to the live edge, and says how it is going.
//
// A feed (`feeds.js`, `hls.js`) brings the segments, a `MediaQueue` gives them to the browser. How far behind the newest
// media playing is held depends on the feed: behind the end of the buffer, or behind the end of a playlist.

import { PlayerError } from './boxes.js';
import { mp4Feed, sleep } from './feeds.js';
import { MediaQueue } from './media.js';

const TICK_MS = 200;
const TARGET_DELAY_S = 0.7;
const STALL_ADDS_S = 0.1; // what a stall adds to the target,
const STALLS_ADD_MAX_S = 0.3; // all of them together,
const STALL_FORGOTTEN_MS = 20000; // and for how long
const SEEK_MORE_S = 2.3; // this far behind the target, playing jumps
const SILENCE_LIVE_MS = 5000; // no bytes although the publisher is there: the connection is dead
const SILENCE_MAX_MS = 20000; // no bytes at all: longer than the grace time of a stream
const RETRY_MS = [300, 1000, 2000, 4000, 8000];

/**
 * Plays one live stream at a time in a `<video>`.
 *
 * Events: `state` (see `state`, `error`, `tracks`, `silent`), `stats` (about five times a second), both without detail: read the members.
 * The state also stands in `data-state` and the stream's name in `data-stream` of the video and of `root`.
 */
export class LivePlayer extends EventTarget {
  #video;
  #root;
  #queue;
  #source = () => null;
  #run = null; // AbortController of the stream being played
  #session = null; // AbortController of the response being read
  #timer = 0;
  #state = 'idle';
  #error = null;
  #ended = false;
  #halted = false; // by the viewer, or because the browser does not let the video start by itself

  #bytesAt = 0;
  #silence_ms = SILENCE_LIVE_MS;
  #advanceAt = 0;
  #seekAt = 0;
  #position = 0;
  #played = false;
  #catching = false;
  #stalls = 0;
  #stalledAt = 0;
  #target_s; // wanted distance to the end of the buffer
  #more_s = 0; // what stalls have added to it
  #edge = null; // { date_ms, hold_back_s, step_s, at } of the playlist, where the feed has one

  /** `target_s` is how far behind the end of the buffer playing is held, for feeds that have no word of their own. */
  constructor(video, root, { target_s = TARGET_DELAY_S } = {}) {
    super();
    this.#video = video;
    this.#root = root;
    this.#target_s = target_s;
    this.#queue = new MediaQueue(video, {
      init: () => this.#described(),
      fail: (error) => this.#fail(error),
      start: () => this.#startVideo(),
    });
    video.muted = true;
    video.playsInline = true;
    video.disableRemotePlayback = true;
    video.addEventListener('waiting', () => this.#stalled());
    video.addEventListener('error', () => {
      if (video.error && this.#queue.isOpen) this.#fail(new PlayerError('decode', { message: video.error.message }));
    });
  }

  /** `idle`, `connecting`, `playing`, `stalled`, `paused`, `ended`, `unsupported` or `error`. */
  get state() { return this.#state; }

  /** The last `PlayerError`, as long as it matters. */
  get error() { return this.#error; }

  /** The tracks of the stream (`{ kind, codec }`), once they are known. */
  get tracks() { return this.#queue.init?.tracks ?? []; }

  /** The codecs of sound that is left out, because this browser cannot play it. */
  get silent() { return this.#queue.init?.silent ?? []; }

  /** What is measured: media that lies ready in seconds (or null), frames, stalls since playing began, picture size. */
  get stats() {
    const quality = this.#video.getVideoPlaybackQuality?.();
    const { edge } = this.#queue;
    return {
      buffer_s: edge === null || !this.#played ? null : Math.max(0, edge - this.#video.currentTime),
      frames: quality?.totalVideoFrames ?? 0,
      dropped: quality?.droppedVideoFrames ?? 0,
      stalls: this.#stalls,
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      rate: this.#video.playbackRate,
    };
  }

  /** What is on screen, in the stream's own words: `stream_s`, its time in the stream, and `date_ms`, each may be null. */
  get shown() { return this.#played ? this.#queue.at(this.#video.currentTime) : { stream_s: null, date_ms: null }; }

  /**
   * Plays the stream `name`. `source()` is asked before each connection and answers `{ url, live, session, feed }`, where
   * `live` says that the publisher is there, and `feed` is `mp4Feed` if it is left out; or null when the stream is not
   * listed any more.
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
    this.#drop();
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
      this.#drop();
      this.#start();
    }
  }

  #start() {
    this.#run = new AbortController();
    this.#ended = false;
    this.#played = false;
    this.#error = null;
    this.#more_s = 0;
    this.#stalls = 0;
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
        if (this.#isFinal()) await this.#otherSession(place.session, signal);
      }
      const wait = place ? RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] * (0.8 + 0.4 * Math.random()) : TICK_MS;
      await sleep(wait, signal);
    }
  }

  /** This browser has no codec for the stream, or the protocol does not carry it (HTTP 406). */
  #isFinal() {
    return this.#error?.kind === 'unsupported' || this.#error?.detail.status === 406;
  }

  /** Nothing changes for a stream that cannot be played until somebody publishes anew. */
  async #otherSession(session, signal) {
    while (!signal.aborted && this.#source()?.session === session) await sleep(1000, signal);
    if (signal.aborted) return;
    this.#error = null;
    this.#setState('connecting');
  }

  /** Reads one response to its end. Answers whether it was a working one, so that the back-off begins anew. */
  async #connect(place, signal) {
    const session = new AbortController();
    const begun = performance.now();
    this.#session = session;
    this.#silence_ms = SILENCE_LIVE_MS;
    this.#bytesAt = begun;
    this.#edge = null;
    this.#queue.discontinue();
    try {
      await (place.feed ?? mp4Feed)(place, this.#link(session.signal));
    } catch (error) {
      if (!signal.aborted && !session.signal.aborted) {
        this.#fail(error instanceof PlayerError ? error : new PlayerError('network', { message: String(error) }));
      }
    }
    session.abort();
    return this.#bytesAt - begun > SILENCE_LIVE_MS;
  }

  /** What a feed may do to this player while its connection lasts. */
  #link(signal) {
    const player = this;
    const current = (act) => (...values) => {
      if (!signal.aborted) act(...values);
    };
    return {
      signal,
      heard: current(() => { this.#bytesAt = performance.now(); }),
      discontinue: current(() => this.#queue.discontinue()),
      edge: current((edge) => { this.#edge = { ...edge, at: performance.now() }; }),
      push: current((segments) => {
        for (const segment of segments) this.#queue.push(segment);
        this.#queue.pump();
      }),
      set silence_ms(value) { player.#silence_ms = value; },
    };
  }

  #fail(error) {
    this.#error = error;
    this.#session?.abort();
    if (error.kind !== 'network' && error.kind !== 'http') this.#drop();
    if (error.kind === 'unsupported') this.#setState('unsupported');
  }

  #described() {
    this.#root.dataset.kind = this.#queue.init.kinds.includes('video') ? 'video' : 'audio';
    this.dispatchEvent(new Event('state'));
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

  #drop() {
    this.#queue.drop();
    delete this.#root.dataset.kind;
  }

  // ---- the live edge

  #tick() {
    const now = performance.now();
    const advanced = this.#video.currentTime !== this.#position && this.#video.readyState >= 2;
    this.#position = this.#video.currentTime;
    if (advanced) this.#advanceAt = now;
    if (advanced && !this.#video.paused) {
      this.#played = true;
      this.#error = null;
    }
    if (now - this.#stalledAt > STALL_FORGOTTEN_MS) this.#more_s = 0;
    this.#watchConnection(now);
    this.#queue.pump();
    if (this.#queue.buffered && !this.#video.seeking) this.#followEdge(now);
    this.#judge(now);
    this.dispatchEvent(new Event('stats'));
  }

  #watchConnection(now) {
    if (!this.#session || this.#session.signal.aborted) return;
    const place = this.#source();
    const allowed = place?.live ? this.#silence_ms : SILENCE_MAX_MS;
    if (now - this.#bytesAt > allowed) this.#session.abort();
  }

  #followEdge(now) {
    const { buffered } = this.#queue;
    const last = buffered.length - 1;
    const at = this.#video.currentTime;
    const end = buffered.end(last);
    const { delay, target } = this.#distance(at, end, now);
    const wanted = Math.min(end, Math.max(buffered.start(last), at + delay - target));
    if (delay > target + SEEK_MORE_S && now - this.#seekAt > 2000) this.#seek(wanted, now);
    else if (this.#blocked(now)) {
      const next = nextStart(buffered, at);
      if (next !== null) this.#seek(Math.max(next, wanted), now);
      else if (at > end + 0.1) this.#seek(wanted, now);
    }
    this.#video.playbackRate = this.#rate(delay, target, end - at);
    if (this.#video.paused && !this.#halted && !document.hidden) this.#startVideo();
  }

  /**
   * How far behind the newest media a position is, and should be. A playlist's end moves in steps of a segment or part;
   * it is taken to move evenly, as the media in it does.
   */
  #distance(at, end, now) {
    const edge = this.#edge;
    const date_ms = edge ? this.#queue.at(at).date_ms : null;
    if (date_ms === null || edge.date_ms === null) return { delay: end - at, target: this.#target_s + this.#more_s };
    const moved_s = Math.min((now - edge.at) / 1000, edge.step_s);
    return { delay: (edge.date_ms - date_ms) / 1000 + moved_s, target: edge.hold_back_s + this.#more_s };
  }

  #seek(to, now) {
    this.#seekAt = now;
    this.#video.currentTime = to;
  }

  #blocked(now) {
    return now - this.#advanceAt > TICK_MS || !this.#played;
  }

  /** Faster while too far behind, a little slower while too near: there is no reserve, or the server asked for more. */
  #rate(delay, target, reserve) {
    if (delay > target + Math.min(0.25, target / 4)) this.#catching = true;
    if (delay <= target) this.#catching = false;
    if (this.#catching) return Math.min(1.1, 1.05 + Math.max(0, delay - target - 0.5) * 0.05);
    const near = this.#edge ? delay < target - 0.25 : reserve < Math.min(0.3, target * 0.43);
    return near && this.#played ? 0.96 : 1;
  }

  #judge(now) {
    if (this.#halted || this.#state === 'unsupported') return;
    if (now - this.#advanceAt < 1000 && this.#played) this.#setState('playing');
    else if (document.hidden && this.#state === 'playing') return;
    else if (this.#ended) this.#setState('ended');
    else if (this.#error && this.#error.kind !== 'network') this.#setState('error');
    else if (!this.#played) this.#setState('connecting');
    else this.#setState('stalled');
  }

  /** A stall asks for more reserve, for some time. */
  #stalled() {
    if (!this.#played || this.#halted || this.#video.seeking) return;
    this.#stalls += 1;
    this.#stalledAt = performance.now();
    this.#more_s = Math.min(STALLS_ADD_MAX_S, this.#more_s + STALL_ADDS_S);
  }

  #setState(state) {
    this.#video.dataset.state = state;
    this.#root.dataset.state = state;
    if (this.#state === state) return;
    this.#state = state;
    this.dispatchEvent(new Event('state'));
  }
}

/** Where playing goes on when it stands at `at`: the start of the first range behind a gap, or null. */
function nextStart(buffered, at) {
  for (let index = 0; index < buffered.length; index += 1) {
    if (at < buffered.start(index)) return buffered.start(index);
    if (at < buffered.end(index) - 0.1) return null;
  }
  return null;
}
