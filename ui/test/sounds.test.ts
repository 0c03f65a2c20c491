import { render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import App from '../src/App.svelte';
import type { Notice } from '../src/bindings';
import { Sounds } from '../src/lib/sounds';
import { appSettings } from '../src/dev/data';
import { fakeBackend, open, send } from './fixtures';

/** The notes that were heard, in Hz. */
let heard: number[] = [];
let closed = 0;

class Tone {
  frequency = { value: 0 };
  connect = (to: unknown) => to;
  start = () => heard.push(this.frequency.value);
  stop = () => undefined;
}

class Context {
  state = 'suspended';
  currentTime = 0;
  destination = {};
  resume = () => Promise.resolve();
  close = () => Promise.resolve(closed++);
  createOscillator = () => new Tone();
  createGain = () => ({
    gain: { setValueAtTime: () => undefined, exponentialRampToValueAtTime: () => undefined },
    connect: (to: unknown) => to,
  });
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  heard = [];
  closed = 0;
  vi.stubGlobal('AudioContext', Context);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test('there is none where the settings say no, or nothing yet', async () => {
  const sounds = new Sounds();
  sounds.hear({ code: 'said' });
  sounds.set(false);
  sounds.hear({ code: 'said' });
  await settled();
  expect(heard).toEqual([]);
});

test('each of what happens has its own, many at once are one, and most have none', async () => {
  const now = vi.spyOn(performance, 'now');
  const sounds = new Sounds();
  sounds.set(true);
  const at = async (ms: number, code: string) => {
    now.mockReturnValue(ms);
    const before = heard.length;
    sounds.hear({ code });
    await settled();
    return heard.slice(before);
  };
  expect(await at(0, 'said')).toEqual([659]);
  expect(await at(1_000, 'peer_joined')).toEqual([]);
  expect(await at(2_000, 'peer_joined')).toEqual([587, 740]);
  expect(await at(4_000, 'everybody_ready')).toEqual([523, 659, 784]);
  expect(await at(8_000, 'connected')).toEqual([]);
  sounds.set(false);
  await settled();
  expect(closed).toBe(1);
  expect(await at(12_000, 'said')).toEqual([]);
});

test('whoever turns them on hears one', async () => {
  const sounds = new Sounds();
  sounds.set(false);
  sounds.set(true);
  await settled();
  expect(heard).toEqual([523, 784]);
});

test('a system without sound is no fault', async () => {
  vi.stubGlobal('AudioContext', undefined);
  const sounds = new Sounds();
  sounds.set(true);
  sounds.hear({ code: 'said' });
  await settled();
  expect(heard).toEqual([]);
});

test('the window sounds as the settings say', async () => {
  const settings = appSettings.map((setting) => (setting.key === 'sounds' ? { ...setting, value: true } : setting));
  fakeBackend(open, { settings: () => settings });
  render(App);
  await screen.findByRole('heading', { level: 1 });
  await settled();
  const notice: Notice = { code: 'asked_ready', peer: 'Jonas', party: null, at_ms: 0 };
  await send('notice', notice);
  await settled();
  expect(heard).toEqual([523, 784]);
});
