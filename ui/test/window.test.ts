import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';

import App from '../src/App.svelte';
import type { CommandError, Snapshot } from '../src/bindings';
import { fakeBackend, open, party, peer, send, snapshot, type Call } from './fixtures';

afterEach(() => {
  vi.useRealTimers();
});

type Answers = Parameters<typeof fakeBackend>[1];

/** The window over a fake backend, once the first state is on the screen. */
async function show(scene: Snapshot | CommandError, answers: Answers = {}): Promise<Call[]> {
  const calls = fakeBackend(scene, answers);
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return calls;
}

const commands = (calls: Call[]) => calls.filter(({ command }) => !/^(plugin:|status|settings|favorites|recent_parties|summary|take_link|look_for_games)/.test(command));

const refuse = (error: CommandError) => () => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw error;
};

describe('starting', () => {
  test('before the first answer the window says that it starts', () => {
    fakeBackend(null);
    render(App);
    expect(screen.getByRole('status').textContent).toBe('Starting…');
    expect(screen.queryByRole('heading')).toBeNull();
  });

  test('a second instance is told that the first one runs', async () => {
    await show({ code: 'already_running' });
    expect(screen.getByRole('heading').textContent).toBe('LANrage is already running');
    expect(screen.getByRole('alert').textContent).toContain('use that one, or close it');
  });
});

describe('without a party', () => {
  test('a party is made under the typed name, and its link is on the screen when the engine has it', async () => {
    const user = userEvent.setup();
    const calls = await show(snapshot);
    const name = screen.getByLabelText('Party name');
    await user.clear(name);
    await user.type(name, '  Friday LAN ');
    await user.click(screen.getByRole('button', { name: 'Make the party' }));
    expect(commands(calls)).toEqual([{ command: 'create_party', args: { name: 'Friday LAN' } }]);
    await send('snapshot', { ...open, revision: 2 });
    expect(screen.getByLabelText<HTMLInputElement>('Invitation link').value).toBe(party.invitation);
    expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'Friday LAN' }));
    expect(document.title).toBe('Friday LAN – LANrage');
  });

  test('an empty name is refused without asking the engine', async () => {
    const user = userEvent.setup();
    const calls = await show(snapshot);
    const name = screen.getByLabelText('Party name');
    await user.clear(name);
    await user.click(screen.getByRole('button', { name: 'Make the party' }));
    expect(screen.getByRole('alert').textContent).toBe('Give the party a name.');
    expect(name.getAttribute('aria-invalid')).toBe('true');
    expect(commands(calls)).toEqual([]);
  });

  test('the suggested name follows the player’s, a typed one stays', async () => {
    const user = userEvent.setup();
    await show({ ...snapshot, player_name: '' });
    const name = screen.getByLabelText<HTMLInputElement>('Party name');
    await send('snapshot', { ...snapshot, revision: 2 });
    expect(name.value).toBe('Mia’s party');
    await user.type(name, '!');
    await send('snapshot', { ...snapshot, revision: 3, player_name: 'Ann' });
    expect(name.value).toBe('Mia’s party!');
  });

  test('what the engine refuses is shown beside the button', async () => {
    const user = userEvent.setup();
    await show(snapshot, { create_party: refuse({ code: 'no_free_subnet' }) });
    await user.click(screen.getByRole('button', { name: 'Make the party' }));
    expect((await screen.findByRole('alert')).textContent).toMatch(/^Every network that a party could use overlaps/);
  });

  test('a pasted link shows where it leads before it is followed', async () => {
    const user = userEvent.setup();
    const preview = {
      party_name: 'Jonas’ cave',
      host_id: '02',
      host_name: 'Jonas',
      members: 4,
      subnet: '10.66.0.0/16',
      unusual_network: null,
      control: ['wss://s.example/'],
      expires_at_ms: null,
    };
    const calls = await show(snapshot, { preview_invitation: () => preview });
    await user.click(screen.getByLabelText('Invitation link'));
    await user.paste(' lanrage://join/abc ');
    expect(await screen.findByText('Jonas’ cave')).toBeTruthy();
    for (const fact of ['Jonas', '4', 'wss://s.example/']) expect(screen.getByText(fact)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Join Jonas’ cave' }));
    expect(commands(calls).at(-1)).toEqual({ command: 'join_party', args: { link: 'lanrage://join/abc', accepted_network: null } });
  });

  test('a damaged link says so in words', async () => {
    const user = userEvent.setup();
    await show(snapshot, { preview_invitation: refuse({ code: 'invitation_damaged' }) });
    const field = screen.getByLabelText('Invitation link');
    await user.type(field, 'x');
    expect(await screen.findByText(/^The link is damaged/)).toBeTruthy();
    expect(field.getAttribute('aria-invalid')).toBe('true');
    await user.clear(field);
    expect(screen.queryByText(/^The link is damaged/)).toBeNull();
  });

  test('a late answer about an earlier text is not shown', async () => {
    const user = userEvent.setup();
    const answers: (() => void)[] = [];
    await show(snapshot, {
      preview_invitation: ({ link }) =>
        new Promise((resolve) => {
          const answer = { party_name: `to ${link}`, host_id: '', host_name: null, members: null, subnet: '', unusual_network: null, control: [], expires_at_ms: null };
          answers.push(() => {
            resolve(answer);
          });
        }),
    });
    await user.type(screen.getByLabelText('Invitation link'), 'ab');
    answers[1]?.();
    await screen.findByText('to ab');
    answers[0]?.();
    await Promise.resolve();
    expect(screen.queryByText('to a')).toBeNull();
    expect(screen.getByText('to ab')).toBeTruthy();
  });

  test('an invitation whose time is over is called expired', async () => {
    const user = userEvent.setup();
    const preview = { party_name: 'Past', host_id: '', host_name: null, members: null, subnet: '', unusual_network: null, control: [], expires_at_ms: 1 };
    await show(snapshot, { preview_invitation: () => preview });
    await user.type(screen.getByLabelText('Invitation link'), 'x');
    expect(await screen.findByText(/has expired/)).toBeTruthy();
  });
});

describe('the player’s name', () => {
  test('is changed in place, and Escape changes nothing', async () => {
    const user = userEvent.setup();
    const calls = await show(snapshot);
    await user.click(screen.getByRole('button', { name: 'Change your name' }));
    await user.keyboard('Nobody{Escape}');
    expect(commands(calls)).toEqual([]);
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Change your name' }));
    await user.keyboard('{Enter}');
    const field = screen.getByLabelText('Your name');
    await user.clear(field);
    await user.type(field, 'Mia B.{Enter}');
    expect(commands(calls)).toEqual([{ command: 'set_settings', args: { values: { player_name: 'Mia B.' } } }]);
  });
});

describe('in a party', () => {
  test('the link and addresses are copied by the backend, and the button says so', async () => {
    const user = userEvent.setup();
    const calls = await show({ ...open, party: { ...party, peers: [peer] } });
    expect(screen.queryByRole('button', { name: 'Copy link' })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Invite' }));
    await user.click(screen.getByRole('button', { name: 'Copy link' }));
    await user.click(screen.getByRole('button', { name: 'Copy your address' }));
    await user.click(screen.getByRole('button', { name: 'Copy the address of Jonas' }));
    expect(commands(calls).map(({ args }) => args)).toEqual([
      { text: party.invitation },
      { text: party.virtual_ip },
      { text: peer.virtual_ip },
    ]);
    expect(screen.getAllByRole('status').map((status) => status.textContent)).toContain('Copied');
  });

  test('a clipboard that refuses is not reported as a copy', async () => {
    const user = userEvent.setup();
    await show(open, { copy_text: refuse({ code: 'clipboard', cause: { code: 'other' } }) });
    await user.click(screen.getByRole('button', { name: 'Copy link' }));
    expect((await screen.findByRole('alert')).textContent).toBe('The text could not be copied. [LANrage’s log has the reason]');
    expect(screen.getAllByRole('status').map((status) => status.textContent)).not.toContain('Copied');
  });

  test('a friend is described in words: state, path, round-trip time, address, and more where it is asked for', async () => {
    const user = userEvent.setup();
    await show({ ...open, party: { ...party, peers: [peer] } });
    const row = screen.getByText('Jonas').closest('li');
    if (!row) throw new Error('no row');
    for (const words of [/Connected\./, 'Direct · 12 ms', '10.66.41.7']) expect(within(row).getByText(words)).toBeTruthy();
    const more = [/Direct to Jonas over the internet/, 'Port-restricted NAT'];
    for (const words of more) expect(within(row).queryByText(words)).toBeNull();
    await user.click(within(row).getByRole('button', { name: 'Details of Jonas', expanded: false }));
    for (const words of more) expect(within(row).getByText(words)).toBeTruthy();
  });

  test('alone the link is in sight, and whoever uses it keeps it as friends come', async () => {
    const user = userEvent.setup();
    await show(open);
    const withFriend = (revision: number) => ({ ...open, revision, party: { ...party, peers: [peer] } });
    expect(screen.queryByRole('button', { name: 'Invite' })).toBeNull();
    await send('snapshot', withFriend(2));
    expect(screen.queryByLabelText('Invitation link')).toBeNull();
    await send('snapshot', { ...open, revision: 3 });
    await user.click(screen.getByRole('button', { name: 'QR code' }));
    await send('snapshot', withFriend(4));
    expect(screen.getByLabelText('Invitation link')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Hide invitation' }));
    expect(screen.queryByLabelText('Invitation link')).toBeNull();
  });

  test('whoever relays for friends reads for whom, and how much', async () => {
    const ann = { ...peer, id: 'a', name: 'Ann' };
    const forwarded = [{ peers: [peer.id, ann.id] as [string, string], kbits: 184, bytes: 1 }];
    const scene = { ...open, party: { ...party, peers: [peer, ann] }, data_plane: { ...open.data_plane, forwarded } };
    await show(scene);
    expect(screen.getByText('You relay for Jonas and Ann: 184 kbit/s')).toBeTruthy();
    const more = forwarded.map((pair) => ({ ...pair, kbits: 1_840 }));
    await send('snapshot', { ...scene, revision: 2, data_plane: { ...open.data_plane, forwarded: more } });
    expect(screen.getByText('You relay for Jonas and Ann: 1.8 Mbit/s')).toBeTruthy();
  });

  test('alone, the player is told how friends get here', async () => {
    await show(open);
    expect(screen.getByText('only you')).toBeTruthy();
    expect(screen.getByText('No friends here yet.')).toBeTruthy();
  });

  test('a row stays the same element while its friend’s state changes', async () => {
    await show({ ...open, party: { ...party, peers: [peer] } });
    const before = screen.getByText('Jonas').closest('li');
    const slower = { ...peer, latency_ms: 80 };
    await send('snapshot', { ...open, revision: 2, party: { ...party, peers: [{ ...peer, id: 'first', name: 'Ann' }, slower] } });
    expect(screen.getByText('Direct · 80 ms').closest('li')).toBe(before);
  });

  test('leaving asks first', async () => {
    const user = userEvent.setup();
    const calls = await show(open);
    await user.click(screen.getByRole('button', { name: 'More' }));
    await user.click(screen.getByRole('button', { name: 'Leave party' }));
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Stay' }));
    await user.keyboard('{Escape}');
    expect(commands(calls)).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Leave party' }));
    await user.click(screen.getByRole('button', { name: 'Leave' }));
    expect(commands(calls)).toEqual([{ command: 'leave_party', args: {} }]);
    await send('snapshot', { ...snapshot, revision: 2 });
    expect(screen.getByRole('heading', { name: 'Make a party' })).toBeTruthy();
  });
});

describe('what needs attention', () => {
  test('a missing driver is shown with its fix, the command to copy, and the time of the next try', async () => {
    vi.useFakeTimers({ now: 1_000_000, toFake: ['Date', 'setInterval', 'clearInterval'] });
    const calls = await show({
      ...open,
      adapter: {
        state: 'unavailable',
        fault: { code: 'adapter_driver' },
        remedy: { code: 'load_driver', command: 'sudo modprobe tun' },
        retry_at_ms: 1_003_000,
      },
    });
    const banner = screen.getByRole('region', { name: 'Needs attention' });
    expect(banner.textContent).toContain('This computer has no driver for virtual network adapters.');
    expect(within(banner).getByRole('timer').textContent).toBe('Next try in 3 s.');
    vi.advanceTimersByTime(1_000);
    await Promise.resolve();
    expect(within(banner).getByRole('timer').textContent).toBe('Next try in 2 s.');
    vi.advanceTimersByTime(2_000);
    await Promise.resolve();
    expect(within(banner).getByRole('timer').textContent).toBe('Trying now…');
    within(banner).getByRole('button', { name: 'Copy command' }).click();
    expect(commands(calls)).toEqual([{ command: 'copy_text', args: { text: 'sudo modprobe tun' } }]);
  });

  test('a solved problem goes', async () => {
    const problem = { code: 'clock_wrong', minutes: 7, severity: 'warning', remedy: null } as const;
    await show({ ...snapshot, problems: [problem] });
    expect(screen.getByText(/differ by 7 minutes/)).toBeTruthy();
    await send('snapshot', { ...snapshot, revision: 2 });
    expect(screen.queryByText(/differ by 7 minutes/)).toBeNull();
  });

  test('what happened is read out', async () => {
    await show(open);
    await send('notice', { at_ms: 0, party: null, code: 'peer_joined', peer: 'Jonas' });
    expect(screen.getByRole('log').textContent).toContain('Jonas is in the party.');
  });
});
