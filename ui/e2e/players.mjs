// What tests of several players with the real window share.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { program } from './app.mjs';
import { find, startedAt } from './measure.mjs';
import { until } from './processes.mjs';

/** @typedef {import('./app.mjs').Window} Window */

const template = fileURLToPath(new URL('../../src-tauri/lanrage.desktop', import.meta.url));
export const commandLine = join(program, '..', 'lanrage');
export const language = { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };

/**
 * Installs the program for one player as its package does, for the desktop to find what opens its links.
 * @param {string} dataDir
 * @returns {Record<string, string>} the environment of that player's desktop
 */
export function install(dataDir) {
  const home = mkdtempSync(join(tmpdir(), 'desktop-'));
  const applications = join(home, 'applications');
  mkdirSync(applications);
  const names = { name: 'LANrage', comment: 'A LAN with your friends', exec: basename(program), icon: 'lanrage', categories: '' };
  const entry = readFileSync(template, 'utf8').replace(/\{\{(\w+)\}\}/g, (_, key) => names[/** @type {keyof typeof names} */ (key)]);
  writeFileSync(join(applications, 'LANrage.desktop'), entry);
  writeFileSync(join(applications, 'mimeapps.list'), '[Default Applications]\nx-scheme-handler/lanrage=LANrage.desktop\n');
  execFileSync('update-desktop-database', [applications]);
  // A start by the desktop has no other words than the link.
  const path = [dirname(program), process.env['PATH']].join(delimiter);
  return { XDG_DATA_HOME: home, XDG_CONFIG_HOME: home, LANRAGE_DATA_DIR: dataDir, PATH: path };
}

/**
 * What the window shows of a friend; `null` as long as it shows none of that name.
 * @param {Window} window
 * @param {string} name
 * @returns {Promise<{ state: string, way: string } | null>}
 */
export const friend = (window, name) =>
  window.session.executeScript(
    `const heading = [...document.querySelectorAll('h3')].find((each) => each.textContent.trim().startsWith(arguments[0]));
     const row = heading?.closest('.row');
     const words = (selector) => row.querySelector(selector)?.textContent.trim() ?? '';
     return row ? { state: words('.state strong'), way: words('.path') } : null;`,
    name,
  );

/** @param {Window} window @param {string} name */
export const connected = (window, name) =>
  until(`${name} to be connected`, async () => {
    const shown = await friend(window, name);
    return shown?.state === 'Connected.' && /\d/.test(shown.way) ? shown : null;
  });

/** Puts the window beside the other. @param {Window} window @param {number} x */
export const place = (window, x) => window.session.manage().window().setRect({ x, y: 0, width: 636, height: 870 });

/**
 * The program of a player, as a process.
 * @param {string} dataDir
 */
export const processOf = (dataDir) => until('the program', () => find(program, dataDir));

/**
 * From the start of a player's program until its window shows something.
 * @param {Window} window
 * @param {string} dataDir
 * @returns {Promise<number>} milliseconds
 */
export async function firstPaint(window, dataDir) {
  const paint = /** @type {number} */ (
    await until('the first paint', () =>
      window.session.executeScript(
        `const [paint] = performance.getEntriesByName('first-contentful-paint');
         return paint ? performance.timeOrigin + paint.startTime : null;`,
      ),
    )
  );
  return paint - startedAt(await processOf(dataDir));
}
