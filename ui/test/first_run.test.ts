import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { Check, Snapshot } from '../src/bindings';
import { findFriends } from '../src/dev/data';
import { FakeData, fakeBackend, open, send, snapshot } from './fixtures';

type Answers = Parameters<typeof fakeBackend>[1];

const CARD = { name: 'Before your first party' };
const alone: Snapshot = { ...snapshot, control: { state: 'local' } };
const good: Check = { code: 'permission', state: 'good', finding: { code: 'helper_works' }, remedy: null };
const off: Check = {
  code: 'permission',
  state: 'bad',
  finding: { code: 'helper_is_off' },
  remedy: { code: 'set_up_helper', command: 'sudo systemctl enable --now lanrage-helper.socket' },
};

async function show(scene: Snapshot, answers: Answers = {}) {
  const stored = new FakeData();
  stored.settings = [...stored.settings, findFriends];
  const calls = fakeBackend(scene, { ...stored.answers, ...answers });
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return { calls, stored };
}

beforeEach(() => {
  localStorage.clear();
});

describe('before the first party', () => {
  test('one card has the name, the way friends find it, the adapter and who learns what', async () => {
    await show(alone, { run_doctor: () => ({ checks: [good] }) });
    const card = within(await screen.findByRole('region', CARD));
    for (const words of ['Mia', 'Where are your friends?', /ready\. It opens/, 'Who learns what?', /stun\.cloudflare\.com/]) {
      expect(await card.findByText(words)).toBeTruthy();
    }
    expect(screen.getAllByText('Friends see you as')).toHaveLength(1);
  });

  test('where friends are is a choice that the engine keeps, and its words follow', async () => {
    const user = userEvent.setup();
    const { calls } = await show(alone);
    const card = within(await screen.findByRole('region', CARD));
    const room = await card.findByRole<HTMLInputElement>('radio', { name: 'Only in this room' });
    expect(room.checked).toBe(false);
    expect(card.getByText(/sealed note/)).toBeTruthy();
    await user.click(room);
    expect(calls).toContainEqual({ command: 'set_text', args: { key: 'find_friends', text: 'link' } });
    expect(await card.findByText(/straight to this computer/)).toBeTruthy();
    expect(card.queryByText('Computers of the DHT')).toBeNull();
  });

  test('with a server nothing has to be chosen', async () => {
    await show(snapshot);
    const card = within(await screen.findByRole('region', CARD));
    expect(card.getByText('Your friends and you meet through the server play.example.org.')).toBeTruthy();
    expect(card.queryByRole('radio')).toBeNull();
  });

  test('a missing permission is had here, before there is a party', async () => {
    const user = userEvent.setup();
    let check = off;
    const { calls } = await show(alone, {
      run_doctor: () => ({ checks: [check] }),
      set_up_adapter: () => {
        check = good;
        return null;
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Set up once' }));
    expect(await screen.findByText(/ready\. It opens/)).toBeTruthy();
    expect(calls.map(({ command }) => command)).toContain('set_up_adapter');
    expect(screen.queryByRole('button', { name: 'Set up once' })).toBeNull();
  });

  test('the card goes with the first party and does not come back when that is forgotten', async () => {
    const { stored } = await show(snapshot);
    expect(await screen.findByRole('region', CARD)).toBeTruthy();
    stored.parties = [
      { id: 'a', name: 'Friday LAN', is_host: true, is_active: true, is_favorite: false, can_resume: true, keys_missing: false, last_active_at_ms: 1, friends: [] },
    ];
    await send('snapshot', { ...open, revision: 2 });
    await send('snapshot', { ...snapshot, revision: 3 });
    expect(await screen.findByText('Friday LAN')).toBeTruthy();
    expect(screen.queryByRole('region', CARD)).toBeNull();
    stored.parties = [];
    await send('snapshot', { ...open, revision: 4 });
    await send('snapshot', { ...snapshot, revision: 5 });
    expect(await screen.findByText(/^No parties yet/)).toBeTruthy();
    expect(screen.queryByRole('region', CARD)).toBeNull();
  });
});
