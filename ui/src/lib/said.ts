// What the engine says, in the language of the window as far as that has words for it, else in the engine's own.
import type { CommandError, Notice, PeerView, Problem } from '../bindings';
import { german, nothing, type Sentence } from './said_de';
import { language } from './words';

const said = () => (language.current === 'de' ? german : nothing);

const fitting = ({ from, to }: Sentence, text: string, say = (part: string) => part): string | null => {
  const [whole, ...groups] = from.exec(text) ?? [];
  return whole === undefined ? null : to(...groups.map((group: string | undefined) => say(group ?? '')));
};

/** A sentence, or a part of one: what the engine puts together of parts is said part by part. */
export function saySentence(text: string): string {
  for (const sentence of said().sentences) {
    const words = fitting(sentence, text, saySentence);
    if (words !== null) return words;
  }
  return text;
}

export const sayError = ({ code, text }: CommandError): string => said().errors[code] ?? text;

export function sayNotice({ code, text }: Pick<Notice, 'code' | 'text'>): string {
  const known = said().notices[code];
  return (known && fitting(known, text)) ?? text;
}

export function sayProblem<T extends Pick<Problem, 'code' | 'text' | 'fix'>>(problem: T): T {
  const known = said().problems[problem.code];
  if (!known) return problem;
  const text = (known.text && fitting(known.text, problem.text)) ?? problem.text;
  return { ...problem, text, fix: known.fix };
}

/** The name of a check of the diagnostics. */
export const sayCheck = ({ code, title }: { code: string; title: string }): string =>
  said().checks[code] ?? title;

/** How the engine ends an explanation whose path is tried for again. */
const NEXT_DIRECT_TRY = /; (?:retrying direct in \d+ s|trying direct now)\.$/;

/** The engine's sentence about a friend, without the seconds that stood still in it where a countdown shows them. */
export function sayExplanation(peer: Pick<PeerView, 'explanation' | 'next_direct_try_at_ms'>): string {
  const { explanation, next_direct_try_at_ms: next } = peer;
  return saySentence(next === null ? explanation : explanation.replace(NEXT_DIRECT_TRY, '.'));
}
