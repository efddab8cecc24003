// Looks after recordings on the page in the system's Chromium: `node keeping.mjs URL FOLDER [SCREENSHOT-PREFIX]`; the URL carries
// the token. Starts and stops tasks, gives wrong names, and sees uploads that fail to their end. What the scenario has to do
// in between it is asked for by a file of this name in the folder, and answers by another: `mend` and `mended` (the storage
// serves again), `break` and `broken` (it is gone). Prints one JSON object: what was seen, and everything that went wrong.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, overflow } from './chromium.mjs';

const [url, folder, prefix] = process.argv.slice(2);
const deadline_ms = 60_000;

const browser = await launch();
const faults = [];

const open = async (viewport, name) => {
  const context = await browser.newContext({ viewport, locale: 'en-GB', colorScheme: name === 'phone' ? 'light' : 'dark' });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
  // A name that is refused, and a try of what is there meanwhile, are errors of the console, and none of the page.
  page.on('console', (message) => message.type() === 'error' && !/status of (400|404|409)/.test(message.text()) && faults.push(`${name}: ${message.text()}`));
  await page.goto(url);
  await page.locator('#tab-recordings').click({ timeout: deadline_ms });
  await page.locator('#keeping').waitFor({ state: 'visible', timeout: deadline_ms });
  return page;
};

const shot = (page, name) => prefix && page.screenshot({ path: `${prefix}-${name}.png`, fullPage: true });

/** Asks the scenario to do something, and waits until it has. */
const ask = async (page, question, answer) => {
  writeFileSync(join(folder, question), '');
  for (const end = Date.now() + deadline_ms; !existsSync(join(folder, answer));) {
    if (Date.now() > end) throw new Error(`no answer to ${question}`);
    await page.waitForTimeout(100);
  }
};

/** Starts a task by keyboard, sees it wait, stops it and takes it out of the list. */
const task = async (page, name) => {
  const field = page.locator('#record-name');
  await field.fill('two words');
  await page.keyboard.press('Enter');
  await page.locator('#desk-fault').waitFor({ state: 'visible', timeout: deadline_ms });
  const refused = { said: await page.locator('#desk-fault').textContent(), marked: await field.getAttribute('aria-invalid') };
  await field.fill(`later-${name}`);
  await page.locator('input[name="format"][value="hls"]').focus();
  await page.keyboard.press('Space');
  await field.focus();
  await page.keyboard.press('Enter');
  const row = page.locator('#task-list .desk-row', { hasText: `later-${name}` });
  await row.locator('.desk-tag', { hasText: 'Waits for the stream' }).waitFor({ timeout: deadline_ms });
  const text = await row.locator('.desk-main').textContent();
  const still = await page.locator('#desk-fault').isVisible();
  await row.getByRole('button', { name: 'Stop' }).focus();
  await page.keyboard.press('Enter');
  await row.locator('.desk-tag', { hasText: 'Finished' }).waitFor({ timeout: deadline_ms });
  await row.getByRole('button', { name: 'Remove' }).click();
  await row.waitFor({ state: 'detached', timeout: deadline_ms });
  return { refused, text, still };
};

/** What is said of uploads that fail. */
const failing = async (page, name) => {
  const row = page.locator('#upload-list .desk-row').first();
  await row.locator('.upload-failure').waitFor({ timeout: deadline_ms });
  await shot(page, `uploads-${name}`);
  return {
    state: await row.locator('.desk-tag').textContent(), place: await row.locator('.desk-main span').textContent(),
    next: await row.locator('.upload-next').textContent(), failure: await row.locator('.upload-failure').textContent(),
    progress: await row.locator('progress').getAttribute('aria-label'), where: await page.locator('#upload-where').textContent(),
    overflow: await page.evaluate(overflow),
  };
};

/** Presses "Try now" of all that waits until nothing does; the button keeps its focus when the list is drawn anew. */
const retry = async (page) => {
  const buttons = page.locator('#upload-list').getByRole('button', { name: 'Try now' });
  let focused = null;
  while (await buttons.count()) {
    await buttons.first().click({ timeout: 2000 }).catch(() => {});
    focused ??= await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    await page.waitForTimeout(300);
  }
  await page.locator('#desk-list .desk-tag', { hasText: 'Uploaded' }).first().waitFor({ timeout: deadline_ms });
  return focused;
};

/** Deletes a recording whose copy cannot be deleted, and gives the copy up. */
const giveUp = async (page) => {
  await page.locator('#desk-list').getByRole('button', { name: 'Delete' }).first().click();
  await page.locator('#confirm-yes').click();
  const row = page.locator('#upload-list .desk-row', { hasText: 'Fails' });
  await row.locator('.upload-failure').waitFor({ timeout: deadline_ms });
  await row.getByRole('button', { name: 'Give up' }).click();
  const question = await page.locator('#confirm-text').textContent();
  await page.locator('#confirm-yes').click();
  await row.waitFor({ state: 'detached', timeout: deadline_ms });
  return question;
};

try {
  const [desktop, phone] = [await open({ width: 1280, height: 800 }, 'desktop'), await open({ width: 390, height: 844 }, 'phone')];
  const seen = {};
  for (const [name, page] of [['desktop', desktop], ['phone', phone]]) {
    seen[name] = {
      storage: await page.locator('#storage').textContent(), begins: await page.locator('#storage-state').getAttribute('data-state'),
      uploads: await failing(page, name), task: await task(page, name), overflow: await page.evaluate(overflow),
    };
  }
  const secrets = await desktop.evaluate(() => document.body.innerText);
  await ask(desktop, 'mend', 'mended');
  seen.focused = await retry(desktop);
  seen.none = await desktop.locator('#upload-none').textContent();
  await shot(desktop, 'uploaded');
  await ask(desktop, 'break', 'broken');
  seen.question = await giveUp(desktop);
  await desktop.locator('#lang-zh').click();
  seen.chinese = await desktop.locator('#storage-title').textContent();
  console.log(JSON.stringify({ ...seen, text: secrets, faults }));
} finally {
  await browser.close();
}
