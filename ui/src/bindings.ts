// Written by `cargo test -p lanrage bindings` from the Rust types. Do not edit.

/**
 * State of the virtual network device.
 */
export type AdapterView = { "state": "closed" } | { "state": "open",
  /** Name of the interface. */
  name: string, } | { "state": "unavailable",
  /** Why, in the user's words. */
  reason: string,
  /** What the user can do. */
  fix: string,
  /** Wall-clock time of the next try (Unix milliseconds). */
  retry_at_ms: number, };

/**
 * A backup.
 */
export type BackupView = {
  /** The file. */
  path: string,
  /** When it was made (Unix milliseconds). */
  made_at_ms: number, };

/**
 * Settings were changed.
 */
export type Changed = {
  /** Whether a change takes effect only when LANrage starts again. */
  restart_required: boolean, };

/**
 * One thing that was judged.
 */
export type Check = {
  /** Stable word for scripts and translations. */
  code: string,
  /** What was looked at, in a few words. */
  title: string,
  /** How it is. */
  state: CheckState,
  /** What was found, in one sentence. */
  result: string,
  /** What that means for playing, in one sentence. */
  meaning: string,
  /** What the user can do, in one sentence; empty when there is nothing to do. */
  fix: string, };

/**
 * How something is.
 */
export type CheckState = "good" | "warning" | "bad" | "unknown";

/**
 * Why a command was refused.
 */
export type CommandError = {
  /** Stable word for scripts and translations. */
  code: string,
  /** What is wrong and what to do, in the user's words. */
  text: string, };

/**
 * State of the connection to one peer.
 */
export type ConnectionState = "connecting" | "connected" | "degraded" | "reconnecting" | "failed" | "closed";

/**
 * How packets to a peer travel.
 */
export type ConnectionType = "connecting" | "direct" | "relayed";

/**
 * State of the control plane.
 */
export type ControlView = { "state": "local" } | { "state": "connecting",
  /** The server. */
  server: string, } | { "state": "connected",
  /** The server. */
  server: string, } | { "state": "disconnected",
  /** The server. */
  server: string,
  /** Why, in the user's words. */
  reason: string,
  /** Wall-clock time of the next try (Unix milliseconds). */
  retry_at_ms: number, };

/**
 * What the data plane did with packets since the program started.
 */
export type DataPlaneView = {
  /** Packets and datagrams that were dropped, by reason; none of which there was none. */
  dropped: Array<DroppedPackets>,
  /** How long packets to friends were here until they were sent, in the lane of games. */
  express_waits: Array<Waits>,
  /** The same in the lane of everything else. */
  bulk_waits: Array<Waits>, };

/**
 * Size of the database, and its backups.
 */
export type DataSummary = {
  /** Size of the database. */
  size_bytes: number,
  /** Its backups, the newest first. */
  backups: Array<BackupView>, };

/**
 * Everything that was judged, in the order in which it is worth reading.
 */
export type DoctorReport = {
  /** The checks. */
  checks: Array<Check>, };

/**
 * Packets and datagrams dropped for one reason.
 */
export type DroppedPackets = {
  /** Stable word for the reason, as `replay` or `broadcast_storm`. */
  reason: string,
  /** How many. */
  packets: number, };

/**
 * What came from outside and was dropped, counted since the party was entered.
 */
export type DroppedView = {
  /** Signals that were forged, replayed or malformed. */
  signals: number,
  /** STUN answers that nobody had asked for; since the start. */
  stun_answers: number,
  /** Probes that were malformed or answered nothing. */
  probes: number,
  /** Candidates that were unusable or too many. */
  candidates: number, };

/**
 * A favourite control server.
 */
export type FavoriteView = {
  /** Its URL. */
  url: string,
  /** What the user calls it. */
  name: string,
  /** When it was last used (Unix milliseconds). */
  last_used_at_ms: number | null, };

/**
 * What an invitation link says, for the question before joining.
 */
export type InvitationPreview = {
  /** The party's name. */
  party_name: string,
  /** Peer id of the player who made the party. */
  host_id: string,
  /** The party's network. */
  subnet: string,
  /** Its control servers. */
  control: Array<string>,
  /** When the link stops being valid (Unix milliseconds); `None` for never. */
  expires_at_ms: number | null,
  /** The host's name when the link was made, as whoever made it says; `None` where the link does not tell. */
  host_name: string | null,
  /** How many players were in the party when the link was made, as whoever made it says; `None` where the link
 * does not tell. */
  members: number | null, };

/**
 * Which values a setting takes.
 */
export type Kind = { "type": "boolean" } | { "type": "integer",
  /** The least. */
  min: number,
  /** The greatest. */
  max: number, } | { "type": "choice",
  /** The words. */
  choices: Array<string>, } | { "type": "language" } | { "type": "name" } | { "type": "control_endpoint" } | { "type": "subnet" } | { "type": "adapter_name" } | { "type": "stun_servers" };

/**
 * How a peer's network treats its UDP traffic, in the classic words, derived from mapping and filtering
 * behaviour (RFC 5780 §4; RFC 4787 §4, §5).
 */
export type NatType = "open" | "full_cone" | "restricted_cone" | "port_restricted_cone" | "symmetric" | "unknown";

/**
 * The way to the internet, as measured, and who helps where there is no straight path.
 */
export type NetworkView = {
  /** In plain words, what the router does to traffic; empty until something is known. */
  summary: string,
  /** How its ports are chosen (RFC 4787 §4.1), in one sentence; empty until measured. */
  mapping: string,
  /** Whom it lets in (RFC 4787 §5), in one sentence; empty until measured. */
  filtering: string,
  /** Whether two devices behind it can meet at its outside address; `None` until measured. */
  hairpinning: boolean | null,
  /** Where the outside sees this device. */
  public_address: string | null,
  /** Nothing but TCP gets through. */
  udp_is_blocked: boolean,
  /** The port that the router was asked to open. */
  port_mapping: PortMappingView,
  /** The relays on offer, nearest first. */
  relays: Array<RelayView>,
  /** What came from outside and was not believed. */
  dropped: DroppedView, };

/**
 * Something that happened, for a feed or a notification.
 */
export type Notice = {
  /** When (Unix milliseconds). */
  at_ms: number,
  /** Stable word for scripts and translations. */
  code: string,
  /** What happened, in one sentence. */
  text: string, };

/**
 * A party as shown.
 */
export type PartyView = {
  /** Identity of the party (32 hexadecimal digits). */
  id: string,
  /** Its name. */
  name: string,
  /** Whether this device made it. */
  is_host: boolean,
  /** This device's address in the party. */
  virtual_ip: string,
  /** The party's network. */
  subnet: string,
  /** The invitation link. Whoever has it can join. */
  invitation: string,
  /** When it was made (Unix milliseconds). */
  created_at_ms: number,
  /** The friends, in the order they joined; this device is not among them. */
  peers: Array<PeerView>, };

/**
 * A friend as shown.
 */
export type PeerView = {
  /** Peer id (32 hexadecimal digits). */
  id: string,
  /** Name. */
  name: string,
  /** Whether this peer is the party's host. */
  is_host: boolean,
  /** Address in the party. */
  virtual_ip: string,
  /** State of the connection to it. */
  state: ConnectionState,
  /** How packets travel. */
  connection_type: ConnectionType,
  /** One sentence that explains state and path. */
  explanation: string,
  /** Where its datagrams come from, once a path is proven. */
  endpoint: string | null,
  /** Smoothed round-trip time (milliseconds). */
  latency_ms: number | null,
  /** Mean deviation of the round-trip time (milliseconds). */
  jitter_ms: number | null,
  /** Share of probes lost recently, 0 to 1. */
  loss: number | null,
  /** How good the line is. */
  quality: Quality | null,
  /** Round-trip times of the last minute, one a second, oldest first (milliseconds); `None` where every probe
 * was lost. */
  history_ms: Array<number | null>,
  /** Largest packet that the path is known to carry (bytes). */
  mtu: number | null,
  /** When a direct path is tried for again, while a relay carries (Unix milliseconds). */
  next_direct_try_at_ms: number | null,
  /** Its NAT type. */
  nat_type: NatType,
  /** Whether the control server says it is there; `None` without a server. */
  online: boolean | null,
  /** When it joined (Unix milliseconds). */
  joined_at_ms: number,
  /** From hearing of the peer to its first authenticated packet (milliseconds). */
  first_packet_ms: number | null,
  /** Packets and bytes inside the tunnel. */
  traffic: Traffic, };

/**
 * The port that the router was asked to open.
 */
export type PortMappingView = { "state": "off" } | { "state": "searching" } | { "state": "open",
  /** The address outside. */
  external: string, } | { "state": "unavailable",
  /** Why, in the user's words. */
  reason: string, };

/**
 * Ports of a game.
 */
export type PortRangeView = {
  /** Whether they are TCP; UDP otherwise. */
  is_tcp: boolean,
  /** The first. */
  first: number,
  /** The last, included. */
  last: number, };

/**
 * Something that the user should know, with what can be done about it.
 */
export type Problem = {
  /** Stable word for scripts and translations. */
  code: string,
  /** How bad it is. */
  severity: Severity,
  /** What is wrong, in one sentence. */
  text: string,
  /** What the user can do, in one sentence; empty when there is nothing to do but wait. */
  fix: string, };

/**
 * What is known of a game.
 */
export type ProfileView = {
  /** Its name. */
  name: string,
  /** Names of its programs. */
  executables: Array<string>,
  /** The ports it plays on. */
  ports: Array<PortRangeView>, };

/**
 * How good a connection is for playing and talking.
 */
export type Quality = "bad" | "poor" | "fair" | "good" | "excellent";

/**
 * A party that this device is or was in.
 */
export type RecentPartyView = {
  /** Its id. */
  id: string,
  /** Its name. */
  name: string,
  /** Whether this device made it. */
  is_host: boolean,
  /** Whether this device is in it now, or will be at the next start. */
  is_active: boolean,
  /** Whether it can be entered again without a link: this device is still a member. */
  can_resume: boolean,
  /** When this device was last in it (Unix milliseconds). */
  last_active_at_ms: number,
  /** Whether the player wants it at hand. */
  is_favorite: boolean, };

/**
 * A relay as shown.
 */
export type RelayView = {
  /** Its name. */
  name: string,
  /** Where it stands; may be empty. */
  region: string,
  /** Round-trip time to it (milliseconds). */
  rtt_ms: number | null,
  /** Share of its capacity in use, 0 to 100. */
  load_percent: number,
  /** Whether it is held ready for the party. */
  is_held: boolean,
  /** What is the matter with it, in one sentence; empty if nothing. */
  trouble: string, };

/**
 * A saved set of settings.
 */
export type ServerConfigView = {
  /** Its name. */
  name: string,
  /** Whether it was the last one to be activated. */
  is_active: boolean,
  /** How many settings it has. */
  settings: number, };

/**
 * A setting with its declaration, all that is needed to show and change it.
 */
export type SettingView = {
  /** Its name. */
  key: string,
  /** Where it is shown. */
  group: string,
  /** Which values it takes, as JSON: `{"type": "integer", "min": …}`. */
  kind: Kind,
  /** Whether it may be left empty. */
  optional: boolean,
  /** Its value when nobody chose one. */
  default: unknown,
  /** Its value, or the refused one that is stored. */
  value: unknown,
  /** Whether the value was chosen. */
  is_chosen: boolean,
  /** What the value must be, if the stored one is refused. */
  fault: string | null,
  /** What a value must be, in words. */
  rule: string,
  /** Unit of a number. */
  unit: string | null,
  /** What it does. */
  doc: string,
  /** Whether a change takes effect only when LANrage starts again. */
  restart_required: boolean, };

/**
 * How bad a problem is.
 */
export type Severity = "error" | "warning";

/**
 * The whole state, as the window, the CLI and scripts see it. `revision` grows with every change, so that
 * whoever holds a snapshot and then hears of another knows which is newer.
 */
export type Snapshot = {
  /** Grows with every change. */
  revision: number,
  /** This device's peer id (32 hexadecimal digits). */
  peer_id: string,
  /** The player's name, as friends see it. */
  player_name: string,
  /** How this device's network treats its traffic. */
  nat_type: NatType,
  /** The way to the internet, and the relays. */
  network: NetworkView,
  /** The control plane. */
  control: ControlView,
  /** The virtual network device. */
  adapter: AdapterView,
  /** The party, while there is one. */
  party: PartyView | null,
  /** What the data plane could not deliver, and how long packets waited in it. */
  data_plane: DataPlaneView,
  /** What is missing or wrong now, worst first, each with what the user can do. */
  problems: Array<Problem>, };

/**
 * Packets and bytes exchanged with a friend since the connection began.
 */
export type Traffic = {
  /** Packets to the friend. */
  sent_packets: number,
  /** Bytes to the friend. */
  sent_bytes: number,
  /** Packets from the friend. */
  received_packets: number,
  /** Bytes from the friend. */
  received_bytes: number,
  /** Whether games have a lane of their own to the friend now. An older LANrage, or another WireGuard, has one lane. */
  has_express_lane: boolean,
  /** The part of the packets to the friend that went in it. */
  sent_express_packets: number,
  /** The part of the packets from the friend that came in it. */
  received_express_packets: number,
  /** The part of the bytes to the friend that went by a relay. */
  sent_relayed_bytes: number,
  /** The part of the bytes from the friend that came by a relay. */
  received_relayed_bytes: number, };

/**
 * Packets that waited about equally long.
 */
export type Waits = {
  /** They waited less than so long, and at least half of it (microseconds). From 32,768 on: or longer. */
  below_us: number,
  /** How many. */
  packets: number, };

/** What the window may ask of the engine: arguments and answer of each request. */
export type Requests = {
  status: { args: Record<string, never>, answer: Snapshot },
  create_party: { args: {
  /** Its name. */
  name: string, }, answer: null },
  join_party: { args: {
  /** The invitation link. */
  link: string, }, answer: null },
  leave_party: { args: Record<string, never>, answer: null },
  pause_party: { args: Record<string, never>, answer: null },
  resume_party: { args: {
  /** The party's id. */
  party: string, }, answer: null },
  preview_invitation: { args: {
  /** The invitation link. */
  link: string, }, answer: InvitationPreview },
  new_invitation: { args: {
  /** After how many hours it stops being valid; `None` for never. */
  expires_in_hours: number | null, }, answer: string },
  run_doctor: { args: Record<string, never>, answer: DoctorReport },
  export_diagnostics: { args: {
  /** The file, as an absolute path; in a folder the bundle gets a name of its own. */
  path: string, }, answer: string },
  settings: { args: Record<string, never>, answer: Array<SettingView> },
  set_settings: { args: {
  /** New values by key. */
  values: Record<string, unknown>, }, answer: Changed },
  set_text: { args: {
  /** The setting's key. */
  key: string,
  /** The value. */
  text: string, }, answer: Changed },
  reset_setting: { args: {
  /** The setting's key. */
  key: string, }, answer: Changed },
  reset_settings: { args: Record<string, never>, answer: Changed },
  export_settings: { args: Record<string, never>, answer: string },
  import_settings: { args: {
  /** The export. */
  text: string, }, answer: Changed },
  server_configs: { args: Record<string, never>, answer: Array<ServerConfigView> },
  save_server_config: { args: {
  /** The set's name. */
  name: string, }, answer: null },
  activate_server_config: { args: {
  /** The set's name. */
  name: string, }, answer: Changed },
  delete_server_config: { args: {
  /** The set's name. */
  name: string, }, answer: null },
  favorites: { args: Record<string, never>, answer: Array<FavoriteView> },
  save_favorite: { args: {
  /** Its URL. */
  url: string,
  /** What the user calls it. */
  name: string, }, answer: null },
  delete_favorite: { args: {
  /** Its URL. */
  url: string, }, answer: null },
  profiles: { args: Record<string, never>, answer: Array<ProfileView> },
  save_profile: { args: {
  /** The profile. */
  profile: ProfileView, }, answer: null },
  delete_profile: { args: {
  /** The game's name. */
  name: string, }, answer: null },
  recent_parties: { args: Record<string, never>, answer: Array<RecentPartyView> },
  set_favorite_party: { args: {
  /** The party's id. */
  party: string,
  /** Whether it is one from now on. */
  favorite: boolean, }, answer: null },
  forget_party: { args: {
  /** The party's id. */
  party: string, }, answer: null },
  summary: { args: Record<string, never>, answer: DataSummary },
  check: { args: Record<string, never>, answer: Array<string> },
  back_up: { args: {
  /** The file, as an absolute path. */
  path: string, }, answer: null },
  back_up_now: { args: Record<string, never>, answer: DataSummary },
  restore: { args: {
  /** The backup, as an absolute path. */
  path: string, }, answer: Changed },
};

/** What the window may ask of the desktop: arguments and answer of each request. */
export type DesktopRequests = {
  copy_text: { args: {
  /** The text. */
  text: string, }, answer: null },
  save_diagnostics: { args: Record<string, never>, answer: string },
  follow_log: { args: {
  /** Whether it begins. */
  on: boolean, }, answer: Array<string> },
  take_link: { args: Record<string, never>, answer: string | null },
  answer_close: { args: {
  /** Whether the party goes on without a window. */
  keep: boolean,
  /** Whether that is the answer from now on. */
  remember: boolean, }, answer: null },
  set_up_adapter: { args: Record<string, never>, answer: null },
};

/** What the window is told unasked. */
export type Events = {
  snapshot: Snapshot,
  notice: Notice,
  log: Array<string>,
  link: null,
  close_asked: null,
};
