// Plays HLS of the past in a video element with the browser's own controls: any place of it can be sought.
//
// The buffer's timeline is the playlist's: its first segment stands at 0, and each of the others behind those before it.
// Segments of one file without a break share one offset, so that nothing is torn by rounded durations.

import { PlayerError, Segmenter } from './boxes.js';
import { sleep } from './feeds.js';
import { isPlayable } from './media.js';
import { parsePlaylist } from './playlist.js';

const AHEAD_S = 24;
const BEHIND_S = 40;
const RANGE_SLACK_S = 0.3;
const MediaSourceClass = globalThis.MediaSource ?? globalThis.ManagedMediaSource;

export class VodPlayer {
  #video;
  #fail;
  #stop = new AbortController();
  #playlist = null; // its address
  #items = []; // { uri, map, run, start_s, duration_s, date_ms }
  #ended = false;
  #media = null;
  #buffer = null;
  #segmenter = new Segmenter(isPlayable);
  #map = null; // the initialisation segment that counts now
  #offsets = new Map(); // run -> offset of its timestamps
  #busy = false;

  /** `fail(error)` hears why playing ended. */
  constructor(video, fail) {
    this.#video = video;
    this.#fail = fail;
  }

  /** Begins at the first segment. Ends with the first playlist. */
  async open(url) {
    this.#playlist = new URL(url, location.href);
    await this.#load();
    if (!MediaSourceClass) throw new PlayerError('unsupported', { codecs: [], reason: 'mse' });
    this.#media = new MediaSourceClass();
    this.#video.src = URL.createObjectURL(this.#media);
    await new Promise((done) => { this.#media.addEventListener('sourceopen', done, { once: true }); });
    URL.revokeObjectURL(this.#video.src);
    const { signal } = this.#stop;
    for (const event of ['timeupdate', 'seeking', 'waiting']) this.#video.addEventListener(event, () => this.#fill(), { signal });
    this.#fill();
    this.#follow();
  }

  close() {
    this.#stop.abort();
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  /** The server's time when what stands at a position came, or null. */
  dateAt(position_s) {
    const item = this.#items.findLast(({ start_s }) => start_s <= position_s);
    return item?.date_ms == null ? null : item.date_ms + (position_s - item.start_s) * 1000;
  }

  get #end_s() {
    const last = this.#items.at(-1);
    return last ? last.start_s + last.duration_s : 0;
  }

  async #fetch(uri, cache = 'default') {
    const response = await fetch(new URL(uri, this.#playlist), { signal: this.#stop.signal, cache });
    if (!response.ok) throw new PlayerError('http', { status: response.status });
    return new Uint8Array(await response.arrayBuffer());
  }

  async #load() {
    let list = parsePlaylist(new TextDecoder().decode(await this.#fetch('', 'no-store')));
    if (list.variants.length) {
      this.#playlist = new URL(list.variants[0], this.#playlist);
      list = parsePlaylist(new TextDecoder().decode(await this.#fetch('', 'no-store')));
    }
    this.#target_ms = (list.target_s ?? 4) * 1000;
    this.#ended = list.ended;
    const known = this.#items.at(-1)?.sequence ?? -1;
    for (const { sequence, uri, map, duration_s, date_ms, discontinuity, gap } of list.segments) {
      if (sequence <= known || !uri || gap) continue;
      const before = this.#items.at(-1);
      const run = before && before.map === map && !discontinuity ? before.run : (before?.run ?? 0) + 1;
      this.#items.push({ sequence, uri, map, run, start_s: this.#end_s, duration_s, date_ms });
    }
    if (!this.#items.length) throw new PlayerError('format', { playlist: 'empty' });
  }

  #target_ms = 4000;

  /** What is still made grows at its end. */
  async #follow() {
    try {
      while (!this.#ended) {
        await sleep(this.#target_ms, this.#stop.signal);
        if (this.#stop.signal.aborted) return;
        await this.#load();
        this.#fill();
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error) {
    if (!this.#stop.signal.aborted) this.#fail(error);
  }

  #isBuffered(item) {
    const { buffered } = this.#buffer ?? {};
    if (!buffered) return false;
    const [from, to] = [item.start_s + RANGE_SLACK_S, item.start_s + item.duration_s - RANGE_SLACK_S];
    for (let at = 0; at < buffered.length; at += 1) if (buffered.start(at) <= from && buffered.end(at) >= to) return true;
    return false;
  }

  /** Fetches, one after the other, what is missing around the place that is played. */
  async #fill() {
    if (this.#busy || this.#media?.readyState === 'closed') return;
    this.#busy = true;
    try {
      for (let item = this.#missing(); item && !this.#stop.signal.aborted; item = this.#missing()) await this.#append(item);
      const end_s = this.#end_s;
      if (this.#media.readyState === 'open' && this.#buffer && !this.#buffer.updating && !(this.#media.duration >= end_s)) this.#media.duration = end_s;
      if (this.#ended && this.#media.readyState === 'open' && this.#isBuffered(this.#items.at(-1))) this.#media.endOfStream();
    } catch (error) {
      this.#failed(error);
    }
    this.#busy = false;
  }

  #missing() {
    const now_s = this.#video.currentTime;
    return this.#items.find((item) => {
      const wanted = item.start_s + item.duration_s > now_s && item.start_s < now_s + AHEAD_S;
      return wanted && !item.failed && !this.#isBuffered(item);
    });
  }

  async #append(item) {
    if (item.map !== this.#map) await this.#describe(item);
    const bytes = await this.#fetch(item.uri);
    const segments = this.#segmenter.push(bytes).filter(({ kind }) => kind === 'media');
    const first_s = Math.min(...segments.flatMap(({ times }) => [...times.values()]));
    if (!Number.isFinite(first_s)) throw new PlayerError('format', { segment: item.uri });
    if (!this.#offsets.has(item.run)) this.#offsets.set(item.run, item.start_s - first_s);
    this.#buffer.timestampOffset = this.#offsets.get(item.run);
    for (const segment of segments) await this.#give(segment.bytes);
    // Given once: where it leaves a hole, it would be asked for for ever.
    item.failed = !this.#isBuffered(item);
    await this.#trim();
  }

  async #describe({ map }) {
    const [segment] = this.#segmenter.push(await this.#fetch(map));
    if (segment?.kind !== 'init') throw new PlayerError('format', { map });
    const { type, tracks } = segment.init;
    if (!MediaSourceClass.isTypeSupported(type)) throw new PlayerError('unsupported', { codecs: tracks.map(({ codec }) => codec) });
    if (this.#buffer) this.#buffer.changeType(type);
    else this.#buffer = this.#media.addSourceBuffer(type);
    this.#media.duration = this.#end_s;
    await this.#give(segment.bytes);
    this.#map = map;
  }

  #give(bytes) {
    this.#buffer.appendBuffer(bytes);
    return this.#done();
  }

  #done() {
    return new Promise((done, fail) => {
      this.#buffer.addEventListener('updateend', done, { once: true });
      this.#buffer.addEventListener('error', () => fail(new PlayerError('decode', {})), { once: true });
    });
  }

  async #trim() {
    const until_s = this.#video.currentTime - BEHIND_S;
    if (until_s <= 0 || !this.#buffer.buffered.length || this.#buffer.buffered.start(0) >= until_s) return;
    this.#buffer.remove(0, until_s);
    await this.#done();
    for (const item of this.#items) if (item.start_s < until_s) item.failed = false;
  }
}
