// Asks for an address to push to, and shows it in the words of encoders.
import { ApiError, api, refusedByToken, token } from './api.js';
import { copyLine } from './copy.js';
import { el, setText, ui } from './dom.js';
import { moment, t } from './words.js';

let push = null; // the last answer of push-url: { name, url }
let refused = () => {};

/** `whenRefused(error)` is called when the server takes the token no more. */
export function startPublish(whenRefused) {
  refused = whenRefused;
}

/** Forgets the address that was shown. */
export function forgetPush() {
  push = null;
  renderPush();
}

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
    if (refusedByToken(error) && token) refused(error);
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

/** Says the address again, in the page's language. */
export function renderPush() {
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
