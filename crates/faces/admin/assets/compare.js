// One stream over three protocols at the same time, each with its delay behind live as it is measured.
import { delayOf } from './clock.js';
import { el, setText, ui } from './dom.js';
import { flvFeed } from './feeds.js';
import { hlsFeed, llHlsFeed } from './hls.js';
import { LivePlayer } from './player.js';
import { veilTexts } from './veil.js';
import { brief, number, t } from './words.js';

const SHOW_MS = 500;
const FLV_TARGET_S = 0.35;
const PROTOCOLS = [
  { key: 'flv', title: 'HTTP-FLV', note: 'noteFlv', feed: flvFeed },
  { key: 'llhls', title: 'LL-HLS', note: 'noteLlhls', feed: llHlsFeed },
  { key: 'hls', title: 'HLS', note: 'noteHls', feed: hlsFeed },
];

let columns = null; // made when they are needed first
let compared = null; // the name of the stream
let streamOf = () => null;
let timer = 0;
let whenPlaying = () => {};

/** The name of the stream that is compared, or null. */
export const comparedStream = () => compared;

/** `then()` is called when a picture moves again: what is known of the stream's time may be old. */
export function onPlaying(then) {
  whenPlaying = then;
}

/** Plays the stream `name`; `find(name)` answers what the server lists of it, or null. */
export function startCompare(name, find) {
  if (compared === name) return;
  stopCompare();
  [compared, streamOf] = [name, find];
  columns ??= PROTOCOLS.map(newColumn);
  for (const { player, key, feed } of columns) player.play(name, () => source(key, feed));
  timer = setInterval(renderCompare, SHOW_MS);
  renderCompare();
}

/** Ends all three. */
export function stopCompare() {
  clearInterval(timer);
  compared = null;
  for (const { player } of columns ?? []) player.stop();
}

/** A page that nobody looks at is no viewer. */
export function pauseCompare() {
  for (const { player } of columns ?? []) player.pause();
}

export function resumeCompare() {
  if (compared !== null) for (const { player } of columns ?? []) player.resume();
}

/** Shows what is measured. */
export function renderCompare() {
  if (compared === null) return;
  const stream = streamOf(compared);
  setText(ui['compare-name'], compared);
  const measured = columns.map(({ player }) => (player.state === 'playing' ? delayOf(player, compared) : null));
  const most_ms = Math.max(...measured.map((delay_ms) => delay_ms ?? 0), 1);
  columns.forEach((column, index) => renderColumn(column, measured[index], most_ms, stream));
}

function source(key, feed) {
  const stream = compared === null ? null : streamOf(compared);
  return stream && { url: stream.play[key], live: stream.state === 'live', session: stream.session, feed };
}

function newColumn({ key, title, note, feed }) {
  const nodes = {
    video: el('video', { playsinline: '', muted: '', disablepictureinpicture: '', tabindex: '-1', 'aria-label': title }),
    veilTitle: el('strong'), veilText: el('span'), delay: el('b'), unit: el('span', { class: 'muted' }), bar: el('i'),
    note: el('p', { class: 'muted small' }), bufferName: el('dt'), buffer: el('dd'), stallsName: el('dt'), stalls: el('dd'),
  };
  const veil = el('div', { class: 'veil', role: 'status' }, el('span', { class: 'spinner', 'aria-hidden': 'true' }),
    bigPlay(() => columns.forEach(({ player }) => player.resume())), nodes.veilTitle, nodes.veilText);
  const picture = el('div', { class: 'player', 'data-state': 'idle' }, nodes.video, veil);
  nodes.root = el('article', { class: 'card column', 'data-protocol': key, 'aria-label': title }, picture,
    el('div', { class: 'column-text' },
      el('h3', { text: title }), nodes.note,
      el('p', { class: 'column-delay' }, nodes.delay, ' ', nodes.unit),
      el('p', { class: 'column-bar', 'aria-hidden': 'true' }, nodes.bar),
      el('dl', {}, el('div', {}, nodes.bufferName, nodes.buffer), el('div', {}, nodes.stallsName, nodes.stalls))));
  ui['compare-columns'].append(nodes.root);
  const player = new LivePlayer(nodes.video, picture, { target_s: FLV_TARGET_S });
  player.addEventListener('state', () => {
    if (player.state === 'playing') whenPlaying();
    renderCompare();
  });
  return { key, note, feed, nodes, player };
}

/** For browsers that let no video start by itself: one press starts all. */
function bigPlay(onclick) {
  const button = el('button', { type: 'button', class: 'big-play', onclick });
  button.append(ui['big-play'].firstElementChild.cloneNode(true));
  return button;
}

function renderColumn({ player, note, nodes }, delay_ms, most_ms, stream) {
  const { buffer_s, stalls } = player.stats;
  const [title, text] = veilTexts(player, stream?.state);
  setText(nodes.veilTitle, title);
  setText(nodes.veilText, text);
  nodes.root.querySelector('.big-play').setAttribute('aria-label', t('play'));
  setText(nodes.note, t(note));
  setText(nodes.delay, delay_ms === null ? '–' : rounded(delay_ms));
  setText(nodes.unit, t('behindLive'));
  nodes.root.dataset.delayMs = delay_ms === null ? '' : String(Math.round(delay_ms));
  nodes.bar.style.setProperty('width', `${((delay_ms ?? 0) / most_ms) * 100}%`);
  setText(nodes.bufferName, t('buffer'));
  setText(nodes.buffer, buffer_s === null ? '–' : brief(Math.round(buffer_s * 100) * 10));
  setText(nodes.stallsName, t('stalls'));
  setText(nodes.stalls, number(stalls));
}

/** No more digits than the eye can follow. */
const rounded = (ms) => (ms < 1000 ? `${number(Math.round(ms / 10) * 10)} ms` : `${number(ms / 1000, 1)} ${t('s')}`);
