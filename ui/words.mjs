// Writes the type of every message and its arguments (src/lib/words/messages.d.ts) from the English catalogue, so that
// a key that is not there, or an argument that is missing, fails the type check.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { parse, Visitor } from '@fluent/syntax';

const catalogue = new URL('../crates/app/words/locales/en.ftl', import.meta.url);
const types = new URL('src/lib/words/messages.d.ts', import.meta.url);

/** What a message refers to: arguments, and other messages, whose arguments are its own too. */
class References extends Visitor {
  /** @type {Set<string>} */
  args = new Set();
  /** @type {Set<string>} */
  messages = new Set();

  /**
   * @override
   * @param {import('@fluent/syntax').VariableReference} node
   */
  visitVariableReference(node) {
    this.args.add(node.id.name);
  }

  /**
   * @override
   * @param {import('@fluent/syntax').MessageReference} node
   */
  visitMessageReference(node) {
    this.messages.add(node.id.name);
  }
}

/**
 * The arguments of every message of a catalogue.
 * @param {string} source
 * @returns {Map<string, string[]>}
 */
export function messages(source) {
  /** @type {Map<string, References>} */
  const found = new Map();
  for (const entry of parse(source, {}).body) {
    if (entry.type === 'Junk') throw new Error(`no Fluent: ${entry.content}`);
    if (entry.type !== 'Message') continue;
    const references = new References();
    references.visit(entry);
    found.set(entry.id.name, references);
  }
  /** @type {(key: string) => string[]} */
  const argsOf = (key) => {
    const { args, messages } = found.get(key) ?? { args: [], messages: [] };
    return [...args, ...[...messages].flatMap(argsOf)];
  };
  return new Map([...found.keys()].map((key) => [key, [...new Set(argsOf(key))].sort()]));
}

function writeTypes() {
  const lines = [...messages(readFileSync(catalogue, 'utf8'))].map(
    ([key, args]) => `  '${key}': ${args.map((name) => `'${name}'`).join(' | ') || 'never'};`,
  );
  writeFileSync(types, `// Made by words.mjs.\nexport interface Messages {\n${lines.join('\n')}\n}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeTypes();
