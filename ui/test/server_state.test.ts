import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { ControlView, Snapshot } from '../src/bindings';
import { FakeData, fakeBackend, open, party, peer, send, snapshot } from './fixtures';

const server = 'wss://play.example.org/v1/session';

async function settingsOf(control: ControlView) {
  const stored = new FakeData();
  stored.settings = stored.settings.map((setting) => (setting.key === 'control_server' ? { ...setting, value: 'wss://play.example.org', is_chosen: true } : setting));
  fakeBackend({ ...snapshot, control }, stored.answers);
  render(App);
  await userEvent.setup().click(await screen.findByRole('button', { name: 'Settings' }));
  await screen.findByLabelText('Control server');
}

describe('the server of the settings', () => {
  test('is said to be asked, to answer, or why it does not, as it is found out', async () => {
    await settingsOf({ state: 'connecting', server });
    expect(screen.getByText('It is being asked…')).toBeTruthy();
    const why = { code: 'unknown_host', cause: { code: 'no_address' } } as const;
    await send('snapshot', { ...snapshot, revision: 2, control: { state: 'disconnected', server, why, retry_at_ms: Date.now() + 9_000 } });
    expect(screen.getByText(/^No connection: the server's name cannot be found: the name has no address\./)).toBeTruthy();
    await send('snapshot', { ...snapshot, revision: 3, control: { state: 'connected', server } });
    expect(screen.getByText('It answers, and LANrage runs there.')).toBeTruthy();
  });

  test('is not taken for the one of a party', async () => {
    await settingsOf({ state: 'connected', server: 'wss://other.example.org/v1/session' });
    expect(screen.queryByText('It answers, and LANrage runs there.')).toBeNull();
  });
});

test('a party in which nobody plays says how a game comes into it', async () => {
  const scene: Snapshot = { ...open, party: { ...party, peers: [peer] } };
  fakeBackend(scene);
  render(App);
  expect(await screen.findByText(/^Start a game and open it to the LAN/)).toBeTruthy();
  await send('snapshot', { ...scene, revision: 2, party: { ...party, peers: [{ ...peer, games: [{ slug: 'a', name: 'Teeworlds', source: 'told', hosted: null }] }] } });
  expect(screen.queryByText(/^Start a game/)).toBeNull();
});
