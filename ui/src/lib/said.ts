// What the engine tells, as sentences. It tells facts; the catalogue has the words.
import type { AdapterView, Check, CommandError, Notice, PeerView, Problem, Remedy } from '../bindings';
import { sayFact, sayFactOf } from './words';

/** Why something was refused, by the backend or, in words, by the window itself. */
export type Refusal = CommandError | { readonly text: string };

export const sayError = (error: Refusal): string => ('text' in error ? error.text : sayFact('refusal', error));

/** Who was not let in, and what was refused, has the words of a problem or a refusal. */
export const sayNotice = (notice: Notice): string => sayFactOf(['notice', 'problem', 'refusal'], notice);

export const sayProblem = (problem: Problem): string => sayFactOf(['problem'], problem);

export const sayFinding = ({ finding }: Check): string => sayFactOf(['finding', 'problem'], finding);

/** What can be done, and the command in it that can be copied. */
export interface Advice {
  text: string;
  command: string | null;
}

export function adviceOf(remedy: Remedy | null): Advice | null {
  if (remedy === null) return null;
  return { text: sayFact('remedy', remedy), command: 'command' in remedy ? remedy.command : null };
}

/** Why the server cannot be reached, as a part of a sentence. */
export const sayServerFault = (why: object): string => sayFactOf(['server-fault'], { why });

export const sayAdapterFault = ({ fault }: Extract<AdapterView, { state: 'unavailable' }>): string =>
  sayFact('problem', fault);

/** How it is with a friend, without the seconds where a countdown shows them. */
export function saySituation({ situation, next_direct_try_at_ms: next }: Pick<PeerView, 'situation' | 'next_direct_try_at_ms'>): string {
  const isCounted = next !== null && situation.code === 'relayed';
  return sayFact('situation', isCounted ? { ...situation, retry_in_s: null } : situation);
}
