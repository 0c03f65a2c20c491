import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { GameExplanation, PartyView, Snapshot } from '../src/bindings';
import { hosted } from '../src/dev/scenes';
import { choices } from '../src/lib/why';
import { fakeBackend, open, party, peer } from './fixtures';

const teeworlds = { slug: 'teeworlds', name: 'Teeworlds', source: 'told' as const, hosted };
const playing: PartyView = {
  ...party,
  games: [{ ...teeworlds, slug: 'ddnet', name: 'DDNet' }],
  peers: [
    { ...peer, id: '2', name: 'Anna', games: [teeworlds] },
    { ...peer, id: '3', name: 'Ben' },
  ],
};
const scene: Snapshot = { ...open, party: playing };

const closed: GameExplanation = {
  slug: 'ddnet',
  game: 'DDNet',
  peer: '3',
  name: 'Ben',
  is_own: true,
  verdicts: [
    {
      verdict: { code: 'shield_closed', is_own: true, peer: 'Ben', game: 'DDNet', place: 'udp 8303' },
      fix: { code: 'open_port', peer: 'Ben', port: 8303, is_tcp: false },
      remedy: null,
    },
    { verdict: { code: 'full', game: 'DDNet' }, fix: null, remedy: null },
  ],
  hints: ['same_version'],
};

async function show(answer: GameExplanation | (() => never)) {
  const calls = fakeBackend(scene, { explain_game: typeof answer === 'function' ? answer : () => answer });
  render(App);
  const card = await screen.findByRole('region', { name: 'Games' });
  return { calls, card: within(card), user: userEvent.setup() };
}

describe('why a game is not seen', () => {
  test('is asked of the friend who hosts it, and of the one who does not see the own', async () => {
    const { calls, card, user } = await show(closed);
    await user.click(card.getByRole('button', { name: 'Why do I not see it? Teeworlds at Anna' }));
    const asked = { peer: '2', game: 'teeworlds', is_own: false };
    expect(calls.at(-1)).toEqual({ command: 'explain_game', args: asked });
    await user.selectOptions(card.getByLabelText('The friend who does not see it'), 'Ben');
    await user.click(card.getByRole('button', { name: 'Why does Ben not see it? DDNet' }));
    expect(calls.at(-1)).toEqual({ command: 'explain_game', args: { peer: '3', game: 'ddnet', is_own: true } });
  });

  test('is one sentence with a button that mends it, and what is to be looked at then', async () => {
    const { calls, card, user } = await show(closed);
    await user.click(card.getByRole('button', { name: 'Why does Anna not see it? DDNet' }));
    expect(await card.findByText('The shield keeps DDNet (udp 8303) closed to Ben.')).toBeTruthy();
    expect(card.getByText(/^The game is full/)).toBeTruthy();
    await user.click(card.getByRole('button', { name: 'Open UDP port 8303 for Ben' }));
    const fix = { code: 'open_port', peer: 'Ben', port: 8303, is_tcp: false };
    expect(calls).toContainEqual({ command: 'mend_game', args: { peer: '3', name: 'Ben', game: 'ddnet', fix } });
    expect(await card.findByText('Done. Look again in a moment.')).toBeTruthy();
    await user.click(card.getByRole('button', { name: 'Close' }));
    expect(card.queryByText(/The shield keeps/)).toBeNull();
  });

  test('leads to what has a page of its own, and says where it was refused', async () => {
    const adapter: GameExplanation = {
      ...closed,
      verdicts: [{ verdict: { code: 'no_adapter', is_own: true, peer: 'Ben' }, fix: { code: 'examine' }, remedy: null }],
    };
    const { card, user } = await show(adapter);
    await user.click(card.getByRole('button', { name: 'Why do I not see it? Teeworlds at Anna' }));
    await user.click(await card.findByRole('button', { name: 'Open Diagnostics' }));
    expect(await screen.findByRole('heading', { level: 1, name: 'Diagnostics' })).toBeTruthy();
  });

  test('that cannot be found out says so', async () => {
    const { card, user } = await show(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw { code: 'unknown_peer' };
    });
    await user.click(card.getByRole('button', { name: 'Why do I not see it? Teeworlds at Anna' }));
    expect(await card.findByRole('alert')).toBeTruthy();
  });

  test('can be asked of every game that is known, the friend’s first', () => {
    const known = [
      { slug: 'factorio', game: 'Factorio', isOwn: false },
      { slug: 'teeworlds', game: 'Teeworlds', isOwn: false },
    ];
    const played = { slug: 'quake3', name: 'Quake', source: 'told' as const, hosted: null };
    const all = choices([played, teeworlds], playing.games, known);
    expect(all.map(({ slug, isOwn }) => `${slug} ${String(isOwn)}`)).toEqual([
      'teeworlds false',
      'quake3 false',
      'ddnet true',
      'factorio false',
    ]);
  });
});
