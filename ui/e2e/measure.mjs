// What running programs cost, as the kernel counts it.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** Clock ticks a second, the unit of processor times. */
const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * The fields of /proc/PID/stat from the third on, the program's name in brackets being the second; `null` if the
 * process has ended.
 * @param {number} pid
 */
function stat(pid) {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** Every process here. @returns {number[]} */
const all = () => readdirSync('/proc').map(Number).filter((pid) => pid > 0);

/**
 * The process that was started with these words.
 * @param {string} program
 * @param {string} word one of its arguments
 */
export function find(program, word) {
  return all().find((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words[0] === program && words.includes(word);
    } catch {
      return false;
    }
  });
}

/**
 * A process and all that it has started.
 * @param {number} root
 * @returns {number[]}
 */
function tree(root) {
  const parents = new Map(all().map((pid) => [pid, Number(stat(pid)?.[1])]));
  const isIn = (/** @type {number | undefined} */ pid) => {
    for (let at = pid; at; at = parents.get(at)) if (at === root) return true;
    return false;
  };
  return [...parents.keys()].filter(isIn);
}

/**
 * Memory of a process and all that it has started, in MB: as it is resident in each, and with what several share
 * divided among them.
 * @param {number} root
 */
export function memory(root) {
  const sum = { rss: 0, pss: 0, processes: 0 };
  for (const pid of tree(root)) {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const field = (/** @type {string} */ name) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1000;
    sum.rss += field('Rss');
    sum.pss += field('Pss');
    sum.processes += 1;
  }
  return sum;
}

/**
 * When a process was started, in Unix milliseconds, to a clock tick.
 * @param {number} pid
 */
export function startedAt(pid) {
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  const started = Number(stat(pid)?.[19]) / TICKS;
  return Date.now() - (uptime - started) * 1000;
}

/** Processor seconds that a process has used, its threads included. @param {number} pid */
function used(pid) {
  const fields = stat(pid);
  return (Number(fields?.[11]) + Number(fields?.[12])) / TICKS;
}

/**
 * How much of one processor each process uses from now on, in per cent.
 * @param {number[]} pids
 * @param {number} seconds for how long it is watched
 */
export async function load(pids, seconds) {
  const [began, before] = [performance.now(), pids.map(used)];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const passed = (performance.now() - began) / 1000;
  return pids.map((pid, at) => ((used(pid) - (before[at] ?? 0)) / passed) * 100);
}
