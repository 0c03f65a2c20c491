import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { Check } from '../src/bindings';
import { Log, matching, readLine } from '../src/lib/log.svelte';
import { fakeBackend, send, snapshot } from './fixtures';

type Answers = Parameters<typeof fakeBackend>[1];

const check: Check = { code: 'clock', state: 'good', finding: { code: 'clock_agrees' }, remedy: null };
const driverless: Check = {
  code: 'adapter',
  state: 'bad',
  finding: { code: 'adapter_driver' },
  remedy: { code: 'load_driver', command: 'sudo modprobe tun' },
};
const line = (message: string, level = 'INFO') =>
  JSON.stringify({ timestamp: '2026-11-26T21:04:05.123456Z', level, fields: { message }, target: 'lanrage_engine' });

async function openPage(answers: Answers = {}) {
  const user = userEvent.setup();
  const calls = fakeBackend(snapshot, { run_doctor: () => ({ checks: [] }), follow_log: () => [], ...answers });
  render(App);
  await user.click(await screen.findByRole('button', { name: 'Diagnostics' }));
  await screen.findByRole('heading', { level: 1, name: 'Diagnostics' });
  return { user, calls };
}

const log = () => within(screen.getByRole('region', { name: 'Live log' }));

describe('the checks', () => {
  test('are shown with result, meaning and fix, and made again when asked for', async () => {
    const reports: Check[][] = [
      [check, driverless],
      [check],
    ];
    const { user, calls } = await openPage({ run_doctor: () => ({ checks: reports.shift() ?? [] }) });
    expect(await screen.findByText('One thing does not work.')).toBeTruthy();
    const item = screen.getByRole('heading', { name: 'Virtual network adapter', level: 3 }).closest('li');
    expect(item?.textContent).toMatch(/Does not work.*no driver.*Games see your friends.*What you can do:.*sudo modprobe tun/s);
    await user.click(screen.getByRole('button', { name: 'Copy command' }));
    expect(calls.at(-1)?.args).toEqual({ text: 'sudo modprobe tun' });
    await user.click(screen.getByRole('button', { name: 'Check again' }));
    expect(await screen.findByText('Everything is in order.')).toBeTruthy();
  });

  test('that cannot be made say why', async () => {
    await openPage({
      run_doctor: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw { code: 'stopped' };
      },
    });
    expect(await screen.findByText('LANrage is shutting down.')).toBeTruthy();
  });
});

test('a report says where it is', async () => {
  const { user, calls } = await openPage({ save_diagnostics: () => '/home/mia/report.json' });
  await user.click(screen.getByRole('button', { name: 'Export a report' }));
  expect(await screen.findByText('/home/mia/report.json')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Copy path' }));
  expect(calls.at(-1)?.args).toEqual({ text: '/home/mia/report.json' });
});

describe('the live log', () => {
  test('flows while its page is shown, and only then', async () => {
    const { user, calls } = await openPage({ follow_log: ({ on }) => (on ? [line('the first')] : []) });
    expect(await log().findByText(/the first/)).toBeTruthy();
    await send('log', [line('the second', 'WARN')]);
    expect(await log().findByText(/the second/)).toBeTruthy();
    expect(log().getByText('warn')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Home' }));
    const follows = () => calls.filter(({ command }) => command === 'follow_log').map(({ args }) => args);
    await waitFor(() => {
      expect(follows()).toEqual([{ on: true }, { on: false }]);
    });
  });

  test('shows only lines with the word that was typed', async () => {
    const { user } = await openPage({ follow_log: () => [line('a Path was found'), line('a relay died', 'ERROR')] });
    await user.type(await screen.findByLabelText('Filter'), 'path');
    expect(log().getByText(/a Path was found/)).toBeTruthy();
    expect(log().queryByText(/a relay died/)).toBeNull();
    expect(log().getByText('1 of 2 lines')).toBeTruthy();
    await user.clear(screen.getByLabelText('Filter'));
    await user.type(screen.getByLabelText('Filter'), 'nothing like it');
    expect(log().getByText('No line has this word in it.')).toBeTruthy();
  });

  test('stands still while it is paused, and loses nothing', async () => {
    const { user } = await openPage({ follow_log: () => [line('before')] });
    await user.click(await screen.findByRole('button', { name: 'Pause' }));
    await send('log', [line('meanwhile')]);
    expect(await log().findByText('1 new line')).toBeTruthy();
    expect(log().queryByText(/meanwhile/)).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Continue' }));
    expect(log().getByText(/meanwhile/)).toBeTruthy();
  });

  test('takes a line that comes before the first answer once', async () => {
    fakeBackend(snapshot, {
      follow_log: async ({ on }) => {
        if (on) await send('log', ['in both', 'in the event alone']);
        return on ? ['old', 'in both'] : [];
      },
    });
    const followed = new Log();
    await followed.start();
    expect(followed.lines.map(({ text }) => text)).toEqual(['old', 'in both', 'in the event alone']);
    followed.stop();
  });

  test('keeps a bounded number of lines', async () => {
    fakeBackend(snapshot, { follow_log: () => [] });
    const followed = new Log();
    await followed.start();
    for (let at = 0; at < 30; at++) await send('log', Array.from({ length: 50 }, (_, each) => `${at}/${each}`));
    expect(followed.lines).toHaveLength(1_000);
    expect(followed.lines.at(-1)?.text).toBe('29/49');
    followed.stop();
  });
});

describe('a line', () => {
  test('is read as the engine writes it', () => {
    const text = JSON.stringify({ timestamp: '2026-11-26T21:04:05.123456Z', level: 'DEBUG', fields: { message: 'found', rtt_ms: 12 }, target: 't' });
    expect(readLine(text, 7)).toEqual({ key: 7, time: '21:04:05.123', level: 'debug', text: 'found rtt_ms=12 (t)' });
  });

  test.each(['', 'not json', '[]', 'null', '7', '{"level":3,"fields":null}', '{"timestamp":"x"}'])('%o is shown as it is', (text) => {
    expect(readLine(text, 0)).toMatchObject({ time: '', level: '', text });
  });

  test('is found by its level too', () => {
    const lines = [readLine(line('x', 'WARN'), 0), readLine(line('y'), 1)];
    expect(matching(lines, 'WARN').map(({ key }) => key)).toEqual([0]);
    expect(matching(lines, '  ')).toHaveLength(2);
  });
});
