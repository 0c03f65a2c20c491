import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { ReadyCheckView, PeerView, Readiness } from '../src/bindings';
import { check } from '../src/dev/scenes';
import { readyCounts } from '../src/lib/roster';
import { fakeBackend, open, party, peer, send } from './fixtures';

const answered = (...answers: (Readiness | null)[]): PeerView[] =>
  answers.map((readiness, at) => ({ ...peer, id: String(at), name: `Friend ${String(at)}`, readiness }));

const scene = (peers: PeerView[], ready_check: ReadyCheckView | null) => ({ ...open, party: { ...party, peers, ready_check } });

const refused = () => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw { code: 'asked_too_often' };
};

async function show(peers: PeerView[], now: ReadyCheckView | null, answers: Parameters<typeof fakeBackend>[1] = {}) {
  const calls = fakeBackend(scene(peers, now), answers);
  render(App);
  const card = within(await screen.findByRole('region', { name: 'On this LAN' }));
  return { calls, card, user: userEvent.setup() };
}

test('those are counted who are asked, the player among them', () => {
  expect(readyCounts({ own: 'ready' }, answered('ready', 'not_yet', 'waiting', null))).toEqual({ ready: 2, all: 4 });
  expect(readyCounts({ own: 'not_yet' }, [])).toEqual({ ready: 0, all: 1 });
});

describe('whether everybody is ready', () => {
  test('is asked by one press, of somebody who is here', async () => {
    const { calls, card, user } = await show(answered(null), null);
    await user.click(card.getByRole('button', { name: 'Everybody ready?' }));
    expect(calls.at(-1)).toEqual({ command: 'ask_ready', args: {} });
  });

  test('is asked of nobody where all are away', async () => {
    const { card } = await show([{ ...peer, state: 'failed', online: false }], null);
    expect(card.queryByRole('button', { name: 'Everybody ready?' })).toBeNull();
  });

  test('says why it cannot be asked again yet', async () => {
    const { card, user } = await show(answered(null), null, { ask_ready: refused });
    await user.click(card.getByRole('button', { name: 'Everybody ready?' }));
    expect(await card.findByText(/You have just asked/)).toBeTruthy();
  });

  test('is answered by one press, which can be another later', async () => {
    const peers = answered('ready', 'waiting');
    const { calls, card, user } = await show(peers, check);
    const line = within(card.getByRole('group', { name: 'Jonas asks: is everybody ready?' }));
    expect(line.getByText('1 of 3 ready')).toBeTruthy();
    expect(card.queryByRole('button', { name: 'Everybody ready?' })).toBeNull();
    await user.click(line.getByRole('button', { name: 'Not yet' }));
    expect(calls.at(-1)).toEqual({ command: 'answer_ready', args: { is_ready: false } });
    await send('snapshot', { ...scene(peers, { ...check, own: 'not_yet' }), revision: 2 });
    const notYet = await line.findByRole('button', { name: 'Not yet', pressed: true });
    expect(notYet).toBeTruthy();
    await user.click(line.getByRole('button', { name: 'Ready', pressed: false }));
    expect(calls.at(-1)).toEqual({ command: 'answer_ready', args: { is_ready: true } });
  });

  test('stands in the row of each friend', async () => {
    const { card } = await show(answered('ready', 'not_yet', 'waiting', null), check);
    const marks = card.getAllByRole('heading', { level: 3 }).map((heading) => heading.textContent.replace(/\s+/g, ' ').trim());
    expect(marks.slice(0, 4)).toEqual(['Friend 0 ready', 'Friend 1 not yet', 'Friend 2 no answer yet', 'Friend 3']);
  });

  test('ends with what came of it, and can be asked again', async () => {
    const { card } = await show(answered('ready'), { ...check, own: 'ready', state: 'everybody_ready' });
    expect(card.getByText('Everybody is ready.')).toBeTruthy();
    expect(card.queryByRole('button', { name: 'Not yet' })).toBeNull();
    expect(card.getByRole('button', { name: 'Everybody ready?' })).toBeTruthy();
    const late = scene(answered('waiting'), { ...check, own: 'ready', state: 'time_is_up' });
    await send('snapshot', { ...late, revision: 2 });
    expect(await card.findByText('Time is up: 1 of 2 were ready.')).toBeTruthy();
  });
});
