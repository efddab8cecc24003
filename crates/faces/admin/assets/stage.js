// The stream that is watched: its player with the controls, what is measured, and its addresses.
import { delayOf } from './clock.js';
import { copyLine } from './copy.js';
import { el, setLabel, setText, ui } from './dom.js';
import { LivePlayer } from './player.js';
import { sparkline } from './spark.js';
import { codecName, veilTexts } from './veil.js';
import { bits, brief, bytes, duration, frameRate, number, pictureSize, t } from './words.js';

const video = ui.player.querySelector('video');

/** Plays the stream that is watched. */
export const player = new LivePlayer(video, ui.player);

/** Whether it can be heard. */
export const isHeard = () => !video.muted;

let stream = null; // as it was listed last

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

/** Shows the stream called `name`, which is null once it is not listed any more, with its last bit rates. */
export function renderStage(name, newStream, samples) {
  stream = newStream;
  setText(ui['stage-name'], name ?? '');
  ui['stage-name'].title = name ?? '';
  video.setAttribute('aria-label', name ?? '');
  renderVeil();
  if (stream) renderFacts(samples);
}

function renderFacts(samples) {
  const { video: picture, audio } = stream;
  setText(ui['stage-session'], stream.session);
  setText(ui['stage-rate'], bits(stream.bits_per_second));
  sparkline(ui['stage-spark'], samples);
  fact('picture', picture ? pictureSize(picture) : t('none'), picture ? frameRate(picture) : '');
  fact('video', picture?.name ?? t('none'), picture?.codec ?? '');
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
  const { frames, dropped, width, height } = player.stats;
  const delay_ms = player.state === 'playing' ? delayOf(player, stream.name) : null;
  const shown = delay_ms === null ? '–' : `${number(delay_ms / 1000, 1)} ${t('s')}`;
  const counted = dropped ? t('framesDropped', number(frames), number(dropped)) : t('frames', number(frames));
  fact('delay', shown, frames ? counted : '');
  setText(ui['delay-tag'], delay_ms === null ? '' : t('behind', number(delay_ms / 1000, 1)));
  setText(ui.picture, width ? `${width} × ${height}` : '');
}

const addressLines = {
  mp4: copyLine(() => 'fMP4'), flv: copyLine(() => 'HTTP-FLV'), hls: copyLine(() => 'HLS'), llhls: copyLine(() => 'LL-HLS'),
  rtmp: copyLine(() => 'RTMP'),
};

function renderAddresses() {
  for (const [format, line] of Object.entries(addressLines)) {
    const address = stream.play[format];
    if (!address) line.node.remove();
    else {
      if (!line.node.parentNode) ui.addresses.append(line.node);
      line.set(format === 'rtmp' ? address : new URL(address, location.href).href);
    }
  }
}

function renderVeil() {
  const [title, text] = veilTexts(player, stream?.state);
  setText(ui['veil-title'], title);
  setText(ui['veil-text'], text);
  const state = stream?.state ?? 'ended';
  setText(ui['live-tag'], t(state));
  ui['live-tag'].dataset.state = state;
  const paused = player.state === 'paused';
  ui.toggle.querySelector('use').setAttribute('href', paused ? '#i-play' : '#i-pause');
  setLabel(ui.toggle, t(paused ? 'play' : 'pause'));
  setLabel(ui['big-play'], t('play'));
  setLabel(ui.full, t('full'));
  ui.mute.querySelector('use').setAttribute('href', video.muted ? '#i-muted' : '#i-sound');
  setText(ui.mute.querySelector('span'), video.muted ? t('unmute') : '');
  setLabel(ui.mute, t(video.muted ? 'unmute' : 'mute'));
  setText(ui['sound-tag'], player.silent.length ? t('noSound', player.silent.map(codecName).join(', ')) : '');
  ui.mute.hidden = player.silent.length > 0 || stream?.audio === null;
}

function togglePlay() {
  if (player.state === 'paused') player.resume();
  else player.pause();
}

async function toggleFull() {
  if (document.fullscreenElement) return document.exitFullscreen();
  if (ui.player.requestFullscreen) return ui.player.requestFullscreen();
  return video.webkitEnterFullscreen?.();
}

player.addEventListener('state', renderVeil);
player.addEventListener('stats', () => {
  if (stream) renderMeasured();
});
ui.toggle.addEventListener('click', togglePlay);
ui['big-play'].addEventListener('click', togglePlay);
ui.full.addEventListener('click', () => toggleFull().catch(() => {}));
ui.player.addEventListener('dblclick', (event) => {
  if (!event.target.closest('button')) toggleFull().catch(() => {});
});
ui.mute.addEventListener('click', () => {
  video.muted = !video.muted;
  renderVeil();
});
