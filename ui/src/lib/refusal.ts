import type { CommandError } from '../bindings';

/** Why something was not done: the engine refused it, or the window did without asking. */
export type Refusal = CommandError | { code: 'no_player_name' | 'no_party_name' | 'no_link' | 'no_export' | 'no_reply' };
