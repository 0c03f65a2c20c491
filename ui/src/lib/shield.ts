// What friends reach of this computer, as words.
import type { DoorView, PortDecisionView, RefusedView, ShieldView, Transport } from '../bindings';
import { say } from './words';

/** A port as it is written everywhere. */
export const placeText = (transport: Transport, first: number, last = first): string =>
  first === last ? `${transport} ${String(first)}` : `${transport} ${String(first)}-${String(last)}`;

/** What a level means. */
export const levelWords = ({ level, is_blind }: Pick<ShieldView, 'level' | 'is_blind'>): string =>
  is_blind && (level === 'guarded' || level === 'games') ? say('shield-blind') : say(`shield-lead-${level}`);

/** Whose a door is. */
export const ownerWords = ({ owner }: Pick<DoorView, 'owner'>): string => owner ?? say('shield-system');

/** What a friend tried in vain. */
export function triedWords({ name, transport, port, owner, times }: RefusedView): string {
  const tried = say('shield-tried', { peer: name, place: placeText(transport, port) });
  return [owner === null ? tried : `${tried} (${owner})`, say('shield-times', { times })].join(', ');
}

/** What the player has decided. */
export function decisionWords({ transport, first, last, name, is_open }: PortDecisionView): string {
  const peer = name ?? say('shield-everybody');
  const place = placeText(transport, first, last);
  return is_open ? say('shield-decided-open', { place, peer }) : say('shield-decided-closed', { place, peer });
}
