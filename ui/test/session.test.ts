import { afterEach, describe, expect, test, vi } from 'vitest';

import { ofParty, sayNotice } from '../src/lib/notice';
import { Session } from '../src/lib/session.svelte';
import { fakeBackend, send, snapshot } from './fixtures';

afterEach(() => {
  vi.useRealTimers();
});

describe('session', () => {
  test('a snapshot that is older than the one shown is ignored', async () => {
    fakeBackend({ ...snapshot, revision: 5 });
    const session = new Session();
    await session.start();
    await send('snapshot', { ...snapshot, revision: 4, player_name: 'old' });
    expect(session.snapshot?.player_name).toBe('Mia');
    await send('snapshot', { ...snapshot, revision: 6, player_name: 'new' });
    expect(session.snapshot?.player_name).toBe('new');
  });

  test('an event that overtakes the first answer is not undone by it', async () => {
    fakeBackend(null, {
      status: async () => {
        await send('snapshot', { ...snapshot, revision: 9, player_name: 'from the event' });
        return { ...snapshot, revision: 8, player_name: 'from the answer' };
      },
    });
    const session = new Session();
    await session.start();
    expect(session.snapshot?.player_name).toBe('from the event');
  });

  test('an engine that could not start is a failure with its reason', async () => {
    fakeBackend({ code: 'data_dir', cause: { code: 'disk_full' } });
    const session = new Session();
    await session.start();
    expect(session.failure).toEqual({ code: 'data_dir', cause: { code: 'disk_full' } });
    expect(session.snapshot).toBeNull();
  });

  test('after stop nothing changes any more', async () => {
    fakeBackend(snapshot);
    const session = new Session();
    await session.start();
    session.stop();
    await send('snapshot', { ...snapshot, revision: 2, player_name: 'late' });
    expect(session.snapshot?.player_name).toBe('Mia');
  });

  test('a notice goes by itself, and only the newest few are shown', async () => {
    fakeBackend(snapshot);
    const session = new Session();
    await session.start();
    vi.useFakeTimers();
    for (const peer of ['a', 'b', 'c', 'd']) await send('notice', { at_ms: 0, party: null, code: 'peer_joined', peer });
    expect(session.notices.map(({ notice }) => sayNotice(notice)[0])).toEqual(['b', 'c', 'd']);
    vi.advanceTimersByTime(8_000);
    expect(session.notices).toEqual([]);
  });

  test('a feed is one party’s, and has what concerns none', () => {
    const feed = ['a', 'b', null].map((party, at_ms) => ({ key: at_ms, notice: { at_ms, party, code: 'peer_joined', peer: 'Mia' } as const }));
    expect(ofParty(feed, 'a').map(({ notice }) => notice.party)).toEqual(['a', null]);
  });

  test('the feed keeps what happened, newest first, and not for ever', async () => {
    fakeBackend(snapshot);
    const session = new Session();
    await session.start();
    vi.useFakeTimers();
    for (let at = 0; at < 60; at++) await send('notice', { at_ms: at, party: null, code: 'peer_joined', peer: `friend ${at}` });
    vi.advanceTimersByTime(60_000);
    expect(session.feed).toHaveLength(50);
    expect(session.feed[0]?.notice.at_ms).toBe(59);
    expect(session.feed.at(-1)?.notice.at_ms).toBe(10);
    expect(new Set(session.feed.map(({ key }) => key)).size).toBe(50);
  });
});
