import { afterEach, expect, test, vi } from 'vitest';

const { NumberFormat, DateTimeFormat } = Intl;
const reported = Object.getOwnPropertyDescriptor(navigator, 'language');

afterEach(() => {
  Object.assign(Intl, { NumberFormat, DateTimeFormat });
  if (reported) Object.defineProperty(navigator, 'language', reported);
  else Reflect.deleteProperty(navigator, 'language');
});

test('the charting library loads in a browser that reports the language "C"', async () => {
  const refuse = (locale: unknown) => {
    if (locale === undefined || locale === 'C') throw new RangeError('invalid language tag: "C"');
  };
  Intl.NumberFormat = class extends NumberFormat {
    constructor(locale?: string, options?: Intl.NumberFormatOptions) {
      refuse(locale);
      super(locale, options);
    }
  } as typeof Intl.NumberFormat;
  Intl.DateTimeFormat = class extends DateTimeFormat {
    constructor(locale?: string, options?: Intl.DateTimeFormatOptions) {
      refuse(locale);
      super(locale, options);
    }
  } as typeof Intl.DateTimeFormat;
  Object.defineProperty(navigator, 'language', { value: 'C', configurable: true });
  vi.resetModules();
  await expect(import('../src/lib/chart')).resolves.toHaveProperty('Chart');
  expect(navigator.language).toBe('en');
});
