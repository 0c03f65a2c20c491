import type { CommandError, PartyView, PeerView, Snapshot } from '../bindings';

const SOON_MS = 12_000;

export const snapshot: Snapshot = {
  revision: 1,
  peer_id: '00000000000000000000000000000001',
  player_name: 'Mia',
  nat_type: 'port_restricted_cone',
  control: { state: 'connected', server: 'wss://play.example.org/v1/session' },
  adapter: { state: 'closed' },
  party: null,
  problems: [],
};

export const peer: PeerView = {
  id: '00000000000000000000000000000002',
  name: 'Jonas',
  is_host: false,
  virtual_ip: '10.66.41.7',
  state: 'connected',
  connection_type: 'direct',
  explanation: 'Packets go straight to Jonas.',
  endpoint: '203.0.113.9:41641',
  latency_ms: 12.4,
  jitter_ms: 0.8,
  loss: 0,
  nat_type: 'port_restricted_cone',
  online: true,
  joined_at_ms: 1_700_000_000_000,
  first_packet_ms: 184,
  traffic: { sent_packets: 48_211, sent_bytes: 6_120_044, received_packets: 51_870, received_bytes: 9_441_200 },
};

export const party: PartyView = {
  id: '0000000000000000000000000000000a',
  name: 'Friday LAN',
  is_host: true,
  virtual_ip: '10.66.18.3',
  subnet: '10.66.0.0/16',
  invitation: `lanrage://join/${'AXsicCI6IjJmZDY4ZWM2YzA4YjQ1N2E5'.repeat(9)}`,
  created_at_ms: 1_700_000_000_000,
  peers: [],
};

export const open: Snapshot = { ...snapshot, adapter: { state: 'open', name: 'lanrage0' }, party };

const friends: PeerView[] = [
  { ...peer, is_host: true },
  {
    ...peer,
    id: '3',
    name: 'Charlotte-Antoinette von der Straßenbahnhaltestelle',
    virtual_ip: '10.66.200.118',
    connection_type: 'relayed',
    explanation:
      'Packets go through a relay: one router uses a new port for every destination, and the other admits only known ports.',
    latency_ms: 48.1,
    nat_type: 'symmetric',
  },
  {
    ...peer,
    id: '4',
    name: 'Öykü',
    virtual_ip: '10.66.7.31',
    state: 'connecting',
    connection_type: 'connecting',
    explanation: 'Both sides are opening their routers for each other.',
    endpoint: null,
    latency_ms: null,
    jitter_ms: null,
    loss: null,
    first_packet_ms: null,
    nat_type: 'unknown',
  },
  {
    ...peer,
    id: '5',
    name: '大島',
    virtual_ip: '10.66.90.2',
    state: 'degraded',
    explanation: 'The path loses 8 % of its packets.',
    latency_ms: 131.7,
    loss: 0.082,
    nat_type: 'open',
  },
  {
    ...peer,
    id: '6',
    name: 'x',
    virtual_ip: '10.66.3.3',
    state: 'failed',
    connection_type: 'connecting',
    explanation: 'No way through both routers was found; the next try starts in 20 s.',
    latency_ms: null,
    nat_type: 'symmetric',
  },
  {
    ...peer,
    id: '7',
    name: 'Wiesław_1987',
    virtual_ip: '10.66.60.60',
    state: 'reconnecting',
    connection_type: 'connecting',
    explanation: 'The control server says that Wiesław_1987 is not there.',
    latency_ms: null,
    online: false,
  },
];

const troubled: Snapshot = {
  ...snapshot,
  party: { ...party, peers: friends.slice(0, 2) },
  control: {
    state: 'disconnected',
    server: 'wss://play.example.org/v1/session',
    reason: 'connection refused',
    retry_at_ms: Date.now() + 5 * SOON_MS + 9_000,
  },
  adapter: {
    state: 'unavailable',
    reason: 'LANrage is not allowed to create its network adapter.',
    fix: 'Load the driver with "sudo modprobe tun". In a container, pass the device /dev/net/tun through.',
    retry_at_ms: Date.now() + SOON_MS,
  },
};

/** States of the window to look at: `/dev.html?scene=…`. */
export const scenes: Record<string, Snapshot | CommandError | null> = {
  no_server: { ...open, control: { state: 'local' } },
  loading: null,
  home: snapshot,
  alone: open,
  party: { ...open, party: { ...party, is_host: false, peers: friends } },
  long: {
    ...open,
    player_name: 'Mia-Magdalena-Maximiliane mit dem langen Namen',
    party: { ...party, name: 'Donnerstagabendzockrundenwiedervereinigungsparty', peers: friends.slice(0, 2) },
  },
  problems: troubled,
  home_problems: { ...troubled, party: null, adapter: { state: 'closed' } },
  bad_setting: {
    ...snapshot,
    problems: [
      {
        code: 'bad_setting',
        severity: 'error',
        text: 'A setting cannot be used: udp_port is 70000, and must be a whole number from 0 to 65535. Its default is used meanwhile.',
        fix: 'Choose another value in the settings, or reset it.',
      },
    ],
  },
  running: {
    code: 'already_running',
    text: 'LANrage is open in another window. Use that one, or close it and start LANrage again.',
  },
  broken: { code: 'data_dir', text: 'The data folder cannot be written: no space is left on the disk.' },
};
