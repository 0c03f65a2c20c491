// The player's own way to the internet as words.
import type { NetworkView, PortMappingView, RelayView } from '../bindings';
import { formatMs, sentence } from './format';
import type { Detail, Tone } from './friend';
import { saySentence } from './said';
import { texts } from './texts';

export interface NetworkStatus {
  tone: Tone;
  words: string;
}

type Measured = Pick<NetworkView, 'summary' | 'udp_is_blocked' | 'public_address'>;

/** How the network does, in one sentence. */
export function networkStatus({ summary, udp_is_blocked: isBlocked, public_address: address }: Measured): NetworkStatus {
  if (isBlocked) return { tone: 'warn', words: summary === '' ? texts.network.udpBlocked : sentence(saySentence(summary)) };
  if (summary === '') return { tone: 'quiet', words: texts.network.notMeasured };
  // Why nothing could be measured is no good news.
  return { tone: address === null ? 'quiet' : 'good', words: sentence(saySentence(summary)) };
}

function portMapping(view: PortMappingView): string {
  switch (view.state) {
    case 'off':
      return texts.network.mapping.off;
    case 'searching':
      return texts.network.mapping.searching;
    case 'open':
      return texts.network.mapping.open(view.external);
    case 'unavailable':
      return texts.network.mapping.unavailable(sentence(view.reason));
  }
}

/** What is known of the router; what was not measured, or is the summary already, is left out. */
export function networkFacts(network: NetworkView): Detail[] {
  const { summary, mapping, filtering, hairpinning, udp_is_blocked: isBlocked } = network;
  const rows: [string, string][] = [
    [texts.network.udp, isBlocked ? texts.network.udpBlocked : ''],
    [texts.network.ports, mapping === summary ? '' : saySentence(mapping)],
    [texts.network.admits, saySentence(filtering)],
    [texts.network.hairpin, hairpinning === null ? '' : texts.network.hairpinning[hairpinning ? 'yes' : 'no']],
    [texts.network.openPort, portMapping(network.port_mapping)],
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
  const { held, offered, down } = texts.network.relay;
  const [tone, label]: [Tone, string] =
    trouble !== '' ? ['bad', down] : isHeld ? ['good', held] : ['quiet', offered];
  const facts = [region, rtt === null ? '' : formatMs(rtt), texts.network.relay.load(load)];
  return { name, tone, label, facts: facts.filter((fact) => fact !== ''), trouble: sentence(trouble) };
}

/** The relays in one line. */
export function relaySummary(relays: readonly RelayView[]): NetworkStatus {
  const { none, allDown, someDown, sound } = texts.network.relays;
  const down = relays.filter(({ trouble }) => trouble !== '').length;
  if (relays.length === 0) return { tone: 'quiet', words: none };
  if (down === relays.length) return { tone: 'bad', words: allDown(down) };
  if (down > 0) return { tone: 'warn', words: someDown(down, relays.length) };
  return { tone: 'good', words: sound(relays.length) };
}
