import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { LinkView, PartyView, Role } from '../src/bindings';
import { mayAdmit, mayHandOver, mayLift, mayRemove } from '../src/lib/rights';
import { fakeBackend, limited, open, party, peer } from './fixtures';

async function show(changes: Partial<PartyView>, answers: Parameters<typeof fakeBackend>[1] = {}) {
  const calls = fakeBackend({ ...open, party: { ...party, peers: [peer], ...changes } }, answers);
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return calls;
}

async function unfold(user: ReturnType<typeof userEvent.setup>) {
  await user.click(screen.getByLabelText('Details of Jonas'));
}

describe('links in circulation', () => {
  const copied = { link: 'lanrage://join/again', serial: limited.serial };

  test('are copied, revoked and brought back', async () => {
    const user = userEvent.setup();
    const came = { ...limited, uses: 5, came: ['Emil', 'Jonas'], expires_at_ms: null };
    const off: LinkView = { ...limited, serial: 'abababab', is_own: false, made_by: 'Jonas', fault: 'revoked' };
    const calls = await show({ role: 'moderator', links: [came, off] }, { link_again: () => copied });
    const card = within(screen.getByRole('region', { name: 'Links in circulation' }));
    const [first, second] = [card.getByRole('group', { name: 'Link 3f9a12cd' }), card.getByRole('group', { name: 'Link abababab' })];
    expect(within(first).getByText('good for 3 more players')).toBeTruthy();
    expect(within(first).getByText('Came in by it: Emil, Jonas')).toBeTruthy();
    await user.click(card.getByRole('button', { name: 'Copy link 3f9a12cd' }));
    expect(calls.at(-1)).toEqual({ command: 'copy_text', args: { text: copied.link } });
    await user.click(card.getByRole('button', { name: 'Revoke link 3f9a12cd' }));
    expect(calls.at(-1)).toEqual({ command: 'revoke_link', args: { serial: '3f9a12cd', revoked: true } });
    expect(within(second).getByText('revoked')).toBeTruthy();
    expect(within(second).queryByRole('button', { name: /^Copy/ })).toBeNull();
    await user.click(within(second).getByRole('button', { name: /^Take back/ }));
    expect(calls.at(-1)).toEqual({ command: 'revoke_link', args: { serial: 'abababab', revoked: false } });
  });

  test('are for the host and moderators alone', async () => {
    await show({ role: 'member', is_host: false, links: [limited] });
    expect(screen.queryByRole('region', { name: 'Links in circulation' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Make a limited link' })).toBeNull();
  });

  test('say before they are made what they do to an open party, and are shown in place of the party’s own', async () => {
    const user = userEvent.setup();
    const calls = await show({ role: 'owner', admission: 'open' }, { make_link: () => copied });
    await user.click(screen.getByRole('button', { name: 'Invite' }));
    await user.click(screen.getByRole('button', { name: 'Make a limited link' }));
    expect(screen.getByText(/has to ask you from then on/)).toBeTruthy();
    await user.selectOptions(screen.getByLabelText('Lets in'), '5 players');
    await user.selectOptions(screen.getByLabelText('Valid for'), '1 hour');
    await user.click(screen.getByLabelText('Ask me each time'));
    await user.click(screen.getByLabelText('As guests, until they leave'));
    await user.click(screen.getByRole('button', { name: 'Make link' }));
    const args = { uses: 5, expires_in_hours: 1, needs_approval: true, for_guests: true };
    expect(calls.at(-1)).toEqual({ command: 'make_link', args });
    expect(screen.getByLabelText<HTMLInputElement>('Invitation link').value).toBe(copied.link);
    await user.click(screen.getByRole('button', { name: 'Show the party’s own link' }));
    expect(screen.getByLabelText<HTMLInputElement>('Invitation link').value).toBe(party.invitation);
  });
});

describe('a short code', () => {
  const code = { code: 'K7QF-2M9D-XW4T-P8HC', serial: '3f9a12cd', expires_at_ms: Date.now() + 840_000, is_stored: true };

  test('says before it is made what it does to an open party, and is made by one press more', async () => {
    const user = userEvent.setup();
    const calls = await show({ role: 'owner', admission: 'open' }, { make_code: () => code });
    await user.click(screen.getByRole('button', { name: 'Invite' }));
    await user.click(screen.getByRole('button', { name: 'Short code' }));
    expect(screen.getByText(/has to ask you from then on/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Make a code' }));
    expect(calls.at(-1)).toEqual({ command: 'make_code', args: {} });
  });

  test('is shown with what is left of its time, copied, and taken back', async () => {
    const user = userEvent.setup();
    const onItsWay = { ...code, code: '0000-0000-0000-0000', serial: 'abababab', is_stored: false };
    const calls = await show({ role: 'moderator', admission: 'ask', codes: [code, onItsWay] });
    await user.click(screen.getByRole('button', { name: 'Invite' }));
    // The one that is on its way is not shown.
    const shown = within(screen.getByRole('group', { name: 'Short code' }));
    expect(shown.getByText(code.code)).toBeTruthy();
    expect(shown.getByText(/Good for one player, 1[34] min/)).toBeTruthy();
    await user.click(shown.getByRole('button', { name: 'Copy code' }));
    expect(calls.at(-1)).toEqual({ command: 'copy_text', args: { text: code.code } });
    await user.click(shown.getByRole('button', { name: `Take back the code ${code.code}` }));
    expect(calls.at(-1)).toEqual({ command: 'revoke_link', args: { serial: '3f9a12cd', revoked: true } });
  });

  test('is for the host and moderators alone', async () => {
    const user = userEvent.setup();
    await show({ role: 'member', is_host: false });
    await user.click(screen.getByRole('button', { name: 'Invite' }));
    expect(screen.queryByRole('button', { name: 'Short code' })).toBeNull();
  });
});

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

  test('takes a kick back for ten seconds', async () => {
    const user = userEvent.setup();
    const undo = { name: 'Bo', is_banned: false, until_ms: Date.now() + 9_000 };
    const calls = await show({ role: 'owner', undo });
    expect(screen.getByText('Bo was kicked')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    expect(calls.at(-1)).toEqual({ command: 'undo_removal', args: {} });
  });

  test('is offered nothing to take back once the time is over', async () => {
    await show({ role: 'owner', undo: { name: 'Bo', is_banned: false, until_ms: Date.now() - 1 } });
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
  });

  test('reads that links of before a kick only ask', async () => {
    await show({ role: 'owner', older_links_ask: true });
    const card = within(screen.getByRole('region', { name: 'Who may come in' }));
    expect(card.getByText(/Links from before .* only ask now/)).toBeTruthy();
  });

  test('says who may come in, lets in who waits, and takes back who was put out', async () => {
    const user = userEvent.setup();
    const calls = await show({
      role: 'owner',
      requests: [
        { id: 'd', name: 'Öykü', since_ms: 0, link: null },
        { id: 'e', name: 'Finn', since_ms: 0, link: '3f9a12cd' },
      ],
      removed: [{ id: 'b', name: 'Bo', is_banned: true, at_ms: 0 }],
    });
    const card = within(screen.getByRole('region', { name: 'Who may come in' }));
    await user.selectOptions(card.getByLabelText('May come in'), 'nobody');
    expect(calls.at(-1)).toEqual({ command: 'set_admission', args: { admission: 'closed' } });
    expect(card.getByText('Finn wants to join, by link 3f9a12cd')).toBeTruthy();
    await user.click(card.getByRole('button', { name: 'Let in: Öykü' }));
    expect(calls.at(-1)).toEqual({ command: 'set_standing', args: { peer: 'd', standing: 'member' } });
    await user.click(card.getByRole('button', { name: 'Refuse Öykü' }));
    expect(calls.at(-1)).toEqual({ command: 'set_standing', args: { peer: 'd', standing: 'kicked' } });
    expect(card.getByText('Bo is banned')).toBeTruthy();
    await user.click(card.getByRole('button', { name: 'Let in again: Bo' }));
    expect(calls.at(-1)).toEqual({ command: 'set_standing', args: { peer: 'b', standing: 'member' } });
  });
});

test('everybody mutes what a friend sends to everybody, and hears it again', async () => {
  const user = userEvent.setup();
  const calls = await show({ role: 'member', is_host: false });
  await unfold(user);
  await user.click(screen.getByRole('button', { name: 'Mute broadcasts' }));
  expect(calls.at(-1)).toEqual({ command: 'mute_broadcasts', args: { peer: peer.id, muted: true } });
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

test.each([
  ['owner', true, 'host'],
  ['acting_owner', false, 'acting host'],
  ['moderator', false, 'moderator'],
  ['guest', false, 'guest'],
  ['member', false, null],
] as const)('who is %s is told so at their own line', async (role, isHost, badge) => {
  await show({ role, is_host: isHost });
  const heading = screen.getByRole('heading', { level: 3, name: /^You( |$)/ });
  expect(heading.textContent.trim().replace(/\s+/g, ' ')).toBe(badge === null ? 'You' : `You ${badge}`);
});
