// The desk of the operator: channels, bans, relays, changes with their undo, and events.
import { api } from './api.js';
import { confirmAct, faultText } from './confirm.js';
import { copyLine } from './copy.js';
import { el, redraw, setText, ui } from './dom.js';
import { isRecorded, renderKeeping } from './keeping.js';
import { askRecordings, recordingRow, startRecording } from './recordings.js';
import { ago, ahead, lang, moment, number, t } from './words.js';

const ROWS = 20;
const LISTS = ['channels', 'recordings', 'bans', 'relays', 'audit', 'events'];

let shown = 'channels';
let rows = Object.fromEntries(LISTS.map((list) => [list, null]));
let more = {};
let made = null; // the channel whose addresses are shown

/** Asks for the list that is on show. */
export async function pollDesk() {
  const list = shown;
  const answer = list === 'recordings' ? await askRecordings(ROWS) : await api(`${list}?limit=${ROWS}`);
  rows = { ...rows, [list]: answer.items };
  more = { ...more, [list]: Boolean(answer.next) };
  renderDesk();
}

/** Forgets everything, when the token is forgotten. */
export function forgetDesk() {
  rows = Object.fromEntries(LISTS.map((list) => [list, null]));
  made = null;
  renderDesk();
}

/** Shows the list that was chosen, in the page's language. */
export function renderDesk() {
  ui.desk.hidden = rows[shown] === null;
  for (const list of LISTS) ui[`tab-${list}`].setAttribute('aria-selected', String(list === shown));
  for (const list of LISTS) ui[`tab-${list}`].tabIndex = list === shown ? 0 : -1;
  ui['desk-panel'].setAttribute('aria-labelledby', `tab-${shown}`);
  ui['channel-form'].hidden = shown !== 'channels';
  ui['record-form'].hidden = shown !== 'recordings';
  renderMade();
  const items = rows[shown] ?? [];
  ui['desk-none'].hidden = items.length > 0;
  setText(ui['desk-none'], t('deskNone'));
  ui['desk-more'].hidden = !more[shown];
  setText(ui['desk-more'], t('deskMore', number(ROWS)));
  renderKeeping(shown === 'recordings' && rows.recordings !== null, TOOLS);
  // Drawn anew only when there is something new.
  const what = [lang, shown, items.map((item) => ({ ...item, bytes: 0, bits_per_second: 0 }))];
  redraw(ui['desk-list'], what, () => items.map((item) => ROW[shown](item)));
  for (const time of ui['desk-panel'].querySelectorAll('time')) setText(time, time.dataset.due ? ahead(Number(time.dataset.due)) : ago(Date.parse(time.dateTime)));
}

function renderMade() {
  const channel = shown === 'channels' ? made : null;
  ui['channel-made'].hidden = !channel;
  if (!channel) return;
  const [first] = channel.play;
  const given = { push: channel.push, rtmp: first?.rtmp, flv: first?.flv, hls: first?.hls };
  for (const [key, line] of Object.entries(lines)) {
    line.node.hidden = !given[key];
    line.set(given[key] ?? '');
  }
  setText(ui['channel-made-title'], t('channelMade', channel.name));
}

const lines = Object.fromEntries([['push', () => t('pushUrl')], ['rtmp', () => 'RTMP'], ['flv', () => 'HTTP-FLV'], ['hls', () => 'HLS']]
  .map(([key, label]) => [key, copyLine(label)]));
ui['channel-lines'].append(...Object.values(lines).map(({ node }) => node));

const main = (title, text) => el('div', { class: 'desk-main' }, el('b', { text: title }), el('span', { class: 'muted small mono', text }));
const tag = (text, kind = '') => el('span', { class: 'desk-tag', 'data-kind': kind, text });
const when = (ms) => el('time', { class: 'muted small', datetime: new Date(ms).toISOString(), title: moment(ms), text: ago(ms) });

/** A time to come. */
const due = (ms) => el('time', { datetime: new Date(ms).toISOString(), title: moment(ms), 'data-due': String(ms), text: ahead(ms) });

/** A button that asks before it acts; without a question it acts at once. */
function button(word, label, work, question = '') {
  const act = async () => {
    if (question) return confirmAct(question, word, work);
    try {
      await work();
      fault('');
    } catch (error) {
      fault(faultText(error));
    }
    return pollDesk().catch(() => {});
  };
  return el('button', { type: 'button', class: 'quiet', 'aria-label': label, text: word, onclick: act });
}

const TOOLS = { main, tag, when, due, button };

const ROW = {
  channels(channel) {
    const path = `channels/${channel.id}`;
    const [word, act] = channel.status === 'closed' ? [t('start'), 'start'] : [t('stop'), 'stop'];
    const stopAsk = act === 'stop' ? t('stopAsk', channel.name) : '';
    const addresses = async () => { made = await api(path); };
    return [
      main(channel.name, channel.stream), tag(t(`status_${channel.status}`), channel.status),
      el('div', { class: 'desk-acts' },
        button(t('addressesOf'), `${t('addressesOf')}: ${channel.name}`, addresses),
        button(word, `${word}: ${channel.name}`, () => api(`${path}/${act}`, 'POST'), stopAsk),
        ...(channel.status === 'closed' ? [button(t('delete'), `${t('delete')}: ${channel.name}`, () => api(path, 'DELETE'), t('deleteAsk', channel.name))] : [])),
    ];
  },
  recordings: (one) => recordingRow(one, TOOLS),
  bans(ban) {
    const unban = () => api(`streams/${encodeURIComponent(ban.stream)}/ban`, 'DELETE');
    return [
      main(ban.stream, ban.reason), el('span', { class: 'muted small', text: t('until', moment(ban.until_ms)) }),
      el('div', { class: 'desk-acts' }, button(t('unban'), `${t('unban')}: ${ban.stream}`, unban)),
    ];
  },
  relays(relay) {
    const word = relay.enabled ? t('stop') : t('start');
    const set = () => api(`relays/${relay.id}`, 'PATCH', { enabled: !relay.enabled });
    const arrow = relay.direction === 'pull' ? '←' : '→';
    return [
      main(`${relay.stream} ${arrow} ${relay.url}`, relay.last_error ?? ''), tag(relay.state, relay.state),
      el('div', { class: 'desk-acts' }, button(word, `${word}: ${relay.stream}`, set)),
    ];
  },
  audit(change) {
    const undo = () => api(`audit/${change.id}/undo`, 'POST');
    const who = [change.face, change.who, change.peer].filter(Boolean).join(' · ');
    const differs = [change.before, change.after].map((state) => (state === null ? '–' : JSON.stringify(state))).join(' → ');
    return [
      el('div', { class: 'desk-main' },
        el('b', { text: change.operation }), el('span', { class: 'small mono', text: change.subject }),
        el('span', { class: 'muted small', text: who }),
        el('details', {}, el('summary', { class: 'small', text: t('differs') }), el('code', { class: 'detail', text: differs }))),
      when(change.at_ms),
      el('div', { class: 'desk-acts' }, button(t('undo'), `${t('undo')}: ${change.operation} ${change.subject}`, undo, t('undoAsk', change.operation, change.subject))),
    ];
  },
  events(event) {
    const what = [event.peer, event.detail].filter(Boolean).join(' · ');
    return [
      main(`${event.kind}${event.stream ? ` · ${event.stream}` : ''}`, what),
      ...(event.code === null ? [] : [tag(`${event.table}/${event.code}`, 'bad')]), when(event.at_ms),
    ];
  },
};

function fault(text) {
  ui['desk-fault'].hidden = !text;
  setText(ui['desk-fault'], text);
}

function choose(list) {
  shown = list;
  made = null;
  fault('');
  if (rows[list] === null) rows = { ...rows, [list]: [] };
  renderDesk();
  pollDesk().catch((error) => fault(faultText(error)));
}

for (const list of LISTS) ui[`tab-${list}`].addEventListener('click', () => choose(list));

// Arrows lead from tab to tab.
ui['desk-tabs'].addEventListener('keydown', (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = LISTS[(LISTS.indexOf(shown) + step + LISTS.length) % LISTS.length];
  choose(next);
  ui[`tab-${next}`].focus();
});

ui['channel-form'].addEventListener('submit', async (event) => {
  event.preventDefault();
  try {
    made = await api('channels', 'POST', { name: ui['channel-name'].value });
    ui['channel-name'].value = '';
    fault('');
    await pollDesk();
  } catch (error) {
    fault(faultText(error));
  }
  renderDesk();
});

ui['record-form'].addEventListener('submit', async (event) => {
  event.preventDefault();
  const name = ui['record-name'].value.trim();
  const formats = new FormData(ui['record-form']).getAll('format');
  if (isRecorded(name)) {
    confirmAct(t('recordTwiceAsk', name), t('record'), async () => {
      await startRecording(name, formats);
      ui['record-form'].reset();
    });
    return;
  }
  try {
    await startRecording(name, formats);
    ui['record-form'].reset();
    ui['record-name'].removeAttribute('aria-invalid');
    fault('');
    await pollDesk();
  } catch (error) {
    ui['record-name'].setAttribute('aria-invalid', String(error.status === 400));
    ui['record-name'].focus();
    fault(faultText(error));
  }
});

document.addEventListener('changed', () => pollDesk().catch(() => {}));
