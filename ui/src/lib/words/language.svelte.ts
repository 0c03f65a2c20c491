// Which language the window speaks, and what it says in it. Whoever says something follows a change of the language
// without a restart.
import { FALLBACK, format, tags, type Arguments } from './catalogue';
import { argumentsOf, CAUSE, keyOf, type CodeOf, type Dashed, type Fact } from './fact';
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

function causeWords(cause: { readonly code: string }): string {
  const key = keyOf(CAUSE, cause);
  return format(current, key, argumentsOf(cause, causeWords)) ?? key;
}

/** The fields in which a fact names settings by their keys, one or several with commas between them. */
const SETTINGS = ['key', 'others', 'settings'] as const;

/** A key as the page calls the setting; the terminal says the key itself, as that is what one types there. */
const settingName = (key: string): string => sayIfKnown(`setting-name-${key}`) ?? key;

function argumentsIn(fact: string | object): Arguments {
  const found = { ...argumentsOf(fact, causeWords) };
  for (const field of SETTINGS) {
    const keys = found[field];
    if (typeof keys === 'string') found[field] = keys.split(', ').map(settingName).join(', ');
  }
  return found;
}

/** A message whose arguments are the fields of data, as those of a fact are. */
export const sayData = (key: Key, data: object): string => format(current, key, argumentsIn(data)) ?? key;

/** The codes of facts that have no message in any of these families. */
type Unsaid<F extends string, C extends string> = C extends unknown
  ? [Extract<`${F}-${Dashed<C>}`, Key>] extends [never]
    ? C
    : never
  : never;

/**
 * The message of a fact, in the first of its families that has one; that every fact has one in some, the type check
 * sees.
 */
export function sayFact<const F extends string, const T extends Fact>(
  families: F | readonly F[],
  fact: [Unsaid<F, CodeOf<T>>] extends [never] ? T : never,
): string {
  const keys = [families].flat().map((family) => keyOf(family, fact));
  const args = argumentsIn(fact);
  for (const key of keys) {
    const text = format(current, key, args);
    if (text !== undefined) return text;
  }
  return keys.join();
}

/** A message whose key is made of data, such as the name of a setting; `undefined` if there is none. */
export const sayIfKnown = (key: string, args: Arguments = {}): string | undefined =>
  format(current, key.replaceAll('_', '-'), args);
