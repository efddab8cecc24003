// Requests to the server's own API, with the app's token where one is needed.
import { localNow, noteServerTime } from './clock.js';
import { keptToken, lang } from './words.js';

const REQUEST_MS = 8000;

export let token = keptToken();

/** From now on requests carry this token; an empty one is forgotten. */
export function useToken(value) {
  token = keptToken(value);
}

/** An answer that is not a success. `status` is the HTTP status, `reason` the server's own sentence if there is one. */
export class ApiError extends Error {
  constructor(status, reason) {
    super(reason || `HTTP ${status}`);
    this.status = status;
    this.reason = reason;
  }
}

/** Asks; with a method, changes something. The answer's JSON, null where there is nothing to say. */
export async function api(path, method = 'GET', given = undefined) {
  const headers = { 'X-Vivace-Face': 'page', ...(token && { Authorization: `Bearer ${token}` }) };
  if (given !== undefined) headers['Content-Type'] = 'application/json';
  const sent = localNow();
  const response = await fetch(`/api/v1/${path}`, {
    method, headers, cache: 'no-store', signal: AbortSignal.timeout(REQUEST_MS), body: given === undefined ? undefined : JSON.stringify(given),
  });
  const received = localNow();
  if (response.status === 204) return null;
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    const local = body?.[lang]?.message ?? body?.message ?? body?.error?.message ?? body?.error;
    throw new ApiError(response.status, typeof local === 'string' ? local.slice(0, 300) : '');
  }
  if (body === null || typeof body !== 'object') throw new ApiError(response.status, '');
  if (typeof body.now_ms === 'number') noteServerTime(body.now_ms, sent, received);
  return body;
}

/** Asks for a picture; null if there is none now. */
export async function picture(path) {
  const headers = { 'X-Vivace-Face': 'page', ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(`/api/v1/${path}`, { headers, cache: 'no-store', signal: AbortSignal.timeout(REQUEST_MS) });
  return response.status === 200 ? response.blob() : null;
}

export const refusedByToken = (error) => error instanceof ApiError && (error.status === 401 || error.status === 403);

/**
 * What stands in the address behind `#`: `token` is taken out of it, where it would stay in the history, and kept;
 * `compare` names a stream. Says whether there was a token, and the stream or null.
 */
export function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get('token');
  if (token !== null) {
    given.delete('token');
    const rest = given.toString();
    window.history.replaceState(null, '', location.pathname + location.search + (rest && `#${rest}`));
    useToken(token.trim());
  }
  return { token: token !== null, compare: given.get('compare') || null };
}
