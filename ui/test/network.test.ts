import { describe, expect, test } from 'vitest';

import { networkFacts, networkStatus, relayRow, relaySummary } from '../src/lib/network';
import { noticeTone } from '../src/lib/notice';
import { network, relay } from './fixtures';

const names = (shown: typeof network) => networkFacts(shown).map(({ name }) => name);
const down = { ...relay, is_held: false, fault: { code: 'relay_silent' } } as const;

describe('the player’s network', () => {
  test('is not called good before it is measured, nor when nothing but TCP gets through', () => {
    expect(networkStatus(network).tone).toBe('good');
    expect(networkStatus({ ...network, nat_summary: null }).tone).toBe('quiet');
    expect(networkStatus({ ...network, nat_summary: 'no_servers', public_address: null }).tone).toBe('quiet');
    const symmetric = { ...network, nat_summary: 'measured', mapping_behaviour: 'address_and_port_dependent' } as const;
    expect(networkStatus({ ...symmetric, port_mapping: { state: 'off' } }).tone).toBe('warn');
    expect(networkStatus({ ...symmetric, port_mapping: { state: 'open', external: '203.0.113.7:4000' } }).tone).toBe('good');
    const blocked = { tone: 'warn', words: 'Your network lets no UDP through, so friends are reached through a relay.' };
    expect(networkStatus({ ...network, nat_summary: 'blocked', udp_is_blocked: true })).toEqual(blocked);
    expect(networkStatus({ ...network, nat_summary: null, udp_is_blocked: true })).toEqual(blocked);
    const silent = { ...network, nat_summary: 'blocked', public_address: null } as const;
    expect(networkStatus(silent)).toEqual({ tone: 'quiet', words: 'Nothing that was sent by UDP was answered: the network lets none through, or no server can be reached.' });
  });

  test('facts leave out what was not measured and what the summary says', () => {
    expect(names({ ...network, nat_summary: 'blocked' })).toEqual([
      'Ports',
      'Who gets in',
      'Meeting at the router',
      'Open port',
    ]);
    expect(names(network)).not.toContain('Ports');
    expect(names({ ...network, filtering_behaviour: null, hairpinning: null })).toEqual(['Open port']);
    expect(names({ ...network, udp_is_blocked: true })).toContain('UDP');
  });

  test.each([
    [{ state: 'off' }, /settings/],
    [{ state: 'searching' }, /being asked/],
    [{ state: 'open', external: '203.0.113.4:9' }, /203\.0\.113\.4:9/],
    [{ state: 'unavailable', fault: 'no_router' }, /^None\. There is no router\.$/],
  ] as const)('the port mapping %o is said in words', (mapping, words) => {
    expect(networkFacts({ ...network, port_mapping: mapping }).at(-1)?.value).toMatch(words);
  });
});

describe('relays', () => {
  test('one is ready, on offer or out of order', () => {
    expect(relayRow(relay)).toMatchObject({ tone: 'good', label: 'Ready', facts: ['Frankfurt', '12 ms', '31 % busy'] });
    expect(relayRow({ ...relay, is_held: false }).label).toBe('On offer');
    expect(relayRow(down)).toMatchObject({ tone: 'bad', label: 'Out of order', trouble: 'The relay does not answer.' });
  });

  test('what is not known of one is left out', () => {
    expect(relayRow({ ...relay, region: '', rtt_ms: null }).facts).toEqual(['31 % busy']);
  });

  test('the summary is as bad as what is left', () => {
    expect(relaySummary([]).tone).toBe('quiet');
    expect(relaySummary([relay, relay])).toEqual({ tone: 'good', words: '2 relays are at hand.' });
    expect(relaySummary([relay, down])).toEqual({
      tone: 'warn',
      words: '1 of 2 relays is out of order; the other stands in.',
    });
    expect(relaySummary([down, down]).tone).toBe('bad');
    expect(relaySummary([down]).words).toMatch(/only relay/);
  });
});

test('what this window does not know is told without judgement', () => {
  expect(noticeTone('moved_to_direct')).toBe('good');
  expect(noticeTone('moved_to_relay')).toBe('warn');
  expect(noticeTone('constructor')).toBe('quiet');
});
