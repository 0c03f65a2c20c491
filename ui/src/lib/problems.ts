import type { Severity, Snapshot } from '../bindings';
import { sayProblem } from './said';
import { say } from './words';

/** What of the settings is to be looked at: those that cannot be used, or the control server. */
export type SettingsTarget = 'faulty' | 'control_server';

/** One entry of the banner. */
export interface Banner {
  code: string;
  severity: Severity;
  text: string;
  fix: string;
  /** Which settings help; `null` if none does. */
  settings: SettingsTarget | null;
  /** When the engine tries again by itself (Unix milliseconds). */
  retryAtMs: number | null;
  /** Whether the one-time set-up of the helper solves it. */
  setUp: boolean;
}

/** What of a snapshot may need attention. */
export type Condition = Pick<Snapshot, 'problems' | 'adapter' | 'control' | 'network' | 'party'>;

/** What the engine calls it when the adapter may not be opened. */
const PERMISSION = 'adapter_permission';

const plain = { settings: null, retryAtMs: null, setUp: false } as const;

/**
 * Everything that needs attention, worst first as the engine sorted it, each condition once. The engine reports
 * a refused setting as it was at its start: once the settings are on the screen, they say it themselves.
 */
export function banners({ problems, adapter, control, network, party }: Condition, settingsSpeak = false): Banner[] {
  const shown = problems
    .filter(({ code }) => code !== 'bad_setting' || !settingsSpeak)
    .map((problem): Banner => {
      const settings = problem.code === 'bad_setting' ? 'faulty' : null;
      return { ...problem, settings, retryAtMs: null, setUp: problem.code === PERMISSION };
    });
  // The two conditions that the engine retries by itself. Their problem gains the time of the next try.
  if (adapter.state === 'unavailable') {
    const { reason, fix, retry_at_ms: retryAtMs } = adapter;
    const known = shown.find(({ text }) => text === reason);
    if (known) known.retryAtMs = retryAtMs;
    else shown.push({ ...plain, code: 'adapter_unavailable', severity: 'error', text: reason, fix, retryAtMs });
  }
  if (control.state === 'disconnected') {
    const { server, reason, retry_at_ms: retryAtMs } = control;
    const code = 'control_disconnected';
    const known = shown.find((banner) => banner.code === code);
    const text = say('problems-control', { server, reason });
    if (known) known.retryAtMs = retryAtMs;
    else shown.push({ ...plain, code, severity: 'warning', text, fix: say('problems-control-fix'), retryAtMs });
  }
  if (network.udp_is_blocked) {
    const [text, fix] = [say('problems-udp-blocked'), say('problems-udp-blocked-fix')];
    shown.push({ ...plain, code: 'udp_blocked', severity: 'warning', text, fix });
  }
  if (control.state === 'local' && party !== null) {
    const [text, fix] = [say('problems-alone'), say('problems-alone-fix')];
    shown.push({ ...plain, code: 'no_server', severity: 'warning', text, fix, settings: 'control_server' });
  }
  return shown.map(sayProblem);
}

/** A sentence in pieces: a quoted `sudo …` is a command to copy. */
export interface Piece {
  kind: 'text' | 'command';
  value: string;
}

export function pieces(text: string): Piece[] {
  return text
    .split(/"(sudo [^"]+)"/)
    .map((value, index): Piece => ({ kind: index % 2 === 1 ? 'command' : 'text', value }))
    .filter(({ value }) => value !== '');
}
