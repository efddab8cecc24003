// Lines of text that can be copied with one press.
import { el, icon, setText } from './dom.js';
import { t } from './words.js';

/** A line of text with a button that copies it. The text may change while the button has the focus. */
export function copyLine(label) {
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
  document.getElementById('announcer').textContent = t('copied');
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
