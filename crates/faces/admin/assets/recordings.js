// Recordings on the desk: what is recorded now, what has been, and what was deleted and can come back.
import { api } from './api.js';
import { el, setText, ui } from './dom.js';
import { openPast } from './past.js';
import { brief, bytes, moment, number, t } from './words.js';

/** Asks for the tasks that run, and for recordings, the deleted ones last. */
export async function askRecordings(limit) {
  const asks = [`record-tasks?limit=${limit}`, `recordings?limit=${limit}`, `recordings?limit=${limit}&deleted=true`, 'storage'];
  const [tasks, there, deleted, storage] = await Promise.all(asks.map((path) => api(path)));
  const free = storage.free_bytes === null ? '–' : bytes(storage.free_bytes);
  setText(ui.storage, t('storage', number(storage.recordings), bytes(storage.recording_bytes + storage.media_bytes), free));
  const running = tasks.items.filter(({ kind, state }) => kind === 'timed' && (state === 'running' || state === 'waiting'));
  const items = [...running.map((task) => ({ ...task, isTask: true })), ...there.items, ...deleted.items];
  return { items, next: there.next };
}

/** Records a stream from now on. */
export const startRecording = (stream) => api('record-tasks', 'POST', { stream });

/** A row of the desk, made with its tools. */
export function recordingRow(one, tools) {
  return one.isTask ? taskRow(one, tools) : row(one, tools);
}

function taskRow(task, { main, tag, when, button }) {
  const stop = () => api(`record-tasks/${task.id}/stop`, 'POST');
  return [
    main(task.stream, task.formats.join(' · ')), tag(t(`state_${task.state}`), 'running'), when(task.begin_at_ms),
    el('div', { class: 'desk-acts' }, button(t('stop'), t('stopTask', task.stream), stop)),
  ];
}

function row(one, { main, tag, when, button }) {
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
