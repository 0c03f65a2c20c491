// From a fact to the key and the arguments of its message; crates/app/words/src/fact.rs has the same rule.
import type { Arguments } from './catalogue';

/** What Rust says of something: a word, or a `code` with data. */
export type Fact = string | { readonly code: string };

export type CodeOf<T extends Fact> = T extends { readonly code: infer C extends string } ? C : T & string;

export type Dashed<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}-${Dashed<Tail>}` : S;

/** The key of a fact of a family: its name, and the fact's code with dashes. */
export const keyOf = (family: string, fact: Fact): string =>
  `${family}-${typeof fact === 'string' ? fact : fact.code}`.replaceAll('_', '-');

/** The field that says why something failed, and the family of its messages. */
export const CAUSE = 'cause';

/**
 * The fields of a fact as arguments: nothing is `none`, a fact inside is its code, and its fields are beside it. A cause,
 * wherever it stands, is the text of its own message.
 */
export function argumentsOf(fact: string | object, causeWords: (cause: { readonly code: string }) => string): Arguments {
  const found: Record<string, string | number | boolean> = {};
  const add = (prefix: string, field: string, value: unknown): void => {
    const name = prefix + field;
    if (value === null || value === undefined) found[name] = 'none';
    else if (Array.isArray(value)) found[name] = value.join(', ');
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') found[name] = value;
    else if (typeof value === 'object') {
      const code = 'code' in value && typeof value.code === 'string' ? value.code : undefined;
      if (code !== undefined && field === CAUSE) {
        found[name] = causeWords({ ...value, code });
        return;
      }
      if (code !== undefined) found[name] = code;
      addFields(value, `${name}_`);
    }
  };
  const addFields = (fields: object, prefix: string): void => {
    for (const [name, value] of Object.entries(fields)) if (name !== 'code') add(prefix, name, value);
  };
  if (typeof fact !== 'string') addFields(fact, '');
  return found;
}
