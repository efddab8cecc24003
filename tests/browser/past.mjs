// Records, rewinds and scrubs on the page in the system's Chromium: `node past.mjs URL STREAM [SCREENSHOT-PREFIX]`; the URL
// carries the token. Prints one JSON object: what was seen, and everything that went wrong on the page.
import { launch, overflow } from './chromium.mjs';

const [url, stream, prefix] = process.argv.slice(2);
const deadline_ms = 60_000;

const browser = await launch();
const faults = [];

/** The video of the window of the past, once its time has passed this. */
const played = async (page, past_s) => {
  await page.waitForFunction((past) => document.querySelector('#past video').currentTime > past, past_s, { timeout: deadline_ms });
  return page.evaluate(() => {
    const video = document.querySelector('#past video');
    const { totalVideoFrames } = video.getVideoPlaybackQuality();
    return { at_s: video.currentTime, duration_s: video.duration, frames: totalVideoFrames, width: video.videoWidth };
  });
};

/** Seeks, and waits until it plays on from there. */
const scrub = async (page, to_s) => {
  await page.evaluate((to) => { document.querySelector('#past video').currentTime = to; }, to_s);
  return played(page, to_s + 0.4);
};

const visit = async (viewport, name) => {
  const context = await browser.newContext({ viewport, locale: 'en-GB' });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && faults.push(`${name}: ${message.text()}`));
  await page.goto(url);
  await page.locator('#rewind').click({ timeout: deadline_ms });
  const rewound = await played(page, 1);
  const date = await page.locator('#past-date').textContent();
  const ahead = await scrub(page, 5);
  const back = await scrub(page, 0.5);
  if (prefix) await page.screenshot({ path: `${prefix}-past-${name}.png` });
  await page.locator('#past-close').click();

  await page.locator('#tab-recordings').click();
  const rows = page.locator('.desk-row', { hasText: stream });
  const file = rows.filter({ hasText: 'MP4' }).first();
  await file.getByRole('button', { name: 'Play' }).click({ timeout: deadline_ms });
  const recording = await played(page, 0.5);
  await page.locator('#past-close').click();
  const download = page.waitForEvent('download', { timeout: deadline_ms });
  await file.getByRole('link', { name: 'Download' }).click();
  const saved = (await download).suggestedFilename();
  if (prefix) await page.screenshot({ path: `${prefix}-recordings-${name}.png`, fullPage: true });
  await file.getByRole('button', { name: 'Delete' }).click();
  await page.locator('#confirm-yes').click();
  const gone = page.locator('.desk-row', { hasText: 'Deleted' });
  await gone.getByRole('button', { name: 'Restore' }).click({ timeout: deadline_ms });
  await gone.waitFor({ state: 'detached', timeout: deadline_ms });
  const wide = await page.evaluate(overflow);
  await context.close();
  return { rewound, date, ahead, back, recording, saved, overflow: wide };
};

try {
  const desktop = await visit({ width: 1280, height: 800 }, 'desktop');
  const phone = await visit({ width: 390, height: 844 }, 'phone');
  console.log(JSON.stringify({ desktop, phone, faults }));
} finally {
  await browser.close();
}
