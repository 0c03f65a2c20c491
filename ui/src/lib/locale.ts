// Under `LANG=C` WebKit reports the language "C", and every `Intl` constructor that falls back to it throws, also in
// libraries and as they are loaded. Whoever loads such a library imports this file first.

const FALLBACK = 'en';

/** Whether `Intl` works with the language that the system reports. */
function works(): boolean {
  try {
    new Intl.NumberFormat(navigator.language);
    new Intl.DateTimeFormat();
    return true;
  } catch {
    return false;
  }
}

/** Gives `Intl` a language to fall back to where the system's is none. */
export function guardLocale(): void {
  if (works()) return;
  Object.defineProperty(navigator, 'language', { value: FALLBACK, configurable: true });
  Intl.DateTimeFormat = new Proxy(Intl.DateTimeFormat, {
    construct: (target, [locale, options]: [string | undefined, Intl.DateTimeFormatOptions | undefined]) =>
      new target(locale ?? FALLBACK, options),
  });
}

guardLocale();
