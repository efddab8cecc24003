// Recordings on the desk: what is recorded now, what has been, and what was deleted and can come back.
import { api } from './api.js';
import { el } from './dom.js';
import { askKeeping } from './keeping.js';
import { openPast } from './past.js';
import { brief, bytes, moment, t } from './words.js';

/** Asks for recordings, the deleted ones last, and for what stands around them. */
export async function askRecordings(limit) {
  const asks = [`recordings?limit=${limit}`, `recordings?limit=${limit}&deleted=true`];
  const [there, deleted] = await Promise.all([...asks.map((path) => api(path)), askKeeping()]);
  return { items: [...there.items, ...deleted.items], next: there.next };
}

/** Records a stream from now on; without formats in those that are set. */
export const startRecording = (stream, formats) => api('record-tasks', 'POST', { stream, ...(formats.length && { formats }) });

/** A row of the desk, made with its tools. */
export function recordingRow(one, { main, tag, when, button }) {
  const path = `recordings/${one.id}`;
  const size = one.state === 'recording' ? [] : [brief(one.duration_ms), bytes(one.size_bytes)];
  const text = one.failure ?? [one.stream, one.format.toUpperCase(), ...size].join(' · ');
  const state = one.deleted_at_ms === null ? one.state : 'deleted';
  const kind = { recording: 'running', failed: 'bad' }[state] ?? '';
  return [main(one.name, text), tag(t(`state_${state}`), kind), when(one.started_at_ms), el('div', { class: 'desk-acts' }, ...acts(one, path, button))];
}

function acts(one, path, button) {
  if (one.deleted_at_ms !== null) {
    const restore = button(t('restore'), `${t('restore')}: ${one.name}`, () => api(`${path}/restore`, 'POST'));
    restore.title = t('restorable', moment(one.restorable_until_ms));
    return [restore];
  }
  const found = [];
  // The address names the host that other programs are to use; the page has its own.
  const here = (url) => { const { pathname, search } = new URL(url); return pathname + search; };
  if (one.play_url && !one.play_url.endsWith('.flv')) {
    found.push(button(t('play'), t('watchOf', one.name), () => { openPast(one.name, here(one.play_url)); }));
  }
  if (one.download_url && one.format !== 'hls') {
    found.push(el('a', { class: 'quiet', href: here(one.download_url), download: `${one.name}.${one.format}`, 'aria-label': `${t('download')}: ${one.name}`, text: t('download') }));
  }
  if (one.state === 'stored' || one.state === 'uploaded' || one.state === 'failed') {
    found.push(button(t('delete'), `${t('delete')}: ${one.name}`, () => api(path, 'DELETE'), t('deleteRecordingAsk', one.name)));
  }
  return found;
}
