// A tray and notifications for tests, on the session bus of the test: src-tauri/examples/tray_host, spoken to in lines of JSON.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { stop, until, within } from './processes.mjs';
import { target } from './target.mjs';

const program = resolve(process.env['LANRAGE_TRAY_HOST'] ?? join(target, 'debug', 'examples', 'tray_host'));

/** @typedef {{ id: number, summary: string, body: string, actions: string[] }} Notification */
/** @typedef {{ event?: string, error?: string, menu?: string[], icon?: string, clicked?: string, notification?: Notification }} Line */

/** What shows the trays of the session, for as long as it runs. */
export class TrayHost {
  /** @type {Line[]} */
  #answers = [];
  registered = 0;
  /** @type {Notification[]} */
  notified = [];

  constructor() {
    this.process = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ready = false;
    createInterface({ input: this.process.stdout }).on('line', (text) => {
      /** @type {Line} */
      const line = JSON.parse(text);
      if (line.event === 'ready') this.ready = true;
      else if (line.event === 'registered') this.registered += 1;
      else if (line.notification) this.notified.push(line.notification);
      else this.#answers.push(line);
    });
  }

  /** @returns {Promise<TrayHost>} */
  static async start() {
    const host = new TrayHost();
    await until('the tray host', () => host.ready);
    return host;
  }

  /**
   * @param {Record<string, string | number>} request
   * @returns {Promise<Line>}
   */
  async #ask(request) {
    this.process.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await within(
      `the answer to ${JSON.stringify(request)}`,
      until('an answer', () => this.#answers.shift()),
    );
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  /** The lines of the menu. */
  async menu() {
    return (await this.#ask({ ask: 'menu' })).menu ?? [];
  }

  /** The file of the icon. */
  async icon() {
    return (await this.#ask({ ask: 'icon' })).icon ?? '';
  }

  /**
   * Waits until the menu is as wanted.
   * @param {string} what
   * @param {(lines: string[]) => boolean} isWanted
   */
  shows(what, isWanted) {
    /** @type {string[]} */
    let last = [];
    return until(what, async () => {
      last = await this.menu();
      return isWanted(last) ? last : null;
    }).catch((/** @type {Error} */ error) => {
      throw new Error(`${error.message}; the menu is ${JSON.stringify(last)}`);
    });
  }

  /** Clicks the first item that begins so. @param {string} text */
  async click(text) {
    await this.#ask({ ask: 'click', text });
  }

  /** Presses a button of the next notification before whoever shows it knows its number. @param {string} action */
  async pressNext(action) {
    await this.#ask({ ask: 'press_next', action });
  }

  async stop() {
    await stop(this.process);
  }
}
