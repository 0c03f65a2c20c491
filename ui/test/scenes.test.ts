import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';

import App from '../src/App.svelte';
import type { Snapshot } from '../src/bindings';
import { fakeBackend, open, party, peer, scenes, send } from './fixtures';

afterEach(() => {
  vi.useRealTimers();
});

async function show(scene: Snapshot) {
  const calls = fakeBackend(scene);
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return calls;
}

function sceneOf(name: string): Snapshot {
  const scene = scenes[name];
  if (!scene || !('revision' in scene)) throw new Error(`no scene ${name}`);
  return scene;
}

const rowOf = (name: string) => {
  const row = screen.getByRole('heading', { name, level: 3 }).closest('li');
  if (!row) throw new Error(`no row of ${name}`);
  return within(row);
};

const card = (name: string) => within(screen.getByRole('region', { name }));

describe('a relayed friend', () => {
  test('is explained once to who looks, with a countdown to the next direct try', async () => {
    vi.useFakeTimers({ now: 1_000_000, toFake: ['Date', 'setInterval', 'clearInterval'] });
    const [relayed] = sceneOf('relayed').party?.peers ?? [];
    if (!relayed) throw new Error('nobody there');
    await show({ ...open, party: { ...party, peers: [{ ...relayed, next_direct_try_at_ms: 1_002_000 }] } });
    const row = rowOf('Jonas');
    expect(row.queryByText(/because both/)).toBeNull();
    row.getByRole('button', { name: 'Details of Jonas' }).click();
    await Promise.resolve();
    expect(row.getByText(/because both routers use a new port for every destination\./)).toBeTruthy();
    expect(row.queryByText(/retrying/)).toBeNull();
    const timer = row.getByRole('timer');
    expect(timer.textContent).toBe('Next try for a direct path in 2 s.');
    vi.advanceTimersByTime(2_000);
    await Promise.resolve();
    expect(timer.textContent).toBe('Trying a direct path now…');
  });

  test('a direct friend has no countdown', async () => {
    await show({ ...open, party: { ...party, peers: [peer] } });
    expect(rowOf('Jonas').queryByRole('timer')).toBeNull();
  });
});

describe('a bad line', () => {
  test('says its grade, its loss, and what the minute was like', async () => {
    const user = userEvent.setup();
    await show(sceneOf('degraded'));
    const row = rowOf('Jonas');
    expect(row.getByText('Unstable.')).toBeTruthy();
    expect(row.getByText('Bad · 17 % lost')).toBeTruthy();
    expect(row.getByRole('img', { name: /^Last minute: \d+ ms to \d+ ms, 12 seconds without an answer$/ })).toBeTruthy();
    expect(row.queryByText('1,280 bytes')).toBeNull();
    await user.click(row.getByRole('button', { name: 'Details of Jonas' }));
    expect(await row.findByText('1,280 bytes')).toBeTruthy();
    for (const figure of ['215 ms', '±64 ms', '17 %']) expect(row.getByText(figure)).toBeTruthy();
    expect(rowOf('Öykü').getByText('Excellent')).toBeTruthy();
  });

  test('a line that was not measured has neither grade nor drawing', async () => {
    await show({ ...open, party: { ...party, peers: [{ ...peer, quality: null, history_ms: [] }] } });
    expect(rowOf('Jonas').queryByRole('img')).toBeNull();
    expect(rowOf('Jonas').queryByText('Line:')).toBeNull();
  });
});

describe('the player’s network', () => {
  test('without UDP is a warning above all else, and the card says so', async () => {
    await show(sceneOf('udp_blocked'));
    const banner = screen.getByRole('region', { name: 'Needs attention' });
    expect(banner.textContent).toContain('lets no UDP through');
    const network = card('Your network');
    expect(network.getByText(/lets no UDP through/)).toBeTruthy();
    expect(network.getByText('Blocked: nothing but TCP gets through.')).toBeTruthy();
    expect(network.queryByRole('button', { name: 'Copy your public address' })).toBeNull();
  });

  test('with a relay out of order says which one, why, and what stands in', async () => {
    await show(sceneOf('relay_down'));
    const network = card('Your network');
    expect(network.getByText('1 of 2 relays is out of order; the other stands in.')).toBeTruthy();
    const [broken, sound] = within(network.getByRole('list', { name: 'Relays' })).getAllByRole('listitem');
    expect(broken?.textContent).toMatch(/fra-1 Out of order.*Frankfurt · 31 % busy.*The relay does not answer/s);
    expect(sound?.textContent).toMatch(/ams-2 Ready.*Amsterdam · 19 ms · 58 % busy/s);
  });

  test('is there before a party too, and its public address is copied by the backend', async () => {
    const user = userEvent.setup();
    const calls = await show(sceneOf('home'));
    await user.click(card('Your network').getByRole('button', { name: 'Copy your public address' }));
    expect(calls.find(({ command }) => command === 'copy_text')?.args).toEqual({ text: '203.0.113.4:41641' });
  });

  test('says plainly that nothing is known of it', async () => {
    await show(sceneOf('not_measured'));
    expect(card('Your network').getByText(/not known yet\./)).toBeTruthy();
  });
});

describe('what happened', () => {
  test('is listed newest first, the older behind a button, and read out only once', async () => {
    await show(open);
    expect(card('What happened').getByText(/Nothing yet/)).toBeTruthy();
    for (let at = 0; at < 8; at++) await send('notice', { at_ms: at * 1_000, party: null, code: 'peer_joined', peer: `friend ${at}` });
    const feed = card('What happened');
    expect(feed.getAllByRole('listitem').map((item) => item.textContent.trim().slice(0, 8))).toEqual(
      [7, 6, 5, 4, 3, 2, 1, 0].map((at) => `friend ${at}`),
    );
    const older = feed.getByText('2 earlier').closest('details');
    expect(older?.open).toBe(false);
    expect(older?.querySelectorAll('li')).toHaveLength(2);
    const region = screen.getByRole('region', { name: 'What happened' });
    expect(region.closest('[aria-live], [role="log"]')).toBeNull();
    expect(region.querySelector('[aria-live], [role="log"], [role="status"]')).toBeNull();
    expect(screen.getByRole('log').textContent).toContain('friend 7');
  });
});

describe('a large party', () => {
  test.each([16, 64])('of %i friends shows each with grade and drawing', async (count) => {
    await show(sceneOf(`friends_${count}`));
    expect(screen.getByText(`${count + 1} here`)).toBeTruthy();
    expect(screen.getAllByText('Line:')).toHaveLength(count);
    expect(screen.getAllByRole('img', { name: /^Last minute/ })).toHaveLength(count);
  });
});

test('every scene can be shown', async () => {
  for (const [name, scene] of Object.entries(scenes)) {
    if (scene === null || !('revision' in scene)) continue;
    fakeBackend(scene);
    const { unmount } = render(App);
    expect(await screen.findByRole('heading', { level: 1 }), name).toBeTruthy();
    unmount();
  }
});
