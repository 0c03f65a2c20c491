import type { Severity, Snapshot } from '../bindings';
import { adviceOf, sayAdapterFault, sayProblem, sayServerFault, type Advice } from './said';
import { say } from './words';

/** What of the settings is to be looked at: those that cannot be used, or the control server. */
export type SettingsTarget = 'faulty' | 'control_server';

/** One entry of the banner. */
export interface Banner {
  code: string;
  severity: Severity;
  text: string;
  fix: Advice | null;
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
      const { code, severity, remedy } = problem;
      const [text, fix] = [sayProblem(problem), adviceOf(remedy)];
      return { code, severity, text, fix, settings, retryAtMs: null, setUp: code === PERMISSION };
    });
  // The two conditions that the engine retries by itself. Their problem gains the time of the next try.
  if (adapter.state === 'unavailable') {
    const { fault, remedy, retry_at_ms: retryAtMs } = adapter;
    const { code } = fault;
    const known = shown.find((banner) => banner.code === code);
    const [text, fix] = [sayAdapterFault(adapter), adviceOf(remedy)];
    if (known) known.retryAtMs = retryAtMs;
    else shown.push({ ...plain, code, severity: 'error', text, fix, retryAtMs });
  }
  if (control.state === 'disconnected') {
    const { server, why, retry_at_ms: retryAtMs } = control;
    const code = 'control_disconnected';
    const known = shown.find((banner) => banner.code === code);
    const text = say('problems-control', { server, reason: sayServerFault(why) });
    const fix = { text: say('problems-control-fix'), command: null };
    if (known) known.retryAtMs = retryAtMs;
    else shown.push({ ...plain, code, severity: 'warning', text, fix, retryAtMs });
  }
  if (network.udp_is_blocked) {
    const text = say('problems-udp-blocked');
    const fix = { text: say('problems-udp-blocked-fix'), command: null };
    shown.push({ ...plain, code: 'udp_blocked', severity: 'warning', text, fix });
  }
  if (control.state === 'local' && party !== null) {
    const text = say('problems-alone');
    const fix = { text: say('problems-alone-fix'), command: null };
    shown.push({ ...plain, code: 'no_server', severity: 'warning', text, fix, settings: 'control_server' });
  }
  return shown;
}

/** A sentence in pieces: the command in it, which stands in backticks, is to be copied. */
export interface Piece {
  kind: 'text' | 'command';
  value: string;
}

export function pieces({ text, command }: Advice): Piece[] {
  const parts = command === null ? [text] : text.split(`\`${command}\``);
  const around = parts.flatMap((value, at): Piece[] => [
    ...(at > 0 && command !== null ? [{ kind: 'command', value: command } as const] : []),
    { kind: 'text', value },
  ]);
  return around.filter(({ value }) => value !== '');
}
