// The only file that talks to the backend. Names, arguments and answers of requests and events come from Rust
// (bindings.ts), so a rename there fails the type check here.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import type {
  Admission,
  CommandError,
  DesktopRequests,
  Events,
  Fix,
  Notice,
  Requests,
  Snapshot,
  Standing,
  Transport,
  Trust,
} from '../bindings';
import type { Refusal } from './refusal';

/** A request that the backend refused. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

/** Whatever was thrown, as something that can be shown. */
export function toRefusal(thrown: unknown): Refusal {
  if (thrown instanceof CommandFailure) return thrown.refusal;
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string') {
    return thrown as CommandError;
  }
  // Arguments that do not fit come back from Tauri as a plain string.
  return { code: 'unexpected', detail: thrown instanceof Error ? thrown.message : String(thrown) };
}

async function call<Answer>(command: 'ask' | 'ask_desktop', request: object): Promise<Answer> {
  try {
    return await invoke<Answer>(command, { request });
  } catch (thrown) {
    throw new CommandFailure(toRefusal(thrown));
  }
}

/** Asks the engine. */
const ask = <K extends keyof Requests>(name: K, args: Requests[K]['args']) =>
  call<Requests[K]['answer']>('ask', { ...args, ask: name });

/** Asks the program around the engine. */
const askDesktop = <K extends keyof DesktopRequests>(name: K, args: DesktopRequests[K]['args']) =>
  call<DesktopRequests[K]['answer']>('ask_desktop', { ...args, ask: name });

/** Ends a subscription. */
export type Unsubscribe = () => void;

function on<K extends keyof Events>(event: K, handle: (payload: Events[K]) => void): Promise<Unsubscribe> {
  return listen<Events[K]>(event, ({ payload }) => {
    handle(payload);
  });
}

/** The newest state. Waits until the engine has started, and fails if it could not. */
export const getSnapshot = () => ask('status', {});
export const createParty = (name: string) => ask('create_party', { name });
/** `network` is the party's where it is out of the ordinary and the player was shown that. */
export const joinParty = (link: string, network: string | null) =>
  ask('join_party', { link, accepted_network: network });
export const leaveParty = () => ask('leave_party', {});
/** Is in no party for now, and stays a member of it. */
export const pauseParty = () => ask('pause_party', {});
/** Lets in, makes moderator, kicks or bans. */
export const setStanding = (peer: string, standing: Standing) => ask('set_standing', { peer, standing });
/** Hears nothing, or again, of what a friend's programs send to everybody. */
export const muteBroadcasts = (peer: string, muted: boolean) => ask('mute_broadcasts', { peer, muted });
/** Takes back that somebody was kicked or banned a moment ago. */
export const undoRemoval = () => ask('undo_removal', {});
/** Says who may come in by the link. */
export const setAdmission = (admission: Admission) => ask('set_admission', { admission });
/** Gives the party to a friend for good. */
export const handOver = (peer: string) => ask('hand_over', { peer });
export const trustServer = () => ask('trust_server', {});
export const resumeParty = (party: string) => ask('resume_party', { party });
/** What a link says, without joining. */
export const previewInvitation = (link: string) => ask('preview_invitation', { link });
/** Knocks at whoever found nobody by the party's link and has sent this. */
export const takeReply = (reply: string) => ask('take_reply', { reply });
/** Somebody will follow the party's link soon: it was passed on in another way than by copying it. */
export const linkPassedOn = () => ask('link_copied', {});
export const setPlayerName = (name: string) => ask('set_settings', { values: { player_name: name } });

/** All settings with their declarations. */
export const getSettings = () => ask('settings', {});
/** Changes a setting to what a person wrote; the engine reads and judges it. */
export const setSetting = (key: string, text: string) => ask('set_text', { key, text });
export const resetSetting = (key: string) => ask('reset_setting', { key });
export const resetSettings = () => ask('reset_settings', {});
/** All chosen settings as JSON text. */
export const exportSettings = () => ask('export_settings', {});
/** Lets the player choose where an export goes; answers where it is, or nothing. */
export const saveExport = () => askDesktop('save_export', {});
/** What stands in an export of the player's choice, or nothing. */
export const readExport = () => askDesktop('read_export', {});
/** Takes an export; all of it or nothing. */
export const importSettings = (text: string) => ask('import_settings', { text });
export const getFavorites = () => ask('favorites', {});
export const saveFavorite = (url: string, name: string) => ask('save_favorite', { url, name });
export const deleteFavorite = (url: string) => ask('delete_favorite', { url });
export const getRecentParties = () => ask('recent_parties', {});
export const forgetParty = (party: string) => ask('forget_party', { party });
/** Size of the database, and its backups. */
export const getDataSummary = () => ask('summary', {});
/** What is wrong with the database; nothing if it is good. */
export const checkData = () => ask('check', {});
export const backUpNow = () => ask('back_up_now', {});
/** Goes back to a backup; with `withoutHash` also to one of which nobody knows whether it is as it was made. */
export const restoreBackup = (path: string, withoutHash: boolean) =>
  ask('restore', { path, without_hash: withoutHash });
/** A backup of the player's choice; nothing if he chose none. */
export const chooseBackup = () => askDesktop('choose_backup', {});

/** This program's version, and a newer one if there is one. */
export const lookForUpdate = () => ask('look_for_update', {});
/** Opens the page of the newer version in the player's browser. */
export const openUpdatePage = async () => {
  await askDesktop('open_update_page', {});
};

/** Looks at everything that a party needs. Takes a few seconds. */
export const runDoctor = () => ask('run_doctor', {});
/** Writes an anonymised bundle for a report; the answer is its path. */
export const exportDiagnostics = () => askDesktop('save_diagnostics', {});
/** Begins or ends the flow of `log` events; the newest lines come at once. */
/** Opens the system's file manager where that is. */
export const showInFolder = (path: string) => askDesktop('show_in_folder', { path });
export const followLog = (on: boolean) => askDesktop('follow_log', { on });
/** A link of the present party; `null` for one that never expires. */
export const newInvitation = (hours: number | null) => ask('new_invitation', { expires_in_hours: hours });
/** A link that lets in so many for so long, and can be revoked; `null` for any number, or for ever. */
export const makeLink = (uses: number | null, hours: number | null, approval: boolean, guests: boolean) =>
  ask('make_link', { uses, expires_in_hours: hours, needs_approval: approval, for_guests: guests });
/** A short code, by which one player comes in within a quarter of an hour. */
export const makeCode = () => ask('make_code', {});
/** A limited link that was made on this device, once more. */
export const linkAgain = (serial: string) => ask('link_again', { serial });
/** Revokes a limited link, or takes that back. */
export const revokeLink = (serial: string, revoked: boolean) => ask('revoke_link', { serial, revoked });
export const setFavoriteParty = (party: string, favorite: boolean) => ask('set_favorite_party', { party, favorite });
/** The link that the system handed over and nobody has looked at. */
export const takeLink = () => askDesktop('take_link', {});
/** The answer to `close_asked`: whether the party goes on without a window. */
export const answerClose = (keep: boolean, remember: boolean) => askDesktop('answer_close', { keep, remember });
/** The one-time set-up of the helper that opens the adapter. */
export const setUpAdapter = () => askDesktop('set_up_adapter', {});

export const restart = () => askDesktop('restart', {});

/** What the player has decided of who reaches what. */
export const getShieldRules = () => ask('shield_rules', {});
/** Says how a friend is trusted, in every party. */
export const trustFriend = (peer: string, name: string, trust: Trust) => ask('trust_friend', { peer, name, trust });
/** Opens or closes a port, for a friend or for all. */
export const decidePorts = (transport: Transport, port: number, peer: string | null, name: string, opens: boolean) =>
  ask('decide_ports', { transport, first: port, last: port, peer, name, is_open: opens });
/** Forgets what was decided of ports. */
export const forgetPorts = (transport: Transport, first: number, last: number, peer: string | null) =>
  ask('forget_ports', { transport, first, last, peer });

/** The games that are known. */
export const getGames = () => ask('games', {});
/** Adds a game, or changes the one of that slug. */
export const saveGame = (
  slug: string | null,
  name: string,
  programs: string[],
  servers: string[],
  ports: string[],
) => ask('save_game', { slug, name, programs, servers, ports });
/** Says whether friends are told of a game. */
export const hideGame = (slug: string, hidden: boolean) => ask('hide_game', { slug, hidden });
/** Says whether a game's search by multicast DNS is let through to the party. */
export const letSearch = (slug: string, through: boolean) => ask('let_search', { slug, through });
/** Says whether searches of friends come to the port where a game is hosted here. */
export const bringSearches = (slug: string, bring: boolean) => ask('bring_searches', { slug, bring });
/** Makes a game what it is by the program, or forgets it. */
export const resetGame = (slug: string) => ask('reset_game', { slug });
/** Takes an export of games; answers how many there were. */
export const importGames = (text: string) => ask('import_games', { text });
/** Lets the player choose where the games go that are the player's own; answers where they are, or nothing. */
export const saveGames = () => askDesktop('save_games', {});
/** Starts a game. */
export const startGame = (slug: string, game: string) => askDesktop('start_game', { slug, game });
/** Says something to everybody in the party. */
export const sayToParty = (text: string) => ask('say', { text });
/** Asks everybody who is here whether they are ready. */
export const askReady = () => ask('ask_ready', {});
/** Answers whoever asks that. */
export const answerReady = (isReady: boolean) => ask('answer_ready', { is_ready: isReady });
/** Pins where the party talks; an empty text takes it away. */
export const pinVoiceLink = (text: string) => ask('pin_voice_link', { text });
/** Opens it, if it is still what was shown. */
export const openVoiceLink = (text: string) => askDesktop('open_voice_link', { text });
/** Asks the party for games of which their hosts' LANrage says nothing. */
export const lookForGames = () => ask('look_for_games', {});
/** Why a game is not seen that the friend hosts, or this device and the friend does not see it. Takes some seconds. */
export const explainGame = (peer: string, game: string, isOwn: boolean) =>
  ask('explain_game', { peer, game, is_own: isOwn });
/** Does what a fix of an explanation stands for, but for starting the game. */
export const mendGame = (peer: string, name: string, game: string, fix: Fix) => ask('mend_game', { peer, name, game, fix });
/** Starts a game into the one that a friend hosts there. */
export const joinGame = (peer: string, address: string, game: string) =>
  askDesktop('join_game', { peer, address, game });

export const copyText = (text: string) => askDesktop('copy_text', { text });

export const onSnapshot = (handle: (snapshot: Snapshot) => void) => on('snapshot', handle);
export const onNotice = (handle: (notice: Notice) => void) => on('notice', handle);
/** New lines of the log, once it is followed. */
export const onLog = (handle: (lines: string[]) => void) => on('log', handle);
/** There is a link to be taken. */
export const onLink = (handle: () => void) => on('link', handle);
/** The window was closed while in a party, and nobody has said yet what that means. */
export const onCloseAsked = (handle: () => void) => on('close_asked', handle);
