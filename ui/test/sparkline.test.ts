import { describe, expect, test } from 'vitest';

import { HEIGHT, sparkline, WIDTH } from '../src/lib/sparkline';

/** Where a path puts its pen, in order. */
const points = (path: string) =>
  [...path.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

describe('sparkline', () => {
  test('a minute without any answer has no drawing', () => {
    expect(sparkline([])).toBeNull();
    expect(sparkline([null, null])).toBeNull();
  });

  test('a lost second is a gap in the line and a mark on the ground', () => {
    const drawn = sparkline([10, 10, null, 10, 10]);
    expect(drawn?.line.match(/M/g)).toHaveLength(2);
    expect(points(drawn?.line ?? '')).toHaveLength(4);
    expect(points(drawn?.lost ?? '')).toHaveLength(1);
    expect(drawn?.lostSeconds).toBe(1);
  });

  test('a lone answer between two gaps is seen', () => {
    expect(sparkline([null, 10, null])?.line).toMatch(/^M[\d.]+ [\d.]+h0$/);
  });

  test('the newest second is at the right edge, however many there are', () => {
    for (const seconds of [1, 7, 60, 200]) {
      const drawn = points(sparkline(Array.from({ length: seconds }, () => 10))?.line ?? '');
      expect(drawn.at(-1)?.[0]).toBe(WIDTH);
      expect(drawn).toHaveLength(Math.min(seconds, 60));
      expect(drawn.every(([x, y]) => x >= 0 && x <= WIDTH && y > 0 && y < HEIGHT)).toBe(true);
    }
  });

  test('slower is higher, and a LAN’s noise stays at the ground', () => {
    const heights = (times: number[]) => points(sparkline(times)?.line ?? '').map(([, y]) => y);
    const [fast = 0, slow = 0] = heights([20, 200]);
    expect(slow).toBeLessThan(fast);
    expect(Math.min(...heights([0.3, 0.9]))).toBeGreaterThan(HEIGHT * 0.85);
  });

  test('the least and the greatest time are of the last minute only', () => {
    const drawn = sparkline([900, ...Array.from({ length: 60 }, (_, second) => 10 + second)]);
    expect([drawn?.leastMs, drawn?.mostMs]).toEqual([10, 69]);
  });
});
