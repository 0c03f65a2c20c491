// The only file that talks to the backend. Names, arguments and results of commands and events come from Rust
// (bindings.ts), so a rename there fails the type check here.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import type { CommandError, Commands, Events, Notice, Snapshot } from '../bindings';
import { texts } from './texts';

/** A command that the backend refused, in its own words. */
export class CommandFailure extends Error implements CommandError {
  override readonly name = 'CommandFailure';
  readonly code: string;
  readonly text: string;

  constructor({ code, text }: CommandError) {
    super(text);
    this.code = code;
    this.text = text;
  }
}

/** Whatever was thrown, as something that can be shown. */
export function toCommandError(thrown: unknown): CommandError {
  if (thrown instanceof CommandFailure) return { code: thrown.code, text: thrown.text };
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'text' in thrown) {
    const { code, text } = thrown;
    if (typeof code === 'string' && typeof text === 'string') return { code, text };
  }
  // Arguments that do not fit come back from Tauri as a plain string.
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'unexpected', text: texts.unexpected(detail) };
}

async function call<K extends keyof Commands>(
  command: K,
  args: Commands[K]['args'],
): Promise<Commands[K]['result']> {
  try {
    return await invoke<Commands[K]['result']>(command, args);
  } catch (thrown) {
    throw new CommandFailure(toCommandError(thrown));
  }
}

/** Ends a subscription. */
export type Unsubscribe = () => void;

function on<K extends keyof Events>(event: K, handle: (payload: Events[K]) => void): Promise<Unsubscribe> {
  return listen<Events[K]>(event, ({ payload }) => {
    handle(payload);
  });
}

/** The newest state. Waits until the engine has started, and fails if it could not. */
export const getSnapshot = () => call('get_snapshot', {});
export const createParty = (name: string) => call('create_party', { name });
export const joinParty = (link: string) => call('join_party', { link });
export const leaveParty = () => call('leave_party', {});
/** What a link says, without joining. */
export const previewInvitation = (link: string) => call('preview_invitation', { link });
export const setPlayerName = (name: string) => call('set_player_name', { name });
export const copyText = (text: string) => call('copy_text', { text });

export const onSnapshot = (handle: (snapshot: Snapshot) => void) => on('snapshot', handle);
export const onNotice = (handle: (notice: Notice) => void) => on('notice', handle);
