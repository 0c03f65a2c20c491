// What must hold of the real tray, driven over D-Bus as a desktop's panel does. Run by run.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

import { isFree, newDataDir, program } from './app.mjs';
import { ask, stands, status } from './engine.mjs';
import { ended, start, stop, until } from './processes.mjs';
import { TrayHost } from './tray_host.mjs';

/** @typedef {import('./processes.mjs').ChildProcess} ChildProcess */

/** Whether the screen shows a window of the program. @param {ChildProcess} app */
const isSeen = (app) => spawnSync('xdotool', ['search', '--onlyvisible', '--pid', String(app.pid)]).status === 0;

/**
 * The program's window among those of the desktop: seen or minimised, but not hidden.
 * @param {ChildProcess} app
 */
function listed(app) {
  const lines = spawnSync('wmctrl', ['-lp'], { encoding: 'utf8' }).stdout.split('\n');
  const fields = lines.map((line) => line.split(/\s+/)).find(([, , pid]) => pid === String(app.pid));
  return fields?.[0] ?? null;
}

/** Closes the window as its button does. @param {ChildProcess} app */
async function closeWindow(app) {
  const window = await until('the window', () => (isSeen(app) ? listed(app) : null));
  assert.equal(spawnSync('wmctrl', ['-i', '-c', window]).status, 0);
}

/** @type {Record<string, (tray: TrayHost) => Promise<void>>} */
const tests = {
  async 'the tray enters a paused party with one click, and quitting from it ends the program in order'(tray) {
    const dataDir = newDataDir();
    const app = start(program, ['--data-dir', dataDir, '--hidden'], { LANG: 'en_US.UTF-8' });
    try {
      await until('the tray icon', () => tray.registered > 0);
      await stands('the engine', dataDir, () => true);
      assert.deepEqual(await tray.menu(), ['Open LANrage', 'Quit']);
      const idle = await tray.icon();

      await ask(dataDir, { ask: 'create_party', name: 'Fish & Chips' });
      const lines = await tray.shows('the party in the menu', (menu) => menu.length > 2);
      assert.deepEqual(lines, [
        'Fish & Chips',
        'Nobody else is here yet',
        'Copy invitation link',
        'Pause party',
        'Leave party',
        'Leave “Fish & Chips” for good',
        'Open LANrage',
        'Quit',
      ]);
      assert.notEqual(await tray.icon(), idle, 'the icon shows that there is a party');

      await tray.click('Pause party');
      await stands('no party', dataDir, ({ party }) => party === null);
      await tray.shows('the party to join again', (menu) => menu.includes('Fish & Chips') && menu.includes('Join again'));
      const party = (await ask(dataDir, { ask: 'recent_parties' }))[0].id;
      await ask(dataDir, { ask: 'set_favorite_party', party, favorite: true });
      await tray.shows('the star of a favourite', (menu) => menu.includes('★ Fish & Chips'));
      await tray.click('★ Fish & Chips');
      await stands('the party', dataDir, ({ party }) => party?.name === 'Fish & Chips');

      assert.equal(isSeen(app), false, 'a start in the tray shows no window');
      await tray.click('Open LANrage');
      await until('the window', () => isSeen(app));
      await tray.click('Quit');
      assert.equal(await ended(app), 0);
      assert.ok(isFree(dataDir));
    } finally {
      await stop(app);
    }
  },

  async 'closing the window keeps the party in the tray, which brings the window back'(tray) {
    const dataDir = newDataDir();
    const app = start(program, ['--data-dir', dataDir], { LANG: 'de_DE.UTF-8', LC_ALL: undefined });
    try {
      await stands('the engine', dataDir, () => true);
      await ask(dataDir, { ask: 'set_text', key: 'keep_in_tray', text: 'keep' });
      await ask(dataDir, { ask: 'create_party', name: 'Friday LAN' });
      await closeWindow(app);
      await until('the window to go', () => !isSeen(app));
      assert.equal(listed(app), null);
      assert.equal((await status(dataDir)).party?.name, 'Friday LAN');
      await tray.shows('the menu in German', (menu) => menu.includes('LANrage öffnen'));
      await tray.click('LANrage öffnen');
      await until('the window again', () => isSeen(app));
      await ask(dataDir, { ask: 'set_text', key: 'keep_in_tray', text: 'quit' });
      await closeWindow(app);
      assert.equal(await ended(app), 0);
    } finally {
      await stop(app);
    }
  },
};

/** Without a tray a hidden window could not be found again. */
async function closingWithoutTray() {
  const dataDir = newDataDir();
  const app = start(program, ['--data-dir', dataDir]);
  try {
    await stands('the engine', dataDir, () => true);
    await ask(dataDir, { ask: 'set_text', key: 'keep_in_tray', text: 'keep' });
    await ask(dataDir, { ask: 'create_party', name: 'Friday LAN' });
    await closeWindow(app);
    await until('the window to be minimised', () => !isSeen(app));
    assert.ok(listed(app), 'it is still among the windows of the desktop');
    assert.equal((await status(dataDir)).party?.name, 'Friday LAN');
  } finally {
    await stop(app);
  }
}

const windowManager = start('openbox', []);
try {
  const started = Date.now();
  await closingWithoutTray();
  console.log(`ok – without a tray closing minimises (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  for (const [name, test] of Object.entries(tests)) {
    const started = Date.now();
    const tray = await TrayHost.start();
    try {
      await test(tray);
    } finally {
      await tray.stop();
    }
    console.log(`ok – ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await stop(windowManager);
}
