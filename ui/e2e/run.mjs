// Runs the desktop tests where there is no screen: an X server and session buses of their own, ended whatever happens.
//
// Arguments: the tests to run; all if none is named.
// LANRAGE_APP: the program (else the debug build); TAURI_DRIVER: the WebDriver server (else from PATH).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ownWorld } from './machines.mjs';
import { ended, killGroup, start, stop } from './processes.mjs';

const TIME_LIMIT_MS = 300_000;
/** The tests that make machines, and adapters on them. */
const IN_OWN_WORLD = ['two.mjs', 'evening.mjs'];

const here = fileURLToPath(new URL('.', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'lanrage-desktop-'));
const named = process.argv.slice(2);
const scripts = named.length > 0 ? named : ['desktop.mjs', 'tray.mjs', 'links.mjs', ...IN_OWN_WORLD];

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

/** What of the environment belongs to whoever runs the tests: language, desktop, LANrage. */
const OWN = /^(LC_.*|LANGUAGE|XDG_.*|DESKTOP_.*|DBUS_.*|GTK_.*|QT_.*|LANRAGE_(?!APP$|SCREENSHOTS$|TRAY_HOST$).*)$/;

/**
 * Runs one test on a session bus of its own; whether it passed.
 * @param {string} script
 * @param {string} display
 */
async function run(script, display) {
  const wrap = IN_OWN_WORLD.includes(script) ? ownWorld : withoutPrivileges;
  const [program = '', ...args] = wrap([
    'dbus-run-session',
    '--',
    process.execPath,
    join(here, script),
  ]);
  const taken = Object.keys(process.env).filter((key) => OWN.test(key));
  const environment = {
    ...Object.fromEntries(taken.map((key) => [key, undefined])),
    LANG: 'C.UTF-8',
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
    console.error(`${script} did not end in ${TIME_LIMIT_MS / 1000} s.`);
    abandon();
  }, TIME_LIMIT_MS);
  const code = await ended(test);
  clearTimeout(timer);
  abandon();
  return code === 0;
}

async function main() {
  const { server, display } = await startScreen();
  try {
    let passed = true;
    for (const script of scripts) passed = (await run(script, display)) && passed;
    process.exitCode = passed ? 0 : 1;
  } finally {
    await stop(server);
    rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

await main();
