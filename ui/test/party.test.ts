import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';

import App from '../src/App.svelte';
import type { Snapshot } from '../src/bindings';
import { qrCode } from '../src/lib/qr';
import { FakeData, fakeBackend, open, party, send, snapshot } from './fixtures';

type Answers = Parameters<typeof fakeBackend>[1];

async function show(scene: Snapshot, answers: Answers = {}) {
  const calls = fakeBackend(scene, answers);
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return calls;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

/** The party as a member sees it. */
const asMember: Snapshot = { ...open, party: { ...party, role: 'member', is_host: false } };

describe('an invitation', () => {
  test('of a member ends after a day, or when the member says so, and knows the newest addresses', async () => {
    const user = userEvent.setup();
    let made = 0;
    const calls = await show(asMember, { new_invitation: () => `lanrage://join/short${String(++made)}` });
    const asked = () => calls.filter(({ command }) => command === 'new_invitation').map(({ args }) => args);
    const field = () => screen.getByLabelText<HTMLInputElement>('Invitation link');
    await waitFor(() => {
      expect(field().value).toBe('lanrage://join/short1');
    });
    await user.selectOptions(screen.getByLabelText('Valid for'), '1 hour');
    expect(asked()).toEqual([{ expires_in_hours: 24 }, { expires_in_hours: 1 }]);
    expect(field().value).toBe('lanrage://join/short2');
    await user.click(screen.getByRole('button', { name: 'Copy link' }));
    expect(calls.at(-1)).toEqual({ command: 'copy_text', args: { text: 'lanrage://join/short2' } });
    // The same state once more asks for nothing; other addresses do.
    await send('snapshot', { ...asMember, revision: 2 });
    expect(asked()).toHaveLength(2);
    await send('snapshot', { ...asMember, revision: 3, party: { ...asMember.party, ...party, role: 'member', invitation: 'lanrage://join/moved' } });
    await waitFor(() => {
      expect(field().value).toBe('lanrage://join/short3');
    });
    await user.selectOptions(screen.getByLabelText('Valid for'), 'ever');
    expect(field().value).toBe('lanrage://join/moved');
    expect(asked()).toHaveLength(3);
  });

  test('that cannot be made leaves the party’s own link, and the choice says so', async () => {
    await show(asMember, {
      new_invitation: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw { code: 'not_in_party' };
      },
    });
    expect(await screen.findByText('You are not in a party.')).toBeTruthy();
    expect(screen.getByLabelText<HTMLSelectElement>('Valid for').value).toBe('never');
    expect(screen.getByLabelText<HTMLInputElement>('Invitation link').value).toBe(party.invitation);
  });

  test('of another party is not shown in this one', async () => {
    let made = '';
    await show(asMember, { new_invitation: () => (made === '' ? 'lanrage://join/of-the-first' : new Promise<string>(() => undefined)) });
    await screen.findByDisplayValue('lanrage://join/of-the-first');
    made = 'lanrage://join/other';
    await send('snapshot', { ...asMember, revision: 2, party: { ...party, role: 'member', id: 'other', invitation: made } });
    expect(screen.getByLabelText<HTMLInputElement>('Invitation link').value).toBe(made);
  });

  test('is copied as a message that also helps who has no LANrage yet', async () => {
    const user = userEvent.setup();
    const calls = await show(open);
    await user.click(screen.getByRole('button', { name: 'Copy as message' }));
    const { args } = calls.at(-1) as { args: { text: string } };
    expect(args.text).toContain(`Join my LAN party “Friday LAN”: ${party.invitation}\n`);
    expect(args.text).toContain('No LANrage yet?');
  });

  test('has the form of the web, in every way it is handed on, where the server has a page for it', async () => {
    const user = userEvent.setup();
    const page = 'https://play.example.org/join#';
    const calls = await show({ ...open, party: { ...party, page } });
    const link = party.invitation.replace('lanrage://join/', page);
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Invitation link' }).value).toBe(link);
    await user.click(screen.getByRole('button', { name: 'Copy link' }));
    expect((calls.at(-1) as { args: { text: string } }).args.text).toBe(link);
    await user.click(screen.getByRole('button', { name: 'Copy as message' }));
    const { args } = calls.at(-1) as { args: { text: string } };
    expect(args.text).toContain(`Join my LAN party “Friday LAN”: ${link}\n`);
    expect(args.text).toContain('That page says where to get it.');
  });

  test('is shown as a code to scan when asked for', async () => {
    const user = userEvent.setup();
    await show(open);
    expect(screen.queryByRole('img', { name: /QR code/ })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'QR code' }));
    expect(screen.getByRole('img', { name: 'QR code of the invitation to Friday LAN' })).toBeTruthy();
  });

  test('is handed to the system’s share sheet only where there is one', async () => {
    const user = userEvent.setup();
    const share = vi.fn(() => Promise.resolve());
    Object.assign(navigator, { share });
    try {
      await show(open);
      await user.click(screen.getByRole('button', { name: 'Share' }));
      expect(share).toHaveBeenCalledWith(expect.objectContaining({ text: expect.stringContaining(party.invitation) as string }));
    } finally {
      Reflect.deleteProperty(navigator, 'share');
    }
  });
});

describe('a QR code', () => {
  test('has its three corners and a quiet edge', () => {
    const code = qrCode('lanrage://join/abc');
    // Version 2 has 25 modules a side, and four are free on each.
    expect(code?.size).toBe(25 + 8);
    expect(code?.path.startsWith('M4 4h7v1h-7z')).toBe(true);
    expect(code?.path).not.toMatch(/M[0-3] /);
  });

  test('of more than a code can hold is none', () => {
    expect(qrCode('x'.repeat(3_000))).toBeNull();
  });
});

describe('favourite parties', () => {
  const recent = { is_host: true, is_active: false, can_resume: true, keys_missing: false, last_active_at_ms: 1.7e12, friends: [] as string[] };

  function stored() {
    const data = new FakeData();
    data.parties = [
      { ...recent, id: 'a', name: 'Friday LAN', is_favorite: false },
      { ...recent, id: 'b', name: 'Cave', is_favorite: true },
    ];
    return data;
  }

  test('stand before the others, and a star moves a party there', async () => {
    const user = userEvent.setup();
    const calls = await show(snapshot, stored().answers);
    const favorites = within(await screen.findByRole('region', { name: 'Favourites' }));
    expect(favorites.getByText('Cave')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Friday LAN is a favourite', pressed: false }));
    expect(calls.find(({ command }) => command === 'set_favorite_party')?.args).toEqual({ party: 'a', favorite: true });
    expect(await favorites.findByText('Friday LAN')).toBeTruthy();
    expect(screen.queryByRole('region', { name: 'Recent parties' })).toBeNull();
  });

  test('say who is in them, the first by name', async () => {
    const data = stored();
    data.parties = [
      { ...recent, id: 'a', name: 'Friday LAN', is_favorite: false, friends: ['Bo', 'Öykü'] },
      { ...recent, id: 'b', name: 'Cave', is_favorite: false, friends: ['Bo', 'Öykü', '<b>Jo</b>', 'Ada', 'Cem'] },
    ];
    await show(snapshot, data.answers);
    expect(await screen.findByText(/· with Bo, Öykü$/)).toBeTruthy();
    expect(screen.getByText(/· with Bo, Öykü, <b>Jo<\/b> and 2 more$/)).toBeTruthy();
  });

  test('are joined with one press, also from within another party, which is paused', async () => {
    const user = userEvent.setup();
    const calls = await show(open, stored().answers);
    await user.click(screen.getByRole('button', { name: 'Home' }));
    await user.click(await screen.findByRole('button', { name: 'Resume Cave' }));
    await waitFor(() => {
      expect(calls.at(-1)).toEqual({ command: 'resume_party', args: { party: 'b' } });
    });
    expect(calls.some(({ command }) => command === 'pause_party')).toBe(true);
  });

  test('before the first party the player is told what will be here', async () => {
    await show(snapshot);
    expect(await screen.findByText(/No parties yet/)).toBeTruthy();
  });
});

describe('from within a party', () => {
  const home = async (answers: Answers = {}) => {
    const user = userEvent.setup();
    const calls = await show(open, answers);
    await user.click(screen.getByRole('button', { name: 'Home' }));
    return { user, calls };
  };

  test('another one is made, for which it is paused', async () => {
    const { user, calls } = await home();
    expect(screen.getByText(/pauses Friday LAN/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Make the party' }));
    expect(calls.slice(-2).map(({ command }) => command)).toEqual(['pause_party', 'create_party']);
  });

  test('one that cannot be joined brings it back, and the reason stands beside the link', async () => {
    const { user, calls } = await home({
      join_party: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw { code: 'server', why: 'party_full' };
      },
    });
    await user.type(screen.getByLabelText('Invitation link'), 'lanrage://join/abc');
    await user.click(screen.getByRole('button', { name: /^Join/ }));
    expect(calls.slice(-3).map(({ command }) => command)).toEqual(['pause_party', 'join_party', 'resume_party']);
    expect(screen.getByLabelText<HTMLInputElement>('Invitation link').value).toBe('lanrage://join/abc');
  });
});

describe('pages', () => {
  test('lead home from a party and back, and the place is marked', async () => {
    const user = userEvent.setup();
    await show(open);
    expect(screen.getByRole('button', { name: 'Party' }).getAttribute('aria-current')).toBe('page');
    await user.click(screen.getByRole('button', { name: 'Home' }));
    expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'One LAN, wherever you are' }));
    await user.click(screen.getByRole('button', { name: 'Go to the party' }));
    expect(screen.getByRole('heading', { level: 1, name: 'Friday LAN' })).toBeTruthy();
  });

  test('a party that ends leaves other pages as they are', async () => {
    const user = userEvent.setup();
    await show(open);
    await user.click(screen.getByRole('button', { name: 'Settings' }));
    await send('snapshot', { ...snapshot, revision: 2 });
    expect(screen.getByRole('heading', { level: 1, name: 'Settings' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Party' })).toBeNull();
  });

  test('without the right to open the adapter the one-time set-up is offered', async () => {
    const user = userEvent.setup();
    const problem = { code: 'adapter_permission', by: 'system', severity: 'error', remedy: { code: 'install_package' } } as const;
    const calls = await show({ ...open, problems: [problem] });
    await user.click(screen.getByRole('button', { name: 'Set up once' }));
    expect(calls.at(-1)).toEqual({ command: 'set_up_adapter', args: {} });
  });

  test('what a new start solves has it one press away', async () => {
    const user = userEvent.setup();
    const problem = { code: 'adapter_helper', trouble: 'refused', cause: { code: 'other_version' }, severity: 'error', remedy: { code: 'restart_lanrage' } } as const;
    const calls = await show({ ...open, problems: [problem] });
    await user.click(screen.getByRole('button', { name: 'Restart LANrage' }));
    expect(calls.at(-1)).toEqual({ command: 'restart', args: {} });
  });

  test('another server than the known one is accepted only by the player’s word', async () => {
    const user = userEvent.setup();
    const problem = {
      code: 'control_disconnected',
      server: 'wss://play.example.org/',
      why: { code: 'other_server' },
      in_party: true,
      severity: 'warning',
      remedy: { code: 'accept_server', command: 'lanrage trust-server' },
    } as const;
    const calls = await show({ ...open, problems: [problem] });
    expect(screen.getByText('lanrage trust-server')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Accept this server' }));
    expect(calls.at(-1)).toEqual({ command: 'trust_server', args: {} });
  });
});

describe('the menu of a party', () => {
  const shown = () => screen.queryAllByRole('group', { name: 'More' });
  const opened = async (user: ReturnType<typeof userEvent.setup>) => {
    await user.click(screen.getByRole('button', { name: 'More' }));
    return within(screen.getByRole('group', { name: 'More' }));
  };

  test('has who may come in for the host, and leaving for everybody', async () => {
    const user = userEvent.setup();
    const calls = await show({ ...open, party: { ...party, role: 'owner', admission: 'open' } });
    const menu = await opened(user);
    expect(menu.queryByRole('button', { name: 'Let in everybody with the link' })).toBeNull();
    await user.click(menu.getByRole('button', { name: 'Let nobody new in' }));
    expect(calls.at(-1)).toEqual({ command: 'set_admission', args: { admission: 'closed' } });
    expect(shown()).toEqual([]);
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'More' }));
  });

  test('has for a member nothing that only the host may do', async () => {
    const user = userEvent.setup();
    await show(asMember);
    const menu = await opened(user);
    expect(menu.getAllByRole('button').map((button) => button.textContent.trim())).toEqual(['Leave party']);
  });

  test('closes by Escape, which gives the keyboard back, and by a press beside it', async () => {
    const user = userEvent.setup();
    await show(open);
    await opened(user);
    await user.keyboard('{Escape}');
    expect(shown()).toEqual([]);
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'More' }));
    await opened(user);
    await user.click(screen.getByRole('heading', { level: 1 }));
    expect(shown()).toEqual([]);
  });
});
