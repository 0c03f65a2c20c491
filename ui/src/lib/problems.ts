import type { Fault, Meeting, Remedy, Severity, Snapshot } from '../bindings';
import { serverName } from './server';
import { say, sayFact } from './words';

/** What of the settings is to be looked at: those that cannot be used, or the control server. */
export type SettingsTarget = 'faulty' | 'control_server';

/** A part of what can be done: words, or a command to copy. */
export interface Piece {
  kind: 'text' | 'command';
  value: string;
}

/** One entry of the banner. */
export interface Banner {
  code: string;
  severity: Severity;
  text: string;
  /** What can be done; nothing if there is nothing to do. */
  fix: readonly Piece[];
  /** Which settings help; `null` if none does. */
  settings: SettingsTarget | null;
  /** When the engine tries again by itself (Unix milliseconds). */
  retryAtMs: number | null;
  /** Whether the one-time set-up of the helper solves it. */
  setUp: boolean;
  /** Whether a new start of the program solves it. */
  restart: boolean;
  /** Whether another server answers, which the player may accept. */
  otherServer: boolean;
}

/** What of a snapshot may need attention. */
export type Condition = Pick<Snapshot, 'problems' | 'adapter' | 'control' | 'announcement' | 'network' | 'party'>;

/** How friends are met who may not get in. */
const UNSURE: ReadonlySet<string> = new Set<Meeting['code']>(['link', 'store_silent', 'hidden']);

/** What the engine calls it when the adapter may not be opened. */
const PERMISSION = 'adapter_permission';

/** What begins with a new start of the program. */
const RESTARTS: ReadonlySet<string> = new Set<Remedy['code']>(['restart_lanrage', 'restore_backup']);

/** What can be done, in pieces: the command that a remedy carries stands in its sentence between backticks. */
export function remedyPieces(remedy: Remedy | null): Piece[] {
  if (remedy === null) return [];
  const text = sayFact('remedy', remedy);
  if (!('command' in remedy)) return [{ kind: 'text', value: text }];
  const { command } = remedy;
  return text
    .split(`\`${command}\``)
    .flatMap((value, index): Piece[] => [...(index > 0 ? [{ kind: 'command', value: command } as const] : []), { kind: 'text', value }])
    .filter(({ value }) => value !== '');
}

const words = (value: string): Piece[] => [{ kind: 'text', value }];

function banner(severity: Severity, fault: Fault, remedy: Remedy | null, retryAtMs: number | null = null): Banner {
  const { code } = fault;
  const otherServer = fault.code === 'control_disconnected' && fault.why.code === 'other_server' && fault.in_party;
  const settings = code === 'bad_setting' ? 'faulty' : null;
  const restart = remedy !== null && RESTARTS.has(remedy.code);
  return { code, severity, text: sayFact('problem', fault), fix: remedyPieces(remedy), settings, retryAtMs, setUp: code === PERMISSION, restart, otherServer };
}

/**
 * Everything that needs attention, worst first as the engine sorted it, each condition once. The engine reports
 * a refused setting as it was at its start: once the settings are on the screen, they say it themselves.
 */
export function banners({ problems, adapter, control, announcement, network, party }: Condition, settingsSpeak = false): Banner[] {
  const shown = problems
    .filter(({ code }) => code !== 'bad_setting' || !settingsSpeak)
    .map((problem) => banner(problem.severity, problem, problem.remedy));
  // The two conditions that the engine retries by itself. Their problem gains the time of the next try.
  const retried = (severity: Severity, fault: Fault, remedy: Remedy, retryAtMs: number) => {
    const known = shown.find(({ code }) => code === fault.code);
    if (known) known.retryAtMs = retryAtMs;
    else shown.push(banner(severity, fault, remedy, retryAtMs));
  };
  if (adapter.state === 'unavailable') retried('error', adapter.fault, adapter.remedy, adapter.retry_at_ms);
  if (control.state === 'disconnected') {
    const { server, why, retry_at_ms: retryAtMs } = control;
    const fault: Fault = { code: 'control_disconnected', server, why, in_party: party !== null };
    retried('warning', fault, { code: 'check_connection' }, retryAtMs);
  }
  const plain = { severity: 'warning', settings: null, retryAtMs: null, setUp: false, restart: false, otherServer: false } as const;
  if (announcement !== null && control.state !== 'local') {
    const text = say('problems-announcement', { server: serverName(control.server), text: announcement });
    shown.push({ ...plain, code: 'announcement', text, fix: [] });
  }
  if (network.udp_is_blocked) {
    const [text, fix] = [say('problems-udp-blocked'), words(say('problems-udp-blocked-fix'))];
    shown.push({ ...plain, code: 'udp_blocked', text, fix });
  }
  if (party !== null && UNSURE.has(party.meeting.code)) {
    const [text, fix] = [say('problems-alone'), words(say('problems-alone-fix'))];
    shown.push({ ...plain, code: 'no_server', text, fix, settings: 'control_server' });
  }
  return shown;
}
