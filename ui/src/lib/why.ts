// Why a game is not seen: what is asked, and what a press does about the answer.
import type { GameExplanation, GameView, VerdictView } from '../bindings';
import { joinGame, mendGame, startGame } from './bridge';

/** A game that somebody does not see. */
export interface Question {
  /** The friend's id. */
  peer: string;
  /** The friend's name. */
  name: string;
  slug: string;
  game: string;
  /** Whether it is hosted here. */
  isOwn: boolean;
}

/** A game that can be asked for. */
export type Choice = Pick<Question, 'slug' | 'game' | 'isOwn'>;

/** The games of a friend first, what is hosted before what is played, then the player's own, then all that are known. */
export function choices(theirs: readonly GameView[], own: readonly GameView[], known: readonly Choice[]): Choice[] {
  const of = (games: readonly GameView[], isOwn: boolean) =>
    [...games.filter(({ hosted }) => hosted !== null), ...games.filter(({ hosted }) => hosted === null)].map(
      ({ slug, name }) => ({ slug, game: name, isOwn }),
    );
  const all = [...of(theirs, false), ...of(own, true), ...known];
  return all.filter(({ slug }, at) => all.findIndex((other) => other.slug === slug) === at);
}

/** Does what a button stands for. What is only copied or looked at has a button of its own kind. */
export async function mend({ peer, name, slug }: GameExplanation, { fix }: VerdictView): Promise<void> {
  if (fix?.code === 'start') await startGame(slug, fix.game);
  else if (fix?.code === 'join') await joinGame(peer, fix.address, fix.game);
  else if (fix) await mendGame(peer, name, slug, fix);
}
