// A first evening, as two players have it with the real window, each on a machine of its own: from the first start to a game
// that one hosts and the other joins, and on to the next start. Run by run.mjs, in a world of its own. How long each step takes
// is printed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { Key } from 'selenium-webdriver';

import { newDataDir, withWindow } from './app.mjs';
import { twoMachines } from './machines.mjs';
import { connected, firstPaint, friend, language, place } from './players.mjs';
import { start, stop, until } from './processes.mjs';

/** @typedef {import('./app.mjs').Window} Window */
/** @typedef {import('./machines.mjs').Machine} Machine */
/** @typedef {{ machine: Machine, dataDir: string, environment: Record<string, string> }} Player */

/** How soon a friend is shown a game after its start, and that it is over after its end. */
const SHOWN_LIMIT_MS = 3_000;
const GONE_LIMIT_MS = 5_000;
/** Where Debian puts games: not on everybody's search path. */
const path = [process.env['PATH'], '/usr/games'].join(delimiter);
const GAME = 'Teeworlds';
const GAME_PORT = 8303;

/**
 * Does a step and says how long it took.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} act
 * @param {{ goal?: number, limit?: number }} bounds in milliseconds: what is wished for, and what must be
 */
async function step(what, act, { goal, limit } = {}) {
  const began = performance.now();
  const result = await act();
  const took = performance.now() - began;
  const wished = goal === undefined ? '' : `goal: ${goal} ms`;
  console.log(`  ${what.padEnd(58)} ${took.toFixed(0).padStart(6)} ms  ${wished}`.trimEnd());
  if (limit !== undefined) assert.ok(took <= limit, `${what}: ${took.toFixed(0)} ms, more than ${limit}`);
  return result;
}

/**
 * Presses a button by the name that a screen reader says.
 * @param {Window} window
 * @param {string} name
 */
const pressNamed = async (window, name) => window.pressInSight(await window.find(`button[aria-label="${name}"]`));

/** @param {Window} window @param {string} words */
const isShown = (window, words) =>
  until(`“${words}” to be shown`, () =>
    window.session.executeScript('return document.body.innerText.includes(arguments[0])', words),
  );

/** @param {Window} window @param {string} words */
const isGone = (window, words) =>
  until(`“${words}” to be shown no more`, () =>
    window.session.executeScript('return !document.body.innerText.includes(arguments[0])', words),
  );

/**
 * What one player copies, another pastes: a whole message of a chat.
 * @param {Window} from
 * @param {Window} to
 */
async function passOn(from, to) {
  await from.pressInSight(await from.find('button', 'Copy as message'));
  await isShown(from, 'Copied');
  const field = await to.field('Invitation link');
  await field.clear();
  await field.sendKeys(Key.chord(Key.CONTROL, 'v'));
  assert.match((await field.getAttribute('value')) ?? '', /\S+ .*lanrage:/, 'it is a message, with the link inside');
}

/**
 * In the place of a game: says into which it was started.
 * @returns {{ folder: string, started: () => Promise<string> }}
 */
function standIn() {
  const folder = mkdtempSync(join(tmpdir(), 'game-'));
  const said = join(folder, 'said');
  const program = join(folder, 'teeworlds');
  writeFileSync(program, `#!/bin/sh\nprintf '%s|' "$@" > '${said}.new' && mv '${said}.new' '${said}'\n`);
  chmodSync(program, 0o755);
  const started = () => until('the game to be started', () => (existsSync(said) ? readFileSync(said, 'utf8') : null));
  return { folder, started };
}

/**
 * Starts a game's server and waits until it listens: where no name server answers it asks for ten seconds first.
 * @param {Machine} machine
 * @param {string} name
 */
async function host(machine, name) {
  const [starter = '', ...words] = machine.on(['teeworlds-server', `sv_name ${name}; sv_register 0; sv_port ${GAME_PORT}`]);
  const environment = { ...process.env, ...language, PATH: path, HOME: mkdtempSync(join(tmpdir(), 'host-')) };
  const server = spawn(starter, words, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  server.stdout.on('data', (text) => (said += String(text)));
  await until('the server to listen', () => said.includes('server name is'), 30_000);
  return server;
}

/**
 * The first start of both, until they are in one party.
 * @param {Window} ada
 * @param {Window} bo
 */
async function meet(ada, bo) {
  await ada.find('h2', 'Before your first party');
  await ada.picture('evening-01-first-start');
  await step('Ada says her name', async () => {
    await pressNamed(ada, 'Change your name');
    const name = await ada.field('Your name');
    await name.clear();
    await name.sendKeys('Ada', Key.ENTER);
    await until('the name in the party’s', async () => {
      const party = await ada.field('Party name');
      return (await party.getAttribute('value'))?.startsWith('Ada') ?? false;
    });
  });
  await step('Ada makes a party, with nobody’s server', async () => {
    await ada.press('Make the party');
    await ada.find('h1', 'Ada’s party');
    await ada.link();
  });
  await ada.picture('evening-02-party');
  await step('her link goes to Bo as a message, who sees where it leads', async () => {
    await passOn(ada, bo);
    await bo.find('button', 'Join Ada’s party');
  });
  await bo.picture('evening-03-message');
  const join = await bo.find('button', 'Join Ada’s party');
  await step(
    'Bo clicks → both windows show the other as connected',
    async () => {
      await bo.pressInSight(join);
      await Promise.all([connected(bo, 'Ada'), connected(ada, 'Bo')]);
    },
    { goal: 500 },
  );
  await bo.picture('evening-04-in');
}

/**
 * A game that Ada hosts and Bo joins.
 * @param {Window} ada
 * @param {Window} bo
 * @param {Machine} machine Ada’s
 * @param {ReturnType<typeof standIn>} game Bo’s
 */
async function play(ada, bo, machine, game) {
  const server = await host(machine, 'Friday fight');
  const join = `button[aria-label="Join ${GAME} at Ada"]`;
  try {
    await step('Ada’s server listens → Bo is shown it', () => bo.find(join), {
      goal: SHOWN_LIMIT_MS,
      limit: SHOWN_LIMIT_MS,
    });
    await isShown(bo, 'Ada hosts Teeworlds Friday fight');
    await bo.picture('evening-05-hosts');
    const said = await step('Bo presses Join → his game starts', async () => {
      await pressNamed(bo, `Join ${GAME} at Ada`);
      return game.started();
    });
    assert.match(said, new RegExp(`^connect 10\\.\\d+\\.\\d+\\.\\d+:${GAME_PORT}\\|$`), 'into the game that Ada hosts, and nothing else');
    await step('Bo writes → Ada reads it', async () => {
      const field = await bo.field('Write to everybody');
      await field.sendKeys('gg <b>one</b> more?', Key.ENTER);
      await isShown(ada, 'gg <b>one</b> more?');
    });
    await ada.picture('evening-06-chat');
  } finally {
    server.kill('SIGKILL');
    await stop(server);
  }
  const isOver = () => until('the game to be over', async () => (await bo.elements(join)).length === 0);
  await step('the server is killed → Bo sees that it is over', isOver, {
    goal: GONE_LIMIT_MS,
    limit: GONE_LIMIT_MS,
  });
}

/**
 * Bo pauses and comes back, is kicked, and is let in again.
 * @param {Window} ada
 * @param {Window} bo
 */
async function goAndComeBack(ada, bo) {
  await step('Bo pauses → Ada is told so', async () => {
    await bo.press('Pause');
    await until('Bo to be shown as away', async () => (await friend(ada, 'Bo'))?.state === 'Away.');
  });
  await ada.picture('evening-07-paused');
  await step('Bo resumes → connected', async () => {
    await pressNamed(bo, 'Resume Ada’s party');
    await Promise.all([connected(bo, 'Ada'), connected(ada, 'Bo')]);
  });
  await step('Ada kicks Bo → Bo is told so', async () => {
    await pressNamed(ada, 'Details of Bo');
    await pressNamed(ada, 'Kick Bo');
    await ada.pressInSight(await ada.find('[role="group"][aria-label="Kick Bo"] .danger'));
    await isShown(bo, 'You were removed from Ada’s party');
  });
  await bo.picture('evening-08-kicked');
  await ada.picture('evening-09-kicked');
  await step('Ada lets Bo in again, who clicks the link anew → connected', async () => {
    await pressNamed(ada, 'Let in again: Bo');
    await isGone(ada, 'Bo was kicked');
    await passOn(ada, bo);
    await bo.pressInSight(await bo.find('button', 'Join Ada’s party'));
    await Promise.all([connected(bo, 'Ada'), connected(ada, 'Bo')]);
  });
}

/**
 * @param {Player} ada
 * @param {Player} bo
 * @param {(ada: Window, bo: Window) => Promise<void>} use
 */
const withBoth = (ada, bo, use) =>
  withWindow(ada, async (first) => {
    await place(first, 0);
    await withWindow(bo, async (second) => {
      await place(second, 640);
      await use(first, second);
    });
  });

const windowManager = start('openbox', []);
try {
  const [one, two] = await twoMachines();
  const game = standIn();
  // Each has a home: what the window remembers is not the other's, nor of a test before.
  const home = () => ({ XDG_DATA_HOME: mkdtempSync(join(tmpdir(), 'home-')) });
  const ada = { dataDir: newDataDir(), machine: one, environment: { ...language, ...home(), USER: 'ada' } };
  const bo = {
    dataDir: newDataDir(),
    machine: two,
    environment: { ...language, ...home(), USER: 'Bo', PATH: [game.folder, path].join(delimiter) },
  };
  const started = Date.now();
  await withBoth(ada, bo, async (first, second) => {
    const paints = await Promise.all([firstPaint(first, ada.dataDir), firstPaint(second, bo.dataDir)]);
    console.log(`  start → first paint: ${paints.map((ms) => ms.toFixed(0)).join(' and ')} ms  goal: 600 ms`);
    await meet(first, second);
    await play(first, second, one, game);
    await goAndComeBack(first, second);
  });
  await withBoth(ada, bo, async (first, second) => {
    await step('both start anew → connected, without a press', () =>
      Promise.all([connected(first, 'Bo'), connected(second, 'Ada')]),
    );
    await first.picture('evening-10-next-start');
  });
  const took = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`ok – a first evening: in, a game, chat, pause, a kick taken back, and the next start (${took} s)`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await stop(windowManager);
  // The machines end with their world, which ends with us.
  process.exit();
}
