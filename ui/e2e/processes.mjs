// Processes that a test starts, and ends.
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';

const GRACE_MS = 5_000;

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/**
 * Starts a program whose output is shown. `environment` is added to ours; `undefined` takes a variable away.
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string | undefined>} environment
 * @param {{ detached?: boolean }} options `detached` makes it the leader of a process group of its own
 * @returns {ChildProcess}
 */
export function start(program, args, environment = {}, { detached = false } = {}) {
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached,
  });
  child.once('error', (error) => {
    console.error(`${program}: ${error.message}`);
  });
  return child;
}

/**
 * How the program ended: its exit code, or the signal's name.
 * @param {ChildProcess} child
 * @returns {Promise<number | string | null>}
 */
export function ended(child) {
  if (child.pid === undefined) return Promise.resolve(null);
  const outcome = () => child.exitCode ?? child.signalCode;
  if (outcome() !== null) return Promise.resolve(outcome());
  return new Promise((resolve) => {
    child.once('exit', () => {
      resolve(outcome());
    });
  });
}

/**
 * Ends the program: asked first, forced after a while.
 * @param {ChildProcess} child
 */
export async function stop(child) {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await ended(child);
  clearTimeout(force);
}

/**
 * Ends what a detached program has started and has left behind, itself included.
 * @param {ChildProcess} leader
 */
export function killGroup(leader) {
  if (leader.pid === undefined) return;
  try {
    process.kill(-leader.pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/**
 * Asks again until the answer is one.
 * @template T
 * @param {string} what for the error
 * @param {() => T | Promise<T>} ask
 * @param {number} limitMs
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, ask, limitMs = 15_000) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Waits for an answer, but not for ever.
 * @template T
 * @param {string} what for the error
 * @param {PromiseLike<T>} answer
 * @param {number} limitMs
 * @returns {Promise<T>}
 */
export async function within(what, answer, limitMs = 30_000) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${limitMs / 1000} s in vain: ${what}`));
    }, limitMs);
  });
  try {
    return await Promise.race([answer, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A TCP port that is free now.
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}

/**
 * Whether a server listens on a port of the loopback.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function listens(port) {
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
