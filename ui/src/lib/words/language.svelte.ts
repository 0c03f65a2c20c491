// Which language the window speaks, and what it says in it. Whoever says something follows a change of the language
// without a restart.
import { FALLBACK, format, tags, type Arguments } from './catalogue';
import { argumentsOf, keyOf, type Fact, type KeyOf } from './fact';
import type { Messages } from './messages';

export type Key = keyof Messages;

let current = $state(FALLBACK);

export const language = {
  /** Its tag. */
  get current(): string {
    return current;
  },
};

/** Every language that there is a catalogue of, under the name that it has for itself. */
export const languages = tags.map((tag) => ({ tag, name: format(tag, 'language-name', {}) ?? tag }));

/**
 * Speaks the language that was chosen, or else the first of the system's that there is, or else English.
 * The system's are tags such as `de-AT`; under `LANG=C` WebKit names one called "C".
 */
export function useLanguage(choice: string, system: readonly string[]): void {
  const primary = system.map((tag) => tag.split('-', 1)[0]?.toLowerCase() ?? '');
  current = [choice, ...primary].find((tag) => tags.includes(tag)) ?? FALLBACK;
}

type ArgumentsOf<K extends Key> = [Messages[K]] extends [never] ? [] : [args: Record<Messages[K], string | number | boolean>];

/** A message in the current language. */
export const say = <K extends Key>(key: K, ...[args]: ArgumentsOf<K>): string =>
  format(current, key, args ?? {}) ?? key;

/** The message of a fact; that every fact of the family has one, the type check sees. */
export const sayFact = <const F extends string, T extends Fact>(
  family: F,
  fact: KeyOf<F, T> extends Key ? T : never,
): string => {
  const key = keyOf(family, fact);
  return format(current, key, argumentsOf(fact)) ?? key;
};

/** A message whose key is made of data, such as the name of a setting; `undefined` if there is none. */
export const sayIfKnown = (key: string, args: Arguments = {}): string | undefined =>
  format(current, key.replaceAll('_', '-'), args);

/** The message of a fact in the first of these families that has one; a test in Rust lets none be missing. */
export function sayFactOf(families: readonly [string, ...string[]], fact: object): string {
  const of = (family: string) => ('code' in fact && typeof fact.code === 'string' ? keyOf(family, fact.code) : family);
  const keys = families.map(of);
  const args = argumentsOf({ code: '', ...fact });
  return keys.map((key) => format(current, key, args)).find((text) => text !== undefined) ?? of(families[0]);
}
