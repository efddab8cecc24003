// Opens the page in the system's Chromium and waits until its video plays: `node page.mjs URL [SCREENSHOT-PREFIX]`.
// Prints one JSON object: what the player showed at two moments, and everything that went wrong on the page.
import { chromium } from 'playwright-core';

const [url, prefix] = process.argv.slice(2);
const deadline_ms = 30_000;

const browser = await chromium.launch({
  executablePath: process.env.VIVACE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
});
const faults = [];
const look = () => {
  const video = document.querySelector('video');
  const player = video?.closest('[data-state]') ?? document.querySelector('[data-state]');
  const quality = video?.getVideoPlaybackQuality?.();
  return {
    state: player?.dataset.state ?? null,
    stream: video?.dataset.stream ?? null,
    current_time: video?.currentTime ?? 0,
    decoded: quality?.totalVideoFrames ?? 0,
    width: video?.videoWidth ?? 0,
    height: video?.videoHeight ?? 0,
  };
};

const visit = async (viewport, colorScheme, name) => {
  const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB' });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && faults.push(`${name}: ${message.text()}`));
  await page.goto(url);
  await page.waitForFunction(() => (document.querySelector('video')?.getVideoPlaybackQuality()?.totalVideoFrames ?? 0) > 5,
    null, { timeout: deadline_ms });
  const first = await page.evaluate(look);
  await page.waitForFunction(
    (before) => {
      const video = document.querySelector('video');
      return video.currentTime > before.current_time + 1.5
        && video.getVideoPlaybackQuality().totalVideoFrames > before.decoded + 30;
    }, first, { timeout: deadline_ms });
  const second = await page.evaluate(look);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (prefix) await page.screenshot({ path: `${prefix}-${name}.png`, fullPage: name === 'desktop' });
  await context.close();
  return { first, second, overflow };
};

try {
  const desktop = await visit({ width: 1280, height: 800 }, 'dark', 'desktop');
  const phone = await visit({ width: 390, height: 844 }, 'light', 'phone');
  console.log(JSON.stringify({ desktop, phone, faults }));
} finally {
  await browser.close();
}
