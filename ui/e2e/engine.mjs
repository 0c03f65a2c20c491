// The engine of a running program, asked through its local socket as `lanrage status` does.
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { until, within } from './processes.mjs';

/** @typedef {import('../src/bindings').Snapshot} Snapshot */

/**
 * One request and its answer.
 * @param {string} dataDir
 * @param {Record<string, unknown>} request
 * @returns {Promise<any>} what the answer carries
 */
export function ask(dataDir, request) {
  const answer = new Promise((resolve, reject) => {
    const socket = connect(join(dataDir, 'lanrage.sock'));
    socket.once('error', reject);
    createInterface({ input: socket }).once('line', (line) => {
      socket.end();
      const { answer, content } = JSON.parse(line);
      if (answer === 'error') reject(new Error(content.text));
      else resolve(content);
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
  return within(`the engine’s answer to ${String(request['ask'])}`, answer);
}

/** @param {string} dataDir @returns {Promise<Snapshot>} */
export const status = (dataDir) => ask(dataDir, { ask: 'status' });

/**
 * Waits until an engine runs on the folder and its state is as wanted.
 * @param {string} what
 * @param {string} dataDir
 * @param {(snapshot: Snapshot) => boolean} isWanted
 */
export const stands = (what, dataDir, isWanted) =>
  until(what, async () => {
    if (!existsSync(join(dataDir, 'lanrage.sock'))) return null;
    const snapshot = await status(dataDir).catch(() => null);
    return snapshot && snapshot.revision > 0 && isWanted(snapshot) ? snapshot : null;
  });
