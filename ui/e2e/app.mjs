// The real program with its real window, driven through WebDriver.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Builder, By, Capabilities } from 'selenium-webdriver';

import { freePort, start, stop, until, within } from './processes.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const target = process.env['CARGO_TARGET_DIR'] ?? join(root, 'target');
const screenshots = join(target, 'screenshots');

/** The program under test. */
export const program = resolve(process.env['LANRAGE_APP'] ?? join(target, 'debug', 'lanrage-desktop'));

/** A data folder that goes with the test's temporary folder. */
export const newDataDir = () => mkdtempSync(join(tmpdir(), 'data-'));

/**
 * Opens the program's window and hands it to `use`; afterwards everything it needed is ended.
 * @param {{ dataDir: string, args?: string[], environment?: Record<string, string> }} options
 * @param {(window: Window) => Promise<void>} use
 */
export async function withWindow({ dataDir, args = [], environment = {} }, use) {
  const [port, nativePort] = [await freePort(), await freePort()];
  const driver = start(
    process.env['TAURI_DRIVER'] ?? 'tauri-driver',
    ['--port', String(port), '--native-port', String(nativePort)],
    environment,
  );
  try {
    for (const each of [port, nativePort]) await until('the WebDriver server', () => listens(each));
    const capabilities = new Capabilities();
    capabilities.setBrowserName('wry');
    capabilities.set('tauri:options', { application: program, args: ['--data-dir', dataDir, ...args] });
    const builder = new Builder().withCapabilities(capabilities).usingServer(`http://127.0.0.1:${port}/`);
    const session = await within('the program’s window', builder.build());
    const window = new Window(session);
    try {
      await use(window);
    } catch (error) {
      await window.picture('failure').catch(() => undefined);
      throw error;
    } finally {
      await within('the window to close', session.quit());
    }
  } finally {
    await stop(driver);
  }
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function listens(port) {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      answer(true);
    });
    socket.once('error', () => {
      answer(false);
    });
  });
}

/** What a player sees and does, by the names that a screen reader says. */
export class Window {
  /** @param {import('selenium-webdriver').WebDriver} session */
  constructor(session) {
    this.session = session;
  }

  /**
   * @param {string} css
   * @param {string} [words] that the element contains
   */
  find(css, words = '') {
    return until(`${css} “${words}”`, async () => {
      for (const element of await this.session.findElements(By.css(css))) {
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
      for (const element of await this.session.findElements(By.css('input, select, textarea'))) {
        try {
          if ((await element.getAccessibleName()) === name) return element;
        } catch {
          // It was replaced in the meantime.
        }
      }
      return null;
    });
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
    execFileSync('import', ['-window', 'root', join(screenshots, `${name}.png`)]);
  }
}
