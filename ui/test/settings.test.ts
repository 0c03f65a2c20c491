import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { CommandError, Snapshot } from '../src/bindings';
import { settingGroups, settingLabel, valueWords } from '../src/lib/setting';
import { sayIfKnown } from '../src/lib/words';
import { FakeData, fakeBackend, open, party, sampleSettings, snapshot } from './fixtures';

/** A request that changes something, as it travels. */
type Change = { ask: string } & Record<string, unknown>;

const reads = ['settings', 'favorites', 'recent_parties', 'summary'];

/** The window over stored data; what it asked to be changed is in the answer. */
async function show(stored: FakeData, scene: Snapshot = snapshot): Promise<Change[]> {
  const changes: Change[] = [];
  const recorded = Object.entries(stored.answers).map(([ask, answer]) => [
    ask,
    (args: never) => {
      const answered = answer(args);
      if (!reads.includes(ask)) changes.push({ ask, ...(args as object) });
      return answered;
    },
  ]);
  fakeBackend(scene, Object.fromEntries(recorded) as typeof stored.answers);
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return changes;
}

async function openSettings(stored = new FakeData(), scene: Snapshot = snapshot) {
  const user = userEvent.setup();
  const changes = await show(stored, scene);
  await user.click(screen.getByRole('button', { name: 'Settings' }));
  await user.click(await screen.findByLabelText('Show settings for experts'));
  await screen.findByLabelText('UDP port');
  return { user, changes, stored };
}

const row = (label: string) => {
  const found = screen.getByLabelText(label).closest('li');
  if (!found) throw new Error(`no row ${label}`);
  return within(found);
};

const refusing = (stored: FakeData, ask: keyof FakeData['answers'], error: CommandError) => {
  stored.answers[ask] = () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    throw error;
  };
  return stored;
};

const broken = () => {
  const stored = new FakeData();
  stored.settings = stored.settings.map((setting) =>
    setting.key === 'udp_port' ? { ...setting, value: 70_000, is_chosen: true, is_refused: true } : setting,
  );
  return stored;
};

const problem = {
  code: 'bad_setting',
  key: 'udp_port',
  value: '70000',
  rule: { code: 'integer', min: 0, max: 65_535 },
  or_empty: false,
  severity: 'error',
  remedy: { code: 'change_setting' },
} as const;

describe('a declaration as words', () => {
  test('every setting has a name and an explanation in the catalogue', () => {
    for (const { key } of sampleSettings) {
      expect(settingLabel({ key })).not.toBe(key);
      expect(sayIfKnown(`setting-doc-${key}`), key).toBeDefined();
    }
  });

  test('a value reads as a person says it', () => {
    const plain = { key: 'x', kind: { type: 'name' }, unit: null } as const;
    const choice = { type: 'choice', choices: ['ask', 'keep', 'quit'] } as const;
    expect(valueWords({ ...plain, unit: 'backups' }, 7)).toBe('7 backups');
    expect(valueWords(plain, false)).toBe('Off');
    expect(valueWords(plain, null)).toBe('empty');
    expect(valueWords({ ...plain, key: 'keep_in_tray', kind: { ...choice, choices: [...choice.choices] } }, 'ask')).toBe('Ask');
  });

  test('a group that this window does not know is shown under its own word', () => {
    const [first] = sampleSettings;
    if (!first) throw new Error('no sample');
    const groups = settingGroups([first, { ...first, key: 'x', group: 'voice' }, { ...first, key: 'y' }]);
    expect(groups.map(({ heading, settings }) => [heading, settings.length])).toEqual([
      ['Parties', 2],
      ['voice', 1],
    ]);
  });
});

describe('the key of a private server', () => {
  test('is typed unseen and comes back to no field', async () => {
    const { user, changes } = await openSettings();
    const field = screen.getByLabelText<HTMLInputElement>('Key of the server');
    expect([field.type, field.value, field.placeholder]).toEqual(['password', '', '••••••••']);
    await user.type(field, 'the-key-of-the-clan');
    await user.click(row('Key of the server').getByRole('button', { name: 'Save Key of the server' }));
    await waitFor(() => {
      expect(changes).toEqual([{ ask: 'set_text', key: 'server_key', text: 'the-key-of-the-clan' }]);
    });
    expect(row('Key of the server').queryByRole('button', { name: /Undo/ })).toBeNull();
  });
});

describe('the settings page', () => {
  test('shows what is for experts to who asks for it, and finds it for who looks for it', async () => {
    const user = userEvent.setup();
    await show(new FakeData());
    await user.click(screen.getByRole('button', { name: 'Settings' }));
    expect(await screen.findByLabelText('Language')).toBeTruthy();
    expect(screen.queryByLabelText('UDP port')).toBeNull();
    const search = screen.getByRole('searchbox', { name: 'Find a setting' });
    await user.type(search, 'PORT  udp');
    expect(screen.getByLabelText('UDP port')).toBeTruthy();
    expect(screen.queryByLabelText('Language')).toBeNull();
    await user.type(search, ' nothing');
    expect(screen.getByText(/No setting has to do with/)).toBeTruthy();
    await user.clear(search);
    expect(screen.queryByLabelText('UDP port')).toBeNull();
    await user.click(screen.getByLabelText('Show settings for experts'));
    expect(screen.getByLabelText('UDP port')).toBeTruthy();
  });

  test('shows every declared setting with its documentation, unit and default, and the rule to who writes', async () => {
    const { user } = await openSettings();
    for (const setting of sampleSettings) {
      const shown = row(settingLabel(setting));
      expect(shown.getByText(sayIfKnown(`setting-doc-${setting.key}`) ?? setting.doc)).toBeTruthy();
      expect(shown.queryByText('Needs a restart') !== null).toBe(setting.restart_required);
    }
    expect(row('Backup keep').getByText(/Default: 7 backups/)).toBeTruthy();
    expect(row('Backup keep').queryByText(/Must be/)).toBeNull();
    await user.type(screen.getByLabelText('Backup keep'), '1');
    expect(row('Backup keep').getByText(/Must be a whole number from 1 to 50\..*Default: 7 backups/s)).toBeTruthy();
    await user.keyboard('{Escape}');
    expect(screen.getByLabelText<HTMLInputElement>('Backup keep').value).toBe('9');
  });

  test('takes the keyboard to its heading, and back to the button that opened it', async () => {
    const user = userEvent.setup();
    await show(new FakeData());
    await user.click(screen.getByRole('button', { name: 'Settings' }));
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1, name: 'Settings' }));
    await user.click(screen.getByRole('button', { name: 'Back' }));
    expect(await screen.findByRole('heading', { name: 'Make a party' })).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Settings' }));
  });

  test('a list of servers is text, and Enter saves it', async () => {
    const { user, changes } = await openSettings();
    const field = screen.getByLabelText<HTMLTextAreaElement>('STUN servers');
    expect(field.value).toContain('stun.nextcloud.com:3478');
    await user.clear(field);
    await user.type(field, 'a.example, b.example:99{Enter}');
    expect(changes).toEqual([{ ask: 'set_text', key: 'stun_servers', text: 'a.example, b.example:99' }]);
    await user.clear(field);
    await user.keyboard('{Enter}');
    expect(changes.at(-1)).toEqual({ ask: 'set_text', key: 'stun_servers', text: '' });
  });

  test('a threshold is a number, saved as it is typed', async () => {
    const { user, changes } = await openSettings();
    const field = screen.getByLabelText<HTMLInputElement>('Quality good');
    expect([field.value, field.inputMode]).toEqual(['80', 'numeric']);
    await user.clear(field);
    await user.type(field, '75{Enter}');
    expect(changes).toEqual([{ ask: 'set_text', key: 'quality_good', text: '75' }]);
  });

  test('what waits for a restart has it one press away', async () => {
    const stored = new FakeData();
    let restarts = 0;
    Object.assign(stored.answers, { restart: () => (restarts += 1, null) });
    const { user } = await openSettings(stored);
    expect(screen.queryByRole('button', { name: 'Restart LANrage' })).toBeNull();
    const field = screen.getByLabelText<HTMLInputElement>('UDP port');
    await user.clear(field);
    await user.type(field, '45123{Enter}');
    await user.click(await screen.findByRole('button', { name: 'Restart LANrage' }));
    expect(restarts).toBe(1);
  });

  test('a typed value is saved by Enter, needs a restart, and undone', async () => {
    const { user, changes } = await openSettings();
    const field = screen.getByLabelText<HTMLInputElement>('UDP port');
    await user.clear(field);
    await user.type(field, '45123{Enter}');
    expect(await screen.findByText('Restart LANrage to apply this.')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Undo the change of UDP port' }));
    await waitFor(() => {
      expect(field.value).toBe('0');
    });
    expect(screen.queryByText('Restart LANrage to apply this.')).toBeNull();
    expect(changes).toEqual([
      { ask: 'set_text', key: 'udp_port', text: '45123' },
      { ask: 'reset_setting', key: 'udp_port' },
    ]);
  });

  test('Escape takes a typed value back without asking the engine', async () => {
    const { user, changes } = await openSettings();
    const field = screen.getByLabelText<HTMLInputElement>('UDP port');
    await user.type(field, '5{Escape}');
    expect(field.value).toBe('0');
    expect(screen.queryByRole('button', { name: 'Save UDP port' })).toBeNull();
    expect(changes).toEqual([]);
  });

  test('a refused value stays in its field with the reason beside it', async () => {
    const rule = { code: 'integer', min: 1, max: 50 } as const;
    const refusal = { code: 'bad_setting', key: 'backup_keep', value: '0', rule, or_empty: false, others: null } as const;
    const { user } = await openSettings(refusing(new FakeData(), 'set_text', refusal));
    const field = screen.getByLabelText<HTMLInputElement>('Backup keep');
    await user.clear(field);
    await user.type(field, '0');
    await user.click(screen.getByRole('button', { name: 'Save Backup keep' }));
    expect((await row('Backup keep').findByRole('alert')).textContent).toContain('must be a whole number from 1 to 50');
    expect(field.value).toBe('0');
    expect(field.getAttribute('aria-invalid')).toBe('true');
  });

  test('a switch and a choice take effect at once', async () => {
    const { user, changes } = await openSettings();
    await user.click(screen.getByLabelText('Restore last party'));
    await user.selectOptions(screen.getByLabelText('Log level'), 'debug');
    expect(changes).toEqual([
      { ask: 'set_text', key: 'restore_last_party', text: 'false' },
      { ask: 'set_text', key: 'log_level', text: 'debug' },
    ]);
  });

  test('a switch that the engine refuses goes back', async () => {
    const { user } = await openSettings(refusing(new FakeData(), 'set_text', { code: 'disk_full' }));
    const box = screen.getByLabelText<HTMLInputElement>('Restore last party');
    await user.click(box);
    expect((await row('Restore last party').findByRole('alert')).textContent).toBe('The disk is full; make room and try again.');
    await waitFor(() => {
      expect(box.checked).toBe(true);
    });
  });

  test('a chosen value can be reset, and the reset undone', async () => {
    const { user, changes } = await openSettings();
    await user.click(screen.getByRole('button', { name: 'Reset Backup keep' }));
    await user.click(await screen.findByRole('button', { name: 'Undo the change of Backup keep' }));
    await waitFor(() => {
      expect(screen.getByLabelText<HTMLInputElement>('Backup keep').value).toBe('9');
    });
    expect(changes.map(({ ask }) => ask)).toEqual(['reset_setting', 'set_text']);
    expect(screen.queryByRole('button', { name: 'Reset UDP port' })).toBeNull();
  });

  test('all settings are reset only after a question', async () => {
    const { user, changes } = await openSettings();
    await user.click(screen.getByRole('button', { name: 'Reset all settings' }));
    await user.keyboard('{Escape}');
    expect(changes).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Reset all settings' }));
    await user.click(screen.getByRole('button', { name: 'Reset all' }));
    expect(changes).toEqual([{ ask: 'reset_settings' }]);
    expect(screen.getByLabelText<HTMLInputElement>('Backup keep').value).toBe('7');
  });
});

describe('a stored value that is refused', () => {
  test('is reached from its problem, shown with its rule, and repaired by a reset', async () => {
    const user = userEvent.setup();
    const changes = await show(broken(), { ...snapshot, problems: [problem] });
    await user.click(screen.getByRole('button', { name: 'Open the settings' }));
    const field = await screen.findByLabelText<HTMLInputElement>('UDP port');
    await waitFor(() => {
      expect(document.activeElement).toBe(field);
    });
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(row('UDP port').getByText(/70000 cannot be used: it must be a whole number from 0 to 65535/)).toBeTruthy();
    expect(screen.getByText(/One setting cannot be used/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Reset UDP port' }));
    await waitFor(() => {
      expect(field.value).toBe('0');
    });
    expect(changes).toEqual([{ ask: 'reset_setting', key: 'udp_port' }]);
    expect(screen.queryByText(/cannot be used/)).toBeNull();
    // The default is what the engine uses already, and the refused value is no way back.
    expect(screen.queryByText('Restart LANrage to apply this.')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Undo the change of UDP port' })).toBeNull();
  });

  test('a party without a server leads to the control server', async () => {
    const user = userEvent.setup();
    await show(new FakeData(), { ...open, control: { state: 'local' }, party: { ...party, meeting: { code: 'link' } } });
    await user.click(screen.getByRole('button', { name: 'What to do' }));
    await user.click(screen.getByRole('button', { name: 'Open the settings' }));
    const field = await screen.findByLabelText('Control server');
    await waitFor(() => {
      expect(document.activeElement).toBe(field);
    });
  });
});

describe('favourite servers', () => {
  test('are choices for the control server, and the one in use can be kept', async () => {
    const stored = new FakeData();
    stored.favorites = [{ url: 'wss://a.example/', name: 'Ann’s', last_used_at_ms: null }];
    const { user, changes } = await openSettings(stored);
    await user.click(await screen.findByRole('button', { name: 'Use Ann’s' }));
    expect(await screen.findByText('in use')).toBeTruthy();
    const field = screen.getByLabelText<HTMLInputElement>('Control server');
    await user.clear(field);
    await user.type(field, 'wss://b.example/{Enter}');
    await user.type(await screen.findByLabelText(/as a favourite called/), 'Ben’s{Enter}');
    await screen.findByText('Ben’s');
    await user.click(screen.getByRole('button', { name: 'Remove Ann’s from the favourites' }));
    await waitFor(() => {
      expect(screen.queryByText('Ann’s')).toBeNull();
    });
    expect(changes).toEqual([
      { ask: 'set_text', key: 'control_server', text: 'wss://a.example/' },
      { ask: 'set_text', key: 'control_server', text: 'wss://b.example/' },
      { ask: 'save_favorite', url: 'wss://b.example/', name: 'Ben’s' },
      { ask: 'delete_favorite', url: 'wss://a.example/' },
    ]);
  });
});

describe('the data card', () => {
  test('says how much there is and when it was backed up last, and backs up', async () => {
    const { user } = await openSettings();
    const card = within(screen.getByRole('region', { name: 'Data' }));
    expect(await card.findByText('98 kB')).toBeTruthy();
    expect(card.getByText('2 backups')).toBeTruthy();
    await user.click(card.getByRole('button', { name: 'Back up now' }));
    expect(await card.findByText('3 backups')).toBeTruthy();
    expect(card.getByText('A backup was made.')).toBeTruthy();
  });

  test('a check tells good from damaged', async () => {
    const { user, stored } = await openSettings();
    const card = within(screen.getByRole('region', { name: 'Data' }));
    await user.click(card.getByRole('button', { name: 'Check' }));
    expect(await card.findByText('The data is in order.')).toBeTruthy();
    stored.faults = 3;
    await user.click(card.getByRole('button', { name: 'Check' }));
    expect(await card.findByText(/damaged: 3 faults/)).toBeTruthy();
    expect(card.queryByText('The data is in order.')).toBeNull();
  });

  test('a backup is restored only after a question', async () => {
    const { user, changes } = await openSettings();
    await user.click(await screen.findByText('2 backups'));
    const [, older] = screen.getAllByRole('button', { name: /Restore the backup of/ });
    if (!older) throw new Error('no older backup');
    await user.click(older);
    expect(changes).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Restore' }));
    expect(await screen.findByText(/The backup is restored\. Some of its settings/)).toBeTruthy();
    expect(changes).toEqual([{ ask: 'restore', path: '/backups/1.db', without_hash: false }]);
  });

  test('a restore is undone by what was backed up before it', async () => {
    const { user, changes } = await openSettings();
    await user.click(await screen.findByText('2 backups'));
    const [newest] = screen.getAllByRole('button', { name: /Restore the backup of/ });
    if (!newest) throw new Error('no backup');
    await user.click(newest);
    await user.click(screen.getByRole('button', { name: 'Restore' }));
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    const kept = '/home/ada/.local/share/lanrage/backups/restore.db';
    expect(changes.at(-1)).toEqual({ ask: 'restore', path: kept, without_hash: false });
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
  });

  test('a backup from anywhere is restored, without its hash only by a word of its own', async () => {
    const data = new FakeData();
    const restore = data.answers.restore;
    Object.assign(data.answers, {
      restore: (asked: { path: string; without_hash: boolean }) => {
        if (asked.without_hash) return restore();
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw { code: 'backup_without_hash', path: asked.path };
      },
    });
    const { user, changes } = await openSettings(data);
    await user.click(screen.getByRole('button', { name: 'Restore from a file…' }));
    const path = '/home/ada/Downloads/party.db';
    await user.click(await screen.findByRole('button', { name: `Restore the backup ${path}` }));
    await user.click(screen.getByRole('button', { name: 'Restore' }));
    await user.click(await screen.findByRole('button', { name: 'Restore it all the same' }));
    const question = within(screen.getByRole('group', { name: 'Restore it all the same' }));
    await user.click(question.getByRole('button', { name: 'Restore' }));
    expect(await screen.findByText(/The backup is restored/)).toBeTruthy();
    expect(changes.at(-1)).toEqual({ ask: 'restore', path, without_hash: true });
    expect(screen.queryByText(/Nobody knows/)).toBeNull();
  });

  test('chosen settings go to a file, which is shown in its folder, and come from one', async () => {
    const data = new FakeData();
    Object.assign(data.answers, { read_export: () => '{"backup_keep":9}' });
    const { user, changes } = await openSettings(data);
    await user.click(screen.getByRole('button', { name: 'Save to a file…' }));
    const saved = await screen.findByText('/home/ada/Documents/LANrage settings.json');
    const line = saved.closest('p');
    if (!line) throw new Error('it stands in no line');
    await user.click(within(line).getByRole('button', { name: 'Show in folder' }));
    await user.click(screen.getByRole('button', { name: 'Import a file…' }));
    expect(await screen.findByText('The settings are imported.')).toBeTruthy();
    expect(changes.at(-1)).toEqual({ ask: 'import_settings', text: '{"backup_keep":9}' });
  });

  test('who chooses no file changes nothing', async () => {
    const { user, changes } = await openSettings();
    await user.click(screen.getByRole('button', { name: 'Import a file…' }));
    expect(screen.queryByText('The settings are imported.')).toBeNull();
    expect(changes.filter(({ ask }) => ask === 'import_settings')).toEqual([]);
  });

  test('chosen settings go out as text, and in again', async () => {
    const { user, changes } = await openSettings();
    await user.click(screen.getByRole('button', { name: 'Show as text' }));
    const text = (await screen.findByLabelText<HTMLTextAreaElement>('Exported settings')).value;
    expect(JSON.parse(text)).toEqual({ backup_keep: 9 });
    await user.click(screen.getByRole('button', { name: 'Import the text' }));
    expect(screen.getByText('Paste an export first.')).toBeTruthy();
    await user.click(screen.getByLabelText('Or paste an export'));
    await user.paste(text);
    await user.click(screen.getByRole('button', { name: 'Import the text' }));
    expect(await screen.findByText('The settings are imported.')).toBeTruthy();
    expect(changes.at(-1)).toEqual({ ask: 'import_settings', text });
  });

  test('an import that is none is refused in words', async () => {
    const { user } = await openSettings(refusing(new FakeData(), 'import_settings', { code: 'not_an_export', cause: { code: 'no_export' } }));
    await user.type(screen.getByLabelText('Or paste an export'), 'x');
    await user.click(screen.getByRole('button', { name: 'Import the text' }));
    expect(await screen.findByText(/^This is not an export of LANrage's settings/)).toBeTruthy();
    expect(screen.getByLabelText<HTMLTextAreaElement>('Or paste an export').value).toBe('x');
  });
});

describe('recent parties', () => {
  const stored = () => {
    const data = new FakeData();
    const recent = { friends: [], is_favorite: false, is_host: true, is_active: false, last_active_at_ms: 1_700_000_000_000 };
    data.parties = [
      { ...recent, id: 'a', name: 'Friday LAN', can_resume: true, keys_missing: false },
      { ...recent, id: 'b', name: 'Cave', can_resume: false, keys_missing: true },
      { ...recent, id: 'c', name: 'Left', can_resume: false, keys_missing: false },
    ];
    return data;
  };

  test('only one that this device is still a member of is resumed', async () => {
    const user = userEvent.setup();
    const data = stored();
    const calls = fakeBackend(snapshot, { ...data.answers });
    render(App);
    await user.click(await screen.findByRole('button', { name: 'Resume Friday LAN' }));
    expect(screen.queryByRole('button', { name: 'Resume Cave' })).toBeNull();
    expect(calls.filter(({ command }) => command === 'resume_party')).toEqual([
      { command: 'resume_party', args: { party: 'a' } },
    ]);
  });

  test('one is forgotten only after a question', async () => {
    const user = userEvent.setup();
    const changes = await show(stored());
    await user.click(await screen.findByRole('button', { name: 'Forget Friday LAN' }));
    expect(screen.getByText(/You need the link to come back/)).toBeTruthy();
    expect(changes).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Forget' }));
    await waitFor(() => {
      expect(screen.queryByText('Friday LAN')).toBeNull();
    });
    expect(screen.getByText('Cave')).toBeTruthy();
    expect(screen.queryByText('Left')).toBeNull();
    expect(changes).toEqual([{ ask: 'forget_party', party: 'a' }]);
  });

  test('a party is paused without a question', async () => {
    const user = userEvent.setup();
    const calls = fakeBackend({ ...open, party });
    render(App);
    await user.click(await screen.findByRole('button', { name: 'Pause' }));
    expect(calls.at(-1)).toEqual({ command: 'pause_party', args: {} });
  });
});
