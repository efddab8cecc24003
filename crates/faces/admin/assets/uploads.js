// The queue of copies to the bucket: what is sent and how far it is, what fails and what helps, and what is to be deleted there.
import { ApiError, api } from './api.js';
import { el } from './dom.js';
import { bytes, number, t } from './words.js';

const LIMIT = 20;

/** Asks for what waits to be sent, what cannot be sent, and what waits to be deleted; what is there stands with its recording. */
export async function askUploads() {
  const answers = await Promise.all(['waiting', 'failed', 'deleting'].map((state) => api(`uploads?state=${state}&limit=${LIMIT}`)));
  const all = answers.flatMap(({ items }) => items);
  // What fails stands first: somebody has to look at it.
  const items = all.sort((a, b) => Number(b.tries > 0) - Number(a.tries > 0));
  return { items, more: answers.some(({ next }) => Boolean(next)) };
}

/** A row of the queue, made with the tools of the desk. */
export function uploadRow(one, { main, tag, due, button }) {
  const title = one.stream ? `${one.stream} · ${one.format.toUpperCase()}` : one.recording;
  const place = one.bucket ? `${one.bucket}/${one.key ?? ''}` : one.recording;
  const [state, kind] = stateOf(one);
  const path = `uploads/${one.recording}`;
  const acts = one.is_held ? [] : [button(t('tryNow'), `${t('tryNow')}: ${title}, ${one.recording}`, () => retry(path))];
  if (one.state === 'deleting') {
    const ask = t('forgetAsk', place);
    acts.push(button(t('giveUp'), `${t('giveUp')}: ${title}, ${one.recording}`, () => api(`${path}/forget`, 'POST'), ask));
  }
  return [
    main(title, place), tag(t(`upload_${state}`), kind), ...(one.state === 'waiting' ? [progress(one, title)] : []),
    el('span', { class: 'upload-next muted small' }, ...next(one, due)),
    el('div', { class: 'desk-acts' }, ...acts),
    ...(one.last_failure && one.tries > 0 && !one.is_held ? [failure(one)] : []),
  ];
}

/** What is there meanwhile need not be tried. */
async function retry(path) {
  try {
    await api(`${path}/retry`, 'POST');
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}

function stateOf({ state, tries, is_held: held, bytes_done: done }) {
  if (held) return ['held', ''];
  if (state === 'failed') return ['failed', 'bad'];
  return tries > 0 ? ['failing', 'bad'] : [state, done > 0 ? 'running' : ''];
}

function progress({ bytes: all, bytes_done: done }, title) {
  const text = all ? t('uploadDone', bytes(done), bytes(all)) : t('uploadNotBegun');
  const bar = el('progress', { max: String(all || 1), value: String(done), 'aria-label': `${title}: ${text}` });
  return el('span', { class: 'upload-progress small' }, bar, el('span', { class: 'muted', text }));
}

function next({ tries, next_try_ms: at, is_held: held }, due) {
  if (held) return [t('uploadHeld')];
  const failed = tries > 0 ? [t('triesFailed', number(tries))] : [];
  if (at === null) return failed;
  return [...failed.map((text) => `${text} · `), `${t('nextTry')} `, due(at)];
}

function failure({ last_failure: said, last_reason: reason, state }) {
  const elsewhere = state === 'deleting' && reason === 'settings';
  const remedy = t(`remedy_${state === 'failed' ? 'final' : elsewhere ? 'elsewhere' : reason}`);
  return el(
    'div', { class: 'upload-failure small' },
    el('p', { class: 'mono', text: said }),
    ...(remedy ? [el('p', {}, el('b', { text: `${t('remedy')}: ` }), remedy)] : []),
  );
}
