// The page: signs in, asks the server every two seconds, and shows what it says.
import { LivePlayer } from './player.js';

const POLL_MS = 2000;
const POLL_RETRY_MAX_MS = 15000;
const REQUEST_MS = 8000;
const HIDDEN_PAUSE_MS = 60000;
const SPARK_SAMPLES = 90;
const REFUSALS_SHOWN = 5;

const TEXTS = {
  en: {
    skip: 'Skip to the streams', tagline: 'Live video server', language: 'Language', server: 'Server', player: 'Player',
    signOut: 'Sign out', signIn: 'Sign in', signInTitle: 'Sign in to this server', tokenLabel: 'API token',
    signInLead: 'The page shows streams and addresses, so it asks for the server’s API token.',
    hintUrl: 'The quickest way in: run this on the server and open what it prints.',
    hintToken: 'Or paste the api_token that this prints:',
    tokenRefused: 'The server did not accept this token.',
    tokenForbidden: 'This token may not read the page.',
    streams: 'Streams', viewers: 'Viewers', incoming: 'Incoming', outgoing: 'Outgoing', skips: 'Skips', uptime: 'Uptime',
    session: 'Session', bitRate: 'Bit rate', addresses: 'Play addresses', liveNow: 'Live now', refusals: 'Last refusals',
    noRefusals: 'No refusals to report.', audioOnly: 'Audio only', emptyTitle: 'No stream yet',
    emptyLead: 'Name a stream, copy its push address into any encoder, and it appears here by itself.',
    demoHint: 'No encoder at hand? This starts a server of its own with a looping clip:',
    publishTitle: 'Publish a stream', streamName: 'Stream name', getUrl: 'Get push URL',
    nameHint: 'Letters, digits, _ and -, with single dots inside. At most 128.',
    connected: 'Connected', connecting: 'Connecting', disconnected: 'Offline',
    lost: (s) => `The server cannot be reached. Trying again in ${s} s.`,
    failed: (status, s) => `The server answered with HTTP ${status}. Trying again in ${s} s.`,
    live: 'Live', grace: 'Waiting for publisher', ended: 'Ended',
    picture: 'Picture', frameRate: 'Frame rate', video: 'Video', audio: 'Audio', delay: 'Delay here', lag: 'Slowest viewer',
    received: 'Received', sent: 'Sent', frames: (n) => `${n} frames`, framesDropped: (n, d) => `${n} frames, ${d} dropped`, none: 'none', mono: 'mono', stereo: 'stereo',
    channels: (n) => `${n} channels`, fps: 'fps', behind: (s) => `${s} s behind live`, lagBehind: (t) => `${t} behind`,
    watch: (name) => `Watch ${name}`, watching: 'Watching', viewersOf: (n) => `${n} ${n === '1' ? 'viewer' : 'viewers'}`,
    noSound: (c) => `No sound: this browser cannot play ${c}`,
    play: 'Play', pause: 'Pause', mute: 'Mute', unmute: 'Unmute', full: 'Full screen',
    vConnecting: 'Connecting', vStalled: 'Waiting for the picture', vStalledText: 'The next frame has not arrived yet.',
    vGrace: 'Waiting for the publisher', vGraceText: 'Playing goes on as soon as it is back.',
    vEnded: 'The stream has ended', vEndedText: 'It starts again here when somebody publishes it.',
    vPaused: 'Paused', vPausedText: 'Playing goes on at the live edge.',
    vUnsupported: (c) => `${c} is not supported by this browser`,
    vUnsupportedText: (c) => `The stream carries ${c}. Use another browser, or one of the play addresses below in a media player.`,
    vNoMse: 'This browser has no Media Source Extensions', vNoMseText: 'Use one of the play addresses below in a media player.',
    vHttp: (s) => `The server refused to play this (HTTP ${s})`, vHttpText: 'The reason is among the last refusals. Trying again.',
    vBroken: 'The stream cannot be decoded', vBrokenText: 'Trying again.',
    copy: 'Copy', copied: 'Copied', pushUrl: 'Push URL', ffmpeg: 'With ffmpeg', obs: 'In OBS: Settings, Stream, Custom',
    obsServer: 'Server', obsKey: 'Stream key', validUntil: (t) => `Valid until ${t}. Whoever has it can publish under this name.`,
    noAnswer: 'The server cannot be reached.', needName: 'Give the stream a name first.', pushForbidden: 'Push addresses need a token: open this page with “vivace url page”.',
    cause: 'Cause', remedy: 'Remedy', noName: 'no name', from: (p) => `from ${p}`, times: (n) => `${n} times`,
    publish: 'Publish', playOp: 'Play', showAll: (n) => `Show all ${n}`, showFew: 'Show fewer',
    listMore: (n, all) => `The first ${n} of ${all} streams are shown.`,
    started: (name) => `${name} is live`, stopped: (name) => `${name} has ended`,
    d: 'd', h: 'h', m: 'min', s: 's', now: 'just now', up: (d) => `up ${d}`,
  },
  zh: {
    skip: '跳到直播列表', tagline: '直播服务器', language: '语言', server: '服务器', player: '播放器',
    signOut: '退出', signIn: '登录', signInTitle: '登录此服务器', tokenLabel: 'API 令牌',
    signInLead: '本页会显示直播流和地址，因此需要服务器的 API 令牌。',
    hintUrl: '最快的方式：在服务器上运行此命令，并打开它输出的地址。',
    hintToken: '或粘贴此命令输出的 api_token：',
    tokenRefused: '服务器不接受此令牌。',
    tokenForbidden: '此令牌无权查看本页。',
    streams: '直播流', viewers: '观众', incoming: '流入', outgoing: '流出', skips: '跳帧', uptime: '运行时间',
    session: '会话', bitRate: '码率', addresses: '播放地址', liveNow: '正在直播', refusals: '最近的拒绝',
    noRefusals: '没有被拒绝的请求。', audioOnly: '仅音频', emptyTitle: '还没有直播流',
    emptyLead: '给流取个名字，把推流地址填入任意编码器，画面就会自动出现在这里。',
    demoHint: '手边没有编码器？此命令会另启一个服务器，并循环播放一段视频：',
    publishTitle: '发布直播流', streamName: '流名称', getUrl: '获取推流地址',
    nameHint: '字母、数字、_ 和 -，中间可用单个点，最多 128 个字符。',
    connected: '已连接', connecting: '连接中', disconnected: '已断开',
    lost: (s) => `无法连接服务器，${s} 秒后重试。`,
    failed: (status, s) => `服务器返回 HTTP ${status}，${s} 秒后重试。`,
    live: '直播中', grace: '等待推流端', ended: '已结束',
    picture: '画面', frameRate: '帧率', video: '视频', audio: '音频', delay: '本页延迟', lag: '最慢的观众',
    received: '已接收', sent: '已发送', frames: (n) => `${n} 帧`, framesDropped: (n, d) => `${n} 帧，丢弃 ${d}`, none: '无', mono: '单声道', stereo: '立体声',
    channels: (n) => `${n} 声道`, fps: '帧/秒', behind: (s) => `落后直播 ${s} 秒`, lagBehind: (t) => `落后 ${t}`,
    watch: (name) => `观看 ${name}`, watching: '正在观看', viewersOf: (n) => `${n} 位观众`,
    noSound: (c) => `无声音：此浏览器不支持 ${c}`,
    play: '播放', pause: '暂停', mute: '静音', unmute: '取消静音', full: '全屏',
    vConnecting: '正在连接', vStalled: '等待画面', vStalledText: '下一帧尚未到达。',
    vGrace: '等待推流端', vGraceText: '推流恢复后会自动继续播放。',
    vEnded: '直播已结束', vEndedText: '再次推流后会在这里自动播放。',
    vPaused: '已暂停', vPausedText: '继续时从最新画面开始播放。',
    vUnsupported: (c) => `此浏览器不支持 ${c}`,
    vUnsupportedText: (c) => `该流的编码为 ${c}。请换用其他浏览器，或在播放器中打开下方的播放地址。`,
    vNoMse: '此浏览器不支持 Media Source Extensions', vNoMseText: '请在播放器中打开下方的播放地址。',
    vHttp: (s) => `服务器拒绝播放（HTTP ${s}）`, vHttpText: '原因见“最近的拒绝”。正在重试。',
    vBroken: '无法解码此直播流', vBrokenText: '正在重试。',
    copy: '复制', copied: '已复制', pushUrl: '推流地址', ffmpeg: '使用 ffmpeg', obs: '在 OBS 中：设置、直播、自定义',
    obsServer: '服务器', obsKey: '推流码', validUntil: (t) => `有效期至 ${t}。持有此地址的人都能以该名称推流。`,
    noAnswer: '无法连接服务器。', needName: '请先填写流名称。', pushForbidden: '获取推流地址需要令牌：请用“vivace url page”打开本页。',
    cause: '原因', remedy: '处理办法', noName: '无名称', from: (p) => `来自 ${p}`, times: (n) => `${n} 次`,
    publish: '推流', playOp: '播放', showAll: (n) => `显示全部 ${n} 条`, showFew: '收起',
    listMore: (n, all) => `共 ${all} 路直播，显示前 ${n} 路。`,
    started: (name) => `${name} 开始直播`, stopped: (name) => `${name} 已结束`,
    d: '天', h: '小时', m: '分', s: '秒', now: '刚刚', up: (d) => `已运行 ${d}`,
  },
};

/** Names that are better known than the codec strings of RFC 6381. */
const CODEC_NAMES = {
  avc1: 'H.264', avc3: 'H.264', hvc1: 'HEVC', hev1: 'HEVC', av01: 'AV1', vp09: 'VP9',
  opus: 'Opus', 'mp4a.40': 'AAC', 'mp4a.6B': 'MP3', 'mp4a.69': 'MP3',
};

const byId = (id) => document.getElementById(id);
const ui = Object.fromEntries([...document.querySelectorAll('[id]')].map((node) => [node.id, node]));
const player = new LivePlayer(document.querySelector('video'), ui.player);

let lang = 'en';
let token = '';
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

// ---------------------------------------------------------------------------------------------------- small tools

/** An element with attributes (`text` and `on…` included) and children. Data only ever becomes text. */
function el(tag, attributes = {}, ...nodes) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'text') node.textContent = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...nodes);
  return node;
}

function svg(tag, attributes, ...nodes) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...nodes);
  return node;
}

const icon = (name) => svg('svg', { class: 'icon', 'aria-hidden': 'true' }, svg('use', { href: `#i-${name}` }));

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setLabel(button, label) {
  if (button.getAttribute('aria-label') !== label) button.setAttribute('aria-label', label);
  button.title = label;
}

const t = (key, ...values) => (typeof TEXTS[lang][key] === 'function' ? TEXTS[lang][key](...values) : TEXTS[lang][key]);

function kept(storage, key, value) {
  try {
    if (value === undefined) return storage().getItem(key) ?? '';
    if (value === '') storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // The browser keeps nothing: the choice lasts as long as the page.
  }
  return value ?? '';
}

const keptLanguage = (value) => kept(() => localStorage, 'vivace.language', value);
const keptToken = (value) => kept(() => sessionStorage, 'vivace.token', value);

function firstLanguage() {
  const before = keptLanguage();
  if (before === 'en' || before === 'zh') return before;
  const wanted = (navigator.languages ?? [navigator.language]).map((one) => one.slice(0, 2).toLowerCase());
  return wanted.find((one) => one === 'zh' || one === 'en') ?? 'en';
}

// -------------------------------------------------------------------------------------------------------- numbers

const locale = () => (lang === 'zh' ? 'zh-CN' : 'en');
const number = (value, digits = 0) => new Intl.NumberFormat(locale(), {
  minimumFractionDigits: digits, maximumFractionDigits: digits,
}).format(value);

function scaled(value, units, digits = 1) {
  let index = 0;
  let rest = value;
  for (; rest >= 999.5 && index < units.length - 1; index += 1) rest /= 1000;
  const places = index === 0 || rest >= 100 ? 0 : Math.min(digits, rest >= 10 ? 1 : 2);
  return `${number(rest, places)} ${units[index]}`;
}

const bits = (value) => scaled(value, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'], value >= 1e6 ? 2 : 0);
const bytes = (value) => scaled(value, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);

/** The two largest units of a length of time. */
function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86400), t('d')], [Math.floor(seconds / 3600) % 24, t('h')],
    [Math.floor(seconds / 60) % 60, t('m')], [seconds % 60, t('s')],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return `0 ${t('s')}`;
  return parts.slice(first, first + 2).map(([value, unit]) => `${value} ${unit}`).join(' ');
}

const brief = (ms) => (ms < 1000 ? `${number(ms)} ms` : `${number(ms / 1000, 1)} ${t('s')}`);

function ago(at_ms) {
  const seconds = Math.round((Date.now() - at_ms) / 1000);
  if (seconds < 5) return t('now');
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'always', style: 'short' });
  const [size, unit] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']].find(([each]) => seconds >= each);
  return format.format(-Math.floor(seconds / size), unit);
}

const moment = (ms) => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'medium' }).format(ms);

// ------------------------------------------------------------------------------------------------------------ API

/** An answer that is not a success. `status` is the HTTP status, `reason` the server's own sentence if there is one. */
class ApiError extends Error {
  constructor(status, reason) {
    super(reason || `HTTP ${status}`);
    this.status = status;
    this.reason = reason;
  }
}

async function api(path) {
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

const refusedByToken = (error) => error instanceof ApiError && (error.status === 401 || error.status === 403);

function tokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return false;
  window.history.replaceState(null, '', location.pathname + location.search);
  token = keptToken(given.trim());
  return true;
}

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
  token = keptToken('');
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
  const reason = error && (error.reason || t(error.status === 403 ? 'tokenForbidden' : 'tokenRefused'));
  ui['sign-in-reason'].hidden = !reason;
  setText(ui['sign-in-reason'], reason || '');
  ui.token.value = '';
  ui.token.focus();
}

ui['sign-in-form'].addEventListener('submit', (event) => {
  event.preventDefault();
  token = keptToken(ui.token.value.trim());
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

/** A line of text with a button that copies it. The text may change while the button has the focus. */
function copyLine(label) {
  const text = el('code', { class: 'line-text', tabindex: '0' });
  const name = el('span', { class: 'line-label' });
  const word = el('span');
  const button = el('button', { type: 'button', class: 'copy', onclick: () => copy(text.textContent, button, word) }, icon('copy'), word);
  const node = el('div', { class: 'line' }, name, text, button);
  return { node, set(value) {
    setText(name, label());
    setText(text, value);
    text.setAttribute('aria-label', `${label()}: ${value}`);
    if (!button.dataset.done) setText(word, t('copy'));
    button.setAttribute('aria-label', `${t('copy')}: ${label()}`);
  } };
}

async function copy(text, button, word) {
  if (!(await toClipboard(text))) return;
  button.dataset.done = 'yes';
  setText(word, t('copied'));
  ui.announcer.textContent = t('copied');
  setTimeout(() => {
    delete button.dataset.done;
    setText(word, t('copy'));
  }, 1600);
}

/** The clipboard interface exists on secure origins only; a server in the local network is often reached without TLS. */
async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const before = document.activeElement;
    const field = el('textarea', { class: 'unseen', readonly: '' });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    before?.focus();
    return done;
  }
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
    else if (refusedByToken(error)) publishError(error.reason || t('pushForbidden'));
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
  lang = wanted;
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

token = keptToken();
tokenFromAddress();
setLanguage(firstLanguage(), false);
poll.start();
