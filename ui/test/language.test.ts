import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import { formatMs } from '../src/lib/format';
import { sayError, sayExplanation, sayNotice, sayProblem, saySentence } from '../src/lib/said';
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
  test('English is the engine’s own', () => {
    expect(sayError({ code: 'invitation_damaged', text: 'the link is damaged' })).toBe('the link is damaged');
    expect(saySentence('Direct to Jonas over the internet.')).toBe('Direct to Jonas over the internet.');
  });

  test('refusals are said by code, and unknown ones as they come', () => {
    useLanguage('de', []);
    expect(sayError({ code: 'invitation_damaged', text: 'x' })).toMatch(/beschädigt/);
    expect(sayError({ code: 'of_a_newer_engine', text: 'the moon is full' })).toBe('the moon is full');
  });

  test('every notice of the scenes keeps the name in it', () => {
    useLanguage('de', []);
    for (const notice of notices(0)) {
      const said = sayNotice(notice);
      expect(said).not.toBe(notice.text);
      expect(said).toMatch(/Jonas|Öykü|Wiesław_1987/);
    }
    expect(sayNotice({ code: 'peer_joined', text: 'in words of another engine' })).toBe('in words of another engine');
  });

  test('a path is explained part by part', () => {
    useLanguage('de', []);
    const because = 'both routers use a new port for every destination';
    expect(sayExplanation({ explanation: `Relayed by fra-1 (Frankfurt) because ${because}; retrying direct in 12 s.`, next_direct_try_at_ms: 1 })).toBe(
      'Über fra-1 (Frankfurt), weil beide Router für jedes Ziel einen neuen Port nehmen.',
    );
    expect(saySentence('Packets get lost on the way. Direct to 大島 over the internet.')).toBe(
      'Unterwegs gehen Pakete verloren. Direkt zu 大島 über das Internet.',
    );
    expect(saySentence('No path to x: no answer came on any path, not even through a relay. Next try in 20 s.')).toMatch(
      /^Kein Weg zu x: keine Antwort .* Nächster Versuch in 20 s\.$/,
    );
  });

  test('every explanation of the scenes has German words', () => {
    useLanguage('de', []);
    for (const scene of Object.values(scenes)) {
      if (scene === null || !('party' in scene)) continue;
      for (const friend of scene.party?.peers ?? []) {
        expect(sayExplanation(friend)).not.toMatch(/\b(because|the|path|over|looking)\b/i);
      }
    }
  });

  test('a problem is said with what can be done, and the numbers in it', () => {
    useLanguage('de', []);
    const problem = { code: 'clock_wrong', text: "This computer's clock and the control server's differ by 7 minutes.", fix: 'x' };
    expect(sayProblem(problem)).toMatchObject({ text: expect.stringContaining('7 Minuten') as string, fix: expect.stringContaining('Uhr') as string });
    const control = { code: 'control_disconnected', fix: 'x' };
    const lost = 'No connection to wss://s/: refused.';
    expect(sayProblem({ ...control, text: `${lost} Your party goes on; nobody new can join until it is back.` }).text).toMatch(/Deine Party geht weiter/);
    expect(sayProblem({ ...control, text: `${lost} Parties that you make now are yours alone until it is back.` }).text).toMatch(/gehören dir allein/);
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
