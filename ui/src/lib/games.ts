import type { GameView, HostedView, PartyView } from '../bindings';
import { formatMs } from './format';
import type { Question } from './why';
import { say } from './words';

/** A game that somebody in the party hosts or plays, in words. */
export interface ShownGame {
  key: string;
  /** Who hosts or plays what. */
  what: string;
  /** What its server says, and how far its host is; may be empty. */
  details: string;
  /** Where it is, if a friend hosts it or the player does. */
  at: { address: string; game: string; host: string; peer: string | null } | null;
  /** What can be asked of it: why the player does not see it, or which friend does not. */
  questions: readonly Question[];
}

function players({ players, max_players: most }: HostedView): string | null {
  if (players === null) return null;
  return most === null ? String(players) : `${String(players)}/${String(most)}`;
}

/** How it is known, where not by the word of the host's LANrage. */
function source(game: GameView): string | null {
  if (game.source === 'announced') return say('games-announced');
  return game.source === 'answers' ? say('games-answers') : null;
}

function details(game: GameView, hosted: HostedView, latencyMs: number | null): string {
  const { title, map, version, is_locked } = hosted;
  return [
    title,
    map,
    players(hosted),
    version,
    is_locked ? say('games-locked') : null,
    latencyMs === null ? null : formatMs(latencyMs),
    source(game),
  ]
    .filter((part) => part !== null)
    .join(', ');
}

/** All of them: what is hosted before what is only played, friends before the player. */
export function shownGames({ peers, games }: Pick<PartyView, 'peers' | 'games'>): ShownGame[] {
  const of = (id: string, game: GameView) => `${id} ${game.slug} ${game.hosted?.address ?? ''}`;
  const friends = peers.flatMap((peer) =>
    peer.games.map((game): ShownGame => {
      const { name, hosted } = game;
      const words = { peer: peer.name, game: name };
      return {
        key: of(peer.id, game),
        what: hosted === null ? say('games-plays', words) : say('games-hosts', words),
        details: hosted === null ? '' : details(game, hosted, peer.latency_ms),
        at: hosted && { address: hosted.address, game: name, host: peer.name, peer: hosted.can_join ? peer.id : null },
        questions: [{ peer: peer.id, name: peer.name, slug: game.slug, game: name, isOwn: false }],
      };
    }),
  );
  const own = games.map((game): ShownGame => {
    const { name, hosted } = game;
    return {
      key: of('', game),
      what: hosted === null ? say('games-you-play', { game: name }) : say('games-you-host', { game: name }),
      details: hosted === null ? '' : details(game, hosted, null),
      at: hosted && { address: hosted.address, game: name, host: say('you-heading'), peer: null },
      questions: peers.map((peer) => ({ peer: peer.id, name: peer.name, slug: game.slug, game: name, isOwn: true })),
    };
  });
  const all = [...friends, ...own];
  return [...all.filter(({ at }) => at !== null), ...all.filter(({ at }) => at === null)];
}
