import type { PeerView, Quality, Traffic } from '../bindings';
import { formatBytes, formatCount, formatMoment, formatMs, formatShare, formatSpan } from './format';
import { sparkline } from './sparkline';
import { say, sayFact } from './words';

/** How something is going; each tone has its own shape, so that colour is never the only sign. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

/** How the line between two players is drawn. */
export type Line = 'direct' | 'relayed' | 'seeking' | 'none';

export interface FriendStatus {
  tone: Tone;
  label: string;
}

const tones = {
  connecting: 'busy',
  connected: 'good',
  degraded: 'warn',
  reconnecting: 'busy',
  failed: 'bad',
} as const satisfies Record<PeerView['state'], Tone>;

/** A friend who is not there is no fault of the connection. */
export function friendStatus(peer: Pick<PeerView, 'state' | 'online'>): FriendStatus {
  const reachable = peer.state === 'connected' || peer.state === 'degraded';
  if (peer.online === false && !reachable) return { tone: 'quiet', label: say('away') };
  return { tone: tones[peer.state], label: sayFact('state', peer.state) };
}

/** Digits of the id behind a name that another player has too, as the engine puts them there. */
const TAG = / \(([0-9a-f]{4,})\)$/;

/** How many colours the style sheet has for that. */
const HUES = 8;

/** Which colour tells a friend from others of the same name; `null` where the name is enough. */
export function friendHue({ id, name }: Pick<PeerView, 'id' | 'name'>): number | null {
  const tag = TAG.exec(name)?.[1];
  return tag !== undefined && id.startsWith(tag) ? parseInt(tag, 16) % HUES : null;
}

/** How it is with a friend, without the seconds that would stand still where a countdown shows them. */
export function friendSituation({ situation, next_direct_try_at_ms: next }: Pick<PeerView, 'situation' | 'next_direct_try_at_ms'>): string {
  const isCounted = situation.code === 'relayed' && next !== null;
  return sayFact('situation', isCounted ? { ...situation, retry_in_s: null } : situation);
}

/** The way to a friend: its drawing, how it does, and its words. */
export interface PathView {
  line: Line;
  tone: Tone;
  label: string;
}

/** How good a line is: bars as on a telephone, a colour and a word. */
export interface QualityView {
  /** How many of the five bars are full. */
  bars: number;
  tone: Tone;
  label: string;
}

const grades = {
  excellent: { bars: 5, tone: 'good' },
  good: { bars: 4, tone: 'good' },
  fair: { bars: 3, tone: 'warn' },
  poor: { bars: 2, tone: 'warn' },
  bad: { bars: 1, tone: 'bad' },
} as const satisfies Record<Quality, Omit<QualityView, 'label'>>;

type Path = Pick<PeerView, 'state' | 'connection_type' | 'latency_ms' | 'online' | 'quality'>;

export function friendPath(peer: Path): PathView {
  const { tone } = friendStatus(peer);
  if (tone === 'bad' || tone === 'quiet') return { line: 'none', tone: 'quiet', label: say('path-none') };
  if (tone === 'busy' || peer.connection_type === 'connecting') {
    return { line: 'seeking', tone, label: say('path-connecting') };
  }
  const way = sayFact('path', peer.connection_type);
  const grade = peer.quality === null ? tone : grades[peer.quality].tone;
  return {
    line: peer.connection_type,
    // A poor line is not drawn as a good one only because it holds.
    tone: tone === 'good' || grade === 'bad' ? grade : tone,
    label: peer.latency_ms === null ? way : `${way} · ${formatMs(peer.latency_ms)}`,
  };
}

/** From which share of lost packets on the loss is said beside the grade. */
const NOTABLE_LOSS = 0.01;

/** `null` until the line is measured. */
export function friendQuality({ quality, loss }: Pick<PeerView, 'quality' | 'loss'>): QualityView | null {
  if (quality === null) return null;
  const grade = sayFact('quality', quality);
  const isLossy = loss !== null && loss >= NOTABLE_LOSS;
  return { ...grades[quality], label: isLossy ? say('quality-lossy', { grade, loss: formatShare(loss) }) : grade };
}

/** The figures of a line that was measured; one that is missing is a dash. */
export function friendFigures({ latency_ms: rtt, jitter_ms: jitter, loss }: PeerView): Detail[] {
  const orDash = (value: number | null, format: (value: number) => string) => (value === null ? '–' : format(value));
  return [
    { name: say('roster-figure-rtt'), value: orDash(rtt, formatMs) },
    { name: say('roster-figure-jitter'), value: orDash(jitter, (ms) => say('unit-deviation', { value: formatMs(ms) })) },
    { name: say('roster-figure-loss'), value: orDash(loss, formatShare) },
  ];
}

export interface Detail {
  name: string;
  value: string;
}

/** What went in the lane of games; `null` before any packet went at all. */
function express(traffic: Traffic): string | null {
  const packets = traffic.sent_express_packets + traffic.received_express_packets;
  if (packets > 0) return say('details-express-packets', { packets: formatCount(packets) });
  if (traffic.has_express_lane || traffic.sent_packets + traffic.received_packets === 0) return null;
  return say('details-one-lane');
}

/** What is known beyond the row; what was not measured is left out. */
export function friendDetails(peer: PeerView): Detail[] {
  const { endpoint, joined_at_ms: joinedAt, mtu, first_packet_ms, traffic } = peer;
  const minute = sparkline(peer.history_ms);
  const amount = (packets: number, bytes: number) =>
    say('details-amount', { packets: formatCount(packets), bytes: formatBytes(bytes) });
  const rows: [string, string | null][] = [
    [say('details-endpoint'), endpoint],
    [say('details-joined'), formatMoment(joinedAt)],
    [say('details-range'), minute && formatSpan(minute)],
    [say('details-mtu'), mtu === null ? null : say('unit-byte-count', { value: formatCount(mtu) })],
    [say('details-first-packet'), first_packet_ms === null ? null : formatMs(first_packet_ms)],
    [say('details-sent'), amount(traffic.sent_packets, traffic.sent_bytes)],
    [say('details-received'), amount(traffic.received_packets, traffic.received_bytes)],
    [say('details-express'), express(traffic)],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
}
