import type { CheckState } from '../bindings';
import type { Tone } from './friend';

/** How what the doctor found is marked. */
export const checkTones: Record<CheckState, Tone> = { good: 'good', warning: 'warn', bad: 'bad', unknown: 'quiet' };
