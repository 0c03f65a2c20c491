import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { CommandError, InvitationPreview, Snapshot } from '../src/bindings';
import { fakeBackend, open, party, send, snapshot } from './fixtures';

type Answers = Parameters<typeof fakeBackend>[1];

const LINK = 'lanrage://join/abc';
const preview: InvitationPreview = {
  party_name: 'Jonas’ cave',
  host_id: '02',
  host_name: 'Jonas',
  members: 4,
  subnet: '10.66.0.0/16',
  unusual_network: null,
  control: ['wss://play.example.org/v1/session'],
  expires_at_ms: null,
};
const joining = { party: 'Jonas’ cave', since_ms: Date.now(), reply: null, is_replied: false };

async function show(scene: Snapshot, answers: Answers = {}) {
  const calls = fakeBackend(scene, { preview_invitation: () => preview, ...answers });
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return calls;
}

/** An engine that refuses only when it is told to. */
function slowJoin() {
  let fail = () => {
    // Nobody has asked yet.
  };
  const answer = () =>
    new Promise<null>((_, reject) => {
      fail = () => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject({ code: 'control_unreachable', why: { code: 'timed_out' } });
      };
    });
  return {
    answer,
    fail: () => {
      fail();
    },
  };
}

const refusal = (error: CommandError) => () => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw error;
};

const field = () => screen.getByLabelText<HTMLInputElement>('Invitation link');

async function paste(user: ReturnType<typeof userEvent.setup>) {
  await user.click(field());
  await user.paste(LINK);
  await user.click(await screen.findByRole('button', { name: 'Join Jonas’ cave' }));
}

describe('joining by a pasted link', () => {
  test('is a state of its own, with what is tried and a way out', async () => {
    const user = userEvent.setup();
    const calls = await show(snapshot, { join_party: slowJoin().answer });
    await paste(user);
    await send('snapshot', { ...snapshot, revision: 2, joining });
    const state = within(screen.getByRole('group', { name: 'Joining Jonas’ cave' }));
    expect(state.getByText(/The server play\.example\.org is asked/)).toBeTruthy();
    expect(state.getByRole('timer').textContent).toMatch(/^\d+ s so far\.$/);
    expect(screen.queryByText(/You joined this party/)).toBeNull();
    await user.click(state.getByRole('button', { name: 'Cancel' }));
    expect(calls.at(-1)?.command).toBe('leave_party');
  });

  test('that fails says why beside the link, which stays', async () => {
    const user = userEvent.setup();
    const join = slowJoin();
    await show(snapshot, { join_party: join.answer });
    await paste(user);
    await send('snapshot', { ...snapshot, revision: 2, joining });
    await send('snapshot', { ...snapshot, revision: 3 });
    join.fail();
    expect((await screen.findByRole('alert')).textContent).toContain('There is no connection to the party’s server'.replace('’', "'"));
    expect(field().value).toBe(LINK);
    expect(screen.queryByRole('group', { name: /^Joining/ })).toBeNull();
  });

  test('that fails while there is another party is said where it was asked for, and that party is back', async () => {
    const user = userEvent.setup();
    const join = slowJoin();
    const calls = await show(open, { join_party: join.answer });
    await user.click(screen.getByRole('button', { name: 'Home' }));
    await paste(user);
    await send('snapshot', { ...snapshot, revision: 2, joining });
    join.fail();
    expect(await screen.findByRole('alert')).toBeTruthy();
    await send('snapshot', { ...open, revision: 3 });
    expect(calls.map(({ command }) => command)).toContain('resume_party');
    expect(screen.getByRole('alert').textContent).toContain('no answer in time');
    expect(field().value).toBe(LINK);
    expect(screen.getByRole('button', { name: 'Go to the party' })).toBeTruthy();
    expect(screen.getByRole('heading', { name: party.name })).toBeTruthy();
  });
});

describe('joining by a short code', () => {
  const CODE = 'k7qf 2m9d xw4t p8hc';
  const shortCode = refusal({ code: 'short_code' });

  async function type(user: ReturnType<typeof userEvent.setup>) {
    await user.click(field());
    await user.paste(CODE);
    await screen.findByText(/This is a short code/);
    await user.click(screen.getByRole('button', { name: 'Join' }));
  }

  test('takes it in the field for links, shows that it is looked up, and can be called off', async () => {
    const user = userEvent.setup();
    const calls = await show(snapshot, { preview_invitation: shortCode, join_party: slowJoin().answer });
    await type(user);
    expect(screen.queryByRole('alert')).toBeNull();
    expect(calls.at(-1)).toEqual({ command: 'join_party', args: { link: CODE, accepted_network: null } });
    await send('snapshot', { ...snapshot, revision: 2, code_search: { since_ms: Date.now() } });
    const state = within(screen.getByRole('group', { name: 'Looking up the code' }));
    expect(state.getByRole('timer').textContent).toMatch(/^\d+ s so far\.$/);
    await user.click(state.getByRole('button', { name: 'Cancel' }));
    expect(calls.at(-1)?.command).toBe('leave_party');
  });

  test('asks before it takes a network out of the ordinary, which no preview has shown', async () => {
    const user = userEvent.setup();
    const unusual = refusal({ code: 'unusual_network', network: '10.0.0.0/8' });
    const calls = await show(snapshot, { preview_invitation: shortCode, join_party: unusual });
    await type(user);
    expect((await screen.findByRole('alert')).textContent).toContain('10.0.0.0/8');
    await user.click(screen.getByRole('button', { name: 'Join all the same' }));
    expect(calls.at(-1)).toEqual({ command: 'join_party', args: { link: CODE, accepted_network: '10.0.0.0/8' } });
  });
});
