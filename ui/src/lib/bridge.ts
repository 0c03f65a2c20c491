// The only file that talks to the backend. Names, arguments and results of commands and events come from Rust
// (bindings.ts), so a rename there fails the type check here.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import type { CommandError, Commands, DataAnswer, DataRequest, Events, Notice, Snapshot } from '../bindings';
import { say } from './words';

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
  return { code: 'unexpected', text: say('unexpected', { detail }) };
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
/** Is in no party for now, and stays a member of it. */
export const pauseParty = () => call('pause_party', {});
export const resumeParty = (party: string) => call('resume_party', { party });
/** What a link says, without joining. */
export const previewInvitation = (link: string) => call('preview_invitation', { link });
export const setPlayerName = (name: string) => call('set_player_name', { name });

/** What each answer of the stored data carries. */
type Contents = { [A in DataAnswer as A['answer']]: A extends { content: infer Content } ? Content : null };

async function ask<K extends keyof Contents>(request: DataRequest, wanted: K): Promise<Contents[K]> {
  const answer = await call('data', { request });
  if (answer.answer !== wanted) throw new Error(`${request.ask} was answered with ${answer.answer}`);
  return ('content' in answer ? answer.content : null) as Contents[K];
}

/** All settings with their declarations. */
export const getSettings = () => ask({ ask: 'settings' }, 'settings');
/** Changes a setting to what a person wrote; the engine reads and judges it. */
export const setSetting = (key: string, text: string) => ask({ ask: 'set_text', key, text }, 'changed');
export const resetSetting = (key: string) => ask({ ask: 'reset_setting', key }, 'changed');
export const resetSettings = () => ask({ ask: 'reset_settings' }, 'changed');
/** All chosen settings as JSON text. */
export const exportSettings = () => ask({ ask: 'export_settings' }, 'text');
/** Takes an export; all of it or nothing. */
export const importSettings = (text: string) => ask({ ask: 'import_settings', text }, 'changed');
export const getFavorites = () => ask({ ask: 'favorites' }, 'favorites');
export const saveFavorite = (url: string, name: string) => ask({ ask: 'save_favorite', url, name }, 'done');
export const deleteFavorite = (url: string) => ask({ ask: 'delete_favorite', url }, 'done');
export const getRecentParties = () => ask({ ask: 'recent_parties' }, 'recent_parties');
export const forgetParty = (party: string) => ask({ ask: 'forget_party', party }, 'done');
/** Size of the database, and its backups. */
export const getDataSummary = () => ask({ ask: 'summary' }, 'summary');
/** What is wrong with the database; nothing if it is good. */
export const checkData = () => ask({ ask: 'check' }, 'faults');
export const backUpNow = () => ask({ ask: 'back_up_now' }, 'summary');
export const restoreBackup = (path: string) => ask({ ask: 'restore', path }, 'changed');

/** Looks at everything that a party needs. Takes a few seconds. */
export const runDoctor = () => call('run_doctor', {});
/** Writes an anonymised bundle for a report; the answer is its path. */
export const exportDiagnostics = () => call('export_diagnostics', {});
/** Begins or ends the flow of `log` events; the newest lines come at once. */
export const followLog = (on: boolean) => call('follow_log', { on });
/** A link of the present party; `null` for one that never expires. */
export const newInvitation = (hours: number | null) => call('new_invitation', { expires_in_hours: hours });
export const setFavoriteParty = (party: string, favorite: boolean) =>
  call('set_favorite_party', { party, favorite });
/** The link that the system handed over and nobody has looked at. */
export const takeLink = () => call('take_link', {});
/** The answer to `close_asked`: whether the party goes on without a window. */
export const answerClose = (keep: boolean, remember: boolean) => call('answer_close', { keep, remember });
/** The one-time set-up of the helper that opens the adapter. */
export const setUpAdapter = () => call('set_up_adapter', {});

export const copyText = (text: string) => call('copy_text', { text });

export const onSnapshot = (handle: (snapshot: Snapshot) => void) => on('snapshot', handle);
export const onNotice = (handle: (notice: Notice) => void) => on('notice', handle);
/** New lines of the log, once it is followed. */
export const onLog = (handle: (lines: string[]) => void) => on('log', handle);
/** There is a link to be taken. */
export const onLink = (handle: () => void) => on('link', handle);
/** The window was closed while in a party, and nobody has said yet what that means. */
export const onCloseAsked = (handle: () => void) => on('close_asked', handle);
