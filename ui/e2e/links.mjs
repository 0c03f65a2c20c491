// What must hold of links that the system hands over. Run by run.mjs.
import assert from 'node:assert/strict';

import { newDataDir, program, withWindow } from './app.mjs';
import { stands, status } from './engine.mjs';
import { ended, start, stop } from './processes.mjs';

/** A link that was cut: the window must say so, and must not have done anything with it. */
const LINK = 'lanrage://join/AXsicCI6';

/** @type {(window: import('./app.mjs').Window) => Promise<string | null>} the link that waits, taken as the window does */
const take = async (window) =>
  window.session.executeAsyncScript(
    "const done = arguments[0]; window.__TAURI_INTERNALS__.invoke('ask_desktop', { request: { ask: 'take_link' } }).then(done, (error) => done(String(error)))",
  );

/** @type {Record<string, () => Promise<void>>} */
const tests = {
  async 'a link that starts the program waits for the window and joins nothing'() {
    const dataDir = newDataDir();
    await withWindow({ dataDir, args: [LINK] }, async (window) => {
      await stands('the engine', dataDir, () => true);
      await window.find('dialog', 'This link cannot be used');
      assert.equal(await take(window), null, 'the window has taken it');
      assert.equal((await status(dataDir)).party, null);
    });
  },

  async 'a second start hands its link to the first, which comes to the front and joins nothing'() {
    const dataDir = newDataDir();
    await withWindow({ dataDir }, async (window) => {
      await stands('the engine', dataDir, () => true);
      await window.session.executeScript(`
        window.links = [];
        const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
        const handler = transformCallback(() => window.links.push('told'));
        invoke('plugin:event|listen', { event: 'link', target: { kind: 'Any' }, handler });
      `);
      const second = start(program, ['--data-dir', dataDir, LINK]);
      assert.equal(await ended(second), 0, 'the second instance hands over and ends');
      await stop(second);
      assert.deepEqual(await window.session.executeScript('return window.links'), ['told']);
      assert.ok([LINK, null].includes(await take(window)));
      assert.equal((await status(dataDir)).party, null);
    });
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
