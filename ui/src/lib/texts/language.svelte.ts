// Which language the window speaks. Whoever reads `texts` follows a change of it without a restart.
import { de } from './de';
import { en, type Texts } from './en';

const dictionaries = { en, de } satisfies Record<string, Texts>;

export type Language = keyof typeof dictionaries;

let current = $state<Language>('en');

export const language = {
  get current(): Language {
    return current;
  },
};

const isLanguage = (word: string): word is Language => Object.hasOwn(dictionaries, word);

/**
 * Speaks the language that was chosen, or else the first of the system's that there is, or else English.
 * The system's are tags such as `de-AT`; under `LANG=C` WebKit names one called "C".
 */
export function useLanguage(choice: string, system: readonly string[]): void {
  const primary = system.map((tag) => tag.split('-', 1)[0]?.toLowerCase() ?? '');
  current = [choice, ...primary].find(isLanguage) ?? 'en';
}

/** Every word the window says, in the current language. */
export const texts: Texts = new Proxy(en, {
  get: (_, key: keyof Texts) => dictionaries[current][key],
});
