import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { CommandError, JoiningView, PartyView, Snapshot } from '../src/bindings';
import { fakeBackend, open, party, send, snapshot, type Call } from './fixtures';

type Answers = Parameters<typeof fakeBackend>[1];

const REPLY = 'lanrage://reply/AYf2QmR0bXk0c3Vw';
const joining: JoiningView = { party: 'Friday LAN', since_ms: 0, reply: REPLY, is_replied: false };
/** A party that friends find by the link, or not. */
const serverless: Snapshot = { ...open, control: { state: 'local' }, party: { ...party, meeting: { code: 'link' } } };

async function show(scene: Snapshot, answers: Answers = {}): Promise<Call[]> {
  const calls = fakeBackend(scene, answers);
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return calls;
}

const asked = (calls: Call[], wanted: string) => calls.filter(({ command }) => command === wanted).map(({ args }) => args);

const refuse = (error: CommandError) => () => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw error;
};

describe('while nobody answers at a link', () => {
  test('a reply for a friend is offered after a while, is copied, and the search can be ended', async () => {
    const user = userEvent.setup();
    const calls = await show({ ...snapshot, joining: { ...joining, since_ms: Date.now() } });
    expect(screen.queryByText('Nobody answers yet')).toBeNull();
    await send('snapshot', { ...snapshot, revision: 2, joining });
    expect(screen.getByLabelText<HTMLInputElement>('Reply to your friend').value).toBe(REPLY);
    expect(screen.getByText(/^Is your friend in Friday LAN right now/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Copy the reply' }));
    expect(asked(calls, 'copy_text')).toEqual([{ text: REPLY }]);
    await send('snapshot', { ...snapshot, revision: 3, joining: { ...joining, is_replied: true } });
    expect(screen.getByText(/^Waiting for your friend/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(asked(calls, 'leave_party')).toHaveLength(1);
  });

  test('nothing is offered that would lead nowhere', async () => {
    await show({ ...snapshot, joining: { ...joining, reply: null } });
    expect(screen.queryByText('Nobody answers yet')).toBeNull();
  });

  test('who has waited in vain is offered the reply at once on the next try', async () => {
    const user = userEvent.setup();
    let isFirst = true;
    const calls = await show(snapshot, {
      join_party: () => {
        if (!isFirst) return new Promise<null>(() => undefined);
        isFirst = false;
        return refuse({ code: 'nobody_answers', because: 'not_known' })();
      },
    });
    await user.type(screen.getByLabelText('Invitation link'), 'lanrage://join/abc');
    await user.click(screen.getByRole('button', { name: /^Join/ }));
    await user.click(await screen.findByRole('button', { name: 'Try again, with a reply for your friend' }));
    expect(asked(calls, 'join_party')).toHaveLength(2);
    await send('snapshot', { ...snapshot, revision: 2, joining: { ...joining, since_ms: Date.now() } });
    expect(screen.getByRole('button', { name: 'Copy the reply' })).toBeTruthy();
  });

  test('a newer link is followed beside the first', async () => {
    const user = userEvent.setup();
    const calls = await show(snapshot, { join_party: () => new Promise<null>(() => undefined) });
    const field = screen.getByLabelText('Invitation link');
    await user.type(field, 'lanrage://join/old');
    await user.click(screen.getByRole('button', { name: /^Join/ }));
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Joining…' }).disabled).toBe(true);
    await user.clear(field);
    await user.type(field, 'lanrage://join/new');
    await user.click(screen.getByRole('button', { name: 'Try this link too' }));
    expect(asked(calls, 'join_party')).toEqual([
      { link: 'lanrage://join/old', accepted_network: null },
      { link: 'lanrage://join/new', accepted_network: null },
    ]);
  });
});

describe('a reply that a friend has sent', () => {
  test('is taken in the party, and what else helps is said', async () => {
    const user = userEvent.setup();
    const calls = await show(serverless);
    await user.click(screen.getByRole('button', { name: 'Let a friend in who finds nobody' }));
    await user.click(screen.getByRole('button', { name: 'Let in' }));
    expect(screen.getByRole('alert').textContent).toBe('Paste the reply first.');
    await user.type(screen.getByLabelText('Their reply'), ` ${REPLY} `);
    await user.click(screen.getByRole('button', { name: 'Let in' }));
    expect(asked(calls, 'take_reply')).toEqual([{ reply: REPLY }]);
    expect(await screen.findByText(/copy your party’s link once more/)).toBeTruthy();
  });

  test('and is of another party is refused in words', async () => {
    const user = userEvent.setup();
    await show(serverless, { take_reply: refuse({ code: 'reply_to_another' }) });
    await user.click(screen.getByRole('button', { name: 'Let a friend in who finds nobody' }));
    await user.type(screen.getByLabelText('Their reply'), REPLY);
    await user.click(screen.getByRole('button', { name: 'Let in' }));
    expect((await screen.findByRole('alert')).textContent).toContain('not to this party');
  });

  test.each<[string, PartyView]>([
    ['a server brings everybody together', { ...party, meeting: { code: 'server' } }],
    ['addresses are hidden', { ...party, meeting: { code: 'hidden' } }],
  ])('is not asked for where %s', async (_, present) => {
    await show({ ...open, party: present });
    expect(screen.queryByRole('button', { name: 'Let a friend in who finds nobody' })).toBeNull();
  });

  test('is no link to join by: where it belongs is said', async () => {
    const user = userEvent.setup();
    const calls = await show(snapshot, { preview_invitation: refuse({ code: 'reply_outside' }) });
    await user.click(screen.getByLabelText('Invitation link'));
    await user.paste(REPLY);
    expect((await screen.findByRole('alert')).textContent).toContain('paste it there under “Let a friend in');
    expect(asked(calls, 'preview_invitation')).toEqual([{ link: REPLY }]);
  });

  test('that the system hands over is a question, and done only when it is answered', async () => {
    const user = userEvent.setup();
    const calls = await show(serverless, { take_link: () => REPLY, preview_invitation: refuse({ code: 'reply_outside' }) });
    const dialog = within(await screen.findByRole('dialog', { name: 'Let a friend in?' }));
    expect(asked(calls, 'take_reply')).toEqual([]);
    await user.click(dialog.getByRole('button', { name: 'Let in' }));
    expect(asked(calls, 'take_reply')).toEqual([{ reply: REPLY }]);
    await user.click(await dialog.findByRole('button', { name: 'Close' }));
    await waitFor(() => {
      expect(screen.queryByRole('dialog')).toBeNull();
    });
  });
});

describe('a link that is passed on without being copied', () => {
  test('is told, so that whoever scans it is looked for', async () => {
    const user = userEvent.setup();
    const calls = await show(serverless);
    await user.click(screen.getByRole('button', { name: 'QR code' }));
    expect(asked(calls, 'link_copied')).toHaveLength(1);
  });
});
