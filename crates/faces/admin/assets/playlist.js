// Playlists of HLS (RFC 8216bis): the tags that a live player of one rendition needs, and where such a player begins.

import { PlayerError } from './boxes.js';

/** An attribute list (4.2): names and values, quotes taken off. */
function attributes(text) {
  const list = {};
  for (const [, name, quoted, plain] of text.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g)) list[name] = quoted ?? plain;
  return list;
}

const number = (text) => {
  const value = Number(text);
  return text !== undefined && text !== '' && Number.isFinite(value) ? value : null;
};

/**
 * Reads a playlist. A master playlist gives `{ variants }`, the addresses of its renditions. A media playlist gives
 * `segments` with their `parts`; only the last segment may be without a `uri`, while it is being made.
 */
export function parsePlaylist(text) {
  const lines = text.split(/\r?\n/);
  if (lines[0] !== '#EXTM3U') throw new PlayerError('format', { playlist: 'no #EXTM3U' });
  const list = {
    variants: [], segments: [], target_s: null, part_target_s: null, hold_back_s: null, part_hold_back_s: null,
    can_block: false, hint: null, ended: false,
  };
  let sequence = 0;
  let variant = false;
  let map = null;
  let open = null;
  const segment = () => {
    open ??= { sequence: sequence + list.segments.length, uri: null, duration_s: null, date_ms: null, discontinuity: false, gap: false, map, parts: [] };
    return open;
  };
  const tags = {
    'EXT-X-STREAM-INF': () => { variant = true; },
    'EXT-X-TARGETDURATION': (value) => { list.target_s = number(value); },
    'EXT-X-MEDIA-SEQUENCE': (value) => { sequence = number(value) ?? 0; },
    'EXT-X-PART-INF': (value) => { list.part_target_s = number(attributes(value)['PART-TARGET']); },
    'EXT-X-SERVER-CONTROL': (value) => {
      const control = attributes(value);
      list.can_block = control['CAN-BLOCK-RELOAD'] === 'YES';
      list.hold_back_s = number(control['HOLD-BACK']);
      list.part_hold_back_s = number(control['PART-HOLD-BACK']);
    },
    'EXT-X-DISCONTINUITY': () => { segment().discontinuity = true; },
    'EXT-X-MAP': (value) => {
      map = attributes(value).URI ?? null;
      if (open) open.map = map;
    },
    'EXT-X-PROGRAM-DATE-TIME': (value) => { segment().date_ms = Date.parse(value) || null; },
    'EXT-X-PART': (value) => {
      const part = attributes(value);
      segment().parts.push({ uri: part.URI, duration_s: number(part.DURATION) ?? 0, independent: part.INDEPENDENT === 'YES', gap: part.GAP === 'YES' });
    },
    'EXT-X-PRELOAD-HINT': (value) => {
      const hint = attributes(value);
      if (hint.TYPE === 'PART') list.hint = hint.URI ?? null;
    },
    'EXT-X-GAP': () => { segment().gap = true; },
    EXTINF: (value) => { segment().duration_s = number(value.split(',')[0]) ?? 0; },
    'EXT-X-ENDLIST': () => { list.ended = true; },
    'EXT-X-BYTERANGE': () => { throw new PlayerError('format', { playlist: 'EXT-X-BYTERANGE' }); },
    'EXT-X-KEY': () => { throw new PlayerError('format', { playlist: 'EXT-X-KEY' }); },
    'EXT-X-SKIP': () => { throw new PlayerError('format', { playlist: 'EXT-X-SKIP' }); },
  };
  for (const line of lines) {
    if (line.startsWith('#EXT')) {
      const [, name, value = ''] = line.match(/^#([A-Z0-9-]+)(?::(.*))?$/) ?? [];
      tags[name]?.(value);
    } else if (line && !line.startsWith('#')) {
      if (variant) list.variants.push(line);
      else {
        segment().uri = line;
        list.segments.push(open);
        open = null;
      }
      variant = false;
    }
  }
  if (open?.parts.length) list.segments.push(open);
  dated(list.segments);
  return list;
}

const length = (segment) => segment.duration_s ?? segment.parts.reduce((sum, part) => sum + part.duration_s, 0);

/** A segment without a date continues the one before it. */
function dated(segments) {
  segments.forEach((segment, index) => {
    const before = segments[index - 1];
    if (segment.date_ms === null && before && before.date_ms !== null && !segment.discontinuity) {
      segment.date_ms = before.date_ms + length(before) * 1000;
    }
  });
}

/** The date at which the playlist ends, or null. */
export function endDate({ segments }) {
  const last = segments.at(-1);
  return last && last.date_ms !== null ? last.date_ms + length(last) * 1000 : null;
}

/** How far from the playlist's end a player keeps (4.4.3.8): three target durations where the server does not say. */
export function holdBack(list, parts) {
  if (parts) return list.part_hold_back_s ?? list.part_target_s * 3;
  return list.hold_back_s ?? (list.target_s ?? 1) * 3;
}

/**
 * What a player fetches from `next` (`{ sequence, part }`) on, in order: whole segments where it begins at their start,
 * parts else. Each item is `{ uri, segment, part, date_ms, gap }`, `part` null for a whole segment; of a `gap` there is
 * nothing to fetch.
 */
export function itemsFrom(list, next, parts) {
  const items = [];
  for (const segment of list.segments) {
    if (segment.sequence < next.sequence) continue;
    const from = segment.sequence === next.sequence ? next.part : 0;
    if (segment.uri && from === 0) items.push({ uri: segment.uri, segment, part: null, date_ms: segment.date_ms, gap: segment.gap });
    else if (parts) {
      let after_s = 0;
      segment.parts.forEach((part, index) => {
        const date_ms = segment.date_ms === null ? null : segment.date_ms + after_s * 1000;
        if (index >= from) items.push({ uri: part.uri, segment, part: index, date_ms, gap: part.gap });
        after_s += part.duration_s;
      });
    }
  }
  return items;
}

/** Where a player begins: decodable, and the hold-back or a little more from the end. Null in an empty playlist. */
export function startOf(list, parts) {
  let left_s = holdBack(list, parts);
  for (const segment of [...list.segments].reverse()) {
    for (let index = parts ? segment.parts.length - 1 : -1; index > 0; index -= 1) {
      left_s -= segment.parts[index].duration_s;
      if (left_s <= 0.001 && segment.parts[index].independent) return { sequence: segment.sequence, part: index };
    }
    left_s -= parts && segment.parts.length ? segment.parts[0].duration_s : length(segment);
    if (left_s <= 0.001) return { sequence: segment.sequence, part: 0 };
  }
  const first = list.segments[0];
  return first ? { sequence: first.sequence, part: 0 } : null;
}
