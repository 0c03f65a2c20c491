import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import { formatMs } from '../src/lib/format';
import { sayError, sayNotice, sayProblem, saySituation } from '../src/lib/said';
import { say, useLanguage } from '../src/lib/words';
import { fakeBackend, notices, open, party, peer, scenes, snapshot } from './fixtures';

afterEach(() => {
  useLanguage('en', []);
});

describe('the language', () => {
  test.each([
    ['de', ['en-GB'], 'Party'],
    ['system', ['de-AT', 'en'], 'Einstellungen'],
    ['system', ['fr-FR', 'DE'], 'Einstellungen'],
    ['system', ['C'], 'Settings'],
    ['system', ['constructor'], 'Settings'],
    ['xx', [], 'Settings'],
  ])('chosen as %s on a system of %o', (choice, system) => {
    useLanguage(choice, system);
    const isGerman = choice === 'de' || system.some((tag) => tag.toLowerCase().startsWith('de'));
    expect(say('pages-settings')).toBe(isGerman ? 'Einstellungen' : 'Settings');
    expect(formatMs(1.5)).toBe(isGerman ? '1,5 ms' : '1.5 ms');
  });

  test('changes in the open window as soon as the setting does', async () => {
    const user = userEvent.setup();
    fakeBackend(snapshot);
    render(App);
    await user.click(await screen.findByRole('button', { name: 'Settings' }));
    await user.selectOptions(await screen.findByLabelText('Language'), 'de');
    expect(await screen.findByRole('heading', { level: 1, name: 'Einstellungen' })).toBeTruthy();
    expect(screen.getByLabelText('UDP-Port')).toBeTruthy();
    expect(document.documentElement.lang).toBe('de');
  });
});

describe('what the engine says, in German', () => {
  test('refusals are said by code', () => {
    useLanguage('de', []);
    expect(sayError({ code: 'invitation_damaged' })).toMatch(/beschädigt/);
    expect(sayError({ code: 'control_party_full' })).toMatch(/voll/);
  });

  test('every notice of the scenes keeps the name in it, and what was refused is said too', () => {
    useLanguage('de', []);
    for (const notice of notices(0)) expect(sayNotice(notice)).toMatch(/Jonas|Öykü|Wiesław_1987/);
    expect(sayNotice({ at_ms: 0, code: 'peer_forged', peer: 'Eve' })).toMatch(/Eve.*nicht hereingelassen/);
    expect(sayNotice({ at_ms: 0, code: 'control_server_full' })).toMatch(/Server ist voll/);
  });

  test('every situation of the scenes has German words', () => {
    useLanguage('de', []);
    for (const scene of Object.values(scenes)) {
      if (scene === null || !('party' in scene)) continue;
      for (const friend of scene.party?.peers ?? []) {
        expect(saySituation(friend)).not.toMatch(/\b(because|the|path|over|looking|situation)\b/i);
      }
    }
  });

  test('a problem is said with the numbers in it', () => {
    useLanguage('de', []);
    expect(sayProblem({ code: 'clock_wrong', minutes: 7, severity: 'warning', remedy: null })).toContain('7 Minuten');
    const control = { code: 'control_disconnected', server: 'wss://s/', why: { code: 'silent' }, severity: 'warning', remedy: null } as const;
    expect(sayProblem({ ...control, in_party: true })).toMatch(/Deine Party geht weiter/);
    expect(sayProblem({ ...control, in_party: false })).toMatch(/gehören dir allein/);
  });

  test('the window in a party shows none of the engine’s English that it knows', async () => {
    fakeBackend({ ...open, party: { ...party, peers: [peer] } });
    useLanguage('de', []);
    render(App);
    // The settings of the fake backend follow the system, which is English.
    await screen.findByRole('heading', { level: 1 });
    useLanguage('de', []);
    expect(await screen.findByText(/Direkt zu Jonas über das Internet/)).toBeTruthy();
  });
});
