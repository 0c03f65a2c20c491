import type { Tone } from './friend';

const tones: Partial<Record<string, Tone>> = {
  connected: 'good',
  reconnected: 'good',
  moved_to_direct: 'good',
  peer_joined: 'good',
  moved_to_relay: 'warn',
};

/** How what happened is marked; what this window does not know is told without judgement. */
export const noticeTone = (code: string): Tone => tones[code] ?? 'quiet';
