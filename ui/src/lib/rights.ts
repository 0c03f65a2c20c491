// What a player may do in a party, as the engine judges it: the window offers nothing that would be refused.
import type { Role } from '../bindings';
import { say, sayFact } from './words';

const owns = (role: Role): boolean => role === 'owner' || role === 'acting_owner';

/** Whether someone of this role may kick or ban someone of that. */
export const mayRemove = (own: Role, other: Role): boolean =>
  other !== 'owner' && (owns(own) || (own === 'moderator' && (other === 'member' || other === 'guest')));

/** Whether someone of this role may make moderators. */
export const mayLift = owns;

/** Whether someone of this role may give the party away. */
export const mayHandOver = (own: Role): boolean => own === 'owner';

/** Whether someone of this role says who may come in. */
export const mayAdmit = (own: Role): boolean => own !== 'member' && own !== 'guest';

/** What somebody of the party is to it, where that is more or less than a member. */
export function roleBadge({ is_host: isHost, role }: { is_host: boolean; role: Role }): string | null {
  if (isHost) return say('roster-host');
  return role === 'member' ? null : sayFact('role', role);
}
