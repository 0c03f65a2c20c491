// What the engine says, in the language of the window as far as that has words for it, else in the engine's own.
import type { CommandError, Notice, PeerView, Problem } from '../bindings';
import { texts } from './texts';
import type { Sentence } from './texts/en';

const fitting = ({ from, to }: Sentence, text: string, say = (part: string) => part): string | null => {
  const [whole, ...groups] = from.exec(text) ?? [];
  return whole === undefined ? null : to(...groups.map((group: string | undefined) => say(group ?? '')));
};

/** A sentence, or a part of one: what the engine puts together of parts is said part by part. */
export function saySentence(text: string): string {
  for (const sentence of texts.said.sentences) {
    const said = fitting(sentence, text, saySentence);
    if (said !== null) return said;
  }
  return text;
}

export const sayError = ({ code, text }: CommandError): string => texts.said.errors[code] ?? text;

export function sayNotice({ code, text }: Pick<Notice, 'code' | 'text'>): string {
  const known = texts.said.notices[code];
  return (known && fitting(known, text)) ?? text;
}

export function sayProblem<T extends Pick<Problem, 'code' | 'text' | 'fix'>>(problem: T): T {
  const known = texts.said.problems[problem.code];
  if (!known) return problem;
  const text = (known.text && fitting(known.text, problem.text)) ?? problem.text;
  return { ...problem, text, fix: known.fix };
}

/** The name of a check of the diagnostics. */
export const sayCheck = ({ code, title }: { code: string; title: string }): string =>
  texts.said.checks[code] ?? title;

/** How the engine ends an explanation whose path is tried for again. */
const NEXT_DIRECT_TRY = /; (?:retrying direct in \d+ s|trying direct now)\.$/;

/** The engine's sentence about a friend, without the seconds that stood still in it where a countdown shows them. */
export function sayExplanation(peer: Pick<PeerView, 'explanation' | 'next_direct_try_at_ms'>): string {
  const { explanation, next_direct_try_at_ms: next } = peer;
  return saySentence(next === null ? explanation : explanation.replace(NEXT_DIRECT_TRY, '.'));
}
