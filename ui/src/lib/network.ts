// The player's own way to the internet as words.
import type { MappingBehaviour, NatSummary, NetworkView, PortMappingView, RelayView } from '../bindings';
import { formatMs } from './format';
import type { Detail, Tone } from './friend';
import { say, sayFact } from './words';

export interface NetworkStatus {
  tone: Tone;
  words: string;
}

type Measured = Pick<NetworkView, 'nat_summary' | 'mapping_behaviour' | 'udp_is_blocked' | 'public_address' | 'port_mapping'>;

/** How the last measurement ended; once it measured, how the router chooses ports says most. */
const summaryWords = (summary: NatSummary, mapping: MappingBehaviour | null) =>
  summary === 'measured' && mapping !== null ? sayFact('mapping', mapping) : sayFact('nat-summary', summary);

/** How the network does, in one sentence. */
export function networkStatus(network: Measured): NetworkStatus {
  const { nat_summary: summary, mapping_behaviour: mapping, udp_is_blocked: isBlocked, public_address: address } = network;
  if (isBlocked) return { tone: 'warn', words: say('network-only-tcp') };
  const words = summary === null ? null : summaryWords(summary, mapping);
  if (words === null) return { tone: 'quiet', words: say('network-not-measured') };
  // A router that uses another port for everybody keeps friends out, unless it has opened one.
  const isSymmetric = mapping === 'address_dependent' || mapping === 'address_and_port_dependent';
  if (isSymmetric && network.port_mapping.state !== 'open') return { tone: 'warn', words };
  // Why nothing could be measured is no good news.
  return { tone: address === null ? 'quiet' : 'good', words };
}

/** Why nothing is passed on for friends, where the settings allow it. */
export const passingOn = ({ spares_connection: spares }: Pick<NetworkView, 'spares_connection'>): NetworkStatus[] =>
  spares ? [{ tone: 'quiet', words: say('network-metered') }] : [];

function portMapping(view: PortMappingView): string {
  switch (view.state) {
    case 'off':
      return say('network-mapping-off');
    case 'searching':
      return say('network-mapping-searching');
    case 'open':
      return say('network-mapping-open', { address: view.external });
    case 'unavailable':
      return say('network-mapping-unavailable', { reason: sayFact('port-mapping', view.fault) });
  }
}

/** What is known of the router; what was not measured, or is the summary already, is left out. */
export function networkFacts(network: NetworkView): Detail[] {
  const { nat_summary: summary, mapping_behaviour: mapping, filtering_behaviour: filtering, hairpinning, udp_is_blocked: isBlocked } = network;
  const rows: [string, string][] = [
    [say('network-udp'), isBlocked ? say('network-udp-blocked') : ''],
    [say('network-ports'), mapping === null || summary === 'measured' ? '' : sayFact('mapping', mapping)],
    [say('network-admits'), filtering === null ? '' : sayFact('filtering', filtering)],
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

export function relayRow({ name, region, rtt_ms: rtt, load_percent: load, is_held: isHeld, fault }: RelayView): RelayRow {
  const [tone, label]: [Tone, string] =
    fault !== null ? ['bad', say('network-relay-down')] : isHeld ? ['good', say('network-relay-held')] : ['quiet', say('network-relay-offered')];
  const facts = [region, rtt === null ? '' : formatMs(rtt), say('network-relay-load', { percent: load })];
  return { name, tone, label, facts: facts.filter((fact) => fact !== ''), trouble: fault === null ? '' : sayFact('relay-fault', fault) };
}

/** The relays in one line. */
export function relaySummary(relays: readonly RelayView[]): NetworkStatus {
  const down = relays.filter(({ fault }) => fault !== null).length;
  if (relays.length === 0) return { tone: 'quiet', words: say('network-relays-none') };
  if (down === relays.length) return { tone: 'bad', words: say('network-relays-all-down', { count: down }) };
  if (down > 0) return { tone: 'warn', words: say('network-relays-some-down', { down, count: relays.length, up: relays.length - down }) };
  return { tone: 'good', words: say('network-relays-sound', { count: relays.length }) };
}
