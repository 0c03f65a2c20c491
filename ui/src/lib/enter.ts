import type { PartyView } from '../bindings';
import { pauseParty, resumeParty } from './bridge';

/** The party that comes back because another one could not be entered. */
let returning: string | null = null;

/** Whether a party is one that comes back: why, the player is to read where the other one was asked for. Asked once. */
export function comesBack(party: string | null): boolean {
  const isIt = returning === party;
  returning = null;
  return isIt;
}

/** Enters a party; the one that the player is in is paused for it, and comes back if that fails. */
export async function enter(present: Pick<PartyView, 'id'> | null, go: () => Promise<unknown>): Promise<void> {
  returning = null;
  if (present !== null) await pauseParty();
  try {
    await go();
  } catch (thrown) {
    if (present !== null) {
      returning = present.id;
      // The refusal is what the player is to read, not that of the way back.
      await resumeParty(present.id).catch(() => {
        returning = null;
      });
    }
    throw thrown;
  }
}
