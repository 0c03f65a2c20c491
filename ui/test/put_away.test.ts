import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { Problem, Snapshot } from '../src/bindings';
import { fakeBackend, open, send } from './fixtures';

const keyring: Problem = {
  code: 'secrets_in_files',
  not_moved: 0,
  cause: { code: 'other' },
  severity: 'warning',
  remedy: null,
};
const permission: Problem = { code: 'adapter_permission', by: 'system', severity: 'error', remedy: { code: 'install_package' } };

async function show(scene: Snapshot) {
  fakeBackend(scene);
  const { unmount } = render(App);
  await screen.findByRole('heading', { level: 1 });
  return { unmount, hints: within(screen.getByRole('region', { name: 'Needs attention' })) };
}

beforeEach(() => {
  localStorage.clear();
});

describe('a warning that the player knows', () => {
  test('is put away over restarts, until all are shown again', async () => {
    const user = userEvent.setup();
    const scene = { ...open, problems: [keyring] };
    const first = await show(scene);
    await user.click(first.hints.getByRole('button', { name: 'I know' }));
    expect(first.hints.queryByRole('listitem')).toBeNull();
    first.unmount();
    const second = await show(scene);
    expect(second.hints.queryByRole('listitem')).toBeNull();
    expect(second.hints.getByText(/1 hint is hidden/)).toBeTruthy();
    await user.click(second.hints.getByRole('button', { name: 'Show' }));
    expect(second.hints.getAllByRole('listitem')).toHaveLength(1);
  });

  test('that passes by itself is told again when it comes again', async () => {
    const user = userEvent.setup();
    const lost: Snapshot = {
      ...open,
      control: { state: 'disconnected', server: 'wss://a.example/', why: { code: 'timed_out' }, retry_at_ms: 1_000 },
    };
    const { hints } = await show(lost);
    await user.click(hints.getByRole('button', { name: 'I know' }));
    expect(hints.queryByRole('listitem')).toBeNull();
    await send('snapshot', { ...open, revision: 2 });
    await send('snapshot', { ...lost, revision: 3 });
    expect(hints.getAllByRole('listitem')).toHaveLength(1);
  });
});

test('what keeps one from playing says at once what to do, and cannot be put away', async () => {
  const { hints } = await show({ ...open, problems: [permission] });
  expect(hints.getByRole('button', { name: 'Set up once' })).toBeTruthy();
  expect(hints.queryByRole('button', { name: 'I know' })).toBeNull();
});

test('what is remembered may be anything, and is bounded', async () => {
  for (const kept of ['no JSON', '{"a":1}', JSON.stringify([1, null, 'x'.repeat(10)])]) {
    localStorage.setItem('lanrage.put-away', kept);
    const { unmount, hints } = await show({ ...open, problems: [keyring] });
    expect(hints.getAllByRole('listitem')).toHaveLength(1);
    unmount();
  }
});
