// The server's clock as seen from here, and when the newest frame of each stream reached the server.
//
// Delay is measured against both: the server's time now, less the time at which what is on screen came to the server.

const SAMPLES_MAX = 10;
const JUMP_MS = 500; // more than this is no jitter: the stream's timeline has gone on from another point

const here = () => performance.timeOrigin + performance.now();
const trips = []; // { trip_ms, ahead_ms }
const streams = new Map(); // name -> { session, samples } of (arrival - timestamp)

/** The time here, for the two ends of a request. */
export const localNow = here;

/** An answer that says the server's time: it was made half-way between `sent` and `received`, give or take. */
export function noteServerTime(now_ms, sent, received) {
  trips.push({ trip_ms: received - sent, ahead_ms: now_ms - (sent + received) / 2 });
  if (trips.length > SAMPLES_MAX) trips.shift();
}

/** The server's time in milliseconds since 1970, as the quickest of the last answers tells it; null before the first. */
export function serverNow() {
  if (!trips.length) return null;
  const best = trips.reduce((a, b) => (b.trip_ms < a.trip_ms ? b : a));
  return here() + best.ahead_ms;
}

/** What the server says of a stream's newest frame: its timestamp, and when it came. */
export function noteStreams(items) {
  for (const name of streams.keys()) if (!items.some((one) => one.name === name)) streams.delete(name);
  for (const { name, session, newest } of items) {
    const offset_ms = newest.at_ms - newest.timestamp_ms;
    let known = streams.get(name);
    if (known?.session !== session || Math.abs(offset_ms - earliest(known)) > JUMP_MS) known = { session, samples: [] };
    known.samples.push(offset_ms);
    if (known.samples.length > SAMPLES_MAX) known.samples.shift();
    streams.set(name, known);
  }
}

/** Frames come late by turns, and never early. */
const earliest = ({ samples }) => Math.min(...samples);

/** When media of a stream came to the server, by its own time in seconds; null if that is not known. */
export function arrivalOf(name, stream_s) {
  const known = streams.get(name);
  return known && stream_s !== null ? earliest(known) + stream_s * 1000 : null;
}

/** How far behind live a player's picture is, in milliseconds, or null: by the stream's dates where it has them. */
export function delayOf(player, name) {
  const { stream_s, date_ms } = player.shown;
  const came = date_ms ?? arrivalOf(name, stream_s);
  const now = serverNow();
  return came === null || now === null ? null : Math.max(0, now - came);
}
