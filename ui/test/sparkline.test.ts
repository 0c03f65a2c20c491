import { describe, expect, test } from 'vitest';

import { SAMPLES, sparkline } from '../src/lib/sparkline';

describe('sparkline', () => {
  test('a minute without any answer has no drawing', () => {
    expect(sparkline([])).toBeNull();
    expect(sparkline([null, null])).toBeNull();
  });

  test('a lost second is a gap in the line and a mark on the ground', () => {
    const drawn = sparkline([10, 11, null, 12, 10]);
    expect(drawn?.times.slice(-5)).toEqual([10, 11, null, 12, 10]);
    const marks = drawn?.lost.slice(-5).map((height) => height !== null);
    expect(marks).toEqual([false, false, true, false, false]);
    expect(drawn?.lostSeconds).toBe(1);
  });

  test('seconds before anybody asked are empty, and not lost', () => {
    const drawn = sparkline([10, 10]);
    expect(drawn?.times.slice(0, -2).every((time) => time === null)).toBe(true);
    expect(drawn?.lost.every((height) => height === null)).toBe(true);
    expect(drawn?.lostSeconds).toBe(0);
  });

  test('a lone answer between two gaps is seen', () => {
    expect(sparkline([null, 10, null])?.lone).toEqual([SAMPLES - 2]);
    expect(sparkline([10, 10, null])?.lone).toEqual([]);
    expect(sparkline([10])?.lone).toEqual([SAMPLES - 1]);
  });

  test('the newest second is at the right edge, however many there are', () => {
    for (const seconds of [1, 7, 60, 200]) {
      const drawn = sparkline(Array.from({ length: seconds }, (_, second) => second + 1));
      expect(drawn?.times).toHaveLength(SAMPLES);
      expect(drawn?.times.at(-1)).toBe(seconds);
    }
  });

  test('a LAN’s noise stays at the ground, and the slowest answer is not cut', () => {
    expect(sparkline([0.3, 0.9])?.topMs).toBeGreaterThan(10);
    expect(sparkline([200])?.topMs).toBeGreaterThan(200);
  });

  test('the least and the greatest time are of the last minute only', () => {
    const drawn = sparkline([900, ...Array.from({ length: 60 }, (_, second) => 10 + second)]);
    expect([drawn?.leastMs, drawn?.mostMs]).toEqual([10, 69]);
  });
});
