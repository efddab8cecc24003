// The page: signs in, asks the server every two seconds, and shows what it says.
import { ApiError, api, readAddress, refusedByToken, token, useToken } from './api.js';
import { noteStreams } from './clock.js';
import { onPlaying, pauseCompare, renderCompare, resumeCompare, startCompare, stopCompare } from './compare.js';
import { setText, ui } from './dom.js';
import { forgetDesk, pollDesk, renderDesk } from './desk.js';
import { renderList } from './list.js';
import { openPast } from './past.js';
import { forgetPush, renderPush, startPublish } from './publish.js';
import { renderRefusals } from './refusals.js';
import { isHeard, player, renderStage } from './stage.js';
import { confirmAct } from './confirm.js';
import { bits, duration, firstLanguage, keptLanguage, lang, locale, number, speak, t } from './words.js';

const POLL_MS = 2000;
const POLL_RETRY_MAX_MS = 15000;
const HIDDEN_PAUSE_MS = 60000;
const SPARK_SAMPLES = 90;

let status = null;
let streams = [];
let refusals = [];
let moreRefusals = false;
let rates = { in: null, out: null };
let selected = null; // the name of the stream in the player
let chosen = false; // by the viewer, not by us
let comparing = null; // the name of the stream whose protocols are compared, instead of the player
const history = new Map(); // session -> bit rates, newest last

// ----------------------------------------------------------------------------------------------------------- poll

const poll = {
  timer: 0,
  failures: 0,
  running: false,
  stopped: false,

  async now() {
    clearTimeout(this.timer);
    if (this.running || this.stopped || document.hidden) return;
    this.running = true;
    let wait = POLL_MS;
    try {
      const asked = token;
      // Whether the token is good is asked once, not three times.
      const first = status === null ? [await api('status')] : [api('status')];
      const answers = await Promise.all([...first, api('streams?limit=500'), api('refusals')]);
      if (asked === token) this.succeeded(answers);
      if (asked === token && token) await pollDesk();
    } catch (error) {
      wait = await this.failed(error);
    }
    this.running = false;
    if (!this.stopped) this.timer = setTimeout(() => this.now(), wait);
  },

  succeeded([newStatus, newStreams, newRefusals]) {
    this.failures = 0;
    take(newStatus, newStreams, newRefusals);
    ui.notice.hidden = true;
    setLink('on');
    show('board');
    render();
  },

  async failed(error) {
    if (refusedByToken(error)) {
      const hadToken = token !== '';
      const before = document.body.dataset.view;
      forgetToken();
      // A token of the past may stand in the way of a page that is open.
      if (hadToken && (await api('status').then(() => true, () => false))) return 0;
      signIn(hadToken || before === 'board' ? error : null);
      return 0;
    }
    this.failures += 1;
    const wait = Math.min(POLL_RETRY_MAX_MS, POLL_MS * 2 ** (this.failures - 1));
    setLink('off');
    const seconds = Math.round(wait / 1000);
    setText(ui.notice, error instanceof ApiError ? t('failed', error.status, seconds) : t('lost', seconds));
    ui.notice.hidden = false;
    return wait;
  },

  start() {
    this.stopped = false;
    this.now();
  },

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  },
};

/** Keeps an answer of the three requests, and what follows from the one before. */
function take(newStatus, newStreams, newRefusals) {
  const elapsed_ms = status ? newStatus.uptime_ms - status.uptime_ms : 0;
  const rate = (member) => Math.max(0, ((newStatus[member] - status[member]) * 8000) / elapsed_ms);
  if (elapsed_ms > 0) rates = { in: rate('bytes_in'), out: rate('bytes_out') };
  else if (elapsed_ms < 0) rates = { in: null, out: null }; // the server was started anew
  if (status) announce(streams, newStreams.items);
  status = newStatus;
  streams = newStreams.items;
  noteStreams(streams);
  refusals = newRefusals.items;
  moreRefusals = Boolean(newRefusals.next);
  for (const session of history.keys()) if (!streams.some((one) => one.session === session)) history.delete(session);
  for (const { session, bits_per_second } of streams) {
    const samples = history.get(session) ?? [];
    samples.push(bits_per_second);
    history.set(session, samples.slice(-SPARK_SAMPLES));
  }
}

function announce(before, after) {
  const begun = after.filter(({ name }) => !before.some((one) => one.name === name)).map(({ name }) => t('started', name));
  const ended = before.filter(({ name }) => !after.some((one) => one.name === name)).map(({ name }) => t('stopped', name));
  const all = [...begun, ...ended];
  if (all.length) ui.announcer.textContent = all.slice(0, 3).join('. ');
}

function setLink(state) {
  ui.link.dataset.state = state;
  setText(ui['link-text'], t({ on: 'connected', off: 'disconnected', idle: 'connecting' }[state]));
}

// -------------------------------------------------------------------------------------------------------- sign-in

function show(view) {
  if (document.body.dataset.view === view) return;
  document.body.dataset.view = view;
  ui.board.hidden = view !== 'board';
  ui['sign-in'].hidden = view !== 'sign-in';
  ui.link.hidden = view === 'sign-in';
  ui['sign-out'].hidden = view !== 'board' || token === '';
}

function forgetToken() {
  useToken('');
}

/** Shows the sign-in card, with the reason when a token was refused. */
function signIn(error) {
  poll.stop();
  player.stop();
  stopCompare();
  selected = null;
  streams = [];
  refusals = [];
  status = null;
  history.clear();
  forgetPush();
  forgetDesk();
  ui.notice.hidden = true;
  show('sign-in');
  const reason = error && t(error.status === 403 ? 'tokenForbidden' : 'tokenRefused');
  ui['sign-in-reason'].hidden = !reason;
  setText(ui['sign-in-reason'], reason || '');
  ui.token.value = '';
  ui.token.focus();
}

ui['sign-in-form'].addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(ui.token.value.trim());
  if (token) poll.start();
});

ui['sign-out'].addEventListener('click', () => {
  forgetToken();
  signIn(null);
});

// --------------------------------------------------------------------------------------------------------- streams

const listed = (name) => streams.find((one) => one.name === name) ?? null;
const samples = (stream) => history.get(stream?.session) ?? [0];

function source() {
  const stream = listed(selected);
  return stream && { url: stream.play.mp4, live: stream.state === 'live', session: stream.session };
}

function select(name, byViewer) {
  chosen = byViewer;
  if (name === selected) return;
  selected = name;
  player.play(name, source);
  render();
}

function deselect() {
  if (selected === null) return;
  player.stop();
  selected = null;
}

/** The first live stream plays by itself; another one only follows when the viewer did not choose. */
function keepWatching() {
  if (!streams.length || comparing !== null) return;
  const gone = selected === null || (!listed(selected) && !chosen);
  const first = streams.find(({ state }) => state === 'live') ?? streams[0];
  if (gone) select(first.name, false);
}

/** What is compared stands in the address, so that it can be opened, left and linked like a page. */
function compare(name) {
  const address = location.pathname + location.search + (name === null ? '' : `#${new URLSearchParams({ compare: name })}`);
  window.history.pushState(null, '', address);
  comparing = name;
  render();
  (name === null ? ui.main : ui['compare-title']).focus({ preventScroll: true });
  if (name !== null) ui.compare.scrollIntoView({ block: 'nearest' });
}

function watch(name) {
  if (comparing !== null) compare(null);
  select(name, true);
}

/** Cuts or bans a stream, once that was confirmed. */
function manage(name, act) {
  confirmAct(t(act === 'ban' ? 'banAsk' : 'kickAsk', name), t(act), () => (
    act === 'ban' ? api(`streams/${encodeURIComponent(name)}/ban`, 'PUT', {}) : api(`streams/${encodeURIComponent(name)}/kick`, 'POST', {})
  ));
}

/** Shows what the server has kept of the stream that is watched, from its begin on. */
function rewind() {
  const stream = listed(selected);
  if (!stream?.play.hls) return;
  // A player that begins at the very begin of the window loses it at once.
  const from_ms = status.now_ms - status.timeshift_window_ms + Math.min(30000, status.timeshift_window_ms / 4);
  const address = new URL(stream.play.hls, location.href);
  openPast(stream.name, `${address.pathname}${address.search}${address.search ? '&' : '?'}from=${String(Math.round(from_ms)).padStart(13, '0')}`);
}

ui.rewind.addEventListener('click', rewind);

function render() {
  if (document.body.dataset.view !== 'board') return;
  const nothing = streams.length === 0;
  const compares = comparing !== null && !nothing;
  if (compares) startCompare(comparing, listed);
  else stopCompare();
  if (nothing || compares) deselect();
  keepWatching();
  ui.empty.hidden = !nothing;
  ui.stage.hidden = nothing || compares;
  ui.compare.hidden = !compares;
  ui.side.hidden = nothing;
  const home = nothing ? ui.empty : ui.side;
  if (ui.publish.parentNode !== home) home.append(ui.publish);
  document.title = nothing ? 'Vivace' : `${number(status.streams)} · Vivace`;
  renderSummary();
  const view = { selected, compared: compares ? comparing : null, total: status.streams, covers: status.screenshots };
  renderList(streams, view, { watch, compare, manage }, samples);
  renderStage(selected, listed(selected), samples(listed(selected)));
  ui.rewind.hidden = !(status.timeshift_window_ms > 0 && listed(selected)?.play.hls);
  renderCompare();
  renderRefusals(refusals);
  renderDesk();
}

ui['compare-close'].addEventListener('click', () => {
  const name = comparing;
  compare(null);
  if (listed(name)) select(name, true);
});

function renderSummary() {
  setText(ui.version, [status.version, t('up', duration(status.uptime_ms))].filter(Boolean).join(' · '));
  setText(ui['sum-streams'], number(status.streams));
  setText(ui['sum-viewers'], number(status.readers));
  setText(ui['sum-in'], rates.in === null ? '–' : bits(rates.in));
  setText(ui['sum-out'], rates.out === null ? '–' : bits(rates.out));
  setText(ui['sum-skips'], number(status.skips));
  setText(ui['sum-refusals'], `${number(refusals.length)}${moreRefusals ? '+' : ''}`);
  ui['sum-refusals'].dataset.some = refusals.length ? 'yes' : 'no';
}

// --------------------------------------------------------------------------------------------------------- language

function setLanguage(wanted, remember) {
  speak(wanted);
  if (remember) keptLanguage(wanted);
  document.documentElement.lang = locale();
  for (const node of document.querySelectorAll('[data-t]')) setText(node, t(node.dataset.t));
  for (const node of document.querySelectorAll('[data-t-label]')) node.setAttribute('aria-label', t(node.dataset.tLabel));
  for (const one of ['en', 'zh']) ui[`lang-${one}`].setAttribute('aria-pressed', String(one === lang));
  setLink(ui.link.dataset.state);
  renderPush();
  render();
}

ui['lang-en'].addEventListener('click', () => setLanguage('en', true));
ui['lang-zh'].addEventListener('click', () => setLanguage('zh', true));

// ------------------------------------------------------------------------------------------------------------ start

let hiddenTimer = 0;
let pausedByHiding = false;

// A page that nobody looks at or listens to does not stay a viewer.
document.addEventListener('visibilitychange', () => {
  clearTimeout(hiddenTimer);
  if (!document.hidden) {
    if (pausedByHiding) player.resume();
    pausedByHiding = false;
    resumeCompare();
    if (!poll.stopped) poll.now();
    return;
  }
  hiddenTimer = setTimeout(() => {
    pauseCompare();
    if (isHeard() || player.state === 'paused') return;
    pausedByHiding = true;
    player.pause();
  }, HIDDEN_PAUSE_MS);
});

function follow() {
  const address = readAddress();
  comparing = address.compare;
  return address.token;
}

window.addEventListener('popstate', () => {
  if (follow()) poll.start();
  else render();
});

follow();
onPlaying(() => poll.now());
startPublish(signIn);
setLanguage(firstLanguage(), false);
poll.start();
