// Runs the desktop test where there is no screen: an X server and a session bus of its own, ended whatever happens.
//
// LANRAGE_APP: the program (else the debug build); TAURI_DRIVER: the WebDriver server (else from PATH).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ended, killGroup, start, stop } from './processes.mjs';

const TIME_LIMIT_MS = 180_000;

const here = fileURLToPath(new URL('.', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'lanrage-desktop-'));

/** The test as an ordinary user has it: root gives up every capability, so no adapter can be opened. */
function withoutPrivileges(/** @type {string[]} */ command) {
  const root = process.getuid?.() === 0;
  return root ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', ...command] : command;
}

/** Starts an X server on a free display and says which. */
async function startScreen() {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const display = await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', () => {
      reject(new Error('Xvfb ended at once'));
    });
    server.stdio[3]?.once('data', (data) => {
      resolve(`:${String(data).trim()}`);
    });
  });
  return { server, display };
}

async function main() {
  const { server, display } = await startScreen();
  try {
    const [program = '', ...args] = withoutPrivileges([
      'dbus-run-session',
      '--',
      process.execPath,
      join(here, 'desktop.mjs'),
    ]);
    const environment = {
      DISPLAY: display,
      WAYLAND_DISPLAY: undefined,
      GDK_BACKEND: 'x11',
      LIBGL_ALWAYS_SOFTWARE: '1',
      NO_AT_BRIDGE: '1',
      HOME: temporary,
      XDG_RUNTIME_DIR: temporary,
      TMPDIR: temporary,
    };
    const test = start(program, args, environment, { detached: true });
    const abandon = () => {
      killGroup(test);
    };
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, abandon);
    const timer = setTimeout(() => {
      console.error(`The desktop test did not end in ${TIME_LIMIT_MS / 1000} s.`);
      abandon();
    }, TIME_LIMIT_MS);
    const code = await ended(test);
    clearTimeout(timer);
    abandon();
    process.exitCode = code === 0 ? 0 : 1;
  } finally {
    await stop(server);
    rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

await main();
