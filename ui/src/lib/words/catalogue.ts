// The catalogues of all languages, crates/app/words/locales, as the terminal and the tray read them too.
import { FluentBundle, FluentNumber, FluentResource } from '@fluent/bundle';

export type Arguments = Readonly<Record<string, string | number | boolean>>;

const sources = import.meta.glob<string>('@locales/*.ftl', { query: '?raw', import: 'default', eager: true });

/** What every message is in, and what numbers are written in where the system does not know a language. */
export const FALLBACK = 'en';

function bundle(tag: string, source: string): FluentBundle {
  // No isolation marks: what is put into a sentence has the direction of the sentence, or is one word.
  const made = new FluentBundle([tag, FALLBACK], { useIsolating: false });
  made.addResource(new FluentResource(source));
  return made;
}

const bundles = new Map(
  Object.entries(sources).map(([path, source]) => {
    const tag = path.replace(/^.*\/|\.ftl$/g, '');
    return [tag, bundle(tag, source)];
  }),
);

/** The tag of every language that there is a file of. */
export const tags: readonly string[] = [...bundles.keys()].sort();

/** Numbers choose plurals and are shown as they are; whoever wants them grouped or rounded gives a text. */
const argument = (value: string | number | boolean) =>
  typeof value === 'number' ? new FluentNumber(value, { useGrouping: false }) : String(value);

/** A message in a language, or else in English; `undefined` if there is none. */
export function format(tag: string, key: string, args: Arguments): string | undefined {
  const values = Object.fromEntries(Object.entries(args).map(([name, value]) => [name, argument(value)]));
  for (const language of [tag, FALLBACK]) {
    const from = bundles.get(language);
    const pattern = from?.getMessage(key)?.value;
    if (from === undefined || pattern === undefined || pattern === null) continue;
    const errors: Error[] = [];
    const text = from.formatPattern(pattern, values, errors);
    // An argument that is missing shows as its name; while it is developed it shows as an error.
    if (import.meta.env.DEV && errors.length > 0) throw new Error(`${key}: ${errors.join(', ')}`);
    return text;
  }
  return undefined;
}
