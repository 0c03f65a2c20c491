import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import { guarded } from '../src/dev/scenes';
import { levelWords } from '../src/lib/shield';
import { fakeBackend, open, party, peer } from './fixtures';

async function show() {
  const calls = fakeBackend({ ...open, party: { ...party, peers: [peer], shield: guarded } });
  render(App);
  const user = userEvent.setup();
  const card = within(await screen.findByRole('region', { name: 'What friends reach' }));
  return { calls, card, user };
}

describe('what friends reach', () => {
  test('is chosen, and said in a sentence that fits the system', async () => {
    const { calls, card, user } = await show();
    expect(card.getByText(/^What your own programs listen on, games first/)).toBeTruthy();
    await user.selectOptions(card.getByLabelText('Friends reach'), 'Games only');
    expect(calls).toContainEqual({ command: 'set_text', args: { key: 'shield', text: 'games' } });
    expect(levelWords({ level: 'guarded', is_blind: true })).toMatch(/cannot be seen/);
    expect(levelWords({ level: 'closed', is_blind: true })).toMatch(/^Nothing/);
  });

  test('is opened for who knocked, but never what is the computer’s own', async () => {
    const { calls, card, user } = await show();
    expect(card.getByText('Jonas tried to reach TCP 8080 (node), 3 times')).toBeTruthy();
    expect(card.getByText('Jonas tried to reach TCP 3389, once')).toBeTruthy();
    expect(card.getAllByRole('button', { name: /^Open for Jonas: TCP / })).toHaveLength(1);
    await user.click(card.getByRole('button', { name: 'Open for Jonas: TCP 8080' }));
    const args = { transport: 'tcp', first: 8_080, last: 8_080, peer: peer.id, name: 'Jonas', is_open: true };
    expect(calls).toContainEqual({ command: 'decide_ports', args });
  });

  test('shows what listens, closes a door, and forgets what was decided', async () => {
    const { calls, card, user } = await show();
    await user.click(card.getByText('What listens here'));
    await user.click(await card.findByRole('button', { name: 'Close UDP 8303 to friends' }));
    const args = { transport: 'udp', first: 8_303, last: 8_303, peer: null, name: '', is_open: false };
    expect(calls).toContainEqual({ command: 'decide_ports', args });
    expect(card.queryByRole('button', { name: /TCP 22/ })).toBeNull();
    await user.click(await card.findByRole('button', { name: 'Forget what you decided of UDP 8303' }));
    expect(calls).toContainEqual({
      command: 'forget_ports',
      args: { transport: 'udp', first: 8_303, last: 8_303, peer: null },
    });
  });

  test('is more or less for a single friend', async () => {
    const { calls, user } = await show();
    await user.click(screen.getByLabelText('Details of Jonas'));
    await user.selectOptions(await screen.findByLabelText('Trust Jonas with'), 'everything');
    const args = { peer: peer.id, name: 'Jonas', trust: 'full' };
    expect(calls).toContainEqual({ command: 'trust_friend', args });
  });
});
