// Requests to the server's own API, with the app's token where one is needed.
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

export async function api(path) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(`/api/v1/${path}`, { headers, cache: 'no-store', signal: AbortSignal.timeout(REQUEST_MS) });
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    const local = body?.[lang]?.message ?? body?.message ?? body?.error?.message ?? body?.error;
    throw new ApiError(response.status, typeof local === 'string' ? local.slice(0, 300) : '');
  }
  if (body === null || typeof body !== 'object') throw new ApiError(response.status, '');
  return body;
}

export const refusedByToken = (error) => error instanceof ApiError && (error.status === 401 || error.status === 403);

/** Takes the token out of the address (`#token=...`), where it would stay in the history. */
export function tokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return false;
  window.history.replaceState(null, '', location.pathname + location.search);
  useToken(given.trim());
  return true;
}
