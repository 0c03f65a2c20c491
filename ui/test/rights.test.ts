import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { PartyView, Role } from '../src/bindings';
import { mayAdmit, mayHandOver, mayLift, mayRemove } from '../src/lib/rights';
import { fakeBackend, open, party, peer } from './fixtures';

async function show(changes: Partial<PartyView>) {
  const calls = fakeBackend({ ...open, party: { ...party, peers: [peer], ...changes } });
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return calls;
}

async function unfold(user: ReturnType<typeof userEvent.setup>) {
  await user.click(screen.getByLabelText('Details of Jonas'));
}

describe('the host', () => {
  test('kicks after a question, makes moderators, and gives the party away', async () => {
    const user = userEvent.setup();
    const calls = await show({ role: 'owner' });
    await unfold(user);
    await user.click(screen.getByRole('button', { name: 'Kick Jonas' }));
    expect(calls.some(({ command }) => command === 'set_standing')).toBe(false);
    await user.click(screen.getByRole('button', { name: 'Kick' }));
    expect(calls.at(-1)).toEqual({ command: 'set_standing', args: { peer: peer.id, standing: 'kicked' } });
    await user.click(screen.getByRole('button', { name: 'Make moderator' }));
    expect(calls.at(-1)).toEqual({ command: 'set_standing', args: { peer: peer.id, standing: 'moderator' } });
    await user.click(screen.getByRole('button', { name: 'Make host: Jonas' }));
    await user.click(screen.getByRole('button', { name: 'Make host' }));
    expect(calls.at(-1)).toEqual({ command: 'hand_over', args: { peer: peer.id } });
  });

  test('says who may come in, lets in who waits, and takes back who was put out', async () => {
    const user = userEvent.setup();
    const calls = await show({
      role: 'owner',
      requests: [{ id: 'd', name: 'Öykü', since_ms: 0 }],
      removed: [{ id: 'b', name: 'Bo', is_banned: true, at_ms: 0 }],
    });
    const card = within(screen.getByRole('region', { name: 'Who may come in' }));
    await user.selectOptions(card.getByLabelText('With the link'), 'nobody');
    expect(calls.at(-1)).toEqual({ command: 'set_admission', args: { admission: 'closed' } });
    await user.click(card.getByRole('button', { name: 'Let in: Öykü' }));
    expect(calls.at(-1)).toEqual({ command: 'set_standing', args: { peer: 'd', standing: 'member' } });
    await user.click(card.getByRole('button', { name: 'Refuse Öykü' }));
    expect(calls.at(-1)).toEqual({ command: 'set_standing', args: { peer: 'd', standing: 'kicked' } });
    expect(card.getByText('Bo is banned')).toBeTruthy();
    await user.click(card.getByRole('button', { name: 'Let in again: Bo' }));
    expect(calls.at(-1)).toEqual({ command: 'set_standing', args: { peer: 'b', standing: 'member' } });
  });
});

test('a member is offered nothing that would be refused', async () => {
  const user = userEvent.setup();
  await show({ role: 'member', is_host: false });
  await unfold(user);
  expect(screen.queryByRole('button', { name: 'Kick Jonas' })).toBeNull();
  expect(screen.queryByRole('region', { name: 'Who may come in' })).toBeNull();
});

test('each role may do what the engine grants it', () => {
  const roles: Role[] = ['member', 'moderator', 'acting_owner', 'owner'];
  const removes = roles.map((own) => roles.map((other) => mayRemove(own, other)));
  expect(removes).toEqual([
    [false, false, false, false],
    [true, false, false, false],
    [true, true, true, false],
    [true, true, true, false],
  ]);
  expect(roles.map(mayAdmit)).toEqual([false, true, true, true]);
  expect(roles.map(mayLift)).toEqual([false, false, true, true]);
  expect(roles.map(mayHandOver)).toEqual([false, false, false, true]);
});
