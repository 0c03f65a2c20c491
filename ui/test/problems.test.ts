import { describe, expect, test } from 'vitest';

import type { Meeting } from '../src/bindings';
import { banners, remedyPieces } from '../src/lib/problems';
import { useLanguage } from '../src/lib/words';
import { network, open, party, snapshot } from './fixtures';

const adapter = {
  state: 'unavailable',
  fault: { code: 'adapter_permission', by: 'system' },
  remedy: { code: 'install_package' },
  retry_at_ms: 42,
} as const;
const why = { code: 'unreachable', cause: { code: 'too_slow' } } as const;
const control = { state: 'disconnected', server: 'ws://s', why, retry_at_ms: 43 } as const;

describe('banners', () => {
  test('nothing wrong is no banner', () => {
    expect(banners(snapshot)).toEqual([]);
  });

  test('a condition that the engine lists and also retries is shown once, with its time', () => {
    const problems = [
      { ...adapter.fault, severity: 'error', remedy: adapter.remedy } as const,
      { code: 'control_disconnected', server: 'ws://s', why, in_party: true, severity: 'warning', remedy: null } as const,
    ];
    const shown = banners({ problems, adapter, control, announcement: null, network, party: null });
    expect(shown.map(({ code, retryAtMs }) => [code, retryAtMs])).toEqual([
      ['adapter_permission', 42],
      ['control_disconnected', 43],
    ]);
    expect(shown[1]?.text).toMatch(/^No connection to ws:\/\/s: .*no answer came in time.* Your party goes on/);
  });

  test('a refused setting leads to its repair until the settings say it themselves', () => {
    const problem = { code: 'bad_setting', key: 'x', value: '7', rule: { code: 'boolean' }, or_empty: false, severity: 'error', remedy: { code: 'change_setting' } } as const;
    const condition = { ...snapshot, problems: [problem] };
    expect(banners(condition).map(({ settings }) => settings)).toEqual(['faulty']);
    expect(banners(condition, true)).toEqual([]);
  });

  test('a network without UDP is a warning, not an error', () => {
    const shown = banners({ ...snapshot, network: { ...network, udp_is_blocked: true } });
    expect(shown.map(({ code, severity }) => [code, severity])).toEqual([['udp_blocked', 'warning']]);
  });

  test('what the operator of the server announces can be put away, and is nothing without a server', () => {
    const announced = { ...snapshot, announcement: 'Maintenance at 20:00' };
    expect(banners(announced).map(({ code, severity, text }) => [code, severity, text])).toEqual([
      ['announcement', 'warning', 'play.example.org says: Maintenance at 20:00'],
    ]);
    expect(banners({ ...announced, control: { state: 'local' } })).toEqual([]);
  });

  test('a condition that the engine does not list is shown all the same', () => {
    const shown = banners({ problems: [], adapter, control, announcement: null, network, party: null });
    expect(shown.map(({ text, retryAtMs }) => [text, retryAtMs])).toEqual([
      ['LANrage is not allowed to create its network adapter.', 42],
      [expect.stringMatching(/^No connection to ws:\/\/s: .*no answer came in time.* yours alone/), 43],
    ]);
  });
});

describe('a party without a server', () => {
  const local = { state: 'local' } as const;

  const met = (meeting: Meeting) => ({ ...open, control: local, party: { ...party, meeting } });

  test('is a problem only where friends may not get in', () => {
    for (const code of ['link', 'store_silent', 'hidden'] as const) {
      expect(banners(met({ code })).map(({ code }) => code)).toEqual(['no_server']);
    }
    expect(banners(met({ code: 'straight' }))).toEqual([]);
    expect(banners(met({ code: 'store', holders: null }))).toEqual([]);
  });

  test('is no problem while there is no party', () => {
    expect(banners({ ...snapshot, control: local })).toEqual([]);
  });
});

describe('what can be done', () => {
  test('has the command that the remedy carries in a piece of its own', () => {
    expect(remedyPieces({ code: 'load_driver', command: 'sudo modprobe tun' })).toEqual([
      { kind: 'text', value: 'Load the driver with ' },
      { kind: 'command', value: 'sudo modprobe tun' },
      { kind: 'text', value: '. In a container, pass the device /dev/net/tun through.' },
    ]);
  });

  test('is words alone where there is no command, and nothing where nothing is to be done', () => {
    expect(remedyPieces({ code: 'choose_adapter_name' })).toEqual([
      { kind: 'text', value: expect.stringContaining('“-” or “_”') as string },
    ]);
    expect(remedyPieces(null)).toEqual([]);
  });

  test.each(['en', 'de'])('has the command in every sentence that carries one (%s)', (language) => {
    useLanguage(language, []);
    for (const code of ['start_helper', 'set_up_helper', 'load_driver', 'free_adapter_name', 'allow_games'] as const) {
      const commands = remedyPieces({ code, command: 'sudo x' }).filter(({ kind }) => kind === 'command');
      expect(commands.map(({ value }) => value), code).toEqual(['sudo x']);
    }
    useLanguage('en', []);
  });
});
