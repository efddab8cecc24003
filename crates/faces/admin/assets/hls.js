// HLS and low-latency HLS (RFC 8216bis) as a feed of a player: reads playlists, fetches segments or parts in order.

import { PlayerError, Segmenter } from './boxes.js';
import { sleep } from './feeds.js';
import { isPlayable } from './media.js';
import { endDate, holdBack, itemsFrom, parsePlaylist, startOf } from './playlist.js';

const PLAYLIST_BYTES_MAX = 1024 * 1024;
const SILENCE_MS = 20000; // the first playlist waits for the first segments

/** Whole segments, whose playlist is asked for again and again. */
export const hlsFeed = (place, link) => new Reader(place.url, link, false).run();

/** Parts of segments, with requests that the server answers when there is something new. */
export const llHlsFeed = (place, link) => new Reader(place.url, link, true).run();

class Reader {
  #link;
  #parts;
  #playlist; // address of the playlist
  #segmenter = new Segmenter(isPlayable);
  #map = null; // the initialisation segment that was read last
  #begun = null; // sequence number of the segment that was read last
  #next = null; // { sequence, part } to fetch next
  #hinted = null; // { uri, bytes } of a part that has been asked for before the playlist lists it

  constructor(url, link, parts) {
    this.#playlist = new URL(url, location.href);
    this.#link = link;
    this.#parts = parts;
    link.silence_ms = SILENCE_MS;
  }

  async run() {
    let list = await this.#load();
    if (list.variants.length) {
      this.#playlist = new URL(list.variants[0], this.#playlist);
      list = await this.#load();
    }
    for (;;) {
      const known = `${list.segments.length} ${list.segments.at(-1)?.sequence} ${list.segments.at(-1)?.parts.length}`;
      const asked = performance.now();
      await this.#take(list);
      if (list.ended || this.#link.signal.aborted) return;
      if (!(this.#parts && list.can_block)) await this.#pause(list, known, asked);
      const before = list;
      list = await this.#load(this.#parts && before.can_block ? directives(before) : {});
      list.before = known;
    }
  }

  /** A playlist is asked for again after a target duration, or half of it if there was nothing new (6.3.4). */
  #pause(list, known, asked) {
    const wait_ms = (list.target_s ?? 1) * (known === list.before ? 500 : 1000);
    return sleep(Math.max(100, wait_ms - (performance.now() - asked)), this.#link.signal);
  }

  async #load(query = {}) {
    const address = new URL(this.#playlist);
    for (const [key, value] of Object.entries(query)) address.searchParams.set(key, String(value));
    const bytes = await this.#fetch(address, 'no-store');
    if (bytes.length > PLAYLIST_BYTES_MAX) throw new PlayerError('format', { playlist: bytes.length });
    return parsePlaylist(new TextDecoder().decode(bytes));
  }

  async #fetch(address, cache = 'default') {
    const response = await fetch(address, { signal: this.#link.signal, cache });
    if (!response.ok) throw new PlayerError('http', { status: response.status });
    const bytes = new Uint8Array(await response.arrayBuffer());
    this.#link.heard();
    return bytes;
  }

  #file(uri) {
    return this.#fetch(new URL(uri, this.#playlist));
  }

  /** Fetches what the playlist has and the player has not. */
  async #take(list) {
    const parts = this.#parts && list.part_target_s !== null;
    const step_s = parts ? list.part_target_s : list.target_s ?? 1;
    this.#link.edge({ date_ms: endDate(list), hold_back_s: holdBack(list, parts), step_s });
    this.#aim(list, parts);
    if (!this.#next) return;
    const hinted = this.#hinted;
    this.#hinted = null;
    if (parts && list.hint && list.hint !== hinted?.uri) this.#hint(list.hint);
    for (const item of itemsFrom(list, this.#next, parts)) {
      if (!item.gap) await this.#read(item, hinted);
      const { sequence } = item.segment;
      this.#next = item.part === null ? { sequence: sequence + 1, part: 0 } : { sequence, part: item.part + 1 };
    }
    if (hinted && list.hint === hinted.uri) this.#hinted = hinted;
  }

  async #read(item, hinted) {
    await this.#describe(item);
    const segments = this.#segmenter.push(await (item.uri === hinted?.uri ? hinted.bytes : this.#file(item.uri)));
    const media = segments.find(({ kind }) => kind === 'media');
    if (media) media.date_ms = item.date_ms;
    this.#link.push(segments);
  }

  /** The first place to fetch from, or another one where the player has fallen out of the playlist. */
  #aim(list, parts) {
    const [first, last] = [list.segments[0], list.segments.at(-1)];
    if (!first) return;
    const next = this.#next;
    if (next) {
      const here = list.segments.find(({ sequence }) => sequence === next.sequence);
      // Done with this segment, or its parts are listed no more.
      if (here?.uri && next.part > 0 && next.part >= here.parts.length) this.#next = { sequence: next.sequence + 1, part: 0 };
      if (here?.uri && next.part > here.parts.length) this.#link.discontinue();
    }
    const lost = next && (next.sequence < first.sequence || next.sequence > last.sequence + 2);
    if (lost) this.#link.discontinue();
    if (lost || !next) this.#next = startOf(list, parts);
  }

  /** Another encoder or configuration begins. */
  async #describe({ segment }) {
    if (segment.discontinuity && segment.sequence !== this.#begun) this.#link.discontinue();
    this.#begun = segment.sequence;
    if (!segment.map || segment.map === this.#map) return;
    const bytes = await this.#file(segment.map);
    this.#link.push(this.#segmenter.push(bytes));
    this.#map = segment.map;
  }

  /** Asks for a part that is being made; the server answers when it is there (6.2.6). */
  #hint(uri) {
    const bytes = this.#file(uri);
    bytes.catch(() => {}); // judged where it is used
    this.#hinted = { uri, bytes };
  }
}

/** The next segment or part, which the server waits for before it answers (6.2.5.2). */
function directives(list) {
  const last = list.segments.at(-1);
  if (!last) return {};
  const next = last.uri ? { sequence: last.sequence + 1, part: 0 } : { sequence: last.sequence, part: last.parts.length };
  return list.part_target_s === null
    ? { _HLS_msn: next.sequence }
    : { _HLS_msn: next.sequence, _HLS_part: next.part };
}
