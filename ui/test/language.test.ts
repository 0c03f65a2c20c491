import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import { formatMs } from '../src/lib/format';
import { sayNotice } from '../src/lib/notice';
import { say, sayFact, useLanguage } from '../src/lib/words';
import { fakeBackend, open, party, peer, snapshot } from './fixtures';

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
    expect(screen.getByLabelText('Mit dem Computer starten')).toBeTruthy();
    expect(document.documentElement.lang).toBe('de');
  });
});

describe('facts in German', () => {
  test('a refusal, a notice and a problem have their data in them', () => {
    useLanguage('de', []);
    expect(sayFact('refusal', { code: 'invitation_damaged' })).toMatch(/beschädigt/);
    expect(sayNotice({ at_ms: 0, party: null, code: 'reconnected', peer: 'Öykü', seconds: 0.4 })).toBe('Wieder verbunden mit Öykü nach 0,4 s.');
    expect(sayNotice({ at_ms: 0, party: null, code: 'peer_forged', peer: 'Öykü' })).toMatch(/Öykü/);
    expect(sayFact('problem', { code: 'clock_wrong', minutes: 7 })).toMatch(/7 Minuten/);
  });

  test('a path is explained part by part', () => {
    useLanguage('de', []);
    const relayed = { code: 'relayed', relay: 'fra-1 (Frankfurt)', because: 'both_symmetric', retry_in_s: null, loses_packets: true } as const;
    expect(sayFact('situation', relayed)).toBe(
      'Unterwegs gehen Pakete verloren. Über fra-1 (Frankfurt), weil beide Router für jedes Ziel einen neuen Port nehmen.',
    );
  });

  test('the window in a party shows none of English', async () => {
    fakeBackend({ ...open, party: { ...party, peers: [peer] } });
    useLanguage('de', []);
    render(App);
    // The settings of the fake backend follow the system, which is English.
    await screen.findByRole('heading', { level: 1 });
    useLanguage('de', []);
    await userEvent.setup().click(await screen.findByRole('button', { name: 'Einzelheiten zu Jonas' }));
    expect(await screen.findByText(/Direkt zu Jonas über das Internet/)).toBeTruthy();
  });
});
