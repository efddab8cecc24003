// Where a player's segments come from when one HTTP response carries the whole stream.
//
// A feed is `feed(place, link)`: it reads `place.url` until the stream or `link.signal` ends, says `link.heard()` for
// whatever arrives, and hands segments to `link.push(segments)`. It throws a `PlayerError`.

import { PlayerError, Segmenter } from './boxes.js';
import { FlvSegmenter } from './flv.js';
import { isPlayable } from './media.js';

const responseFeed = (segmenterOf) => async (place, link) => {
  const segmenter = segmenterOf();
  const response = await fetch(place.url, { signal: link.signal, cache: 'no-store' });
  if (!response.ok || !response.body) throw new PlayerError('http', { status: response.status });
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || link.signal.aborted) return;
    link.heard();
    link.push(segmenter.push(value));
  }
};

/** Fragmented MP4 over HTTP. */
export const mp4Feed = responseFeed(() => new Segmenter(isPlayable));

/** FLV over HTTP. */
export const flvFeed = responseFeed(() => new FlvSegmenter(isPlayable));

/** Ends after this time, or at once with the signal. */
export function sleep(ms, signal) {
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
