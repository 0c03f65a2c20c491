import { emit } from '@tauri-apps/api/event';
import { mockIPC } from '@tauri-apps/api/mocks';

import type { CommandError, Commands, Events, Snapshot } from '../bindings';
import { FakeData } from './data';

/** Answers of a backend that is not there. A command without one answers `null`, but the stored data is there. */
export type Answers = {
  [K in keyof Commands]?: (args: Commands[K]['args']) => Commands[K]['result'] | Promise<Commands[K]['result']>;
};

/** What the window asked for, in order. */
export interface Call {
  command: string;
  args: unknown;
}

/** Puts a fake in place of the backend; the calls it received are in the answer. */
export function fakeBackend(scene: Snapshot | CommandError | null, answers: Answers = {}): Call[] {
  const calls: Call[] = [];
  const getSnapshot = (): Promise<Snapshot> => {
    if (scene === null) return new Promise(() => undefined);
    // A refusal is a plain object on the other side of the bridge too.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    return 'revision' in scene ? Promise.resolve(scene) : Promise.reject(scene);
  };
  const stored = new FakeData();
  mockIPC(
    (command, args) => {
      calls.push({ command, args });
      const all: Answers = { get_snapshot: getSnapshot, data: ({ request }) => stored.answer(request), ...answers };
      const answer = all[command as keyof Commands] as ((args: unknown) => unknown) | undefined;
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
