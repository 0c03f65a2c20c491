import type { ReadyCheckView, PartyView, PeerView } from '../bindings';
import { collator } from './format';
import { friendStatus } from './friend';
import { say } from './words';

/** Whether a friend is not there, through no fault of the connection. */
export const isAway = (peer: Pick<PeerView, 'state' | 'online'>) => friendStatus(peer).tone === 'quiet';

/** How many are here, the player among them, and how many are away. */
export function rosterCount({ peers }: Pick<PartyView, 'peers'>): string {
  const away = peers.filter(isAway).length;
  const here = say('roster-count', { here: peers.length - away + 1 });
  return away === 0 ? here : `${here} · ${say('roster-away-count', { count: away })}`;
}

/** Friends by name as the language orders them; of two with one name always the same is first. */
export function byName<Friend extends Pick<PeerView, 'id' | 'name'>>(friends: readonly Friend[]): Friend[] {
  const { compare } = collator();
  return [...friends].sort((one, other) => compare(one.name, other.name) || (one.id < other.id ? -1 : 1));
}

/** Whether a friend is looked for: by a part of the name, in any case and with or without its accents, or of the address. */
export function matches({ name, virtual_ip: address }: Pick<PeerView, 'name' | 'virtual_ip'>, wanted: string): boolean {
  const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
  return plain(name).includes(plain(wanted)) || address.includes(wanted.trim());
}

/** How many of those who are asked are ready, the player among them. */
export function readyCounts({ own }: Pick<ReadyCheckView, 'own'>, friends: readonly Pick<PeerView, 'readiness'>[]) {
  const answers = [own, ...friends.flatMap(({ readiness }) => readiness ?? [])];
  return { ready: answers.filter((answer) => answer === 'ready').length, all: answers.length };
}
