// A language that nobody speaks, made from English: it proves that another language is one file and no code, and shows
// which text of the window is in no catalogue.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse, serialize, TextElement, Transformer } from '@fluent/syntax';

const locales = fileURLToPath(new URL('../../crates/app/words/locales', import.meta.url));

/** The tag of the private language. */
export const PSEUDO = 'qps';

/** Vowels are said twice, because other languages are longer. @type {Record<string, string>} */
const LETTERS = { a: 'áá', e: 'éé', i: 'íí', o: 'öö', u: 'üü', c: 'ç', n: 'ñ', s: 'š', y: 'ý', z: 'ž', A: 'Á', E: 'É', I: 'Í', O: 'Ö', U: 'Ü', S: 'Š' };

class Accents extends Transformer {
  /**
   * @override
   * @param {import('@fluent/syntax').TextElement} node
   */
  visitTextElement(node) {
    node.value = node.value.replace(/[A-Za-z]/g, (letter) => LETTERS[letter] ?? letter);
    return node;
  }
}

/** Every message between marks. @param {string} english */
function translated(english) {
  const resource = parse(english, {});
  for (const entry of resource.body) {
    if (entry.type !== 'Message' || entry.value === null) continue;
    new Accents().genericVisit(entry.value);
    entry.value.elements = [new TextElement('⟦'), ...entry.value.elements, new TextElement('⟧')];
  }
  return serialize(resource, {});
}

/** The catalogues of all languages, and of the pseudo-language, in a folder of their own. @param {string} folder */
export function addPseudoLanguage(folder) {
  mkdirSync(folder, { recursive: true });
  cpSync(locales, folder, { recursive: true });
  writeFileSync(join(folder, `${PSEUDO}.ftl`), translated(readFileSync(join(locales, 'en.ftl'), 'utf8')));
  return folder;
}
