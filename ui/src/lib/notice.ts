import type { Tone } from './friend';

const tones = new Map<string, Tone>([
  ['peer_joined', 'good'],
  ['connected', 'good'],
  ['reconnected', 'good'],
  ['moved_to_direct', 'good'],
  ['moved_to_relay', 'warn'],
]);

/** How what happened is marked; what this window does not know is told without judgement. */
export const noticeTone = (code: string): Tone => tones.get(code) ?? 'quiet';
