// The real program with its real window, driven through WebDriver.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Builder, By, Capabilities, error } from 'selenium-webdriver';

import { find } from './measure.mjs';
import { freePort, listens, start, stop, until, within } from './processes.mjs';
import { target } from './target.mjs';

const screenshots = process.env['LANRAGE_SCREENSHOTS'] ?? join(target, 'screenshots');
const forward = fileURLToPath(new URL('forward.mjs', import.meta.url));

/** @typedef {import('./machines.mjs').Machine} Machine */

/** The program under test. */
export const program = resolve(process.env['LANRAGE_APP'] ?? join(target, 'debug', 'lanrage-desktop'));

/** Errors of which there is a picture. @type {WeakSet<Error>} */
const pictured = new WeakSet();

/** Whether no LANrage uses the data folder. @param {string} dataDir */
export const isFree = (dataDir) => spawnSync('flock', ['-n', join(dataDir, 'lanrage.lock'), 'true']).status === 0;

/** A data folder that goes with the test's temporary folder. */
export const newDataDir = () => mkdtempSync(join(tmpdir(), 'data-'));

/**
 * Opens the program's window and hands it to `use`; afterwards everything it needed is ended.
 * @param {{ dataDir: string, args?: string[], environment?: Record<string, string>, machine?: Machine }} options
 *   `machine` is where it runs, if not here
 * @param {(window: Window) => Promise<void>} use
 */
export async function withWindow({ dataDir, args = [], environment = {}, machine }, use) {
  const driver = await startDriver(environment, machine);
  try {
    const capabilities = new Capabilities();
    capabilities.setBrowserName('wry');
    capabilities.set('tauri:options', { application: program, args: ['--data-dir', dataDir, ...args] });
    const builder = new Builder().withCapabilities(capabilities).usingServer(driver.url);
    if (driver.agent) builder.usingHttpAgent(driver.agent);
    const session = await within('the program’s window', builder.build());
    const window = new Window(session);
    try {
      await use(window);
    } catch (failure) {
      // Of windows within windows the innermost: it shows them all.
      if (failure instanceof Error && !pictured.has(failure)) {
        pictured.add(failure);
        await window.picture('failure').catch(() => undefined);
      }
      throw failure;
    } finally {
      await endInOrder(dataDir);
    }
  } finally {
    await driver.stop();
  }
}

/**
 * Ends the program of a data folder, if it runs, as the end of the desktop's session does. WebDriver's own end of a
 * session takes the page away and may leave the program.
 * @param {string} dataDir
 */
async function endInOrder(dataDir) {
  const pid = find(program, dataDir);
  if (pid === undefined) return;
  process.kill(pid, 'SIGTERM');
  await until('the program to end', () => find(program, dataDir) === undefined);
}

/**
 * Starts a WebDriver server that can be used.
 * @param {Record<string, string>} environment
 * @param {Machine | undefined} machine
 */
async function startDriver(environment, machine) {
  const [port, nativePort] = machine ? [4444, 4445] : [await freePort(), await freePort()];
  const on = (/** @type {string[]} */ command) => (machine ? machine.on(command) : command);
  const [starter = '', ...words] = on([
    process.env['TAURI_DRIVER'] ?? 'tauri-driver',
    ...['--port', String(port), '--native-port', String(nativePort)],
  ]);
  const server = start(starter, words, environment);
  const url = `http://127.0.0.1:${port}/`;
  if (!machine) {
    for (const each of [port, nativePort]) await until('the WebDriver server', () => listens(each));
    return { url, agent: null, stop: () => stop(server) };
  }
  const file = join(mkdtempSync(join(tmpdir(), 'driver-')), 'socket');
  const [entry = '', ...rest] = on([process.execPath, forward, file, String(port), String(nativePort)]);
  const forwarder = start(entry, rest);
  await until('the WebDriver server', () => existsSync(file));
  const agent = new Agent();
  agent.createConnection = () => connect(file);
  const stopBoth = async () => {
    await Promise.all([stop(server), stop(forwarder)]);
  };
  return { url, agent, stop: stopBoth };
}

/** What a player sees and does, by the names that a screen reader says. */
export class Window {
  /** @param {import('selenium-webdriver').WebDriver} session */
  constructor(session) {
    this.session = session;
  }

  /**
   * What is there now; nothing, if the page is changing at this moment.
   * @param {string} css
   * @returns {Promise<import('selenium-webdriver').WebElement[]>}
   */
  async elements(css) {
    try {
      return await this.session.findElements(By.css(css));
    } catch (failure) {
      const isOver = failure instanceof error.NoSuchSessionError;
      if (failure instanceof error.WebDriverError && !isOver) return [];
      throw failure;
    }
  }

  /**
   * @param {string} css
   * @param {string} [words] that the element contains
   */
  find(css, words = '') {
    return until(`${css} “${words}”`, async () => {
      for (const element of await this.elements(css)) {
        try {
          if ((await element.isDisplayed()) && (await element.getText()).includes(words)) return element;
        } catch {
          // It was replaced in the meantime.
        }
      }
      return null;
    });
  }

  /**
   * The field that a label or an accessible name belongs to.
   * @param {string} name
   */
  field(name) {
    return until(`the field “${name}”`, async () => {
      for (const element of await this.elements('input, select, textarea')) {
        try {
          if ((await element.getAccessibleName()) === name) return element;
        } catch {
          // It was replaced in the meantime.
        }
      }
      return null;
    });
  }

  /** The link by which friends are invited to the party that the window shows. */
  async link() {
    return until('the invitation link', async () => {
      const field = await this.field('Invitation link');
      const value = await field.getAttribute('value').catch(() => null);
      return value?.startsWith('lanrage:') ? value : null;
    });
  }

  /**
   * Brings a button into sight and presses it.
   * @param {import('selenium-webdriver').WebElement} button
   */
  async pressInSight(button) {
    await this.session.executeScript("arguments[0].scrollIntoView({ block: 'center' })", button);
    await button.click();
  }

  /** @param {string} label */
  async press(label) {
    await (await this.find('button', label)).click();
  }

  /**
   * The width of the page in relation to the window; above 1 it scrolls sideways.
   * @returns {Promise<number>}
   */
  async width() {
    return Number(
      await this.session.executeScript(
        'return document.documentElement.scrollWidth / document.documentElement.clientWidth',
      ),
    );
  }

  /**
   * Writes a picture of the whole screen to target/screenshots.
   * @param {string} name
   */
  async picture(name) {
    mkdirSync(screenshots, { recursive: true });
    // Two frames, so that what was asked for is painted.
    await this.session.executeAsyncScript(
      'const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 250)))',
    );
    // Not by name: in those its own language knows signs that a folder may hold.
    const picture = execFileSync('import', ['-window', 'root', 'png:-'], { maxBuffer: 64_000_000 });
    writeFileSync(join(screenshots, `${name}.png`), picture);
  }
}
