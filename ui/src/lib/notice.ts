import type { Notice } from '../bindings';
import type { Tone } from './friend';
import { sayFact } from './words';

const tones = new Map<string, Tone>([
  ['peer_joined', 'good'],
  ['connected', 'good'],
  ['reconnected', 'good'],
  ['moved_to_direct', 'good'],
  ['moved_to_relay', 'warn'],
]);

/** How what happened is marked; what this window does not know is told without judgement. */
export const noticeTone = (code: string): Tone => tones.get(code) ?? 'quiet';

/** What happened. Who was not let in, and what was refused, is said as everywhere. */
export const sayNotice = (notice: Notice): string => sayFact(['notice', 'refusal', 'problem'], notice);
