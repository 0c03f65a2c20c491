// Two machines on one cable: network namespaces of their own, each with nothing but its end of it. They need a world of
// their own around them (`ownWorld`), and end with it.
import { execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';

import { until } from './processes.mjs';

/**
 * A command in fresh namespaces that end with it, however it ends: what it has started is killed, its networks and
 * mounts vanish.
 * @param {string[]} command
 */
export function ownWorld(command) {
  // An ordinary user is allowed so much in a user namespace.
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps'];
  const unshare = ['unshare', ...user, '--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];
  return ['setpriv', '--pdeathsig', 'KILL', ...unshare, ...command];
}

/** A machine with a network of its own. */
export class Machine {
  /** Whose network namespace is the machine's, and stands for as long as it runs. */
  #holder;

  /** @param {string} address */
  constructor(address) {
    this.address = address;
    this.#holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  }

  /** @returns {Promise<number>} the process that holds the namespace */
  async holder() {
    const { pid = 0 } = this.#holder;
    const ours = readlinkSync('/proc/self/ns/net');
    await until('a network namespace', () => readlinkSync(`/proc/${pid}/ns/net`) !== ours);
    return pid;
  }

  /**
   * The words that run a command on this machine.
   * @param {string[]} command
   */
  on(command) {
    return ['nsenter', `--net=/proc/${this.#holder.pid}/ns/net`, '--', ...command];
  }

  /**
   * Runs a command on this machine to its end.
   * @param {string[]} command
   */
  run(command) {
    const [program = '', ...args] = this.on(command);
    return execFileSync(program, args, { encoding: 'utf8' });
  }
}

/**
 * Lays a cable between two new machines.
 * @returns {Promise<[Machine, Machine]>}
 */
export async function twoMachines() {
  /** @type {[Machine, Machine]} */
  const machines = [new Machine('192.168.77.1'), new Machine('192.168.77.2')];
  const [one, two] = await Promise.all(machines.map((machine) => machine.holder()));
  execFileSync('ip', `link add eth0 netns ${one} type veth peer name eth0 netns ${two}`.split(' '));
  for (const machine of machines) {
    const other = machines.find((each) => each !== machine);
    for (const words of [
      'link set lo up',
      `address add ${machine.address}/24 brd + dev eth0`,
      'link set eth0 up',
      `route add default via ${other?.address}`,
    ]) {
      machine.run(['ip', ...words.split(' ')]);
    }
  }
  return machines;
}
