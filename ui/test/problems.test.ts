import { describe, expect, test } from 'vitest';

import { banners, pieces } from '../src/lib/problems';
import { network, open, snapshot } from './fixtures';

const adapter = {
  state: 'unavailable',
  fault: { code: 'adapter_driver' },
  remedy: { code: 'load_driver', command: 'sudo modprobe tun' },
  retry_at_ms: 42,
} as const;
const control = { state: 'disconnected', server: 'ws://s', why: { code: 'ended' }, retry_at_ms: 43 } as const;

describe('banners', () => {
  test('nothing wrong is no banner', () => {
    expect(banners(snapshot)).toEqual([]);
  });

  test('a condition that the engine lists and also retries is shown once, with its time', () => {
    const problems = [
      { severity: 'error', code: 'adapter_driver', remedy: adapter.remedy } as const,
      { severity: 'warning', code: 'control_disconnected', server: 'ws://s', why: control.why, in_party: false, remedy: null } as const,
    ];
    const shown = banners({ problems, adapter, control, network, party: null });
    expect(shown.map(({ code, retryAtMs }) => [code, retryAtMs])).toEqual([
      ['adapter_driver', 42],
      ['control_disconnected', 43],
    ]);
    expect(shown[1]?.text).toMatch(/^No connection to ws:\/\/s: the server closed the connection\. Parties/);
  });

  test('a refused setting leads to its repair until the settings say it themselves', () => {
    const problem = { severity: 'error', code: 'bad_setting', key: 'udp_port', value: '70000', rule: 'x', remedy: null } as const;
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
      ['This computer has no driver for virtual network adapters.', 42],
      ['The server ws://s cannot be reached: the server closed the connection', 43],
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
  test('a command can be copied', () => {
    expect(pieces({ text: 'Load the driver with `sudo modprobe tun`. In a container, do not.', command: 'sudo modprobe tun' })).toEqual([
      { kind: 'text', value: 'Load the driver with ' },
      { kind: 'command', value: 'sudo modprobe tun' },
      { kind: 'text', value: '. In a container, do not.' },
    ]);
  });

  test('without a command there are only words', () => {
    const text = 'letters, “-” or `_`';
    expect(pieces({ text, command: null })).toEqual([{ kind: 'text', value: text }]);
    expect(pieces({ text: '', command: null })).toEqual([]);
  });
});
