import type { Notice } from '../bindings';
import type { Tone } from './friend';
import { sayFact } from './words';

const tones = new Map<string, Tone>([
  ['peer_joined', 'good'],
  ['connected', 'good'],
  ['reconnected', 'good'],
  ['peer_back', 'good'],
  ['now_host', 'good'],
  ['now_moderator', 'good'],
  ['game_opened', 'good'],
  ['everybody_ready', 'good'],
  ['asked_ready', 'busy'],
  ['new_version', 'good'],
  ['reached', 'warn'],
  ['wants_in', 'warn'],
  ['you_were_removed', 'bad'],
  ['moved_to_direct', 'good'],
  ['moved_to_relay', 'warn'],
  ['own_flood', 'warn'],
  ['peer_flood', 'warn'],
]);

/** How what happened is marked; what this window does not know is told without judgement. */
export const noticeTone = (code: string): Tone => tones.get(code) ?? 'quiet';

/** What happened in a party, or in none: a feed is one party's. */
export const ofParty = <T extends { notice: Notice }>(feed: readonly T[], party: string): T[] =>
  feed.filter(({ notice }) => notice.party === null || notice.party === party);

/** What happened. Who was not let in, and what was refused, is said as everywhere. */
export const sayNotice = (notice: Notice): string => sayFact(['notice', 'refusal', 'problem'], notice);
