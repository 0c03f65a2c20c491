import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { VersionView } from '../src/bindings';
import { FakeData, fakeBackend, snapshot } from './fixtures';

const own: VersionView = { own: '0.1.0', is_told: true, newer: null, page: null };

async function look(version: VersionView) {
  const user = userEvent.setup();
  const calls = fakeBackend(snapshot, { ...new FakeData().answers, look_for_update: () => version });
  render(App);
  await user.click(await screen.findByRole('button', { name: 'Settings' }));
  await user.click(await screen.findByRole('button', { name: 'Look for a newer one' }));
  await screen.findByText('This is LANrage 0.1.0.');
  return { calls, user };
}

test('a newer version is said with its page, which a press opens', async () => {
  const { calls, user } = await look({ ...own, newer: '0.2.0', page: 'https://example.org/lanrage' });
  expect(screen.getByText(/Version 0\.2\.0 is there:/).textContent).toContain('https://example.org/lanrage');
  await user.click(screen.getByRole('button', { name: 'Open its page' }));
  expect(calls).toContainEqual({ command: 'open_update_page', args: {} });
});

test('whoever has the newest one, or is told by nobody, has nothing to open', async () => {
  await look(own);
  expect(screen.getByText('There is no newer version.')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Open its page' })).toBeNull();
});

test('a build that names no address says that it asks nobody', async () => {
  await look({ ...own, is_told: false });
  expect(screen.getByText(/asks nobody for newer versions/)).toBeTruthy();
});
