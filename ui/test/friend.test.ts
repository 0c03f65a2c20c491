import { describe, expect, test } from 'vitest';

import { friendDetails, friendFigures, friendHue, friendPath, friendQuality, friendSituation, friendStatus } from '../src/lib/friend';
import { peer } from './fixtures';

describe('friend', () => {
  test('an absent friend is away, not broken', () => {
    expect(friendStatus({ state: 'failed', online: false }).label).toBe('Away');
    expect(friendStatus({ state: 'failed', online: true })).toEqual({ tone: 'bad', label: 'Not reachable' });
    expect(friendStatus({ state: 'failed', online: null }).tone).toBe('bad');
  });

  test('a friend whose packets arrive is connected, whatever the server says', () => {
    expect(friendStatus({ state: 'connected', online: false }).tone).toBe('good');
    expect(friendStatus({ state: 'degraded', online: false }).tone).toBe('warn');
  });

  test('a path is named with its round-trip time once there is one', () => {
    expect(friendPath(peer)).toEqual({ line: 'direct', tone: 'good', label: 'Direct · 12 ms' });
    expect(friendPath({ ...peer, latency_ms: null }).label).toBe('Direct');
    expect(friendPath({ ...peer, connection_type: 'relayed' }).line).toBe('relayed');
  });

  test('a path that is being sought is not shown as one that works', () => {
    expect(friendPath({ ...peer, state: 'reconnecting' }).line).toBe('seeking');
    expect(friendPath({ ...peer, connection_type: 'connecting' }).line).toBe('seeking');
    expect(friendPath({ ...peer, state: 'failed' }).line).toBe('none');
  });

  test('details leave out what was not measured', () => {
    const names = (shown: typeof peer) => friendDetails(shown).map(({ name }) => name);
    expect(names(peer)).toContain('Reached at');
    expect(names({ ...peer, endpoint: null })).not.toContain('Reached at');
    expect(names(peer)).toContain('Joined');
  });

  test('round-trip time, jitter and loss are always in sight, as a dash before they are measured', () => {
    const values = (shown: typeof peer) => friendFigures(shown).map(({ value }) => value);
    expect(values({ ...peer, loss: 0.082 })).toEqual(['12 ms', '±0.8 ms', '8.2 %']);
    expect(values({ ...peer, latency_ms: null, jitter_ms: null, loss: null })).toEqual(['–', '–', '–']);
  });

  test('a grade has as many bars as it is good, and a word', () => {
    const bars = (['bad', 'poor', 'fair', 'good', 'excellent'] as const).map(
      (quality) => friendQuality({ quality, loss: 0 })?.bars,
    );
    expect(bars).toEqual([1, 2, 3, 4, 5]);
    expect(friendQuality({ quality: 'fair', loss: 0 })).toEqual({ bars: 3, tone: 'warn', label: 'Fair' });
    expect(friendQuality({ quality: null, loss: null })).toBeNull();
  });

  test('loss is said beside the grade from one per cent on', () => {
    expect(friendQuality({ quality: 'poor', loss: 0.082 })?.label).toBe('Poor · 8.2 % lost');
    expect(friendQuality({ quality: 'good', loss: 0.0099 })?.label).toBe('Good');
    expect(friendQuality({ quality: 'good', loss: null })?.label).toBe('Good');
  });

  test('a line is drawn as good as it is', () => {
    expect(friendPath({ ...peer, quality: 'fair' }).tone).toBe('warn');
    expect(friendPath({ ...peer, quality: null }).tone).toBe('good');
    expect(friendPath({ ...peer, state: 'degraded', quality: 'excellent' }).tone).toBe('warn');
    expect(friendPath({ ...peer, state: 'degraded', quality: 'bad' }).tone).toBe('bad');
    expect(friendPath({ ...peer, state: 'reconnecting', quality: 'bad' }).tone).toBe('busy');
  });

  test('how it is with a friend leaves the seconds to the countdown, where there is one', () => {
    const situation = { code: 'relayed', relay: 'fra-1', because: 'both_symmetric', retry_in_s: 12, loses_packets: false } as const;
    const said = 'Relayed by fra-1 because both routers use a new port for every destination';
    expect(friendSituation({ situation, next_direct_try_at_ms: 1 })).toBe(`${said}.`);
    expect(friendSituation({ situation, next_direct_try_at_ms: null })).toBe(`${said}; retrying direct in 12 s.`);
    expect(friendSituation({ situation: { ...situation, retry_in_s: 0 }, next_direct_try_at_ms: null })).toBe(`${said}; trying direct now.`);
    expect(friendSituation({ situation: { code: 'away', peer: 'Jonas' }, next_direct_try_at_ms: null })).toMatch(/^Jonas is away/);
  });

  test('has a colour of its own where another one has the same name', () => {
    const hue = (id: string, name: string) => friendHue({ id, name });
    expect(hue('02a4b6c8', 'Ada')).toBeNull();
    expect(hue('02a4b6c8', 'Ada (91f30c55)')).toBeNull();
    expect(hue('02a4b6c8', 'Ada (02a4b6c8)')).toBe(0);
    expect(hue('91f30c55', 'Ada (91f30c55)')).toBe(5);
  });

  test('details say the path’s largest packet and the span of the last minute', () => {
    const details = friendDetails({ ...peer, mtu: 1_280, history_ms: [20, null, 31.2] });
    expect(details).toContainEqual({ name: 'Largest packet', value: '1,280 bytes' });
    expect(details).toContainEqual({ name: 'Last minute', value: '20 ms to 31 ms' });
    expect(friendDetails({ ...peer, history_ms: [null] }).map(({ name }) => name)).not.toContain('Last minute');
  });

  test('details say what had a lane of its own, and when there is none', () => {
    const lane = (traffic: Partial<typeof peer.traffic>) =>
      friendDetails({ ...peer, traffic: { ...peer.traffic, ...traffic } }).find(({ name }) => name === 'In the lane for games')?.value;
    const none = { sent_express_packets: 0, received_express_packets: 0 };
    expect(lane({ sent_express_packets: 1_000, received_express_packets: 234 })).toBe('1,234 packets');
    expect(lane({ ...none, has_express_lane: true })).toBeUndefined();
    expect(lane({ ...none, has_express_lane: false })).toMatch(/one lane/);
  });
});
