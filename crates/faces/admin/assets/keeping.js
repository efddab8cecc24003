// What stands around the recordings: the room on the disk, the tasks, and the queue of uploads.
import { ApiError, api, refusedByToken } from './api.js';
import { faultText } from './confirm.js';
import { el, redraw, setText, ui } from './dom.js';
import { askUploads, uploadRow } from './uploads.js';
import { bytes, lang, moment, number, t } from './words.js';

/** Tasks that are asked for: one that runs stands behind all that were called for later. */
const TASKS = 200;
const OVER_SHOWN = 3;

let kept = { storage: null, tasks: null, uploads: null };
let shownAll = false;
let rowTools = null;

/** One that cannot be had leaves the others on show. */
async function part(work) {
  try {
    return { ...(await work()), fault: '' };
  } catch (error) {
    if (!(error instanceof ApiError) || refusedByToken(error)) throw error;
    return { items: [], fault: faultText(error) };
  }
}

/** Asks for the storage, the tasks and the queue. */
export async function askKeeping() {
  const asks = [() => api('storage'), () => api(`record-tasks?limit=${TASKS}`), askUploads].map(part);
  const [storage, tasks, uploads] = await Promise.all(asks);
  kept = { storage, tasks, uploads };
}

/** Shows them, or nothing where another list is on show. */
export function renderKeeping(isShown, tools) {
  rowTools = tools;
  ui.keeping.hidden = !isShown || !kept.storage;
  ui['recordings-title'].hidden = !isShown;
  if (ui.keeping.hidden) return;
  renderStorage(kept.storage);
  renderTasks();
  renderUploads(kept.uploads, kept.storage);
}

/** Whether a task of this stream has not ended. */
export const isRecorded = (stream) => (kept.tasks?.items ?? []).some((task) => task.stream === stream && !isOver(task));

function faultOf(node, text) {
  node.hidden = !text;
  setText(node, text);
}

function renderStorage(storage) {
  const { recordings, recording_bytes, media_bytes, free_bytes: free, free_bytes_min: least, begins, fault } = storage;
  faultOf(ui['storage-fault'], fault);
  for (const id of ['storage', 'storage-bar', 'storage-state']) ui[id].hidden = Boolean(fault);
  if (fault) return;
  const used = recording_bytes + media_bytes;
  setText(ui.storage, t('storage', recordings, bytes(used), free === null ? '–' : bytes(free)));
  const all = used + (free ?? 0);
  const share = (part) => `${all > 0 ? Math.min(100, (part / all) * 100) : 0}%`;
  ui['storage-bar'].hidden = free === null;
  ui['storage-bar'].dataset.state = begins;
  ui['storage-bar'].title = t('storageBar', bytes(used), bytes(free ?? 0), bytes(least));
  ui['storage-used'].style.width = share(used);
  ui['storage-least'].style.width = share(least);
  ui['storage-state'].dataset.state = begins;
  setText(ui['storage-state'], t(`begins_${begins}`, bytes(least)));
}

const isOver = ({ state }) => state === 'finished' || state === 'failed';

function renderTasks() {
  const { items, fault } = kept.tasks;
  faultOf(ui['task-fault'], fault);
  const over = items.filter(isOver);
  const shown = [...items.filter((task) => !isOver(task)), ...(shownAll ? over : over.slice(0, OVER_SHOWN))];
  ui['task-none'].hidden = items.length > 0 || Boolean(fault);
  setText(ui['task-none'], t('taskNone'));
  ui['task-more'].hidden = over.length <= OVER_SHOWN;
  setText(ui['task-more'], shownAll ? t('showFew') : t('showAll', number(items.length)));
  redraw(ui['task-list'], [lang, shown], () => shown.map((task) => taskRow(task, rowTools)));
}

ui['task-more'].addEventListener('click', () => {
  shownAll = !shownAll;
  renderTasks();
});

function taskRow(task, { main, tag, when, button }) {
  const path = `record-tasks/${task.id}`;
  const name = `${task.stream}, ${task.id}`;
  // One that runs and has made nothing waits for its stream.
  const word = task.state === 'running' && task.recordings === 0 ? 'idle' : task.state;
  const kind = { running: 'running', failed: 'bad' }[word] ?? '';
  const act = isOver(task)
    ? button(t('remove'), `${t('remove')}: ${name}`, () => api(path, 'DELETE'))
    : button(t('stop'), t('stopTask', name), () => api(`${path}/stop`, 'POST'));
  return [
    main(task.stream, task.failure ?? about(task)), tag(t(`task_${word}`), kind), when(task.begin_at_ms),
    el('div', { class: 'desk-acts' }, act),
  ];
}

function about(task) {
  const end = task.stopped_at_ms ?? task.end_at_ms;
  const until = task.stopped_at_ms !== null ? [t('stoppedAt', moment(end))] : end === null ? [] : [t('until', moment(end))];
  const formats = task.formats.map((format) => format.toUpperCase()).join(' + ');
  return [formats, t('taskMade', task.recordings), ...until].join(' · ');
}

function renderUploads({ items, more, fault }, { bucket }) {
  faultOf(ui['upload-fault'], fault);
  setText(ui['upload-where'], bucket ?? '');
  ui['upload-where'].hidden = !bucket;
  ui['upload-none'].hidden = Boolean(fault) || (items.length > 0 && Boolean(bucket));
  setText(ui['upload-none'], t(bucket ? 'uploadNone' : items.length ? 'uploadOff' : 'uploadNoBucket'));
  ui['upload-more'].hidden = !more;
  setText(ui['upload-more'], t('deskMore', number(items.length)));
  redraw(ui['upload-list'], [lang, items], () => items.map((one) => uploadRow(one, rowTools)));
}
