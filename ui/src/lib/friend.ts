import type { PeerView } from '../bindings';
import { formatBytes, formatCount, formatMs, formatShare } from './format';
import { texts } from './texts';

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
  closed: 'quiet',
} as const satisfies Record<PeerView['state'], Tone>;

/** A friend who is not there is no fault of the connection. */
export function friendStatus(peer: Pick<PeerView, 'state' | 'online'>): FriendStatus {
  const reachable = peer.state === 'connected' || peer.state === 'degraded';
  if (peer.online === false && !reachable) return { tone: 'quiet', label: texts.away };
  return { tone: tones[peer.state], label: texts.state[peer.state] };
}

/** The way to a friend: its drawing, how it does, and its words. */
export interface PathView {
  line: Line;
  tone: Tone;
  label: string;
}

export function friendPath(peer: Pick<PeerView, 'state' | 'connection_type' | 'latency_ms' | 'online'>): PathView {
  const { tone } = friendStatus(peer);
  if (tone === 'bad' || tone === 'quiet') return { line: 'none', tone: 'quiet', label: texts.path.none };
  if (tone === 'busy' || peer.connection_type === 'connecting') {
    return { line: 'seeking', tone, label: texts.path.connecting };
  }
  const way = texts.path[peer.connection_type];
  return {
    line: peer.connection_type,
    tone,
    label: peer.latency_ms === null ? way : `${way} · ${formatMs(peer.latency_ms)}`,
  };
}

export interface Detail {
  name: string;
  value: string;
}

/** What is known beyond the row; what was not measured is left out. */
export function friendDetails(peer: PeerView): Detail[] {
  const { endpoint, jitter_ms, loss, first_packet_ms, traffic } = peer;
  const amount = (packets: number, bytes: number) =>
    texts.details.amount(formatCount(packets), formatBytes(bytes));
  const rows: [string, string | null][] = [
    [texts.details.endpoint, endpoint],
    [texts.details.jitter, jitter_ms === null ? null : formatMs(jitter_ms)],
    [texts.details.loss, loss === null ? null : formatShare(loss)],
    [texts.details.firstPacket, first_packet_ms === null ? null : formatMs(first_packet_ms)],
    [texts.details.sent, amount(traffic.sent_packets, traffic.sent_bytes)],
    [texts.details.received, amount(traffic.received_packets, traffic.received_bytes)],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
}
