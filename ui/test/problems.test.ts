import { describe, expect, test } from 'vitest';

import { banners, pieces } from '../src/lib/problems';
import { network, open, snapshot } from './fixtures';

const adapter = {
  state: 'unavailable',
  reason: 'LANrage may not create its virtual network.',
  fix: 'Try again.',
  retry_at_ms: 42,
} as const;
const control = { state: 'disconnected', server: 'ws://s', reason: 'refused', retry_at_ms: 43 } as const;

describe('banners', () => {
  test('nothing wrong is no banner', () => {
    expect(banners(snapshot)).toEqual([]);
  });

  test('a condition that the engine lists and also retries is shown once, with its time', () => {
    const problems = [
      { code: 'permission_denied', severity: 'error', text: adapter.reason, fix: adapter.fix } as const,
      { code: 'control_disconnected', severity: 'warning', text: 'No connection.', fix: '' } as const,
    ];
    const shown = banners({ problems, adapter, control, network, party: null });
    expect(shown.map(({ code, retryAtMs }) => [code, retryAtMs])).toEqual([
      ['permission_denied', 42],
      ['control_disconnected', 43],
    ]);
    expect(shown[1]?.text).toBe('No connection.');
  });

  test('a refused setting leads to its repair until the settings say it themselves', () => {
    const problem = { code: 'bad_setting', severity: 'error', text: 'x', fix: '' } as const;
    const condition = { ...snapshot, problems: [problem] };
    expect(banners(condition).map(({ settings }) => settings)).toEqual(['faulty']);
    expect(banners(condition, true)).toEqual([]);
  });

  test('a network without UDP is a warning, not an error', () => {
    const shown = banners({ ...snapshot, network: { ...network, udp_is_blocked: true } });
    expect(shown.map(({ code, severity }) => [code, severity])).toEqual([['udp_blocked', 'warning']]);
  });

  test('a condition that the engine does not list is shown all the same', () => {
    const shown = banners({ problems: [], adapter, control, network, party: null });
    expect(shown.map(({ text, retryAtMs }) => [text, retryAtMs])).toEqual([
      [adapter.reason, 42],
      ['The server ws://s cannot be reached: refused', 43],
    ]);
  });
});

describe('a party without a server', () => {
  const local = { state: 'local' } as const;

  test('is said to be alone', () => {
    expect(banners({ ...open, control: local }).map(({ code }) => code)).toEqual(['no_server']);
  });

  test('is no problem while there is no party', () => {
    expect(banners({ ...snapshot, control: local })).toEqual([]);
  });
});

describe('pieces', () => {
  test('a quoted command can be copied', () => {
    expect(pieces('Load the driver with "sudo modprobe tun". In a container, do not.')).toEqual([
      { kind: 'text', value: 'Load the driver with ' },
      { kind: 'command', value: 'sudo modprobe tun' },
      { kind: 'text', value: '. In a container, do not.' },
    ]);
  });

  test('other quoted words are words', () => {
    for (const text of ['letters, "-" or "_"', 'start it with "Run as administrator"', 'an odd " alone']) {
      expect(pieces(text)).toEqual([{ kind: 'text', value: text }]);
    }
    expect(pieces('')).toEqual([]);
  });
});
