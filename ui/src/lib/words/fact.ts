// From a fact to the key and the arguments of its message; crates/app/words/src/fact.rs has the same rule.
import type { Arguments } from './catalogue';

/** What Rust says of something: a word, or a `code` with data. */
export type Fact = string | { readonly code: string };

export type CodeOf<T extends Fact> = T extends { readonly code: infer C extends string } ? C : T & string;

export type Dashed<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}-${Dashed<Tail>}` : S;

/** The key of a fact of a family: its name, and the fact's code with dashes. */
export const keyOf = (family: string, fact: Fact): string =>
  `${family}-${typeof fact === 'string' ? fact : fact.code}`.replaceAll('_', '-');

/** The fields of a fact as arguments: nothing is `none`, a fact inside is its code, and its fields are beside it. */
export function argumentsOf(fact: string | object): Arguments {
  const found: Record<string, string | number | boolean> = {};
  const add = (name: string, value: unknown): void => {
    if (value === null || value === undefined) found[name] = 'none';
    else if (Array.isArray(value)) found[name] = value.join(', ');
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') found[name] = value;
    else if (typeof value === 'object') {
      if ('code' in value && typeof value.code === 'string') found[name] = value.code;
      addFields(value, `${name}_`);
    }
  };
  const addFields = (fields: object, prefix: string): void => {
    for (const [name, value] of Object.entries(fields)) if (name !== 'code') add(prefix + name, value);
  };
  if (typeof fact !== 'string') addFields(fact, '');
  return found;
}
