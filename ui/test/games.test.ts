import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { PartyView, Snapshot } from '../src/bindings';
import { hosted } from '../src/dev/scenes';
import { shownGames } from '../src/lib/games';
import { fakeBackend, open, party, peer, send } from './fixtures';

const teeworlds = { slug: 'teeworlds', name: 'Teeworlds', source: 'told' as const, hosted };
const factorio = { slug: 'factorio', name: 'Factorio', source: 'told' as const, hosted: null };
const playing: PartyView = {
  ...party,
  peers: [
    { ...peer, id: '3', name: 'Öykü', games: [factorio] },
    { ...peer, id: '2', name: 'Anna', games: [teeworlds] },
  ],
};
const scene: Snapshot = { ...open, party: playing };

async function show(answers: Parameters<typeof fakeBackend>[1] = {}) {
  const calls = fakeBackend(scene, answers);
  render(App);
  const card = await screen.findByRole('region', { name: 'Games' });
  return { calls, card: within(card) };
}

describe('the games of a party', () => {
  test('are said with all that the host’s server tells, what is hosted first', () => {
    const [first, second] = shownGames(playing);
    expect([first?.what, first?.details]).toEqual(['Anna hosts Teeworlds', 'Skyblock, ctf2, 3/8, 0.7.5, 12 ms']);
    expect([second?.what, second?.details, second?.at]).toEqual(['Öykü plays Factorio', '', null]);
    const own = { ...hosted, players: null, title: null, map: null, version: null, is_locked: true };
    const [mine] = shownGames({ peers: [], games: [{ ...teeworlds, hosted: own }] });
    expect([mine?.what, mine?.details, mine?.at?.peer]).toEqual(['You host Teeworlds', 'with a password', null]);
  });

  test('that nobody tells of say how they are known, and are looked for while the page is in sight', async () => {
    const [heard] = shownGames({ ...playing, peers: [{ ...peer, name: 'Anna', games: [{ ...teeworlds, source: 'announced' }] }] });
    expect(heard?.details).toBe('Skyblock, ctf2, 3/8, 0.7.5, 12 ms, announced by the game itself');
    const { calls } = await show();
    const looked = () => calls.filter(({ command }) => command === 'look_for_games').length;
    expect(looked()).toBe(1);
    await send('snapshot', { ...scene, revision: 2 });
    expect(looked()).toBe(1);
  });

  test('are copied and joined by their address', async () => {
    const user = userEvent.setup();
    const { calls, card } = await show();
    await user.click(card.getByRole('button', { name: 'Copy address of Teeworlds at Anna' }));
    expect(calls.at(-1)).toEqual({ command: 'copy_text', args: { text: '10.66.41.7:8303' } });
    await user.click(card.getByRole('button', { name: 'Join Teeworlds at Anna' }));
    const args = { peer: '2', address: '10.66.41.7:8303', game: 'Teeworlds' };
    expect(calls.at(-1)).toEqual({ command: 'join_game', args });
    expect(card.getAllByRole('button')).toHaveLength(4);
  });

  test('that cannot be started say so, and are gone when nobody plays', async () => {
    const user = userEvent.setup();
    const { card } = await show({
      join_game: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw { code: 'game_not_started', game: 'Teeworlds' };
      },
    });
    await user.click(card.getByRole('button', { name: 'Join Teeworlds at Anna' }));
    expect(await card.findByText(/Teeworlds could not be started/)).toBeTruthy();
    await send('snapshot', { ...open, revision: 9 });
    expect(screen.queryByRole('region', { name: 'Games' })).toBeNull();
  });
});

describe('the page of games', () => {
  async function page() {
    const calls = fakeBackend(open);
    render(App);
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Games' }));
    await screen.findByRole('heading', { level: 1, name: 'Games' });
    return { calls, user };
  }

  test('hides a game from friends, and finds it by its name', async () => {
    const { calls, user } = await page();
    await user.type(await screen.findByLabelText('Search'), 'teew');
    expect(screen.getByRole('heading', { name: 'One game' })).toBeTruthy();
    await user.click(screen.getByText('Teeworlds'));
    await user.click(await screen.findByLabelText('Friends are told when you play or host it'));
    expect(calls).toContainEqual({ command: 'hide_game', args: { slug: 'teeworlds', hidden: true } });
    expect(await screen.findByText('hidden from friends')).toBeTruthy();
  });

  test('brings searches to the port of a game, which is offered where a list can be brought there', async () => {
    const { calls, user } = await page();
    await user.click(await screen.findByText('Factorio'));
    await screen.findByLabelText('Friends are told when you play or host it');
    expect(screen.queryByLabelText(/^Friends' lists find it too/)).toBeNull();
    await user.click(screen.getByText('Teeworlds'));
    await user.click(await screen.findByLabelText(/^Friends' lists find it too/));
    expect(calls).toContainEqual({ command: 'bring_searches', args: { slug: 'teeworlds', bring: true } });
  });

  test('adds a game with what was typed, line by line', async () => {
    const { calls, user } = await page();
    await user.click(screen.getByRole('button', { name: 'Add a game' }));
    await user.type(screen.getByLabelText('Name'), 'Our game');
    await user.type(screen.getByLabelText(/^Programs, one a line/), 'ours{Enter} {Enter}ours.exe');
    await user.type(screen.getByLabelText(/^Ports that a host/), 'udp 9000');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    const args = { slug: null, name: 'Our game', programs: ['ours', 'ours.exe'], servers: [], ports: ['udp 9000'] };
    expect(calls).toContainEqual({ command: 'save_game', args });
  });
});
