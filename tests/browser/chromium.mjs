// The system's Chromium, as every scenario of a browser starts it.
import { chromium } from 'playwright-core';

/** Starts it; with arguments of the scenario's own. */
export const launch = (...args) => chromium.launch({
  executablePath: process.env.VIVACE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', ...args],
});

/** Lets a page play sound and picture although nobody has touched it. */
export const AUTOPLAY = '--autoplay-policy=no-user-gesture-required';

/** For `page.evaluate`: how far the page can be moved sideways. */
export const overflow = () => document.documentElement.scrollWidth - window.innerWidth;
