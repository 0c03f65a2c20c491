import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { CommandError, InvitationPreview, Snapshot } from '../src/bindings';
import { fakeBackend, open, party, send, snapshot, type Call } from './fixtures';

type Answers = Parameters<typeof fakeBackend>[1];

const preview: InvitationPreview = {
  party_name: 'Jonas’ cave',
  host_id: '02a4',
  host_name: 'Jonas',
  members: 4,
  subnet: '10.66.0.0/16',
  unusual_network: null,
  control: ['wss://s.example/'],
  expires_at_ms: null,
};

async function show(scene: Snapshot, answers: Answers = {}): Promise<Call[]> {
  const calls = fakeBackend(scene, answers);
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return calls;
}

/** What changes anything. */
const acts = (calls: Call[]) =>
  calls.map(({ command }) => command).filter((command) => /^(join|create|leave|pause|resume|answer)/.test(command));

const refusal = (error: CommandError) => () => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw error;
};

describe('a link that the system hands over', () => {
  const answers: Answers = { take_link: () => 'lanrage://join/abc', preview_invitation: () => preview };

  test('that started the program is shown as a question, and nothing is done before the answer', async () => {
    const user = userEvent.setup();
    const calls = await show(snapshot, answers);
    const dialog = within(await screen.findByRole('dialog', { name: 'Join this party?' }));
    for (const fact of ['Jonas’ cave', 'Jonas', '4', 'wss://s.example/']) expect(await dialog.findByText(fact)).toBeTruthy();
    expect(acts(calls)).toEqual([]);
    await user.click(dialog.getByRole('button', { name: 'Join' }));
    expect(calls.filter(({ command }) => command === 'join_party')).toEqual([
      { command: 'join_party', args: { link: 'lanrage://join/abc', accepted_network: null } },
    ]);
    await waitFor(() => {
      expect(screen.queryByRole('dialog')).toBeNull();
    });
  });

  test('that takes a network out of the ordinary says so, and joining accepts just that one', async () => {
    const user = userEvent.setup();
    const unusual: Answers = {
      ...answers,
      preview_invitation: () => ({ ...preview, subnet: '10.0.0.0/8', unusual_network: '10.0.0.0/8' }),
    };
    const calls = await show(snapshot, unusual);
    const dialog = within(await screen.findByRole('dialog', { name: 'Join this party?' }));
    expect(await dialog.findByText(/10\.0\.0\.0\/8 on your computer/)).toBeTruthy();
    await user.click(dialog.getByRole('button', { name: 'Join' }));
    expect(calls.find(({ command }) => command === 'join_party')?.args).toEqual({
      link: 'lanrage://join/abc',
      accepted_network: '10.0.0.0/8',
    });
  });

  test('can be declined, and then nothing happens', async () => {
    const user = userEvent.setup();
    const calls = await show(snapshot, answers);
    await user.click(await screen.findByRole('button', { name: 'Not now' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(acts(calls)).toEqual([]);
  });

  test('reaches the running program, the newest one last', async () => {
    const links = [null, 'lanrage://join/one', 'lanrage://join/two'];
    await show(snapshot, {
      take_link: () => links.shift() ?? null,
      preview_invitation: ({ link }) => ({ ...preview, party_name: `to ${link}` }),
    });
    await send('link', null);
    expect(await screen.findByText('to lanrage://join/one')).toBeTruthy();
    await send('link', null);
    expect(await screen.findByText('to lanrage://join/two')).toBeTruthy();
    expect(screen.getAllByRole('dialog')).toHaveLength(1);
  });

  test('that is hostile is refused in words, shown as text, and cannot be followed', async () => {
    const link = 'lanrage://join/"><script>alert(1)</script>';
    await show(snapshot, { take_link: () => link, preview_invitation: refusal({ code: 'invitation_damaged' }) });
    const dialog = within(await screen.findByRole('dialog', { name: 'This link cannot be used' }));
    expect(dialog.getByText(/^The link is damaged/)).toBeTruthy();
    expect(dialog.getByText(link)).toBeTruthy();
    expect(dialog.queryByRole('button', { name: 'Join' })).toBeNull();
    expect(document.querySelector('dialog script')).toBeNull();
  });

  test('whose time is over is refused', async () => {
    await show(snapshot, { ...answers, preview_invitation: () => ({ ...preview, expires_at_ms: 1 }) });
    const dialog = within(await screen.findByRole('dialog', { name: 'This link cannot be used' }));
    expect(dialog.getByText(/has expired/)).toBeTruthy();
    expect(dialog.queryByRole('button', { name: 'Join' })).toBeNull();
  });

  test('pauses the present party, which comes back if the other cannot be joined', async () => {
    const user = userEvent.setup();
    const calls = await show(open, { ...answers, join_party: refusal({ code: 'control_party_full' }) });
    expect(await screen.findByText(/Friday LAN is paused meanwhile/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Join' }));
    expect(await screen.findByText(/^The party is full/)).toBeTruthy();
    expect(acts(calls)).toEqual(['pause_party', 'join_party', 'resume_party']);
    expect(calls.find(({ command }) => command === 'resume_party')?.args).toEqual({ party: party.id });
  });
});

describe('the question of a closed window', () => {
  const ask = async (answers: Answers = {}) => {
    const user = userEvent.setup();
    const calls = await show(open, answers);
    await send('close_asked', null);
    return { user, calls, dialog: within(await screen.findByRole('dialog', { name: 'Keep the party running?' })) };
  };

  test('can be answered once and for all', async () => {
    const { user, calls, dialog } = await ask();
    await user.click(dialog.getByLabelText('Do this every time'));
    await user.click(dialog.getByRole('button', { name: 'Keep running' }));
    expect(calls.at(-1)).toEqual({ command: 'answer_close', args: { keep: true, remember: true } });
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test('is answered for this time alone, unless said otherwise', async () => {
    const { user, calls, dialog } = await ask();
    await user.click(dialog.getByRole('button', { name: 'Quit' }));
    expect(calls.at(-1)).toEqual({ command: 'answer_close', args: { keep: false, remember: false } });
  });

  test('stays with the reason if the answer is refused', async () => {
    const { user, dialog } = await ask({ answer_close: refusal({ code: 'disk_full' }) });
    await user.click(dialog.getByRole('button', { name: 'Keep running' }));
    expect(await dialog.findByText(/^The disk is full/)).toBeTruthy();
  });
});
