// Opens the demo's page in the system's Chromium: `node page.mjs URL [SCREENSHOT-PREFIX]`. It begins with the comparison of
// protocols, waits until all of them play and their delays are in order, goes back to the one player and waits until that
// plays too. Prints one JSON object: what was seen at two moments of each, and everything that went wrong on the page.
import { AUTOPLAY, launch, overflow } from './chromium.mjs';

const [url, prefix] = process.argv.slice(2);
const deadline_ms = 60_000;

const browser = await launch(AUTOPLAY);
const faults = [];
const look = () => {
  const player = document.querySelector('#player');
  const video = player.querySelector('video');
  return {
    state: player.dataset.state,
    stream: video.dataset.stream ?? null,
    current_time: video.currentTime,
    decoded: video.getVideoPlaybackQuality().totalVideoFrames,
    width: video.videoWidth,
    height: video.videoHeight,
  };
};

const look_columns = () => Object.fromEntries([...document.querySelectorAll('#compare .column')].map((column) => {
  const video = column.querySelector('video');
  return [column.dataset.protocol, {
    state: column.querySelector('.player').dataset.state,
    stream: video.dataset.stream ?? null,
    current_time: video.currentTime,
    decoded: video.getVideoPlaybackQuality().totalVideoFrames,
    delay_ms: column.dataset.delayMs ? Number(column.dataset.delayMs) : null,
  }];
}));

/** Looks again and again until what is seen is good; what was seen last, good or not. */
const until = async (page, looks, good) => {
  const end = Date.now() + deadline_ms;
  for (;;) {
    const seen = await page.evaluate(looks);
    if (good(seen) || Date.now() > end) return seen;
    await page.waitForTimeout(200);
  }
};

const moved = (before) => (now) => now.current_time > before.current_time + 1.5 && now.decoded > before.decoded + 30;

const compare = async (page, name) => {
  const columns = (each) => (seen) => ['flv', 'llhls', 'hls'].every((key) => seen[key] && each(seen[key], key));
  const first = await until(page, look_columns, columns((one) => one.decoded > 5));
  const second = await until(page, look_columns, columns((one, key) => moved(first[key])(one)));
  const ordered = ({ flv, llhls, hls }) => flv.delay_ms < llhls.delay_ms && llhls.delay_ms < hls.delay_ms && llhls.delay_ms < 3000;
  const third = await until(page, look_columns, (seen) => columns((one) => one.delay_ms !== null)(seen) && ordered(seen));
  if (prefix) await page.screenshot({ path: `${prefix}-compare-${name}.png`, fullPage: true });
  return { first, second, third, overflow: await page.evaluate(overflow) };
};

const visit = async (viewport, colorScheme, name) => {
  const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB' });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && faults.push(`${name}: ${message.text()}`));
  await page.goto(url);
  const compared = await compare(page, name);
  await page.locator('#compare-close').focus();
  await page.keyboard.press('Enter');
  const first = await until(page, look, (seen) => seen.decoded > 5);
  const second = await until(page, look, moved(first));
  const one = { first, second, overflow: await page.evaluate(overflow) };
  if (prefix) await page.screenshot({ path: `${prefix}-${name}.png`, fullPage: name === 'desktop' });
  // Every stream's row leads there too.
  await page.locator('#list .card-compare').first().focus();
  await page.keyboard.press('Enter');
  await page.locator('#compare .column').first().waitFor({ state: 'visible', timeout: deadline_ms });
  await context.close();
  return { compared, ...one };
};

try {
  const desktop = await visit({ width: 1280, height: 800 }, 'dark', 'desktop');
  const phone = await visit({ width: 390, height: 844 }, 'light', 'phone');
  console.log(JSON.stringify({ desktop, phone, faults }));
} finally {
  await browser.close();
}
