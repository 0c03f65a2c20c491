import { describe, expect, test } from 'vitest';

import { argumentsOf, keyOf } from '../src/lib/words/fact';
import { languages, say, sayData, sayFact, sayIfKnown, useLanguage } from '../src/lib/words';

describe('a fact', () => {
  test('has its family and code as key, and every other field as argument', () => {
    expect(keyOf('nat', 'port_restricted_cone')).toBe('nat-port-restricted-cone');
    const why = { code: 'relay_down', name: 'fra-1', down: 2 };
    const fact = { code: 'with_data', party: 'Ada’s', open: true, server: null, names: ['Bob', 'Cid'], why };
    expect(keyOf('shape', fact)).toBe('shape-with-data');
    expect(argumentsOf(fact, String)).toEqual({
      party: 'Ada’s',
      open: true,
      server: 'none',
      names: 'Bob, Cid',
      why: 'relay_down',
      why_name: 'fra-1',
      why_down: 2,
    });
  });

  test('says a cause before it puts it in, wherever it stands', () => {
    const cause = { code: 'connection_refused' };
    const why = { code: 'unreachable', cause };
    const said = argumentsOf({ code: 'failed', cause, why }, ({ code }) => `because ${code}`);
    expect(said).toEqual({ cause: 'because connection_refused', why: 'unreachable', why_cause: 'because connection_refused' });
    const fault = { code: 'control_disconnected', server: 'ws://a', why: { code: 'unreachable', cause: { code: 'no_tls' } }, in_party: true } as const;
    useLanguage('de', []);
    expect(sayFact('problem', fault)).toContain('der Server antwortet ohne TLS; seine Adresse beginnt mit ws://.');
    useLanguage('en', []);
  });

  test('names a setting as its page does', () => {
    const rule = { code: 'integer', min: 0, max: 65_535 } as const;
    const fact = { code: 'bad_setting', key: 'udp_port', value: '70000', rule, or_empty: false, others: 'backup_keep, of_tomorrow' } as const;
    expect(sayFact('refusal', fact)).toBe(
      'Nothing was changed: UDP port is 70000, and must be a whole number from 0 to 65535. The values of Backup keep, of_tomorrow cannot be used either.',
    );
  });

  test('without a message does not pass the type check', () => {
    // @ts-expect-error -- There is no such state.
    expect(sayFact('state', 'levitating')).toBe('state-levitating');
  });
});

describe('a message', () => {
  test('without its arguments does not pass the type check, and fails where it is developed', () => {
    // @ts-expect-error -- The party is missing.
    expect(() => say('home-pauses')).toThrow(/home-pauses/);
    expect(say('home-pauses', { party: 'Ada’s' })).toBe('Ada’s is paused meanwhile; you keep your place in it.');
  });

  test('is found by data only where there is one', () => {
    expect(sayIfKnown('setting-name-udp_port')).toBe('UDP port');
    expect(sayIfKnown('setting-name-of_tomorrow')).toBeUndefined();
  });

  test('chooses by the plural of its language, and numbers in it stay as they are', () => {
    expect([0, 1, 2].map((lines) => say('diagnostics-log-waiting', { lines }))).toEqual(['0 new lines', '1 new line', '2 new lines']);
    useLanguage('de', []);
    expect(sayData('setting-rule', { rule: { code: 'integer', min: 0, max: 65_535 }, or_empty: false })).toBe('eine ganze Zahl von 0 bis 65535');
    useLanguage('en', []);
  });
});

test('the languages are those that have a file, under their own names', () => {
  expect(languages).toEqual([
    { tag: 'de', name: 'Deutsch' },
    { tag: 'en', name: 'English' },
  ]);
});
