// The page: signs in, asks the server every two seconds, and shows what it says.
import { ApiError, api, refusedByToken, token, tokenFromAddress, useToken } from './api.js';
import { copyLine } from './copy.js';
import { el, icon, setLabel, setText, svg } from './dom.js';
import { LivePlayer } from './player.js';
import {
  CODEC_NAMES, ago, bits, brief, bytes, duration, firstLanguage, keptLanguage, lang, locale, moment, number,
  speak, t,
} from './words.js';

const POLL_MS = 2000;
const POLL_RETRY_MAX_MS = 15000;
const HIDDEN_PAUSE_MS = 60000;
const SPARK_SAMPLES = 90;
const REFUSALS_SHOWN = 5;

const byId = (id) => document.getElementById(id);
const ui = Object.fromEntries([...document.querySelectorAll('[id]')].map((node) => [node.id, node]));
const player = new LivePlayer(document.querySelector('video'), ui.player);

let status = null;
let streams = [];
let refusals = [];
let more = false; // the server has more streams than it listed
let moreRefusals = false;
let rates = { in: null, out: null };
let selected = null; // the name of the stream in the player
let chosen = false; // by the viewer, not by us
let allRefusals = false;
let push = null; // the last answer of push-url: { name, url }
const history = new Map(); // session -> bit rates, newest last
const cards = new Map(); // stream name -> the nodes of its card

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
      const answers = await Promise.all([...first, api('streams'), api('refusals')]);
      if (asked === token) this.succeeded(answers);
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
  more = Boolean(newStreams.next);
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
  selected = null;
  streams = [];
  refusals = [];
  status = null;
  history.clear();
  push = null;
  renderPush();
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

const selectedStream = () => streams.find(({ name }) => name === selected) ?? null;

function source() {
  const stream = selectedStream();
  return stream && { url: stream.play.mp4, live: stream.state === 'live', session: stream.session };
}

function select(name, byViewer) {
  chosen = byViewer;
  if (name === selected) return;
  selected = name;
  player.play(name, source);
  render();
}

/** The first live stream plays by itself; another one only follows when the viewer did not choose. */
function keepWatching() {
  if (!streams.length) return;
  const gone = selected === null || (!selectedStream() && !chosen);
  const first = streams.find(({ state }) => state === 'live') ?? streams[0];
  if (gone) select(first.name, false);
}

function render() {
  if (document.body.dataset.view !== 'board') return;
  keepWatching();
  const nothing = streams.length === 0;
  ui.empty.hidden = !nothing;
  ui.stage.hidden = nothing;
  ui.side.hidden = nothing;
  const home = nothing ? ui.empty : ui.side;
  if (ui.publish.parentNode !== home) home.append(ui.publish);
  if (nothing && selected !== null) {
    player.stop();
    selected = null;
  }
  document.title = nothing ? 'Vivace' : `${number(status.streams)} · Vivace`;
  renderSummary();
  renderList();
  renderStage();
  renderVeil();
  renderRefusals();
}

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

function sparkline(box, samples) {
  if (!box.firstChild) {
    const frame = { viewBox: '0 0 100 30', preserveAspectRatio: 'none', 'aria-hidden': 'true' };
    box.append(svg('svg', frame, svg('path', { class: 'area' }), svg('path', { class: 'line' })));
  }
  const [area, line] = box.firstChild.childNodes;
  const top = Math.max(...samples, 1) * 1.25;
  const values = samples.length === 1 ? [samples[0], samples[0]] : samples;
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * 100;
    return `${x.toFixed(2)} ${(29 - (value / top) * 28).toFixed(2)}`;
  });
  line.setAttribute('d', `M${points.join('L')}`);
  area.setAttribute('d', `M0 30L${points.join('L')}L100 30Z`);
}

function size(video) {
  return video.width && video.height ? `${video.width} × ${video.height}` : '–';
}

function frameRate(video) {
  if (!video.fps) return '–';
  const whole = Math.abs(video.fps - Math.round(video.fps)) < 0.005;
  return `${number(video.fps, whole ? 0 : 2)} ${t('fps')}`;
}

function renderList() {
  for (const [name, card] of cards) {
    if (streams.some((one) => one.name === name)) continue;
    card.item.remove();
    cards.delete(name);
  }
  streams.forEach((stream, index) => {
    const card = cards.get(stream.name) ?? newCard(stream.name);
    if (ui.list.children[index] !== card.item) ui.list.insertBefore(card.item, ui.list.children[index] ?? null);
    fillCard(card, stream);
  });
  setText(ui['list-count'], number(status.streams));
  ui['list-more'].hidden = !more;
  setText(ui['list-more'], t('listMore', number(streams.length), number(status.streams)));
}

function newCard(name) {
  const part = (className) => el('span', { class: className });
  const card = {
    state: part('dot'), name: part('card-name'), now: part('card-now'), what: part('card-what'),
    spark: part('spark'), rate: part('card-rate'), viewers: part('card-viewers'), count: part('number'),
  };
  card.viewers.append(icon('eye'), card.count);
  card.name.textContent = name;
  card.name.title = name;
  card.button = el(
    'button', { type: 'button', class: 'stream-card', onclick: () => select(name, true) },
    el('span', { class: 'card-head' }, card.state, card.name, card.now), card.what,
    el('span', { class: 'card-foot' }, card.spark, card.rate, card.viewers),
  );
  card.item = el('li', {}, card.button);
  cards.set(name, card);
  return card;
}

function fillCard(card, stream) {
  const { video, audio } = stream;
  const watched = stream.name === selected;
  card.button.setAttribute('aria-pressed', String(watched));
  card.button.dataset.state = stream.state;
  card.state.title = t(stream.state === 'live' ? 'live' : 'grace');
  const parts = [video && size(video), video && frameRate(video), video?.name, audio?.name].filter(Boolean);
  setText(card.now, stream.state === 'grace' ? t('grace') : watched ? t('watching') : '');
  setText(card.what, parts.join(' · ') || '–');
  setText(card.rate, bits(stream.bits_per_second));
  setText(card.count, number(stream.readers));
  card.viewers.title = t('viewersOf', number(stream.readers));
  sparkline(card.spark, history.get(stream.session) ?? [0]);
}

// ----------------------------------------------------------------------------------------------------------- stage

const facts = new Map();

function fact(key, value, note = '') {
  let row = facts.get(key);
  if (!row) {
    row = { dt: el('dt'), value: el('span'), note: el('small') };
    ui.facts.append(el('div', {}, row.dt, el('dd', {}, row.value, row.note)));
    facts.set(key, row);
  }
  setText(row.dt, t(key));
  setText(row.value, value);
  setText(row.note, note);
}

function channels(audio) {
  return audio.channels === 1 ? t('mono') : audio.channels === 2 ? t('stereo') : t('channels', number(audio.channels));
}

function renderStage() {
  const stream = selectedStream();
  setText(ui['stage-name'], selected ?? '');
  ui['stage-name'].title = selected ?? '';
  if (!stream) return;
  const { video, audio } = stream;
  setText(ui['stage-session'], stream.session);
  setText(ui['stage-rate'], bits(stream.bits_per_second));
  sparkline(ui['stage-spark'], history.get(stream.session) ?? [0]);
  fact('picture', video ? size(video) : t('none'), video ? frameRate(video) : '');
  fact('video', video?.name ?? t('none'), video?.codec ?? '');
  const sound = audio ? `${number(audio.sample_rate / 1000, audio.sample_rate % 1000 ? 1 : 0)} kHz · ${channels(audio)}` : '';
  fact('audio', audio?.name ?? t('none'), sound);
  fact('viewers', number(stream.readers), stream.skips ? `${number(stream.skips)} ${t('skips').toLowerCase()}` : '');
  renderMeasured();
  fact('lag', brief(stream.lag_ms));
  fact('uptime', duration(stream.uptime_ms));
  fact('received', bytes(stream.bytes_in), `${t('sent')} ${bytes(stream.bytes_out)}`);
  renderAddresses(stream);
}

function renderMeasured() {
  const { delay_s, frames, dropped, width, height } = player.stats;
  const shown = delay_s === null || player.state !== 'playing' ? '–' : `${number(delay_s, 1)} ${t('s')}`;
  const counted = dropped ? t('framesDropped', number(frames), number(dropped)) : t('frames', number(frames));
  fact('delay', shown, frames ? counted : '');
  setText(ui['delay-tag'], shown === '–' ? '' : t('behind', number(delay_s, 1)));
  setText(ui.picture, width ? `${width} × ${height}` : '');
}

const addressLines = { mp4: copyLine(() => 'fMP4'), flv: copyLine(() => 'HTTP-FLV'), rtmp: copyLine(() => 'RTMP') };

function renderAddresses(stream) {
  for (const [format, line] of Object.entries(addressLines)) {
    const address = stream.play[format];
    if (!address) line.node.remove();
    else {
      if (!line.node.parentNode) ui.addresses.append(line.node);
      line.set(format === 'rtmp' ? address : new URL(address, location.href).href);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------- player

function codecName(codec) {
  const known = Object.keys(CODEC_NAMES).find((start) => codec.startsWith(start));
  return known ? CODEC_NAMES[known] : codec;
}

/** Title and sentence over the picture; nothing while it moves. */
function veilTexts() {
  const { state, error } = player;
  if (state === 'unsupported') {
    const codecs = error?.detail.codecs ?? [];
    if (!codecs.length) return [t('vNoMse'), t('vNoMseText')];
    const names = [...new Set(codecs.map(codecName))].join(', ');
    return [t('vUnsupported', names), t('vUnsupportedText', codecs.join(', '))];
  }
  if (state === 'error') {
    return error?.kind === 'http' ? [t('vHttp', error.detail.status), t('vHttpText')] : [t('vBroken'), t('vBrokenText')];
  }
  if (state === 'stalled' && selectedStream()?.state === 'grace') return [t('vGrace'), t('vGraceText')];
  const key = { connecting: 'vConnecting', stalled: 'vStalled', ended: 'vEnded', paused: 'vPaused' }[state];
  return key ? [t(key), key === 'vConnecting' ? '' : t(`${key}Text`)] : ['', ''];
}

function renderVeil() {
  const [title, text] = veilTexts();
  setText(ui['veil-title'], title);
  setText(ui['veil-text'], text);
  const state = selectedStream()?.state ?? 'ended';
  setText(ui['live-tag'], t(state));
  ui['live-tag'].dataset.state = state;
  const paused = player.state === 'paused';
  ui.toggle.querySelector('use').setAttribute('href', paused ? '#i-play' : '#i-pause');
  setLabel(ui.toggle, t(paused ? 'play' : 'pause'));
  setLabel(ui['big-play'], t('play'));
  setLabel(ui.full, t('full'));
  const video = document.querySelector('video');
  video.setAttribute('aria-label', selected ?? '');
  ui.mute.querySelector('use').setAttribute('href', video.muted ? '#i-muted' : '#i-sound');
  setText(ui.mute.querySelector('span'), video.muted ? t('unmute') : '');
  setLabel(ui.mute, t(video.muted ? 'unmute' : 'mute'));
  setText(ui['sound-tag'], player.silent.length ? t('noSound', player.silent.map(codecName).join(', ')) : '');
  ui.mute.hidden = player.silent.length > 0 || selectedStream()?.audio === null;
}

function togglePlay() {
  if (player.state === 'paused') player.resume();
  else player.pause();
}

async function toggleFull() {
  if (document.fullscreenElement) return document.exitFullscreen();
  if (ui.player.requestFullscreen) return ui.player.requestFullscreen();
  return document.querySelector('video').webkitEnterFullscreen?.();
}

player.addEventListener('state', renderVeil);
player.addEventListener('stats', () => {
  if (selectedStream()) renderMeasured();
});
ui.toggle.addEventListener('click', togglePlay);
ui['big-play'].addEventListener('click', togglePlay);
ui.full.addEventListener('click', () => toggleFull().catch(() => {}));
ui.player.addEventListener('dblclick', (event) => {
  if (!event.target.closest('button')) toggleFull().catch(() => {});
});
ui.mute.addEventListener('click', () => {
  const video = document.querySelector('video');
  video.muted = !video.muted;
  renderVeil();
});

// --------------------------------------------------------------------------------------------------------- publish

ui['publish-form'].addEventListener('submit', async (event) => {
  event.preventDefault();
  const name = ui.name.value.trim();
  if (!name) return publishError(t('needName'));
  try {
    const { url } = await api(`push-url?name=${encodeURIComponent(name)}`);
    push = { name, url: String(url) };
    publishError('');
  } catch (error) {
    push = null;
    if (refusedByToken(error) && token) signIn(error);
    else if (refusedByToken(error)) publishError(t('pushForbidden'));
    else if (error instanceof ApiError) publishError(error.reason || (error.status === 400 ? t('nameHint') : error.message));
    else publishError(t('noAnswer'));
  }
  renderPush();
});

function publishError(text) {
  ui['publish-error'].hidden = !text;
  setText(ui['publish-error'], text);
  ui.name.setAttribute('aria-invalid', String(Boolean(text)));
}

const pushLines = {
  url: copyLine(() => t('pushUrl')), ffmpeg: copyLine(() => t('ffmpeg')),
  server: copyLine(() => t('obsServer')), key: copyLine(() => t('obsKey')),
};
const pushNote = el('p', { class: 'muted small' });
const obsTitle = el('h3');
ui['publish-result'].append(pushLines.url.node, pushNote, pushLines.ffmpeg.node, obsTitle, pushLines.server.node, pushLines.key.node);

function renderPush() {
  ui['publish-result'].hidden = push === null;
  if (!push) return;
  const { url } = push;
  const path = url.split('?')[0];
  const cut = path.lastIndexOf('/');
  pushLines.url.set(url);
  pushLines.ffmpeg.set(`ffmpeg -re -i video.mp4 -c copy -f flv "${url}"`);
  pushLines.server.set(url.slice(0, cut));
  pushLines.key.set(url.slice(cut + 1));
  setText(obsTitle, t('obs'));
  const until = Number.parseInt(new URLSearchParams(url.split('?')[1] ?? '').get('txTime') ?? '', 16);
  setText(pushNote, Number.isFinite(until) ? t('validUntil', moment(until * 1000)) : '');
}

// -------------------------------------------------------------------------------------------------------- refusals

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

let refusalsDrawn = '';

function renderRefusals() {
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

// --------------------------------------------------------------------------------------------------------- language

function setLanguage(wanted, remember) {
  speak(wanted);
  if (remember) keptLanguage(wanted);
  document.documentElement.lang = locale();
  for (const node of document.querySelectorAll('[data-t]')) setText(node, t(node.dataset.t));
  for (const node of document.querySelectorAll('[data-t-label]')) node.setAttribute('aria-label', t(node.dataset.tLabel));
  for (const one of ['en', 'zh']) byId(`lang-${one}`).setAttribute('aria-pressed', String(one === lang));
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
    if (!poll.stopped) poll.now();
    return;
  }
  hiddenTimer = setTimeout(() => {
    if (!document.querySelector('video').muted || player.state === 'paused') return;
    pausedByHiding = true;
    player.pause();
  }, HIDDEN_PAUSE_MS);
});

window.addEventListener('hashchange', () => {
  if (tokenFromAddress()) poll.start();
});

tokenFromAddress();
setLanguage(firstLanguage(), false);
poll.start();
