import { emit } from '@tauri-apps/api/event';
import { mockIPC } from '@tauri-apps/api/mocks';

import type { CommandError, Events, Snapshot } from '../bindings';
import { FakeData, type Answers, type Asked } from './data';

export type { Answers } from './data';

/** What the window asked for, in order: the name of a request with its arguments, or a plugin's command. */
export interface Call {
  command: string;
  args: unknown;
}

/**
 * Puts a fake in place of the backend; the calls it received are in the answer. What has no answer is answered with
 * `null`, but the stored data is there.
 */
export function fakeBackend(scene: Snapshot | CommandError | null, answers: Answers = {}): Call[] {
  const calls: Call[] = [];
  const getSnapshot = (): Promise<Snapshot> => {
    if (scene === null) return new Promise(() => undefined);
    // A refusal is a plain object on the other side of the bridge too.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    return 'revision' in scene ? Promise.resolve(scene) : Promise.reject(scene);
  };
  const all: Answers = { status: getSnapshot, ...new FakeData().answers, ...answers };
  mockIPC(
    (command, payload) => {
      if (command !== 'ask' && command !== 'ask_desktop') {
        calls.push({ command, args: payload });
        return null;
      }
      const { ask, ...args } = (payload as { request: { ask: keyof Asked } }).request;
      calls.push({ command: ask, args });
      const answer = all[ask] as ((args: unknown) => unknown) | undefined;
      return answer?.(args) ?? null;
    },
    { shouldMockEvents: true },
  );
  return calls;
}

/** Sends an event as the backend would. */
export function send<K extends keyof Events>(event: K, payload: Events[K]): Promise<void> {
  return emit(event, payload);
}
