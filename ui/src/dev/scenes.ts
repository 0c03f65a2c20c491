import type { ChatLineView, ReadyCheckView, CommandError, HostedView, JoiningView, LinkView, NetworkView, Notice, PartyView, PeerView, Quality, RelayView, ShieldView, Snapshot, VoiceView } from '../bindings';

const SOON_MS = 12_000;

export const relay: RelayView = {
  name: 'fra-1',
  region: 'Frankfurt',
  rtt_ms: 11.6,
  load_percent: 31,
  is_held: true,
  fault: null,
};

export const network: NetworkView = {
  nat_summary: 'measured',
  mapping_behaviour: 'endpoint_independent',
  filtering_behaviour: 'address_and_port_dependent',
  hairpinning: false,
  public_address: '203.0.113.4:41641',
  udp_is_blocked: false,
  relay_only: false,
  spares_connection: false,
  port_mapping: { state: 'open', external: '203.0.113.4:41641' },
  relays: [relay, { ...relay, name: 'ams-2', region: 'Amsterdam', rtt_ms: 19.2, load_percent: 4, is_held: false }],
  dropped: { signals: 0, stun_answers: 0, probes: 0, candidates: 0, checks: 0, knocks: 0 },
};

/** A minute of round-trip times about a mean, the same each time; every `lostEach`th second is lost. */
const minute = (mean: number, spread: number, lostEach = Infinity) =>
  Array.from({ length: 60 }, (_, second) =>
    second % lostEach === lostEach - 1 ? null : mean + spread * Math.sin(second * 12.9898) * Math.cos(second * 4.1414),
  );

export const snapshot: Snapshot = {
  revision: 1,
  peer_id: '00000000000000000000000000000001',
  player_name: 'Mia',
  nat_type: 'port_restricted_cone',
  network,
  control: { state: 'connected', server: 'wss://play.example.org/v1/session' },
  announcement: null,
  adapter: { state: 'closed' },
  party: null,
  joining: null,
  code_search: null,
  data_plane: { dropped: [], express_waits: [], bulk_waits: [], forwarded: [] },
  problems: [],
};

export const peer: PeerView = {
  id: '00000000000000000000000000000002',
  name: 'Jonas',
  is_host: false,
  is_muted: false,
  role: 'member',
  virtual_ip: '10.66.41.7',
  state: 'connected',
  connection_type: 'direct',
  situation: { code: 'direct', peer: 'Jonas', loses_packets: false },
  endpoint: '203.0.113.9:41641',
  latency_ms: 12.4,
  jitter_ms: 0.8,
  loss: 0,
  quality: 'excellent',
  history_ms: minute(12.4, 1.6),
  mtu: 1_420,
  is_sent_twice: false,
  next_direct_try_at_ms: null,
  nat_type: 'port_restricted_cone',
  online: true,
  trust: 'friend',
  away_since_ms: null,
  joined_at_ms: 1_700_000_000_000,
  first_packet_ms: 184,
  games: [],
  readiness: null,
  traffic: {
    sent_packets: 48_211,
    sent_bytes: 6_120_044,
    received_packets: 51_870,
    received_bytes: 9_441_200,
    has_express_lane: true,
    sent_express_packets: 46_020,
    received_express_packets: 47_310,
    sent_relayed_bytes: 0,
    received_relayed_bytes: 0,
  },
};

export const party: PartyView = {
  id: '0000000000000000000000000000000a',
  name: 'Friday LAN',
  is_host: true,
  virtual_ip: '10.66.18.3',
  subnet: '10.66.0.0/16',
  page: null,
  invitation: `lanrage://join/${'AXsicCI6IjJmZDY4ZWM2YzA4YjQ1N2E5'.repeat(9)}`,
  meeting: { code: 'server' },
  store: null,
  host_hint: null,
  role: 'owner',
  admission: 'open',
  older_links_ask: false,
  requests: [],
  removed: [],
  undo: null,
  links: [],
  codes: [],
  created_at_ms: 1_700_000_000_000,
  games: [],
  chat: [],
  ready_check: null,
  voice: null,
  shield: { level: 'guarded', is_blind: false, doors: [], refused: [] },
  peers: [],
};

/** What was said on the first evening, some of it by somebody who tries what a text can do. */
export const chat: ChatLineView[] = [
  ['Jonas', 'who hosts?', false],
  ['Öykü', 'Jonas, you do. As always.', false],
  ['Ada', 'I need two minutes', true],
  ['Charlotte-Antoinette von der Straßenbahnhaltestelle', `<b>fine</b> ${'with me '.repeat(18)}`, false],
  ['Jonas', 'https://example.org/a-very-long-address-without-any-place-to-break-it-in-two-lines-that-goes-on-and-on', false],
  ['ليلى', 'أنا جاهزة', false],
].map(([name, text, own], at) => ({
  id: `line-${at}`,
  peer: String(name),
  name: String(name),
  is_own: own === true,
  at_ms: 1_700_000_000_000 + at * 21_000,
  text: String(text),
}));

/** Somebody asks whether everybody is ready. */
export const check: ReadyCheckView = {
  peer: peer.id,
  name: 'Jonas',
  is_own: false,
  state: 'asking',
  own: 'waiting',
  ends_at_ms: Date.now() + 161_000,
};

/** Where the party talks. */
export const voice: VoiceView = { text: 'https://discord.gg/AbCdEf123', by: 'Jonas', can_open: true };

/** A limited link. */
export const limited: LinkView = {
  serial: '3f9a12cd',
  made_by: 'Ada',
  is_own: true,
  made_at_ms: 1_700_000_000_000,
  uses: null,
  expires_at_ms: 1_700_086_400_000,
  needs_approval: false,
  for_guests: false,
  fault: null,
  came: [],
};

export const open: Snapshot = { ...snapshot, adapter: { state: 'open', name: 'lanrage0', works: true }, party };

/** What a friend without a path has not. */
const unmeasured = { endpoint: null, latency_ms: null, jitter_ms: null, loss: null, quality: null, mtu: null };

/** Why a relay carries, where both routers are difficult. */
const byRelay = {
  code: 'relayed',
  relay: 'fra-1 (Frankfurt)',
  because: 'both_symmetric',
  retry_in_s: 12,
  loses_packets: false,
} as const;

const refusedConnection = { code: 'unreachable', cause: { code: 'connection_refused' } } as const;

/** A server that tells everything. */
export const hosted: HostedView = {
  address: '10.66.41.7:8303',
  title: 'Skyblock',
  map: 'ctf2',
  version: '0.7.5',
  players: 3,
  max_players: 8,
  is_locked: false,
  can_join: true,
};

/** What friends reach, and what one of them tried in vain. */
export const guarded: ShieldView = {
  level: 'guarded',
  is_blind: false,
  doors: [
    { transport: 'udp', port: 8_303, owner: 'Teeworlds', is_game: true, is_open: true, is_never_opened: false },
    { transport: 'tcp', port: 8_080, owner: 'node', is_game: false, is_open: false, is_never_opened: false },
    { transport: 'tcp', port: 22, owner: null, is_game: false, is_open: false, is_never_opened: true },
  ],
  refused: [
    {
      peer: peer.id,
      name: 'Jonas',
      transport: 'tcp',
      port: 8_080,
      owner: 'node',
      is_never_opened: false,
      times: 3,
      at_ms: 1_700_000_000_000,
    },
    {
      peer: peer.id,
      name: 'Jonas',
      transport: 'tcp',
      port: 3_389,
      owner: null,
      is_never_opened: true,
      times: 1,
      at_ms: 1_700_000_000_000,
    },
  ],
};

const friends: PeerView[] = [
  { ...peer, is_host: true, games: [{ slug: 'teeworlds', name: 'Teeworlds', source: 'told', hosted }] },
  {
    ...peer,
    id: '3',
    name: 'Charlotte-Antoinette von der Straßenbahnhaltestelle',
    virtual_ip: '10.66.200.118',
    games: [{ slug: 'factorio', name: 'Factorio', source: 'told', hosted: null }],
    connection_type: 'relayed',
    situation: { ...byRelay, because: 'symmetric_and_strict' },
    latency_ms: 48.1,
    jitter_ms: 3.4,
    quality: 'good',
    history_ms: minute(48, 9),
    mtu: 1_380,
    next_direct_try_at_ms: Date.now() + SOON_MS,
    nat_type: 'symmetric',
  },
  {
    ...peer,
    id: '4',
    name: 'Öykü',
    virtual_ip: '10.66.7.31',
    state: 'connecting',
    connection_type: 'connecting',
    situation: { code: 'seeking', peer: 'Öykü' },
    ...unmeasured,
    history_ms: [],
    first_packet_ms: null,
    nat_type: 'unknown',
  },
  {
    ...peer,
    id: '5',
    name: '大島',
    virtual_ip: '10.66.90.2',
    state: 'degraded',
    situation: { code: 'direct', peer: '大島', loses_packets: true },
    games: [
      {
        slug: 'minecraft-java',
        name: 'Minecraft: Java Edition',
        source: 'announced',
        hosted: { ...hosted, address: '10.66.90.2:51234', title: '大島 - 城', map: null, version: null, players: null, max_players: null },
      },
    ],
    latency_ms: 131.7,
    jitter_ms: 41.2,
    is_sent_twice: true,
    loss: 0.082,
    quality: 'poor',
    history_ms: minute(131, 70, 9),
    nat_type: 'open',
  },
  {
    ...peer,
    id: '6',
    name: 'x',
    virtual_ip: '10.66.3.3',
    state: 'failed',
    connection_type: 'connecting',
    situation: { code: 'no_path', peer: 'x', because: 'no_answer', retry_in_s: 20 },
    ...unmeasured,
    history_ms: minute(0, 0, 1),
    nat_type: 'symmetric',
  },
  {
    ...peer,
    id: '7',
    name: 'Wiesław_1987',
    virtual_ip: '10.66.60.60',
    state: 'reconnecting',
    connection_type: 'connecting',
    situation: { code: 'away', peer: 'Wiesław_1987' },
    ...unmeasured,
    history_ms: [...minute(31, 4).slice(0, 52), ...minute(0, 0, 1).slice(0, 8)],
    online: false,
    away_since_ms: 1_700_000_000_000,
  },
];

/** As a party looks on a good evening. */
const evening: PeerView[] = [
  { ...peer, is_host: true, role: 'owner', games: [{ slug: 'teeworlds', name: 'Teeworlds', source: 'told', hosted: { ...hosted, title: 'Friday Skyblock' } }] },
  { ...peer, id: '02a4b6c8000000000000000000000000', name: 'Ada (02a4b6c8)', virtual_ip: '10.66.7.31', latency_ms: 18.3, history_ms: minute(18, 3), games: [{ slug: 'teeworlds', name: 'Teeworlds', source: 'told', hosted: null }] },
  { ...peer, id: '91f30c55000000000000000000000000', name: 'Ada (91f30c55)', virtual_ip: '10.66.90.2', connection_type: 'relayed', situation: byRelay, latency_ms: 48.1, quality: 'good', history_ms: minute(48, 9) },
  { ...peer, id: '4', name: 'Öykü', virtual_ip: '10.66.60.60', latency_ms: 31.2, history_ms: minute(31, 4) },
  { ...peer, id: '5', name: 'Wiesław', virtual_ip: '10.66.3.3', state: 'reconnecting', connection_type: 'connecting', situation: { code: 'away', peer: 'Wiesław' }, ...unmeasured, history_ms: [], online: false, away_since_ms: Date.now() - 1_260_000 },
];

/** The same friends while they are asked whether they are ready. */
const answering = evening.map((friend, at): PeerView => ({ ...friend, readiness: (['ready', 'not_yet', 'waiting', 'ready'] as const)[at] ?? null }));

/** As many friends as are to be seen at one look. */
const eight: PeerView[] = [
  ...evening.filter(({ online }) => online !== false),
  ...['Bo', 'Charlotte', 'Emil', 'Mia B.'].map((name, index) => ({ ...peer, id: `8${String(index)}`, name, virtual_ip: `10.66.8.${String(index + 1)}` })),
];

const troubled: Snapshot = {
  ...snapshot,
  party: { ...party, peers: friends.slice(0, 2) },
  control: {
    state: 'disconnected',
    server: 'wss://play.example.org/v1/session',
    why: refusedConnection,
    retry_at_ms: Date.now() + 5 * SOON_MS + 9_000,
  },
  adapter: {
    state: 'unavailable',
    fault: { code: 'adapter_permission', by: 'system' },
    remedy: { code: 'install_package' },
    retry_at_ms: Date.now() + SOON_MS,
  },
  problems: [
    {
      code: 'adapter_permission',
      by: 'system',
      severity: 'error',
      remedy: { code: 'install_package' },
    },
    {
      code: 'control_disconnected',
      server: 'wss://play.example.org/v1/session',
      why: refusedConnection,
      in_party: true,
      severity: 'warning',
      remedy: { code: 'check_connection' },
    },
  ],
};

/** Without a driver: what can be done is a command to copy. */
const driverless: Snapshot = {
  ...snapshot,
  party: { ...party, peers: [peer] },
  adapter: {
    state: 'unavailable',
    fault: { code: 'adapter_driver' },
    remedy: { code: 'load_driver', command: 'sudo modprobe tun' },
    retry_at_ms: Date.now() + SOON_MS,
  },
};

const relayed: PeerView = {
  ...peer,
  connection_type: 'relayed',
  situation: byRelay,
  latency_ms: 38.2,
  jitter_ms: 2.1,
  quality: 'good',
  // It moved from a direct path to the relay a quarter of a minute ago.
  history_ms: [...minute(22, 3).slice(0, 43), null, null, ...minute(38, 4).slice(0, 15)],
  mtu: 1_380,
  next_direct_try_at_ms: Date.now() + SOON_MS,
  nat_type: 'symmetric',
};

const degraded: PeerView = {
  ...peer,
  state: 'degraded',
  situation: { code: 'direct', peer: 'Jonas', loses_packets: true },
  latency_ms: 214.6,
  jitter_ms: 63.9,
  loss: 0.17,
  quality: 'bad',
  history_ms: minute(190, 140, 5),
  mtu: 1_280,
};

const withPeers = (...peers: PeerView[]): Snapshot => ({ ...open, party: { ...party, peers } });

/** A party of many: every grade, every way, names of every length. */
const crowd = (count: number): Snapshot => {
  const grades: [Quality, number][] = [
    ['excellent', 9],
    ['good', 62],
    ['fair', 121],
    ['excellent', 14],
    ['poor', 240],
    ['bad', 410],
  ];
  const names = ['Ann', 'Bartholomäus', 'Chi', 'Desdemona K.', 'Emil', 'Fatoumata_99', 'Guðrún'];
  const peers = Array.from({ length: count }, (_, index): PeerView => {
    const [quality, mean] = grades[index % grades.length] ?? ['good', 60];
    const template = index % 4 === 1 ? relayed : peer;
    const name = `${names[index % names.length] ?? ''} ${index + 1}`;
    return {
      ...template,
      id: String(index + 2),
      name,
      virtual_ip: `10.66.${index}.${(index * 37) % 250 + 2}`,
      situation: 'peer' in template.situation ? { ...template.situation, peer: name } : template.situation,
      latency_ms: mean,
      quality,
      history_ms: minute(mean, mean / 4, quality === 'bad' ? 7 : Infinity),
    };
  });
  return withPeers(...peers);
};

/** A party of which nobody answers. */
const joining: JoiningView = {
  party: 'Friday LAN',
  since_ms: Date.now() - 12_000,
  reply: `lanrage://reply/${'AYf2QmR0bXk0c3VwZXJsb25n'.repeat(6)}Aw`,
  is_replied: false,
};

/** What happened before one looked at a scene with friends. */
export const notices = (nowMs: number): Notice[] => {
  const told: ((at_ms: number) => Notice)[] = [
    (at_ms) => ({ at_ms, party: null, code: 'peer_joined', peer: 'Jonas' }),
    (at_ms) => ({ at_ms, party: null, code: 'connected', peer: 'Jonas' }),
    (at_ms) => ({ at_ms, party: null, code: 'moved_to_direct', peer: 'Jonas' }),
    (at_ms) => ({ at_ms, party: null, code: 'peer_joined', peer: 'Öykü' }),
    (at_ms) => ({ at_ms, party: null, code: 'peer_left', peer: 'Öykü' }),
    (at_ms) => ({ at_ms, party: null, code: 'moved_to_relay', peer: 'Jonas' }),
    (at_ms) => ({ at_ms, party: null, code: 'reconnected', peer: 'Wiesław_1987', seconds: 0.4 }),
  ];
  return told.map((at, index) => at(nowMs - (told.length - index) * 47_300));
};

/** States of the window to look at: `/dev.html?scene=…`. */
export const scenes: Record<string, Snapshot | CommandError | null> = {
  no_server: { ...open, control: { state: 'local' }, party: { ...party, meeting: { code: 'store', holders: 8 } } },
  unsure: { ...open, control: { state: 'local' }, party: { ...party, meeting: { code: 'store_silent' } } },
  loading: null,
  home: snapshot,
  no_party_no_server: { ...snapshot, control: { state: 'local' } },
  server_down: {
    ...snapshot,
    control: {
      state: 'disconnected',
      server: 'wss://play.example.org/v1/session',
      why: { code: 'unknown_host', cause: { code: 'no_address' } },
      retry_at_ms: Date.now() + SOON_MS,
    },
  },
  announced: { ...snapshot, announcement: 'Maintenance tonight at 20:00, for half an hour. Parties go on.' },
  joining: { ...snapshot, joining: { ...joining, since_ms: Date.now() - 3_000 } },
  code_search: { ...snapshot, code_search: { since_ms: Date.now() - 3_000 } },
  unanswered: { ...snapshot, control: { state: 'local' }, joining },
  replied: { ...snapshot, control: { state: 'local' }, joining: { ...joining, is_replied: true } },
  alone: open,
  party: { ...open, party: { ...party, is_host: false, peers: friends, shield: guarded } },
  evening: { ...open, party: { ...party, is_host: false, role: 'member', peers: evening, shield: guarded } },
  // The first evening goes on: just in, and nobody plays yet.
  evening_in: { ...open, party: { ...party, is_host: false, role: 'member', peers: evening.slice(0, 2).map((friend) => ({ ...friend, games: [] })), shield: guarded } },
  chat: { ...open, party: { ...party, is_host: false, role: 'member', peers: evening, shield: guarded, chat } },
  ready_asked: { ...open, party: { ...party, is_host: false, role: 'member', peers: answering, shield: guarded, ready_check: check } },
  ready_own: { ...open, party: { ...party, peers: answering, shield: guarded, ready_check: { ...check, is_own: true, own: 'ready' } } },
  ready_all: { ...open, party: { ...party, peers: answering.map((friend) => ({ ...friend, readiness: 'ready' })), shield: guarded, ready_check: { ...check, own: 'ready', state: 'everybody_ready' } } },
  ready_late: { ...open, party: { ...party, peers: answering, shield: guarded, ready_check: { ...check, name: 'Charlotte-Antoinette von der Straßenbahnhaltestelle', own: 'ready', state: 'time_is_up' } } },
  voice: { ...open, party: { ...party, is_host: false, role: 'member', peers: evening, shield: guarded, voice } },
  voice_own: { ...open, party: { ...party, peers: evening, shield: guarded, voice: { ...voice, text: `the usual channel at Jonas’ place, ${'and on and on '.repeat(9)}`, can_open: false } } },
  eight: { ...open, party: { ...party, peers: eight, shield: guarded } },
  moderated: {
    ...open,
    party: {
      ...party,
      admission: 'ask',
      requests: [
        { id: '0000000000000000000000000000000d', name: 'Öykü', since_ms: 1_700_000_000_000, link: '3f9a12cd' },
        { id: '0000000000000000000000000000000e', name: 'Charlotte-Antoinette von der Straßenbahnhaltestelle', since_ms: 1_700_000_000_000, link: null },
      ],
      links: [
        { ...limited, serial: '3f9a12cd', uses: 5, needs_approval: true, came: ['Emil', 'Jonas'] },
        { ...limited, serial: '00c0ffee', made_by: 'Jonas', is_own: false, uses: 1, expires_at_ms: null, came: ['Emil'], fault: 'used_up' },
        { ...limited, serial: 'abababab', fault: 'revoked' },
        { ...limited, serial: '0badcafe', for_guests: true, came: ['Emil'] },
      ],
      removed: [
        { id: '0000000000000000000000000000000b', name: 'Bo', is_banned: true, at_ms: 1_700_000_000_000 },
        { id: '0000000000000000000000000000000c', name: 'Wiesław_1987', is_banned: false, at_ms: 1_700_000_000_000 },
      ],
      peers: [{ ...peer, role: 'moderator' }, { ...peer, id: '3', name: 'Emil', virtual_ip: '10.66.41.8', role: 'guest' }],
    },
  },
  code: {
    ...open,
    party: {
      ...party,
      admission: 'ask',
      codes: [{ code: 'K7QF-2M9D-XW4T-P8HC', serial: '3f9a12cd', expires_at_ms: Date.now() + 14.5 * 60_000, is_stored: true }],
      links: [{ ...limited, serial: '3f9a12cd', uses: 1, expires_at_ms: Date.now() + 14.5 * 60_000 }],
    },
  },
  kicked: {
    ...open,
    party: {
      ...party,
      older_links_ask: true,
      undo: { name: 'Wiesław_1987', is_banned: false, until_ms: Date.now() + 9_000 },
      requests: [{ id: '0000000000000000000000000000000d', name: 'Öykü', since_ms: 1_700_000_000_000, link: null }],
      removed: [{ id: '0000000000000000000000000000000c', name: 'Wiesław_1987', is_banned: false, at_ms: 1_700_000_000_000 }],
      peers: [peer],
    },
  },
  moderator: {
    ...open,
    party: {
      ...party,
      is_host: false,
      role: 'moderator',
      admission: 'closed',
      undo: { name: 'Bo', is_banned: true, until_ms: Date.now() + 9_000 },
      removed: [{ id: '0000000000000000000000000000000b', name: 'Bo', is_banned: true, at_ms: 1_700_000_000_000 }],
      links: [{ ...limited, serial: '00c0ffee', made_by: 'Jonas', is_own: false, uses: null, fault: 'expired' }],
      peers: [peer, { ...peer, id: '3', name: 'Emil', virtual_ip: '10.66.41.8', is_host: true, role: 'owner' }],
    },
  },
  acting_owner: {
    ...open,
    party: { ...party, is_host: false, role: 'acting_owner', admission: 'ask', peers: [{ ...peer, is_muted: true }] },
  },
  guest: {
    ...open,
    party: { ...party, is_host: false, role: 'guest', peers: [{ ...peer, is_host: true, role: 'owner' }] },
  },
  relaying: {
    ...withPeers(peer, { ...peer, id: '3', name: 'Öykü' }),
    data_plane: {
      ...snapshot.data_plane,
      forwarded: [{ peers: [peer.id, '3'], kbits: 184, bytes: 7_300_000 }],
    },
  },
  long: {
    ...open,
    player_name: 'Mia-Magdalena-Maximiliane mit dem langen Namen',
    party: { ...party, name: 'Donnerstagabendzockrundenwiedervereinigungsparty', peers: friends.slice(0, 2) },
  },
  relayed: withPeers(relayed),
  hosted: { ...open, party: { ...party, peers: friends.slice(0, 2), host_hint: { code: 'friend', peer: 'Jonas' } } },
  degraded: withPeers(degraded, { ...peer, id: '3', name: 'Öykü' }),
  udp_blocked: {
    ...withPeers({
      ...relayed,
      situation: { ...byRelay, because: 'udp_blocked', retry_in_s: 0 },
      next_direct_try_at_ms: Date.now(),
    }),
    nat_type: 'unknown',
    network: {
      ...network,
      nat_summary: 'blocked',
      mapping_behaviour: null,
      filtering_behaviour: null,
      hairpinning: null,
      public_address: null,
      udp_is_blocked: true,
      port_mapping: { state: 'unavailable', fault: 'not_offered' },
    },
  },
  relay_down: {
    ...withPeers(peer, {
      ...relayed,
      id: '3',
      name: 'Öykü',
      situation: { ...byRelay, relay: 'ams-2 (Amsterdam)' },
    }),
    network: {
      ...network,
      port_mapping: { state: 'searching' },
      relays: [
        { ...relay, is_held: false, rtt_ms: null, fault: { code: 'relay_silent' } },
        { ...relay, name: 'ams-2', region: 'Amsterdam', rtt_ms: 19.2, load_percent: 58 },
      ],
    },
  },
  not_measured: {
    ...snapshot,
    nat_type: 'unknown',
    network: {
      ...network,
      nat_summary: null,
      mapping_behaviour: null,
      filtering_behaviour: null,
      hairpinning: null,
      public_address: null,
      port_mapping: { state: 'off' },
      relays: [],
    },
  },
  friends_16: crowd(16),
  friends_64: crowd(64),
  problems: troubled,
  no_driver: driverless,
  home_problems: { ...troubled, party: null, adapter: { state: 'closed' }, problems: troubled.problems.slice(1) },
  bad_setting: {
    ...snapshot,
    problems: [
      {
        code: 'bad_setting',
        key: 'udp_port',
        value: '70000',
        rule: { code: 'integer', min: 0, max: 65_535 },
        or_empty: false,
        severity: 'error',
        remedy: { code: 'change_setting' },
      },
    ],
  },
  running: { code: 'already_running' },
  broken: { code: 'data_dir', cause: { code: 'disk_full' } },
};
