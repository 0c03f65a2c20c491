// Numbers as words. The locale is always named: under `LANG=C` WebKit reports the language "C", and an `Intl`
// constructor that falls back to it throws.
import { language, say } from './words';

/** The second is for a language that the system does not know. */
const locales = (tag: string) => [tag, 'en'];

const makers = (tag: string) => ({
  integer: new Intl.NumberFormat(locales(tag), { maximumFractionDigits: 0 }),
  oneDigit: new Intl.NumberFormat(locales(tag), { maximumFractionDigits: 1 }),
  moment: new Intl.DateTimeFormat(locales(tag), { dateStyle: 'medium', timeStyle: 'short' }),
  clock: new Intl.DateTimeFormat(locales(tag), { timeStyle: 'short' }),
  timeOfDay: new Intl.DateTimeFormat(locales(tag), { timeStyle: 'medium' }),
  order: new Intl.Collator(locales(tag), { numeric: true, sensitivity: 'base' }),
});

const made = new Map<string, ReturnType<typeof makers>>();

/** Those of the current language; they are dear to make. */
function format() {
  const tag = language.current;
  const known = made.get(tag) ?? makers(tag);
  made.set(tag, known);
  return known;
}

/** How names are ordered. */
export const collator = () => format().order;

const short = (value: number) => {
  const { integer, oneDigit } = format();
  return (Math.abs(value) < 9.95 ? oneDigit : integer).format(value);
};

/** A duration in milliseconds: one digit behind the point below ten, none above. */
export const formatMs = (ms: number) => say('unit-milliseconds', { value: short(ms) });

/** From the least to the greatest of some durations; one, where they read the same. */
export function formatSpan({ leastMs, mostMs }: { leastMs: number; mostMs: number }): string {
  const [least, most] = [formatMs(leastMs), formatMs(mostMs)];
  return least === most ? most : say('details-span', { least, most });
}

/** A share from 0 to 1 as per cent. */
export const formatShare = (share: number) => say('unit-percent', { value: short(share * 100) });

export const formatCount = (count: number) => format().integer.format(count);

const SIZES = ['b', 'kb', 'mb', 'gb', 'tb'] as const;

/** Bytes with the largest decimal unit of which there is at least one. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return say(`unit-size-${SIZES[unit] ?? 'b'}`, { value: unit === 0 ? formatCount(value) : short(value) });
}

/** A rate in kbit/s; in Mbit/s from one on. */
export const formatRate = (kbits: number) =>
  kbits < 1000 ? say('unit-kbits', { value: formatCount(kbits) }) : say('unit-mbits', { value: short(kbits / 1000) });

function formatSeconds(seconds: number): string {
  if (seconds < 60) return say('unit-seconds', { value: seconds });
  return say('unit-minutes', { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}

/** What is left until a moment, in whole seconds rounded up; `null` once it has come. */
export function formatRemaining(untilMs: number, nowMs: number): string | null {
  const seconds = Math.ceil((untilMs - nowMs) / 1000);
  return seconds <= 0 ? null : formatSeconds(seconds);
}

/** What has passed since a moment, in whole seconds; none where a clock was set back meanwhile. */
export const formatElapsed = (sinceMs: number, nowMs: number) => formatSeconds(Math.max(0, Math.floor((nowMs - sinceMs) / 1000)));

/** A moment (Unix milliseconds) as date and time of day in this device's time zone. */
export const formatMoment = (ms: number) => format().moment.format(ms);

/** A moment that is past, as date and time of day; of today the time is enough. */
export function formatWhen(ms: number, nowMs: number): string {
  const isToday = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return isToday ? format().clock.format(ms) : formatMoment(ms);
}

/** The time of day of a moment (Unix milliseconds) in this device's time zone, to the second. */
export const formatTime = (ms: number) => format().timeOfDay.format(ms);

/** Names that stand in a line at most. */
const FEW = 3;

/** The first of some names, and how many there are beside them. */
export function few(names: readonly string[]): string {
  const friends = names.slice(0, FEW).join(', ');
  return names.length > FEW ? say('friends-and-more', { friends, more: names.length - FEW }) : friends;
}
