// What must hold of the real window. Run by run.mjs, without the privileges to open an adapter.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { Key } from 'selenium-webdriver';

import { isFree, newDataDir, program, withWindow } from './app.mjs';
import { ask, stands } from './engine.mjs';
import { read } from './link.mjs';
import { find } from './measure.mjs';
import { ended, start, stop, until } from './processes.mjs';

/** What this device's sockets are told to use by a setting. */
const PORT = 45_678;

/** @type {Record<string, () => Promise<void>>} */
const tests = {
  async 'a party is made by typing and clicking, and its link works after leaving'() {
    const dataDir = newDataDir();
    await withWindow({ dataDir, environment: { LANG: 'C.UTF-8' } }, async (window) => {
      await window.find('h1', 'One LAN, wherever you are');
      assert.equal(await window.session.getTitle(), 'LANrage');
      await window.picture('1-first-screen');

      const name = await window.field('Party name');
      await name.clear();
      await name.sendKeys('Friday LAN');
      await window.press('Make the party');
      await window.find('h1', 'Friday LAN');
      const link = await window.link();
      assert.match(link, /^lanrage:\/\/join\/[\w-]{100,}$/);

      // An ordinary user may not open an adapter: the party is there all the same, and the window says what to do.
      const banner = await window.find('section[aria-label="Needs attention"] li.error', 'What you can do:');
      assert.match(await banner.getText(), /adapter/);
      await window.find('[role="timer"]', 'try');
      await window.find('p', 'BitTorrent DHT');
      await window.picture('2-party');

      await window.press('Copy link');
      await window.find('button', 'Copied');
      await window.session.manage().window().setRect({ width: 380, height: 640 });
      assert.ok((await window.width()) <= 1, 'a narrow window does not scroll sideways');
      await window.picture('3-narrow');
      await window.session.manage().window().setRect({ width: 980, height: 680 });

      await window.press('⋯');
      await window.press('Leave party');
      await window.press('Leave');
      await window.find('h2', 'Join with a link');
      await (await window.field('Invitation link')).sendKeys(Key.chord(Key.CONTROL, 'v'));
      await window.find('button', 'Join Friday LAN');
      await (await window.field('Invitation link')).sendKeys('x');
      await window.find('[role="alert"]', 'The link is damaged');
      await window.picture('4-damaged-link');
    });
    assert.ok(isFree(dataDir));
  },

  async 'a setting and a party are there again after a restart'() {
    const dataDir = newDataDir();
    let link = '';
    await withWindow({ dataDir }, async (window) => {
      await window.press('Settings');
      await (await window.field('Show settings for experts')).click();
      const kept = await window.field('Backup keep');
      await kept.clear();
      await kept.sendKeys('0', Key.ENTER);
      await window.find('[role="alert"]', 'from 1 to 50');
      await kept.clear();
      await kept.sendKeys('3', Key.ENTER);
      await window.find('[aria-live]', 'Saved.');
      // This one takes effect at once, the port with the next start.
      await (await window.field('Log level')).sendKeys('debug');
      const port = await window.field('UDP port');
      await port.clear();
      await port.sendKeys(String(PORT), Key.ENTER);
      await window.find('[aria-live]', 'Restart LANrage to apply this.');
      await window.press('Back up now');
      await window.find('[aria-live]', 'A backup was made.');
      await window.press('Check');
      await window.find('[aria-live]', 'The data is in order.');
      await window.session.executeScript('scrollTo(0, 0)');
      await window.picture('6-settings');
      await window.press('Back');

      await window.press('Make the party');
      link = await window.link();
    });
    assert.ok(isFree(dataDir));
    await withWindow({ dataDir }, async (window) => {
      const { party } = read(link);
      const restored = read(await window.link());
      assert.deepEqual(restored.party, party);
      // The friend is sent to where this computer is reached now.
      assert.deepEqual(
        restored.addresses.filter((address) => !address.endsWith(`:${PORT}`)),
        [],
      );
      await window.picture('7-restored');
      await window.press('Settings');
      await (await window.field('Show settings for experts')).click();
      assert.equal(await (await window.field('Backup keep')).getAttribute('value'), '3');
      assert.equal(await (await window.field('Log level')).getAttribute('value'), 'debug');
      await window.press('Back');

      await window.press('Pause');
      await window.press('Resume');
      assert.deepEqual(read(await window.link()).party, party);
    });
  },

  async 'a press starts the program anew, with its party and what was set'() {
    const dataDir = newDataDir();
    await withWindow({ dataDir, args: ['lanrage://join/looked-at-already'] }, async (window) => {
      await window.press('Close');
      await window.press('Make the party');
      await window.link();
      await window.press('Settings');
      await (await window.field('Show settings for experts')).click();
      const port = await window.field('UDP port');
      await port.clear();
      await port.sendKeys(String(PORT), Key.ENTER);
      // What is said of it moves what stands below.
      await window.find('[aria-live]', 'Saved.');
      const before = find(program, dataDir);
      const button = await window.find('button', 'Restart LANrage');
      const began = Date.now();
      // The answer may be lost with the window; that it was pressed is seen by what comes of it.
      await window.pressInSight(button).catch(() => undefined);
      await until('another process', () => find(program, dataDir) !== undefined && find(program, dataDir) !== before);
      const { party } = await stands('the party after it', dataDir, ({ party }) => party !== null);
      console.log(`  pressed → started anew, and in the party: ${Date.now() - began} ms`);
      const addresses = read(party?.invitation ?? '').addresses;
      assert.ok(addresses.length > 0 && addresses.every((address) => address.endsWith(`:${PORT}`)), String(addresses));
    });
    assert.ok(isFree(dataDir));
  },

  async 'a second instance says so, in the dark and under the locale C too'() {
    const dataDir = newDataDir();
    const first = start('flock', [join(dataDir, 'lanrage.lock'), 'sleep', '60']);
    try {
      await until('the first instance', () => !isFree(dataDir));
      const environment = { LANG: 'C', LC_ALL: 'C', GTK_THEME: 'Adwaita:dark' };
      await withWindow({ dataDir, environment }, async (window) => {
        await window.find('h1', 'LANrage is already running');
        const dark = await window.session.executeScript("return matchMedia('(prefers-color-scheme: dark)').matches");
        assert.equal(dark, true);
        await window.picture('5-second-instance');
      });
    } finally {
      await stop(first);
    }
  },

  async 'the setting for it makes the computer start the program in the tray, and takes that back'() {
    // Of the usual folder, since a chosen one is not what the computer starts. It is of the test’s own home.
    const dataDir = join(homedir(), '.local/share/lanrage');
    const entries = join(homedir(), '.config/autostart');
    const commands = () =>
      existsSync(entries) ? readdirSync(entries).map((name) => readFileSync(join(entries, name), 'utf8')) : [];
    const app = start(program, ['--hidden']);
    try {
      await stands('the engine', dataDir, () => true);
      assert.deepEqual(commands(), []);
      await ask(dataDir, { ask: 'set_text', key: 'autostart', text: 'true' });
      await until('the entry', () => commands().length === 1);
      assert.match(commands()[0] ?? '', /^Exec=.*lanrage-desktop.* --hidden$/m);
      await ask(dataDir, { ask: 'set_text', key: 'autostart', text: 'false' });
      await until('the entry to go', () => commands().length === 0);
    } finally {
      await stop(app);
    }
  },

  async 'the end of the session closes the program in order'() {
    const dataDir = newDataDir();
    const app = start(program, ['--data-dir', dataDir]);
    try {
      await until('the engine', () => existsSync(join(dataDir, 'lanrage.lock')) && !isFree(dataDir));
      app.kill('SIGTERM');
      assert.equal(await ended(app), 0);
      assert.ok(isFree(dataDir));
    } finally {
      await stop(app);
    }
  },

  async 'a start while the program before it closes takes its place'() {
    const dataDir = newDataDir();
    const before = start(program, ['--data-dir', dataDir]);
    await stands('the engine', dataDir, () => true);
    before.kill('SIGTERM');
    const after = start(program, ['--data-dir', dataDir]);
    try {
      assert.equal(await ended(before), 0);
      await stands('the engine after it', dataDir, () => true);
    } finally {
      await stop(before);
      await stop(after);
    }
  },
};

const windowManager = start('openbox', []);
try {
  for (const [name, test] of Object.entries(tests)) {
    const started = Date.now();
    await test();
    console.log(`ok – ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await stop(windowManager);
}
