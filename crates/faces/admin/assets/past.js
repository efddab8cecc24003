// The past in a window of its own: recordings, and what lies behind live, to be scrubbed through.
import { setText, ui } from './dom.js';
import { codecName } from './veil.js';
import { VodPlayer } from './vod.js';
import { moment, t } from './words.js';

const video = ui.past.querySelector('video');
let player = null;

/** Shows what is at `url`: a playlist of HLS, or a file that the browser plays by itself. */
export async function openPast(title, url) {
  closePast();
  setText(ui['past-title'], title);
  setText(ui['past-close'], t('close'));
  say('');
  setText(ui['past-date'], '');
  ui.past.showModal();
  if (!new URL(url, location.href).pathname.endsWith('.m3u8')) {
    video.src = url;
    return;
  }
  player = new VodPlayer(video, (error) => say(reason(error)));
  const mine = player;
  try {
    await mine.open(url);
  } catch (error) {
    if (player === mine) say(reason(error));
  }
}

function reason(error) {
  if (error.kind === 'unsupported') return t('vUnsupported', error.detail.codecs.map(codecName).join(', ') || 'HLS');
  const status = error.detail?.status;
  if (status === 501) return t('pastOff');
  if (status === 404) return t('pastNone');
  if (status) return t('vHttp', status);
  return t('vBroken');
}

function say(text) {
  ui['past-fault'].hidden = !text;
  setText(ui['past-fault'], text);
}

function closePast() {
  player?.close();
  player = null;
  video.removeAttribute('src');
  video.load();
}

video.addEventListener('timeupdate', () => {
  const at = player?.dateAt(video.currentTime) ?? null;
  setText(ui['past-date'], at === null ? '' : moment(at));
});
video.addEventListener('error', () => {
  if (video.getAttribute('src')) say(t('vBroken'));
});
ui['past-close'].addEventListener('click', () => ui.past.close());
ui.past.addEventListener('close', closePast);
