import { describe, expect, test } from 'vitest';

import { friendDetails, friendPath, friendStatus } from '../src/lib/friend';
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
    expect(names(peer)).toContain('Jitter');
    expect(names({ ...peer, jitter_ms: null, endpoint: null })).not.toContain('Jitter');
    expect(friendDetails({ ...peer, loss: 0 })).toContainEqual({ name: 'Loss', value: '0 %' });
  });
});
