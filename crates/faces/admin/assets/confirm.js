// One question before something is cut, taken away or undone.
import { ApiError } from './api.js';
import { setText, ui } from './dom.js';
import { t } from './words.js';

let act = null;

/** Asks `question`; `work` is done when the button with the word `yes` is pressed. */
export function confirmAct(question, yes, work) {
  act = work;
  setText(ui['confirm-text'], question);
  setText(ui['confirm-yes'], yes);
  setText(ui['confirm-no'], t('cancel'));
  showFault('');
  ui.confirm.showModal();
}

function showFault(text) {
  ui['confirm-fault'].hidden = !text;
  setText(ui['confirm-fault'], text);
}

/** What went wrong, in a sentence. */
export const faultText = (error) => (error instanceof ApiError ? error.reason || error.message : t('noAnswer'));

ui['confirm-yes'].addEventListener('click', async () => {
  ui['confirm-yes'].disabled = true;
  try {
    await act();
    ui.confirm.close();
    document.dispatchEvent(new Event('changed'));
  } catch (error) {
    showFault(faultText(error));
  }
  ui['confirm-yes'].disabled = false;
});

ui['confirm-no'].addEventListener('click', () => ui.confirm.close());
