import type { PartyView } from '../bindings';
import { pauseParty, resumeParty } from './bridge';

/** Enters a party; the one that the player is in is paused for it, and comes back if that fails. */
export async function enter(present: Pick<PartyView, 'id'> | null, go: () => Promise<unknown>): Promise<void> {
  if (present !== null) await pauseParty();
  try {
    await go();
  } catch (thrown) {
    // The refusal is what the player is to read, not that of the way back.
    if (present !== null) await resumeParty(present.id).catch(() => undefined);
    throw thrown;
  }
}
