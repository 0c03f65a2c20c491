import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { PeerView } from '../src/bindings';
import { byName, matches, rosterCount } from '../src/lib/roster';
import { fakeBackend, open, party, peer, scenes } from './fixtures';

const named = (id: string, name: string, more: Partial<PeerView> = {}): PeerView => ({ ...peer, id, name, ...more });
const away: Partial<PeerView> = { state: 'failed', online: false };

const names = () => {
  const headings = within(screen.getByRole('region', { name: 'On this LAN' })).getAllByRole('heading', { level: 3 });
  return headings.map((heading) => heading.textContent.trim().split(/\s{2,}/)[0] ?? '');
};

/** The names in the order in which they stand. */
async function shown(peers: PeerView[]) {
  fakeBackend({ ...open, party: { ...party, peers } });
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return names();
}

test('friends are ordered as people order names, and two of one name always alike', () => {
  const friends = [named('3', 'zoe 10'), named('2', 'Öykü'), named('9', 'ann'), named('4', 'Zoe 9'), named('1', 'Ann')];
  expect(byName(friends).map(({ id }) => id)).toEqual(['1', '9', '2', '4', '3']);
});

test('a friend is found by a part of the name, without its accents, and by address', () => {
  const friend = named('1', 'Öykü K.');
  for (const text of ['öy', 'oyku', ' K. ', 'ÖYKÜ', '10.66.41', '']) expect(matches(friend, text), text).toBe(true);
  for (const text of ['jonas', '10.66.42']) expect(matches(friend, text), text).toBe(false);
});

test('who is away is not counted among those who are here', () => {
  expect(rosterCount({ peers: [] })).toBe('only you');
  expect(rosterCount({ peers: [named('1', 'Ann'), named('2', 'Bo', away)] })).toBe('2 here · 1 away');
});

describe('the friends of a party', () => {
  test('stand by name, those who are away below, and the player last', async () => {
    const order = await shown([named('1', 'Zoe'), named('2', 'Bo', away), named('3', 'Ann')]);
    expect(order).toEqual(['Ann', 'Zoe', 'Bo', 'You host']);
  });

  test('are folded where five are away', async () => {
    const gone = ['a', 'b', 'c', 'd', 'e'].map((id) => named(id, id, away));
    await shown([...gone, named('1', 'Ann')]);
    const fold = screen.getByText('5 away').closest('details');
    expect(fold?.open).toBe(false);
    expect(fold?.querySelectorAll('li')).toHaveLength(5);
  });

  test('can be searched where they are many', async () => {
    const user = userEvent.setup();
    const crowd = scenes.friends_64;
    if (!crowd || !('revision' in crowd) || !crowd.party) throw new Error('no crowd');
    await shown(crowd.party.peers);
    await user.type(screen.getByRole('searchbox', { name: 'Find a friend' }), 'DESDÉMONA k. 1');
    const left = names();
    expect(left.length).toBeGreaterThan(1);
    expect(left.slice(0, -1).every((name) => name.startsWith('Desdemona K. 1'))).toBe(true);
    await user.type(screen.getByRole('searchbox', { name: 'Find a friend' }), ' nobody');
    expect(screen.getByText(/Nobody here is called/)).toBeTruthy();
  });
});
