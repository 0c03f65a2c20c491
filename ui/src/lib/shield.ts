// What friends reach of this computer, as words.
import type { DoorView, PortDecisionView, RefusedView, ShieldView, Transport } from '../bindings';
import { say } from './words';

/** A port, or some, as they are written everywhere. */
export function placeText(transport: Transport, first: number, last = first): string {
  const ports = first === last ? String(first) : `${String(first)}-${String(last)}`;
  return say('shield-place', { transport: transport.toUpperCase(), ports });
}

/** What a level means. */
export const levelWords = ({ level, is_blind }: Pick<ShieldView, 'level' | 'is_blind'>): string =>
  is_blind && (level === 'guarded' || level === 'games') ? say('shield-blind') : say(`shield-lead-${level}`);

/** Whose a door is. */
export const ownerWords = ({ owner }: Pick<DoorView, 'owner'>): string => (owner === null ? say('shield-system') : say('shield-owner', { owner }));

/** What a friend tried in vain. */
export function triedWords({ name, transport, port, owner, times }: RefusedView): string {
  const place = placeText(transport, port);
  const tried =
    owner === null ? say('shield-tried', { peer: name, place }) : say('shield-tried-program', { peer: name, place, owner });
  return [tried, say('shield-times', { times })].join(', ');
}

/** What the player has decided. */
export function decisionWords({ transport, first, last, name, is_open }: PortDecisionView): string {
  const peer = name ?? say('shield-everybody');
  const place = placeText(transport, first, last);
  return is_open ? say('shield-decided-open', { place, peer }) : say('shield-decided-closed', { place, peer });
}
