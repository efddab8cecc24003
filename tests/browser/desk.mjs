// Manages a server on its page in the system's Chromium: `node desk.mjs URL [SCREENSHOT-PREFIX]`; the URL carries the token.
// Prints one JSON object: what was seen at two widths, and everything that went wrong on the page.
import { launch, overflow } from './chromium.mjs';

const [url, prefix] = process.argv.slice(2);
const deadline_ms = 60_000;

const browser = await launch();
const faults = [];

/** Makes a channel by keyboard, closes it behind its question, and finds both among the changes, where one is undone. */
const manage = async (page, name) => {
  await page.locator('#channel-name').fill(`stage ${name}`);
  await page.keyboard.press('Enter');
  await page.locator('#channel-made').waitFor({ state: 'visible', timeout: deadline_ms });
  const address = await page.locator('#channel-lines code').first().textContent();
  if (prefix) await page.screenshot({ path: `${prefix}-manage-${name}.png`, fullPage: true });
  const row = page.locator('.desk-row', { hasText: `stage ${name}` });
  await row.getByRole('button', { name: 'Stop' }).click();
  await page.locator('#confirm-yes').focus();
  await page.keyboard.press('Enter');
  await row.locator('.desk-tag[data-kind="closed"]').waitFor({ timeout: deadline_ms });
  await page.locator('#tab-channels').focus();
  for (const _ of ['recordings', 'bans', 'relays', 'audit']) await page.keyboard.press('ArrowRight');
  const stopped = page.locator('.desk-row', { hasText: 'channel.stop' }).first();
  await stopped.getByRole('button', { name: 'Undo' }).click();
  await page.locator('#confirm-yes').click();
  await page.locator('.desk-row', { hasText: 'channel.start' }).first().waitFor({ timeout: deadline_ms });
  return { address, overflow: await page.evaluate(overflow) };
};

const visit = async (viewport, name) => {
  const context = await browser.newContext({ viewport, locale: 'en-GB' });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && faults.push(`${name}: ${message.text()}`));
  await page.goto(url);
  await page.locator('#desk').waitFor({ state: 'visible', timeout: deadline_ms });
  const managed = await manage(page, name);
  await page.locator('#lang-zh').click();
  const chinese = await page.locator('#desk-title').textContent();
  await context.close();
  return { ...managed, chinese };
};

try {
  const desktop = await visit({ width: 1280, height: 800 }, 'desktop');
  const phone = await visit({ width: 390, height: 844 }, 'phone');
  console.log(JSON.stringify({ desktop, phone, faults }));
} finally {
  await browser.close();
}
