// The list of streams: one card each, with a way to watch it and one to compare its protocols.
import { token } from './api.js';
import { dropCover, newCover, showCover } from './covers.js';
import { el, icon, setText, ui } from './dom.js';
import { sparkline } from './spark.js';
import { bits, frameRate, number, pictureSize, t } from './words.js';

const cards = new Map(); // stream name -> the nodes of its card

/**
 * Shows the streams. `view` says what is on show: `selected` or `compared`, a name or null, `total`, how many streams
 * there are, and whether they have `covers`; `acts` are `watch(name)` and `compare(name)`; `samples(stream)` its last bit rates.
 */
export function renderList(streams, view, acts, samples) {
  for (const [name, card] of cards) {
    if (streams.some((one) => one.name === name)) continue;
    dropCover(card.cover);
    card.item.remove();
    cards.delete(name);
  }
  streams.forEach((stream, index) => {
    const card = cards.get(stream.name) ?? newCard(stream.name, acts);
    if (ui.list.children[index] !== card.item) ui.list.insertBefore(card.item, ui.list.children[index] ?? null);
    fillCard(card, stream, view, samples(stream));
  });
  setText(ui['list-count'], number(view.total));
  ui['list-more'].hidden = streams.length >= view.total;
  setText(ui['list-more'], t('listMore', number(streams.length), number(view.total)));
}

function newCard(name, acts) {
  const part = (className) => el('span', { class: className });
  const card = {
    state: part('dot'), name: part('card-name'), now: part('card-now'), what: part('card-what'),
    cover: newCover(name), spark: part('spark'), rate: part('card-rate'), viewers: part('card-viewers'), count: part('number'), word: el('span'),
  };
  card.viewers.append(icon('eye'), card.count);
  card.name.textContent = name;
  card.name.title = name;
  card.button = el(
    'button', { type: 'button', class: 'stream-card', onclick: () => acts.watch(name) },
    card.cover.node, el('span', { class: 'card-head' }, card.state, card.name, card.now), card.what,
    el('span', { class: 'card-foot' }, card.spark, card.rate, card.viewers),
  );
  card.compare = el('button', { type: 'button', class: 'card-compare', onclick: () => acts.compare(name) }, icon('columns'), card.word);
  card.acts = ['kick', 'ban'].map((act) => {
    const button = el('button', { type: 'button', class: 'card-act', onclick: () => acts.manage(name, act) });
    return { act, button };
  });
  card.manage = el('div', { class: 'card-acts' }, ...card.acts.map(({ button }) => button));
  card.item = el('li', {}, el('div', { class: 'card-wrap' }, card.button, card.compare), card.manage);
  cards.set(name, card);
  return card;
}

function fillCard(card, stream, { selected, compared, covers }, samples) {
  const { video, audio } = stream;
  const [watched, opened] = [stream.name === selected, stream.name === compared];
  card.button.setAttribute('aria-pressed', String(watched));
  card.compare.setAttribute('aria-pressed', String(opened));
  card.compare.setAttribute('aria-label', t('compareOf', stream.name));
  setText(card.word, t('compare'));
  card.manage.hidden = token === '';
  for (const { act, button } of card.acts) {
    setText(button, t(act));
    button.setAttribute('aria-label', t(`${act}Of`, stream.name));
  }
  card.button.dataset.state = stream.state;
  card.item.dataset.shown = watched || opened ? 'yes' : 'no';
  card.state.title = t(stream.state === 'live' ? 'live' : 'grace');
  const parts = [video && pictureSize(video), video && frameRate(video), video?.name, audio?.name].filter(Boolean);
  setText(card.now, stream.state === 'grace' ? t('grace') : watched ? t('watching') : '');
  setText(card.what, parts.join(' · ') || '–');
  setText(card.rate, bits(stream.bits_per_second));
  setText(card.count, number(stream.readers));
  card.viewers.title = t('viewersOf', number(stream.readers));
  sparkline(card.spark, samples);
  showCover(card.cover, covers && stream.state === 'live' && Boolean(video));
}
