import { describe, expect, test, vi } from 'vitest';

import { formatBytes, formatMs, formatRemaining, formatShare, formatWhen } from '../src/lib/format';

describe('format', () => {
  test.each([
    [0.42, '0.4 ms'],
    [9.94, '9.9 ms'],
    [9.96, '10 ms'],
    [48.6, '49 ms'],
    [1234.5, '1,235 ms'],
  ])('%d milliseconds is %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1 kB'],
    [6_120_044, '6.1 MB'],
    [999_999, '1 MB'],
    [5e15, '5,000 TB'],
  ])('%d bytes is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test.each([
    [0, null],
    [-5, null],
    [1, '1 s'],
    [59_000, '59 s'],
    [61_000, '1 min 1 s'],
  ])('%d ms ahead is %s', (ahead, text) => {
    expect(formatRemaining(5_000 + ahead, 5_000)).toBe(text);
  });

  test('a share is per cent', () => {
    expect(formatShare(0.082)).toBe('8.2 %');
  });

  test('numbers survive a browser that reports the language "C"', async () => {
    vi.resetModules();
    const RealFormat = Intl.NumberFormat;
    Intl.NumberFormat = class extends RealFormat {
      constructor(locale?: string, options?: Intl.NumberFormatOptions) {
        if (locale === undefined) throw new RangeError('Incorrect locale information provided');
        super(locale, options);
      }
    } as typeof Intl.NumberFormat;
    try {
      const { formatMs: formatted } = await import('../src/lib/format');
      expect(formatted(1.5)).toBe('1.5 ms');
    } finally {
      Intl.NumberFormat = RealFormat;
    }
  });

  test('a moment of today is a time of day', () => {
    const noon = new Date(2026, 10, 30, 12, 5).getTime();
    expect(formatWhen(noon, noon + 3_600_000)).toBe('12:05 PM');
    expect(formatWhen(noon, noon + 86_400_000)).toBe('Nov 30, 2026, 12:05 PM');
  });
});
