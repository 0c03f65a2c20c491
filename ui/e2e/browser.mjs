// A plain browser, and a situation of the fake backend in it.
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

/** @typedef {import('playwright-core').Page} Page */

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser'];

/** The browser that LANRAGE_CHROMIUM names, or Debian's or Ubuntu's. */
export const launch = () =>
  chromium.launch({
    executablePath: process.env['LANRAGE_CHROMIUM'] ?? browsers.find(existsSync) ?? 'chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/**
 * Opens a situation and waits until it stands.
 * @param {Page} page
 * @param {string} query
 */
export async function open(page, query) {
  await page.goto(`/dev.html?${query}`);
  await page.waitForSelector('html[data-ready]');
  await settle(page);
}

/** Waits for whatever is still moving. @param {Page} page */
export async function settle(page) {
  // Loading shows itself only after a moment, dialogs fade in, charts are drawn as they come into sight.
  await page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    for (const animation of document.getAnimations()) {
      if (animation.effect?.getTiming().iterations !== Infinity) animation.finish();
    }
  });
}
