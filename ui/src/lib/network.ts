// The player's own way to the internet as words.
import type { NetworkView, PortMappingView, RelayView } from '../bindings';
import { formatMs, sentence } from './format';
import type { Detail, Tone } from './friend';
import { saySentence } from './said';
import { say, sayFact } from './words';

export interface NetworkStatus {
  tone: Tone;
  words: string;
}

type Measured = Pick<NetworkView, 'summary' | 'udp_is_blocked' | 'public_address'>;

/** How the network does, in one sentence. */
export function networkStatus({ summary, udp_is_blocked: isBlocked, public_address: address }: Measured): NetworkStatus {
  if (isBlocked) return { tone: 'warn', words: summary === '' ? say('network-udp-blocked') : sentence(saySentence(summary)) };
  if (summary === '') return { tone: 'quiet', words: say('network-not-measured') };
  // Why nothing could be measured is no good news.
  return { tone: address === null ? 'quiet' : 'good', words: sentence(saySentence(summary)) };
}

function portMapping(view: PortMappingView): string {
  switch (view.state) {
    case 'off':
      return say('network-mapping-off');
    case 'searching':
      return say('network-mapping-searching');
    case 'open':
      return say('network-mapping-open', { address: view.external });
    case 'unavailable':
      return say('network-mapping-unavailable', { reason: sentence(view.reason) });
  }
}

/** What is known of the router; what was not measured, or is the summary already, is left out. */
export function networkFacts(network: NetworkView): Detail[] {
  const { summary, mapping, filtering, hairpinning, udp_is_blocked: isBlocked } = network;
  const rows: [string, string][] = [
    [say('network-udp'), isBlocked ? say('network-udp-blocked') : ''],
    [say('network-ports'), mapping === summary ? '' : saySentence(mapping)],
    [say('network-admits'), saySentence(filtering)],
    [say('network-hairpin'), hairpinning === null ? '' : sayFact('network-hairpinning', hairpinning ? 'yes' : 'no')],
    [say('network-open-port'), portMapping(network.port_mapping)],
  ];
  return rows.flatMap(([name, value]) => (value === '' ? [] : [{ name, value }]));
}

export interface RelayRow {
  name: string;
  tone: Tone;
  /** Whether it is ready, on offer or out of order. */
  label: string;
  /** Region, round-trip time and load, as far as they are known. */
  facts: readonly string[];
  trouble: string;
}

export function relayRow({ name, region, rtt_ms: rtt, load_percent: load, is_held: isHeld, trouble }: RelayView): RelayRow {
  const [tone, label]: [Tone, string] =
    trouble !== '' ? ['bad', say('network-relay-down')] : isHeld ? ['good', say('network-relay-held')] : ['quiet', say('network-relay-offered')];
  const facts = [region, rtt === null ? '' : formatMs(rtt), say('network-relay-load', { percent: load })];
  return { name, tone, label, facts: facts.filter((fact) => fact !== ''), trouble: sentence(trouble) };
}

/** The relays in one line. */
export function relaySummary(relays: readonly RelayView[]): NetworkStatus {
  const down = relays.filter(({ trouble }) => trouble !== '').length;
  if (relays.length === 0) return { tone: 'quiet', words: say('network-relays-none') };
  if (down === relays.length) return { tone: 'bad', words: say('network-relays-all-down', { count: down }) };
  if (down > 0) return { tone: 'warn', words: say('network-relays-some-down', { down, count: relays.length, up: relays.length - down }) };
  return { tone: 'good', words: say('network-relays-sound', { count: relays.length }) };
}
