// The last refusals with their causes and remedies.
import { el, setText, ui } from './dom.js';
import { ago, lang, moment, number, t } from './words.js';

const REFUSALS_SHOWN = 5;

/** An encoder that is refused tries again and again: equal refusals become one entry with a count, newest first. */
function grouped(items) {
  const groups = new Map();
  for (const item of [...items].sort((a, b) => b.at_ms - a.at_ms)) {
    const address = (item.peer ?? '').replace(/:\d+$/, '');
    const key = JSON.stringify([item.table, item.code, item.operation, item.stream, address, item.detail]);
    if (groups.has(key)) groups.get(key).count += 1;
    else groups.set(key, { ...item, count: 1, key });
  }
  return [...groups.values()];
}

let allRefusals = false;
let refusalsDrawn = '';
let shownLast = [];

/** Shows the refusals, newest first; `refusals-more` shows those behind the first few. */
export function renderRefusals(refusals = shownLast) {
  shownLast = refusals;
  const groups = grouped(refusals);
  const shown = allRefusals ? groups : groups.slice(0, REFUSALS_SHOWN);
  ui['refusals-none'].hidden = groups.length > 0;
  setText(ui['refusals-count'], refusals.length ? number(refusals.length) : '');
  ui['refusals-more'].hidden = groups.length <= REFUSALS_SHOWN;
  setText(ui['refusals-more'], allRefusals ? t('showFew') : t('showAll', number(groups.length)));
  // Drawn anew only when there is something new, so that a selection or a focus is not lost every two seconds.
  const drawn = JSON.stringify([lang, shown.map(({ key, count, at_ms }) => [key, count, at_ms])]);
  if (drawn !== refusalsDrawn) ui.refusals.replaceChildren(...shown.map(refusalItem));
  refusalsDrawn = drawn;
  for (const time of ui.refusals.querySelectorAll('time')) setText(time, ago(Date.parse(time.dateTime)));
}

/** Text in which commands stand between back quotes. */
function prose(text) {
  return text.split('`').map((part, index) => (index % 2 ? el('code', { text: part }) : document.createTextNode(part)));
}

function refusalItem(item) {
  const words = item[lang] ?? item.en ?? { message: item.message, cause: '', remedy: '' };
  const times = item.count > 1 ? [el('span', { class: 'times', text: t('times', number(item.count)) })] : [];
  const time = el('time', { datetime: new Date(item.at_ms).toISOString(), title: moment(item.at_ms) });
  const who = [item.peer && t('from', item.peer), item.session].filter(Boolean).join(' · ');
  const operation = item.operation === 'publish' ? t('publish') : item.operation === 'play' ? t('playOp') : item.operation;
  return el(
    'li', { class: 'card refusal' },
    el('div', { class: 'what' },
      el('p', { class: 'refusal-head' },
        el('span', { class: 'code' }, el('b', { text: String(item.code) }), el('span', { text: item.table })),
        el('span', { class: 'when' }, ...times, time)),
      el('h3', { text: words.message || item.message }),
      el('p', { class: 'refusal-who' },
        el('b', { text: operation }), ' ', el('span', { class: 'mono', text: item.stream ?? t('noName') })),
      el('p', { class: 'refusal-who muted', text: who }),
      ...(item.detail ? [el('p', { class: 'detail mono', text: item.detail })] : [])),
    el('div', { class: 'why' },
      ...(words.cause ? [el('div', {}, el('h4', { text: t('cause') }), el('p', {}, ...prose(words.cause)))] : []),
      ...(words.remedy ? [el('div', { class: 'remedy' }, el('h4', { text: t('remedy') }), el('p', {}, ...prose(words.remedy)))] : [])),
  );
}

ui['refusals-more'].addEventListener('click', () => {
  allRefusals = !allRefusals;
  renderRefusals();
});
