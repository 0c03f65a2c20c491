import type { RecentPartyView } from '../bindings';
import { getRecentParties } from './bridge';

/** Where the window remembers over restarts that there was a party. */
export const WAS_IN_PARTY = 'lanrage.was-in-party';

function wasRemembered(): boolean {
  try {
    return localStorage.getItem(WAS_IN_PARTY) !== null;
  } catch {
    return false;
  }
}

/** The parties that this device was in. */
export class Recent {
  /** `null` until they are read. */
  list = $state.raw<readonly RecentPartyView[] | null>(null);
  #wasInParty = $state(wasRemembered());
  /** Whether the player has never been in a party, as far as is known: whoever forgot all of them has. */
  readonly isFirst = $derived(!this.#wasInParty && this.list?.length === 0);

  async load(): Promise<void> {
    this.list = await getRecentParties();
    if (this.list.length === 0) return;
    this.#wasInParty = true;
    try {
      localStorage.setItem(WAS_IN_PARTY, '');
    } catch {
      // Then the list says it as long as there is one.
    }
  }
}
