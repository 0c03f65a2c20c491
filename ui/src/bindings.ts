// Written by `cargo test -p lanrage bindings` from the Rust types. Do not edit.

/**
 * Why there is no virtual network adapter.
 */
export type AdapterFault = { "code": "adapter_permission",
  /** Who says so. */
  by: PermissionTrouble, } | { "code": "adapter_helper",
  /** What it does instead. */
  trouble: HelperTrouble,
  /** What is wrong with what was asked of it; of no meaning where it is off. */
  cause: Cause, } | { "code": "adapter_driver" } | { "code": "adapter_name",
  /** What is wrong with the name. */
  trouble: NameTrouble,
  /** The name. */
  name: string, } | { "code": "adapter_address",
  /** What is wrong with the address. */
  trouble: AddressTrouble,
  /** The address. */
  address: string,
  /** The interface that has the address, or the network in which it is not. */
  place: string, } | { "code": "adapter_subnet",
  /** The party's network. */
  subnet: string,
  /** The network in the way. */
  route: string,
  /** The interface that leads there. */
  interface: string, } | { "code": "adapter_resolver",
  /** The party's network. */
  subnet: string,
  /** The name server's address. */
  address: string, } | { "code": "adapter_endpoint",
  /** The party's network. */
  subnet: string,
  /** The address. */
  address: string,
  /** What it is used as. */
  used_as: EndpointUse, } | { "code": "adapter_route",
  /** The destination. */
  route: string,
  /** Why. */
  cause: Cause, } | { "code": "adapter_failed",
  /** Why. */
  cause: Cause, } | { "code": "adapter_stripped",
  /** What it takes. */
  part: LostPart, } | { "code": "adapter_bypassed",
  /** The destination. */
  route: string,
  /** The interface that they leave through. */
  interface: string, } | { "code": "adapter_forbidden",
  /** The destination. */
  route: string, } | { "code": "adapter_blocked",
  /** Which do not. */
  way: BlockedWay, } | { "code": "adapter_searches",
  /** Where it does not go. */
  trouble: SearchTrouble, } | { "code": "adapter_lost",
  /** Why. */
  cause: Cause, };

/**
 * State of the virtual network device.
 */
export type AdapterView = { "state": "closed" } | { "state": "open",
  /** Name of the interface. */
  name: string,
  /** Whether packets pass it, by a test; `None` until there was one, and while it is not certain. */
  works: boolean | null, } | { "state": "unavailable",
  /** Why. */
  fault: AdapterFault,
  /** What the user can do. */
  remedy: Remedy,
  /** Wall-clock time of the next try (Unix milliseconds). */
  retry_at_ms: number, };

/**
 * What is wrong with an adapter's address.
 */
export type AddressTrouble = "in_use" | "outside";

/**
 * Who may become a member by the link alone.
 */
export type Admission = "open" | "ask" | "closed";

/**
 * A backup.
 */
export type BackupView = {
  /** The file. */
  path: string,
  /** When it was made (Unix milliseconds). */
  made_at_ms: number, };

/**
 * Which packets do not pass the adapter.
 */
export type BlockedWay = "out" | "in" | "unasked";

/**
 * Why the system, a library or the other end of a connection failed. What it said in its own words is for the log, and
 * whoever makes a cause of it writes it there.
 */
export type Cause = { "code": "missing" } | { "code": "not_allowed" } | { "code": "read_only" } | { "code": "disk_full" } | { "code": "in_use" } | { "code": "already_there" } | { "code": "wrong_kind" } | { "code": "out_of_memory" } | { "code": "too_many_open" } | { "code": "port_in_use" } | { "code": "no_such_address" } | { "code": "connection_refused" } | { "code": "no_route" } | { "code": "connection_broken" } | { "code": "connection_closed" } | { "code": "too_slow" } | { "code": "not_supported" } | { "code": "no_address" } | { "code": "no_tls" } | { "code": "tls_closed" } | { "code": "certificate_unknown" } | { "code": "certificate_expired" } | { "code": "certificate_early" } | { "code": "certificate_of_other" } | { "code": "certificate_bad" } | { "code": "tls_failed" } | { "code": "proxy_unreachable",
  /** The proxy's host and port. */
  proxy: string, } | { "code": "proxy_wants_password",
  /** The proxy's host and port. */
  proxy: string, } | { "code": "proxy_forbids",
  /** The proxy's host and port. */
  proxy: string, } | { "code": "proxy_fails",
  /** The proxy's host and port. */
  proxy: string, } | { "code": "no_proxy",
  /** Its host and port. */
  proxy: string, } | { "code": "no_web_socket" } | { "code": "too_large" } | { "code": "too_often" } | { "code": "bad_message" } | { "code": "no_room" } | { "code": "not_json",
  /** Where it ends to be, from 1. */
  line: number,
  /** Where in that line, from 1. */
  column: number, } | { "code": "other_json",
  /** Where it ends to be, from 1. */
  line: number,
  /** Where in that line, from 1. */
  column: number, } | { "code": "bad_content" } | { "code": "empty" } | { "code": "hash_unreadable" } | { "code": "hash_differs" } | { "code": "database_locked" } | { "code": "database_damaged" } | { "code": "database_cut" } | { "code": "database_foreign" } | { "code": "database_gone" } | { "code": "database_newer",
  /** The first migration that this program does not know. */
  found: string, } | { "code": "database_failed",
  /** The result code (<https://sqlite.org/rescode.html>). */
  number: number, } | { "code": "keyring_absent" } | { "code": "keyring_locked" } | { "code": "keyring_forgets" } | { "code": "keyring_failed" } | { "code": "secret_missing",
  /** The key's name. */
  name: string,
  /** The file to be removed by whoever does without it. */
  path: string, } | { "code": "secret_damaged",
  /** The key's name. */
  name: string, } | { "code": "no_home" } | { "code": "open_to_all" } | { "code": "bad_name" } | { "code": "bad_address" } | { "code": "bad_packet_size" } | { "code": "other_version" } | { "code": "other_namespace" } | { "code": "exit_code",
  /** What it ended with. */
  number: number, } | { "code": "killed" } | { "code": "system",
  /** The number: `errno`, or what Windows has for it. */
  number: number, } | { "code": "other" };

/**
 * How sure something is.
 */
export type Certainty = "unknown" | "likely" | "certain";

/**
 * Settings were changed.
 */
export type Changed = {
  /** Whether a change takes effect only when LANrage starts again. */
  restart_required: boolean, };

/**
 * Something that was said to the whole party.
 */
export type ChatLineView = {
  /** Tells it from all others. */
  id: string,
  /** The author's peer id. */
  peer: string,
  /** What they were called then. */
  name: string,
  /** Whether this device's player has said it. */
  is_own: boolean,
  /** When, by this device's clock (Unix milliseconds). */
  at_ms: number,
  /** What: one line of visible text. */
  text: string, };

/**
 * One thing that was judged.
 */
export type Check = {
  /** What was looked at. */
  code: Subject,
  /** How it is. */
  state: CheckState,
  /** What was found. */
  finding: Finding,
  /** What the user can do; `None` when there is nothing to do. */
  remedy: Remedy | null, };

/**
 * How something is.
 */
export type CheckState = "good" | "warning" | "bad" | "unknown";

/**
 * A short code that is being looked up.
 */
export type CodeSearchView = {
  /** Since when (Unix milliseconds). */
  since_ms: number, };

/**
 * A short code that leads to the party.
 */
export type CodeView = {
  /** The code, in groups. Whoever has it can join, as with a link. */
  code: string,
  /** The serial of the limited link behind it, by which it is revoked. */
  serial: string,
  /** When it stops to lead anywhere (Unix milliseconds). */
  expires_at_ms: number,
  /** Whether it lies in the public store, so that a friend finds it. */
  is_stored: boolean, };

/**
 * By which setting short codes cannot be used.
 */
export type CodesOff = "no_store" | "hidden";

/**
 * Why a command was refused.
 */
export type CommandError = { "code": "already_in_party" } | { "code": "not_in_party" } | { "code": "no_control_server" } | { "code": "nobody_answers",
  /** Why, as far as is known. */
  because: Unanswered, } | { "code": "cancelled" } | { "code": "reply_outside" } | { "code": "reply_not_a_link" } | { "code": "reply_damaged" } | { "code": "reply_version",
  /** The version of the reply's format. */
  version: number, } | { "code": "reply_to_another" } | { "code": "reply_expired" } | { "code": "reply_leads_nowhere" } | { "code": "reply_while_hidden" } | { "code": "removed_from_party" } | { "code": "not_let_in" } | { "code": "not_yours" } | { "code": "rulings_unheard" } | { "code": "nothing_said" } | { "code": "said_too_much" } | { "code": "nobody_asks" } | { "code": "asked_too_often" } | { "code": "bad_voice_link",
  /** How long it may be at most (bytes). */
  most: number, } | { "code": "voice_link_is_another" } | { "code": "voice_link_not_opened" } | { "code": "unknown_peer" } | { "code": "nothing_to_undo" } | { "code": "bad_game",
  /** What is wrong with it. */
  cause: GameFault, } | { "code": "bad_ports",
  /** Most that they can be. */
  most: number, } | { "code": "port_never_opened",
  /** Which. */
  port: number, } | { "code": "no_game_there" } | { "code": "game_not_started",
  /** The game. */
  game: string, } | { "code": "too_many_links",
  /** How many that are. */
  most: number, } | { "code": "unknown_link" } | { "code": "bad_uses",
  /** For how many at most. */
  most: number, } | { "code": "unusual_network",
  /** The party's network. */
  network: string, } | { "code": "no_address",
  /** Why there is none. */
  why: LeaseFault, } | { "code": "control_unreachable",
  /** Why. */
  why: ServerFault, } | { "code": "other_server" } | { "code": "same_server" } | { "code": "not_a_member" } | { "code": "still_a_member" } | { "code": "keys_missing" } | { "code": "keys_not_usable",
  /** Why. */
  cause: Cause, } | { "code": "no_free_subnet" } | { "code": "bad_party_id" } | { "code": "bad_name",
  /** Most bytes that a name has. */
  most_bytes: number, } | { "code": "bad_server" } | { "code": "bad_expiry",
  /** Most hours for which it can. */
  most_hours: number, } | { "code": "short_code" } | { "code": "code_mistyped" } | { "code": "code_unknown" } | { "code": "code_gone" } | { "code": "code_unanswered" } | { "code": "code_not_stored" } | { "code": "codes_off",
  /** By which. */
  because: CodesOff, } | { "code": "codes_too_often" } | { "code": "too_many_codes",
  /** How many that are. */
  most: number, } | { "code": "invitation_too_long" } | { "code": "invitation_not_a_link" } | { "code": "invitation_damaged" } | { "code": "invitation_version",
  /** The version of the link's format. */
  version: number, } | { "code": "invitation_expired" } | { "code": "invitation_used_up" } | { "code": "invitation_revoked" } | { "code": "invitation_not_valid" } | { "code": "bad_setting",
  /** The setting. */
  key: string,
  /** The value, as JSON. */
  value: string,
  /** What it must be. */
  rule: SettingRule,
  /** Whether it may be empty as well. */
  or_empty: boolean,
  /** Keys of the other settings that do not take theirs, joined by commas; `None` if there is no other. */
  others: string | null, } | { "code": "unknown_setting",
  /** The key. */
  key: string, } | { "code": "not_found",
  /** The name. */
  name: string, } | { "code": "unknown_favorite",
  /** What was given. */
  name: string, } | { "code": "not_an_export",
  /** What is wrong with it. */
  cause: ExportFault, } | { "code": "backup_exists",
  /** The file. */
  path: string, } | { "code": "not_a_backup",
  /** The file. */
  path: string,
  /** What is wrong with it. */
  cause: Cause, } | { "code": "backup_without_hash",
  /** The backup. */
  path: string, } | { "code": "database_newer",
  /** The first migration that this program does not know. */
  found: string, } | { "code": "database_damaged",
  /** Why. */
  cause: Cause, } | { "code": "database_failed",
  /** Why. */
  cause: Cause, } | { "code": "disk_full" } | { "code": "data_not_writable",
  /** Why. */
  cause: Cause, } | { "code": "bundle_not_written",
  /** Why. */
  cause: Cause, } | { "code": "file_not_written",
  /** Where. */
  path: string,
  /** What kept it from being written. */
  cause: Cause, } | { "code": "file_not_read",
  /** Where. */
  path: string,
  /** What kept it from being read. */
  cause: Cause, } | { "code": "version_not_told",
  /** Why. */
  cause: Cause, } | { "code": "version_not_signed" } | { "code": "page_not_opened",
  /** Which. */
  page: string, } | { "code": "bad_request",
  /** What is wrong with it. */
  cause: Cause, } | { "code": "other_version",
  /** The version of the one that runs. */
  running: string,
  /** The version of the one that asks. */
  asking: string, } | { "code": "stopped" } | { "code": "already_running" } | { "code": "data_dir",
  /** Why. */
  cause: Cause, } | { "code": "identity",
  /** Why. */
  cause: Cause, } | { "code": "database",
  /** Why. */
  cause: Cause, } | { "code": "socket",
  /** The port asked for. */
  port: string,
  /** Why. */
  cause: Cause, } | { "code": "clipboard",
  /** Why. */
  cause: Cause, } | { "code": "log_not_read",
  /** Why. */
  cause: Cause, } | { "code": "not_needed" } | { "code": "helper_missing" } | { "code": "setup_declined" } | { "code": "setup_failed",
  /** Why; `None` if nobody could be asked for permission. */
  cause: Cause | null,
  /** Does it by hand. */
  command: string, } | { "code": "unexpected",
  /** What was thrown. */
  detail: string, } | ServerRefusal;

/**
 * State of the connection to one peer.
 */
export type ConnectionState = "connecting" | "connected" | "degraded" | "reconnecting" | "failed";

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
  /** Why. */
  why: ServerFault,
  /** Wall-clock time of the next try (Unix milliseconds). */
  retry_at_ms: number, };

/**
 * What the data plane did with packets since the program started.
 */
export type DataPlaneView = {
  /** Packets and datagrams that were dropped, by reason; reasons with a count of zero are left out. */
  dropped: Array<DroppedPackets>,
  /** How long packets to friends were here until they were sent, in the lane of games. */
  express_waits: Array<Waits>,
  /** The same in the lane of everything else. */
  bulk_waits: Array<Waits>,
  /** What this device passes on for friends that do not reach each other straight. */
  forwarded: Array<ForwardedView>, };

/**
 * Size of the database, and its backups.
 */
export type DataSummary = {
  /** Size of the database. */
  size_bytes: number,
  /** Its backups, the newest first. */
  backups: Array<BackupView>, };

/**
 * Who says something first.
 */
export type DiscoveryKind = "ask" | "announce" | "mdns" | "address" | "relay";

/**
 * How a list of games on the LAN comes about.
 */
export type DiscoveryView = {
  /** In which way. */
  kind: DiscoveryKind,
  /** To which ports, and by which group; `None` where nobody knows. */
  ports: string | null, };

/**
 * Everything that was judged, in the order in which it is worth reading.
 */
export type DoctorReport = {
  /** The checks. */
  checks: Array<Check>, };

/**
 * A port on which something listens.
 */
export type DoorView = {
  /** The protocol. */
  transport: Transport,
  /** The port. */
  port: number,
  /** The game or the program that listens; `None` where it is the system's or another user's. */
  owner: string | null,
  /** Whether that is a game. */
  is_game: boolean,
  /** Whether friends reach it. */
  is_open: boolean,
  /** Whether nobody may open it but for whom is trusted with everything: remote login, shares and the like. */
  is_never_opened: boolean, };

/**
 * Why the data plane dropped a packet (inside the tunnel) or a datagram (outside). Each reason is counted by itself; none
 * is logged.
 */
export type DropReason = "malformed_datagram" | "oversized_datagram" | "unknown_datagram" | "unasked_stun" | "stun_flood" | "knock_flood" | "report_queue_full" | "receive_failed" | "no_party" | "unknown_peer" | "rate_limited" | "handshake_flood" | "unauthenticated" | "stale_handshake" | "no_session" | "replay" | "foreign_channel_data" | "malformed_channel_data" | "unknown_channel" | "forward_limit" | "relayed_stun" | "not_relayed" | "relay_queue_full" | "malformed_packet" | "ipv6" | "oversized_packet" | "foreign_source" | "foreign_destination" | "household_search" | "repeated_search" | "broadcast_storm" | "muted_broadcast" | "refused" | "no_device" | "unknown_destination" | "own_destination" | "reserved_protocol" | "malformed_offload" | "queue_delay" | "queue_full" | "pending_overflow" | "path_mtu_exceeded" | "device_refused" | "no_channel" | "relay_stream_full" | "no_socket" | "send_buffer_full" | "datagram_too_big" | "send_failed";

/**
 * Packets and datagrams dropped for one reason.
 */
export type DroppedPackets = {
  /** Why they were. */
  reason: DropReason,
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
  candidates: number,
  /** Tries to reach a friend that were too many for one address. */
  checks: number,
  /** Knocks of whoever has no link to the party, or of another day. */
  knocks: number, };

/**
 * What an address in the party's network is used as.
 */
export type EndpointUse = "gateway" | "control_server" | "stun_server" | "relay" | "connection";

/**
 * Why a text is no export of settings.
 */
export type ExportFault = { "code": "export_too_long",
  /** Most bytes that an export has. */
  most_bytes: number, } | { "code": "not_json",
  /** Where it ends to be, from 1. */
  line: number,
  /** Where in that line, from 1. */
  column: number, } | { "code": "no_export" } | { "code": "export_newer",
  /** The version of its format. */
  version: number, } | { "code": "export_field",
  /** The field. */
  field: string, };

/**
 * What is missing or wrong now.
 */
export type Fault = { "code": "log_not_written",
  /** Why. */
  cause: Cause, } | { "code": "not_kept",
  /** Why. */
  cause: Cause, } | { "code": "sockets_failed",
  /** Why. */
  cause: Cause, } | { "code": "clock_wrong",
  /** By how much it differs from the server's. */
  minutes: number, } | { "code": "control_disconnected",
  /** The server. */
  server: string,
  /** Why it cannot be reached. */
  why: ServerFault,
  /** Whether there is a party, which goes on. */
  in_party: boolean, } | { "code": "bad_setting",
  /** The setting. */
  key: string,
  /** Its value, as JSON. */
  value: string,
  /** What it must be. */
  rule: SettingRule,
  /** Whether it may be empty as well. */
  or_empty: boolean, } | { "code": "database_restored",
  /** What was wrong with it. */
  cause: Cause,
  /** The backup that was restored; `None` if there was none, so that settings start afresh. */
  backup: string | null,
  /** How many newer entries could still be read and were kept. */
  salvaged: number,
  /** The folder in which the damaged files are kept; `None` if there were none. */
  set_aside: string | null, } | { "code": "secrets_in_files",
  /** How many keys a working keyring did not take; 0 if the keyring cannot be used at all. */
  not_moved: number,
  /** Why not. */
  cause: Cause, } | { "code": "party_keys_missing",
  /** The party's name. */
  party: string, } | { "code": "party_not_restored",
  /** Why. */
  cause: Cause, } | AdapterFault | PeerRefusal;

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
 * Whose datagrams come in through a mapping (RFC 4787 §5).
 */
export type FilteringBehaviour = "endpoint_independent" | "not_port_dependent" | "address_dependent" | "address_and_port_dependent" | "unknown";

/**
 * What the doctor found.
 */
export type Finding = { "code": "not_running" } | { "code": "adapter_open",
  /** The name of its interface. */
  name: string, } | { "code": "adapter_tested",
  /** The name of its interface. */
  name: string, } | { "code": "adapter_opening" } | { "code": "adapter_closed" } | { "code": "permission_used" } | { "code": "permission_held" } | { "code": "helper_works" } | { "code": "helper_is_off" } | { "code": "permission_missing" } | { "code": "no_driver" } | { "code": "permission_untold" } | { "code": "server_connected",
  /** The server. */
  server: string,
  /** The proxy on the way. */
  proxy: string | null, } | { "code": "server_dialled",
  /** The server. */
  server: string, } | { "code": "server_disconnected",
  /** The server. */
  server: string,
  /** Why it cannot be reached. */
  why: ServerFault,
  /** The proxy on the way. */
  proxy: string | null, } | { "code": "server_not_used" } | { "code": "server_not_set" } | { "code": "server_answers",
  /** The server. */
  server: string,
  /** The proxy on the way. */
  proxy: string | null, } | { "code": "server_silent",
  /** The server. */
  server: string,
  /** Why. */
  cause: Cause, } | { "code": "store_not_used" } | { "code": "store_not_asked" } | { "code": "store",
  /** By what it is asked. */
  engine: StoreEngine,
  /** How many computers keep what this device has stored; `None` if it has stored nothing. */
  holders: number | null,
  /** How long ago a look came to its end (seconds); `None` if none did. */
  looked_s: number | null, } | { "code": "store_silent",
  /** By what it is asked. */
  engine: StoreEngine,
  /** How long ago a look came to its end (seconds); `None` if none did. */
  looked_s: number | null, } | { "code": "udp_blocked" } | { "code": "router_not_measured" } | { "code": "router_not_measurable",
  /** How it ended. */
  summary: NatSummary, } | { "code": "router",
  /** How it chooses ports. */
  mapping: MappingBehaviour,
  /** Whom it lets in. */
  filtering: FilteringBehaviour, } | { "code": "port_open",
  /** The address outside. */
  external: string, } | { "code": "port_searching" } | { "code": "port_not_wanted" } | { "code": "port_switched_off" } | { "code": "port_unavailable",
  /** Why it opens none. */
  fault: PortMappingFault, } | { "code": "relays",
  /** How many can. */
  usable: number,
  /** How many there are. */
  count: number,
  /** The nearest of those that can. */
  nearest: string,
  /** The round-trip time to it (milliseconds). */
  rtt_ms: number | null, } | { "code": "relays_fail",
  /** How many there are. */
  count: number,
  /** The nearest. */
  nearest: string,
  /** Why the nearest cannot be used. */
  fault: RelayFault, } | { "code": "relays_refuse",
  /** The friend. */
  peer: string, } | { "code": "no_relays" } | { "code": "no_relays_for_hiding" } | { "code": "packets_unmeasured" } | { "code": "packets_small",
  /** The friend at its end. */
  peer: string,
  /** Bytes of the largest packet. */
  bytes: number, } | { "code": "packets_good",
  /** Bytes of the largest packet that all carry. */
  bytes: number, } | { "code": "no_firewall" } | { "code": "ufw",
  /** The adapter that it should let through. */
  adapter: string, } | { "code": "firewalld",
  /** The adapter that it should let through. */
  adapter: string, } | { "code": "systems_firewall" } | { "code": "clock_agrees" } | { "code": "clock_not_compared" } | { "code": "keyring_works" } | { "code": "keyring_fails",
  /** Why not. */
  cause: Cause, } | { "code": "database_unreadable",
  /** Why not. */
  cause: Cause, } | { "code": "database_damaged",
  /** How many things are wrong with it; the log has them. */
  faults: number, } | { "code": "settings_refused",
  /** Their keys. */
  settings: Array<string>, } | { "code": "database_good",
  /** Its size (KiB). */
  kib: number, } | Fault;

/**
 * What a program can do about a verdict, when the player presses.
 */
export type Fix = { "code": "open_port",
  /** The friend. */
  peer: string,
  /** The port. */
  port: number,
  /** Whether it is one of TCP, not of UDP. */
  is_tcp: boolean, } | { "code": "let_games" } | { "code": "trust",
  /** The friend. */
  peer: string, } | { "code": "hear",
  /** The friend. */
  peer: string, } | { "code": "tell" } | { "code": "bring_searches",
  /** The game. */
  game: string, } | { "code": "start",
  /** The game. */
  game: string, } | { "code": "join",
  /** The game. */
  game: string,
  /** Where it is. */
  address: string, } | { "code": "copy_address",
  /** Where it is. */
  address: string, } | { "code": "copy_bind",
  /** The party's address of this computer. */
  address: string, } | { "code": "allow_games" } | { "code": "examine" };

/**
 * What is passed on between two friends.
 */
export type ForwardedView = {
  /** Their peer ids (32 hexadecimal digits). */
  peers: [string, string],
  /** How much in the last second, in both directions together (kbit/s). */
  kbits: number,
  /** How much since it began (bytes). */
  bytes: number, };

/**
 * Why a game is not seen.
 */
export type GameExplanation = {
  /** The game's slug. */
  slug: string,
  /** What it is called. */
  game: string,
  /** The friend's peer id. */
  peer: string,
  /** What they are called. */
  name: string,
  /** Whether this device hosts it, and the friend does not see it. */
  is_own: boolean,
  /** What is wrong, the likeliest cause first; never empty. */
  verdicts: Array<VerdictView>,
  /** What a player should know of the game. */
  hints: Array<Hint>, };

/**
 * Why something is no game's profile.
 */
export type GameFault = { "code": "game_ports" } | { "code": "game_program" } | { "code": "game_too_many" } | { "code": "game_never_opened" } | { "code": "game_twice",
  /** Its short name. */
  slug: string, } | { "code": "game_no_export" } | { "code": "game_malformed",
  /** The line, from 1. */
  line: number,
  /** The column, from 1. */
  column: number, } | { "code": "games_newer",
  /** The version of its format. */
  version: number, };

/**
 * Where a game that is known comes from.
 */
export type GameOrigin = "builtin" | "changed" | "mine" | "imported";

/**
 * How it is known what somebody plays.
 */
export type GameSource = "told" | "announced" | "answers";

/**
 * A game that somebody plays, or hosts.
 */
export type GameView = {
  /** By which name all know it. */
  slug: string,
  /** What it is called. */
  name: string,
  /** By whom this is known. */
  source: GameSource,
  /** Where, if it is hosted. */
  hosted: HostedView | null, };

/**
 * What the helper does instead of its work.
 */
export type HelperTrouble = "off" | "refused";

/**
 * What a player should know of a game.
 */
export type Hint = "same_version" | "same_mods" | "first_adapter" | "one_address" | "few_ports" | "steam_invite" | "needs_login" | "open_to_lan" | "host_first" | "direct_play" | "ipx" | "mesh" | "lan_server" | "after_party";

/**
 * Who should host the game, where not everybody can expect to reach everybody directly.
 */
export type HostHint = { "code": "you" } | { "code": "friend",
  /** The friend's name. */
  peer: string, };

/**
 * A game that somebody hosts. What its server says of itself can be shown as it is.
 */
export type HostedView = {
  /** Where it is reached: the player's address in the party, and the port. */
  address: string,
  /** What the host calls it. */
  title: string | null,
  /** The map. */
  map: string | null,
  /** The version of the game. */
  version: string | null,
  /** How many play. */
  players: number | null,
  /** How many can. */
  max_players: number | null,
  /** Whether it asks for a password. */
  is_locked: boolean,
  /** Whether it is known how the game is started into it. */
  can_join: boolean, };

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
  /** The network once more, if it is out of the ordinary: whoever joins is asked whether the party may have it. */
  unusual_network: string | null,
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
 * A party that this device is not in yet.
 */
export type JoiningView = {
  /** Its name, by the link. */
  party: string,
  /** Since when somebody is looked for (Unix milliseconds). */
  since_ms: number,
  /** What a member can be sent by chat, who then lets this device in; `None` where that leads nowhere. */
  reply: string | null,
  /** Whether it was sent: it is waited for half an hour. */
  is_replied: boolean, };

/**
 * Which values a setting takes.
 */
export type Kind = { "type": "boolean" } | { "type": "integer",
  /** The least. */
  min: number,
  /** The greatest. */
  max: number, } | { "type": "choice",
  /** The words. */
  choices: Array<string>, } | { "type": "language" } | { "type": "name" } | { "type": "control_endpoint" } | { "type": "access_key" } | { "type": "subnet" } | { "type": "adapter_name" } | { "type": "stun_servers" } | { "type": "dht_nodes" } | { "type": "pkarr_relays" };

/**
 * A game that is known.
 */
export type KnownGameView = {
  /** By which name all know it. */
  slug: string,
  /** What it is called. */
  name: string,
  /** The programs in which it is played. */
  programs: Array<string>,
  /** The programs that only host. */
  servers: Array<string>,
  /** What a host listens on: `udp 8303-8310`. */
  ports: Array<string>,
  /** Whether everybody who plays listens there. */
  is_mesh: boolean,
  /** How its list of games on the LAN comes about. */
  discovery: Array<DiscoveryView>,
  /** How its server is asked what it hosts; `None` where nobody knows. */
  query: string | null,
  /** Its numbers at Steam. */
  steam: Array<number>,
  /** How it is started into a game: each a list of words, the kind first. */
  launch: Array<Array<string>>,
  /** What a player should know of it. */
  hints: Array<Hint>,
  /** How sure the ports are. */
  ports_certainty: Certainty,
  /** How sure it is how its list comes about. */
  discovery_certainty: Certainty,
  /** How sure it is how it is started into a game. */
  launch_certainty: Certainty,
  /** Where it comes from. */
  origin: GameOrigin,
  /** Whether friends are told nothing of it. */
  is_hidden: boolean,
  /** Whether its search is let through to the party; `None` where it does not look for others by multicast DNS. */
  lets_search: boolean | null,
  /** Whether searches of friends come to the port where it is hosted; `None` where they can be brought nowhere. */
  brings_searches: boolean | null, };

/**
 * Why this device cannot have an address in a party's network.
 */
export type LeaseFault = { "code": "taken",
  /** The address. */
  address: string, } | { "code": "outside",
  /** The address. */
  address: string, } | { "code": "full" };

/**
 * How much of this computer friends reach who are trusted as friends.
 */
export type Level = "open" | "guarded" | "games" | "closed";

/**
 * Why a limited link does not let somebody in.
 */
export type LinkFault = "expired" | "used_up" | "revoked" | "not_valid";

/**
 * A limited link, as shown. The link itself is not among this: whoever has made it can have it made once more.
 */
export type LinkView = {
  /** Its serial (8 hexadecimal digits). */
  serial: string,
  /** Who has made it; the first digits of the id where nobody knows the name. */
  made_by: string,
  /** Whether this device has made it. */
  is_own: boolean,
  /** When it was made (Unix milliseconds), by the clock of whoever has. */
  made_at_ms: number,
  /** How many players it is good for; `None` for any number. */
  uses: number | null,
  /** When it stops being valid (Unix milliseconds); `None` for never. */
  expires_at_ms: number | null,
  /** Whether the owner or a moderator is asked each time. */
  needs_approval: boolean,
  /** Whether whoever comes by it is a guest, until they leave. */
  for_guests: boolean,
  /** Why it lets nobody in any more; `None` while it does. */
  fault: LinkFault | null,
  /** Who has come by it, in the order in which they came. */
  came: Array<string>, };

/**
 * What another program takes away from the adapter.
 */
export type LostPart = "address" | "routes" | "state" | "packet_size";

/**
 * A limited link was made.
 */
export type MadeLink = {
  /** The link. Whoever has it can join, as often as it is good for. */
  link: string,
  /** Its serial, by which it is revoked. */
  serial: string, };

/**
 * How the outside port of a mapping depends on whom we send to (RFC 4787 §4.1).
 */
export type MappingBehaviour = "no_translation" | "endpoint_independent" | "not_port_dependent" | "address_dependent" | "address_and_port_dependent" | "unknown";

/**
 * How friends who have a party's link find this device.
 */
export type Meeting = { "code": "server" } | { "code": "straight" } | { "code": "store",
  /** How many nodes hold the note; `None` until it is known. */
  holders: number | null, } | { "code": "link" } | { "code": "store_silent" } | { "code": "hidden" };

/**
 * What is wrong with an adapter's name.
 */
export type NameTrouble = "taken" | "invalid";

/**
 * How a measurement ended, without what was measured.
 */
export type NatSummary = "measured" | "blocked" | "offline" | "no_servers";

/**
 * How a peer's network treats its UDP traffic, in the classic words, derived from mapping and filtering
 * behaviour (RFC 5780 §4; RFC 4787 §4, §5).
 */
export type NatType = "open" | "full_cone" | "restricted_cone" | "port_restricted_cone" | "symmetric" | "unknown";

/**
 * The way to the internet, as measured, and who helps where there is no straight path.
 */
export type NetworkView = {
  /** How the last measurement of the router ended; `None` until there is one. */
  nat_summary: NatSummary | null,
  /** How the router chooses ports (RFC 4787 §4.1); `None` until measured. */
  mapping_behaviour: MappingBehaviour | null,
  /** Whom the router lets in (RFC 4787 §5); `None` until measured. */
  filtering_behaviour: FilteringBehaviour | null,
  /** Whether two devices behind it can meet at its outside address; `None` until measured. */
  hairpinning: boolean | null,
  /** Where the outside sees this device. */
  public_address: string | null,
  /** Nothing but TCP gets through. */
  udp_is_blocked: boolean,
  /** Friends learn no address of this device, and are reached by relays alone. */
  relay_only: boolean,
  /** The player pays for what passes the connection, so nothing is passed on for friends, though the settings allow it. */
  spares_connection: boolean,
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
  /** The id of the party in which it happened; `None` outside of any. */
  party: string | null, } & ({ "code": "peer_joined",
  /** The friend's name. */
  peer: string, } | { "code": "peer_left",
  /** The friend's name. */
  peer: string, } | { "code": "connected",
  /** The friend's name. */
  peer: string, } | { "code": "peer_away",
  /** The friend's name. */
  peer: string, } | { "code": "peer_back",
  /** The friend's name. */
  peer: string, } | { "code": "peer_renamed",
  /** The name before. */
  peer: string,
  /** The name now. */
  name: string, } | { "code": "now_host" } | { "code": "new_host",
  /** The friend's name. */
  peer: string, } | { "code": "reconnected",
  /** The friend's name. */
  peer: string,
  /** How long the silence was (seconds, to a tenth). */
  seconds: number, } | { "code": "moved_to_direct",
  /** The friend's name. */
  peer: string, } | { "code": "moved_to_relay",
  /** The friend's name. */
  peer: string, } | { "code": "game_opened",
  /** The friend's name. */
  peer: string,
  /** The game. */
  game: string, } | { "code": "said",
  /** The friend's name. */
  peer: string, } | { "code": "asked_ready",
  /** The friend's name. */
  peer: string, } | { "code": "everybody_ready" } | { "code": "reached",
  /** The friend's name. */
  peer: string,
  /** The port. */
  port: number, } | { "code": "wants_in",
  /** The name that they give themselves. */
  peer: string, } | { "code": "removed",
  /** The friend's name. */
  peer: string, } | { "code": "you_were_removed",
  /** The party's name. */
  party: string, } | { "code": "now_moderator" } | { "code": "new_version",
  /** Which. */
  version: string, } | { "code": "party_is_local" } | { "code": "own_flood",
  /** The UDP port that it sends from; 0 if it shows none. */
  port: number, } | { "code": "peer_flood",
  /** The friend's name. */
  peer: string,
  /** The UDP port that it sends from; 0 if it shows none. */
  port: number, } | PeerRefusal | CommandError);

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
  /** What stands in place of `lanrage://join/` in the web form of any link of it; `None` where its server has no page for that. */
  page: string | null,
  /** How friends who have the link find this device. */
  meeting: Meeting,
  /** What goes on in the public store by which friends find each other; `None` where it is not used. */
  store: StoreView | null,
  /** Who should host the game; `None` where any would do, and where it is not known. */
  host_hint: HostHint | null,
  /** What this device's player may do in it. */
  role: Role,
  /** Who may come in by the link. */
  admission: Admission,
  /** Whether links from before somebody was removed only ask, though the party is open: the present link lets in at once. */
  older_links_ask: boolean,
  /** Who has the link and waits to be let in, the one who waits longest first. */
  requests: Array<RequestView>,
  /** Who was kicked or banned, the last one first. */
  removed: Array<RemovedView>,
  /** The removal that can be taken back by one word, while that is a moment ago. */
  undo: UndoView | null,
  /** Limited links, the newest first. */
  links: Array<LinkView>,
  /** Short codes that this device has made and that let somebody in, the oldest first. */
  codes: Array<CodeView>,
  /** When it was made (Unix milliseconds). */
  created_at_ms: number,
  /** What this device's player plays and hosts, as friends are told. */
  games: Array<GameView>,
  /** What was said to the party, the oldest first: the last lines, for as long as somebody is there who has heard them. */
  chat: Array<ChatLineView>,
  /** Whether everybody is ready, while somebody asks or has a moment ago. */
  ready_check: ReadyCheckView | null,
  /** Where the party talks, as its owner or a moderator has pinned it. */
  voice: VoiceView | null,
  /** What friends reach of this computer. */
  shield: ShieldView,
  /** The friends, in the order they joined; this device is not among them. */
  peers: Array<PeerView>, };

/**
 * Why somebody whom the control server offered is not let in.
 */
export type PeerRefusal = { "code": "peer_of_other_party",
  /** The name that is claimed. */
  peer: string, } | { "code": "peer_forged",
  /** The name that is claimed. */
  peer: string, } | { "code": "peer_not_invited",
  /** The name that is claimed. */
  peer: string, } | { "code": "peer_replayed",
  /** The name that is claimed. */
  peer: string, } | { "code": "peer_address",
  /** The name that is claimed. */
  peer: string,
  /** The address that is claimed. */
  address: string, } | { "code": "party_full",
  /** The name that is claimed. */
  peer: string, } | { "code": "peer_removed",
  /** The name that is claimed. */
  peer: string, } | { "code": "peer_not_let_in",
  /** The name that is claimed. */
  peer: string, } | { "code": "peer_link",
  /** The name that is claimed. */
  peer: string, };

/**
 * A friend as shown.
 */
export type PeerView = {
  /** Peer id (32 hexadecimal digits). */
  id: string,
  /** Name; behind it the first digits of the id where another player's name looks the same. */
  name: string,
  /** Whether this peer is the party's host. */
  is_host: boolean,
  /** What it may do in the party. */
  role: Role,
  /** Whether what it sends to everybody is dropped on this device. */
  is_muted: boolean,
  /** Address in the party. */
  virtual_ip: string,
  /** State of the connection to it. */
  state: ConnectionState,
  /** How packets travel; with a peer that is away, how they travelled last. */
  connection_type: ConnectionType,
  /** What explains state and path. */
  situation: Situation,
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
  /** Whether packets of games go to it by a second way too, as the path loses some. */
  is_sent_twice: boolean,
  /** Largest packet that the path is known to carry (bytes). */
  mtu: number | null,
  /** When a direct path is tried for again, while a relay carries (Unix milliseconds). */
  next_direct_try_at_ms: number | null,
  /** Its NAT type. */
  nat_type: NatType,
  /** Whether it is there, by its own word or the control server's; `None` where nobody says. */
  online: boolean | null,
  /** How the player trusts it. */
  trust: Trust,
  /** When it was last here, while it is away by its own doing (Unix milliseconds). */
  away_since_ms: number | null,
  /** When it joined (Unix milliseconds). */
  joined_at_ms: number,
  /** From hearing of the peer to its first authenticated packet (milliseconds). */
  first_packet_ms: number | null,
  /** What they play and host: by their own word first, what is hosted before what is played; then what else was heard of. */
  games: Array<GameView>,
  /** What they answer to the check of the party; `None` where there is none, or they were not here. */
  readiness: Readiness | null,
  /** Packets and bytes inside the tunnel. */
  traffic: Traffic, };

/**
 * Who does not let this program create an adapter.
 */
export type PermissionTrouble = "system" | "away" | "forbidden" | "no_polkit" | "polkit_silent";

/**
 * A decision on ports.
 */
export type PortDecisionView = {
  /** The protocol. */
  transport: Transport,
  /** The first port. */
  first: number,
  /** The last port. */
  last: number,
  /** The peer id of the friend for whom it is; `None` for all. */
  peer: string | null,
  /** What that friend was called then. */
  name: string | null,
  /** Whether they are open, or closed though one of the user's programs listens. */
  is_open: boolean, };

/**
 * Why no port of the router is open.
 */
export type PortMappingFault = "no_router" | "not_offered" | "refused" | "no_address" | "second_router";

/**
 * The port that the router was asked to open.
 */
export type PortMappingView = { "state": "off" } | { "state": "searching" } | { "state": "open",
  /** The address outside. */
  external: string, } | { "state": "unavailable",
  /** Why. */
  fault: PortMappingFault, };

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
  /** How bad it is. */
  severity: Severity,
  /** What the user can do, if anything. */
  remedy: Remedy | null, } & ({ "code": "log_not_written",
  /** Why. */
  cause: Cause, } | { "code": "not_kept",
  /** Why. */
  cause: Cause, } | { "code": "sockets_failed",
  /** Why. */
  cause: Cause, } | { "code": "clock_wrong",
  /** By how much it differs from the server's. */
  minutes: number, } | { "code": "control_disconnected",
  /** The server. */
  server: string,
  /** Why it cannot be reached. */
  why: ServerFault,
  /** Whether there is a party, which goes on. */
  in_party: boolean, } | { "code": "bad_setting",
  /** The setting. */
  key: string,
  /** Its value, as JSON. */
  value: string,
  /** What it must be. */
  rule: SettingRule,
  /** Whether it may be empty as well. */
  or_empty: boolean, } | { "code": "database_restored",
  /** What was wrong with it. */
  cause: Cause,
  /** The backup that was restored; `None` if there was none, so that settings start afresh. */
  backup: string | null,
  /** How many newer entries could still be read and were kept. */
  salvaged: number,
  /** The folder in which the damaged files are kept; `None` if there were none. */
  set_aside: string | null, } | { "code": "secrets_in_files",
  /** How many keys a working keyring did not take; 0 if the keyring cannot be used at all. */
  not_moved: number,
  /** Why not. */
  cause: Cause, } | { "code": "party_keys_missing",
  /** The party's name. */
  party: string, } | { "code": "party_not_restored",
  /** Why. */
  cause: Cause, } | AdapterFault | PeerRefusal);

/**
 * What is known of a game.
 */
export type ProfileView = {
  /** Its name. */
  name: string,
  /** Names of its programs. */
  executables: Array<string>,
  /** The ports it plays on. */
  ports: Array<PortRangeView>,
  /** What else is remembered of it; where a profile is saved, `None` leaves it as it is. */
  extra: Record<string, unknown> | null, };

/**
 * How good a connection is for playing and talking.
 */
export type Quality = "bad" | "poor" | "fair" | "good" | "excellent";

/**
 * What somebody has answered to the question whether they are ready.
 */
export type Readiness = "waiting" | "not_yet" | "ready";

/**
 * How it is with a ready check.
 */
export type ReadyCheckState = "asking" | "everybody_ready" | "time_is_up";

/**
 * That somebody asks everybody whether they are ready, or has a moment ago.
 */
export type ReadyCheckView = {
  /** The peer id of who asks. */
  peer: string,
  /** Their name. */
  name: string,
  /** Whether this device's player asks. */
  is_own: boolean,
  /** How it is with it. */
  state: ReadyCheckState,
  /** What this device's player has answered. */
  own: Readiness,
  /** Until when answers are waited for (Unix milliseconds). */
  ends_at_ms: number, };

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
  /** Whether it can be entered again without a link: this device is still a member, and has the keys. */
  can_resume: boolean,
  /** Whether this device is still a member and its keys are not here: they were in no backup, or the keyring lost them. */
  keys_missing: boolean,
  /** When this device was last in it (Unix milliseconds). */
  last_active_at_ms: number,
  /** Whether the player wants it at hand. */
  is_favorite: boolean,
  /** The names of its other members as this device last heard of them, in the order in which they joined. */
  friends: Array<string>, };

/**
 * A port that a friend tried to reach and did not.
 */
export type RefusedView = {
  /** The friend's peer id. */
  peer: string,
  /** The friend's name. */
  name: string,
  /** The protocol. */
  transport: Transport,
  /** The port. */
  port: number,
  /** What listens there now; `None` where nothing does, or nothing that can be named. */
  owner: string | null,
  /** Whether nobody may open it. */
  is_never_opened: boolean,
  /** How often, as far as it was counted. */
  times: number,
  /** When it was last tried (Unix milliseconds). */
  at_ms: number, };

/**
 * Why a relay does not serve this device.
 */
export type RelayFault = { "code": "relay_silent" } | { "code": "relay_credentials" } | { "code": "relay_quota" } | { "code": "relay_full" } | { "code": "relay_occupied" } | { "code": "relay_forgot" } | { "code": "relay_redirects" } | { "code": "relay_without_udp" } | { "code": "relay_forbids" } | { "code": "relay_refuses_friends" } | { "code": "relay_bad_reply" } | { "code": "relay_refused",
  /** The error's number. */
  number: number, } | { "code": "relay_slow" } | { "code": "relay_stream",
  /** Why. */
  cause: Cause, };

/**
 * Why a relay has to carry the packets.
 */
export type RelayReason = "not_yet" | "udp_blocked" | "both_symmetric" | "symmetric_and_strict" | "symmetric_and_unknown";

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
  /** What is the matter with it, if something is. */
  fault: RelayFault | null, };

/**
 * What the user can do. A command to copy into a terminal is data.
 */
export type Remedy = { "code": "install_package" } | { "code": "start_with_sudo" } | { "code": "run_as_administrator" } | { "code": "start_helper",
  /** Starts it. */
  command: string, } | { "code": "set_up_helper",
  /** Sets it up. */
  command: string, } | { "code": "use_at_the_computer",
  /** Puts this user on the list. */
  command: string, } | { "code": "join_helper_users",
  /** Puts this user on the list. */
  command: string, } | { "code": "reset_adapter_name" } | { "code": "choose_adapter_name" } | { "code": "load_driver",
  /** Loads it. */
  command: string, } | { "code": "restart_computer" } | { "code": "install_driver" } | { "code": "free_adapter_name",
  /** Deletes one. */
  command: string, } | { "code": "close_other_copies" } | { "code": "remove_adapters" } | { "code": "close_other_copy" } | { "code": "join_again" } | { "code": "disconnect_vpn" } | { "code": "leave_adapter_alone" } | { "code": "exempt_party",
  /** The party's network. */
  network: string, } | { "code": "let_party_through",
  /** The adapter's name. */
  adapter: string,
  /** The party's network. */
  network: string, } | { "code": "other_network" } | { "code": "report_failure" } | { "code": "adapter_reopens" } | { "code": "make_room" } | { "code": "make_writable" } | { "code": "start_again" } | { "code": "send_link_again" } | { "code": "ask_for_link" } | { "code": "set_clock" } | { "code": "accept_server",
  /** Accepts it. */
  command: string, } | { "code": "check_connection" } | { "code": "check_server_address" } | { "code": "check_certificate" } | { "code": "check_settings" } | { "code": "change_setting" } | { "code": "change_settings" } | { "code": "unlock_keyring" } | { "code": "start_lanrage" } | { "code": "look_again" } | { "code": "enter_party" } | { "code": "enter_party_and_wait" } | { "code": "allow_games",
  /** Lets them through. */
  command: string, } | { "code": "allow_games_in_settings" } | { "code": "restart_lanrage" } | { "code": "restore_backup" } | { "code": "ask_operator" } | { "code": "allow_udp" } | { "code": "name_servers" } | { "code": "open_router" } | { "code": "switch_on_port_mapping" } | { "code": "map_ports" } | { "code": "relays_are_retried" } | { "code": "match_relay_secret" } | { "code": "raise_relay_quota" } | { "code": "add_relay" } | { "code": "change_relay_rules" } | { "code": "let_relay_reach_friends" } | { "code": "use_server_with_relays" } | { "code": "look_again_with_friend" } | { "code": "switch_off_tunnels" };

/**
 * Somebody who was removed from the party, as shown.
 */
export type RemovedView = {
  /** Peer id (32 hexadecimal digits). */
  id: string,
  /** What they were called then; the first digits of the id where nobody knows. */
  name: string,
  /** Whether for good. */
  is_banned: boolean,
  /** When (Unix milliseconds), by the clock of whoever did it. */
  at_ms: number, };

/**
 * Somebody who waits to be let in, as shown.
 */
export type RequestView = {
  /** Peer id (32 hexadecimal digits). */
  id: string,
  /** The name that they give themselves. */
  name: string,
  /** Since when (Unix milliseconds). */
  since_ms: number,
  /** The serial of the limited link that they show; `None` where they have the party's own. */
  link: string | null, };

/**
 * A backup was restored.
 */
export type Restored = {
  /** The backup that was made of what there was before: restoring it undoes this. */
  kept: BackupView,
  /** Whether a setting that is another now takes effect only when LANrage starts again. */
  restart_required: boolean,
  /** The parties that cannot be entered without a new link: their keys, which no backup has, are not on this device. */
  without_keys: Array<string>, };

/**
 * What somebody may do in a party.
 */
export type Role = "guest" | "member" | "moderator" | "acting_owner" | "owner";

/**
 * Who does not hear games' searches.
 */
export type SearchTrouble = "not_on_lan" | "not_in_party";

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
 * Why there is no session with the control server.
 */
export type ServerFault = { "code": "unknown_host",
  /** Why. */
  cause: Cause, } | { "code": "unreachable",
  /** Why. */
  cause: Cause, } | { "code": "timed_out" } | { "code": "http",
  /** The status of the answer. */
  status: number, } | { "code": "sign_in" } | { "code": "lost",
  /** Why. */
  cause: Cause, } | { "code": "ended" } | { "code": "silent" } | { "code": "refused",
  /** Why. */
  refusal: ServerRefusal, } | { "code": "other_server" } | { "code": "not_a_server" };

/**
 * What a control server refused, in the words of its protocol.
 */
export type ServerRefusal = { "code": "control_bad_frame" } | { "code": "control_unknown_message" } | { "code": "control_too_large" } | { "code": "control_protocol_version" } | { "code": "control_not_authenticated" } | { "code": "control_bad_signature" } | { "code": "control_wrong_server" } | { "code": "control_unsigned_leave" } | { "code": "control_unknown_party" } | { "code": "control_door_closed" } | { "code": "control_party_exists" } | { "code": "control_not_a_member" } | { "code": "control_peer_away" } | { "code": "control_party_full" } | { "code": "control_too_many_parties" } | { "code": "control_access_needed" } | { "code": "control_access_wrong" } | { "code": "control_banned" } | { "code": "control_device_parties" } | { "code": "control_address_parties" } | { "code": "control_lease_taken" } | { "code": "control_lease_fixed" } | { "code": "control_outside_subnet" } | { "code": "control_stale_record" } | { "code": "control_rate_limited" } | { "code": "control_server_full" } | { "code": "control_replaced" } | { "code": "control_timed_out" } | { "code": "control_stopping" } | { "code": "control_internal" } | { "code": "control_unknown" };

/**
 * What a setting's value must be; that an optional one may be empty as well is said beside it (`or_empty`).
 */
export type SettingRule = { "code": "boolean" } | { "code": "integer",
  /** The least. */
  min: number,
  /** The greatest. */
  max: number, } | { "code": "choice",
  /** The words. */
  choices: Array<string>, } | { "code": "language" } | { "code": "name",
  /** Most bytes that a name has. */
  most_bytes: number, } | { "code": "control_endpoint" } | { "code": "access_key",
  /** Fewest letters that one has. */
  least: number,
  /** Most. */
  most: number, } | { "code": "subnet" } | { "code": "adapter_name",
  /** Most letters that a name has. */
  most_letters: number, } | { "code": "servers",
  /** Most servers. */
  most: number, } | { "code": "web_addresses",
  /** Most of them. */
  most: number, };

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
  /** Its value, or the refused one that is stored; of a secret, that there is one. */
  value: unknown,
  /** Whether the value was chosen. */
  is_chosen: boolean,
  /** Whether the stored value is refused, so that the default is used. */
  is_refused: boolean,
  /** What a value must be. */
  rule: SettingRule,
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
 * What the user has decided of who reaches what.
 */
export type ShieldRulesView = {
  /** Who is trusted otherwise than friends are, by name. */
  trusted: Array<TrustedView>,
  /** Ports that are opened or closed, in the order in which it was decided. */
  ports: Array<PortDecisionView>, };

/**
 * What friends reach of this computer.
 */
export type ShieldView = {
  /** How much, by the settings. */
  level: Level,
  /** What listens cannot be seen on this system: at the level *guarded* all is open that may be, at *games* the ports of all
 * games. */
  is_blind: boolean,
  /** What listens on this computer, and whether friends reach it. */
  doors: Array<DoorView>,
  /** What friends tried to reach and did not, the last one first. */
  refused: Array<RefusedView>, };

/**
 * How it is with a friend, and why.
 */
export type Situation = { "code": "away",
  /** The friend's name. */
  peer: string, } | { "code": "left",
  /** The friend's name. */
  peer: string, } | { "code": "seeking",
  /** The friend's name. */
  peer: string, } | { "code": "direct_on_lan",
  /** The friend's name. */
  peer: string,
  /** Whether packets get lost on it. */
  loses_packets: boolean, } | { "code": "direct",
  /** The friend's name. */
  peer: string,
  /** Whether packets get lost on it. */
  loses_packets: boolean, } | { "code": "relayed",
  /** What people call the relay; `None` for one that is not known here. */
  relay: string | null,
  /** Why a relay has to. */
  because: RelayReason,
  /** Seconds until a direct path is tried for again; 0 while it is, `None` if the host shows the time itself. */
  retry_in_s: number | null,
  /** Whether packets get lost on it. */
  loses_packets: boolean, } | { "code": "reconnecting",
  /** The friend's name. */
  peer: string, } | { "code": "no_path",
  /** The friend's name. */
  peer: string,
  /** Why none was found. */
  because: Unreached,
  /** Seconds until the next try. */
  retry_in_s: number, };

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
  /** What the operator of the server in use tells everybody: a line that anybody may have written. */
  announcement: string | null,
  /** The virtual network device. */
  adapter: AdapterView,
  /** The party, while there is one. */
  party: PartyView | null,
  /** The party that a link leads to, while nobody of it has answered. */
  joining: JoiningView | null,
  /** The short code that is looked up, before there is a link to follow. */
  code_search: CodeSearchView | null,
  /** What the data plane could not deliver, and how long packets waited in it. */
  data_plane: DataPlaneView,
  /** What is missing or wrong now, worst first, each with what the user can do. */
  problems: Array<Problem>, };

/**
 * What somebody is to a party by a ruling. Whom no ruling is about is a member wherever the party is open.
 */
export type Standing = "member" | "moderator" | "kicked" | "banned";

/**
 * What to start.
 */
export type Start = { "kind": "program",
  /** File names. */
  files: Array<string>,
  /** The arguments. */
  arguments: Array<string>, } | { "kind": "url",
  /** The address. */
  url: string, };

/**
 * What the public store is asked by.
 */
export type StoreEngine = "dht" | "dht_and_relays";

/**
 * The public store by which friends find each other, as this device sees it. Nothing in here says where or what anything is.
 */
export type StoreView = {
  /** By what it is asked. */
  engine: StoreEngine,
  /** Whether it serves this device; `None` until this device has stored something. */
  serves: boolean | null,
  /** How many computers keep what this device stored last, if it serves. */
  holders: number | null,
  /** When a look came to its end last (Unix milliseconds). */
  looked_at_ms: number | null,
  /** When something was stored last (Unix milliseconds). */
  stored_at_ms: number | null,
  /** Whether this device looks after what is there of the party. */
  is_keeper: boolean, };

/**
 * What the doctor looks at.
 */
export type Subject = "adapter" | "permission" | "control_server" | "store" | "nat" | "port_mapping" | "relay" | "mtu" | "firewall" | "clock" | "keyring" | "database";

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
 * A transport protocol.
 */
export type Transport = "udp" | "tcp";

/**
 * How one friend is trusted, whatever party they are in.
 */
export type Trust = "full" | "friend" | "mute";

/**
 * Somebody who is trusted otherwise than friends are.
 */
export type TrustedView = {
  /** The peer id. */
  peer: string,
  /** What they were called when it was decided. */
  name: string,
  /** How they are trusted. */
  trust: Trust, };

/**
 * Why nobody of a party answers.
 */
export type Unanswered = "not_known" | "udp_blocked" | "one_symmetric" | "both_symmetric" | "symmetric_and_strict";

/**
 * A removal by this device's player that can still be taken back.
 */
export type UndoView = {
  /** What they are called. */
  name: string,
  /** Whether they were banned, not kicked. */
  is_banned: boolean,
  /** Until when (Unix milliseconds). */
  until_ms: number, };

/**
 * Why no path to a friend was found.
 */
export type Unreached = "no_answer" | "relays_refuse" | "no_answer_no_relay" | "udp_blocked" | "both_symmetric" | "symmetric_and_strict" | "symmetric_and_unknown";

/**
 * One reason why a game is not seen. `is_own` says that it lies on this computer and not on the friend's.
 */
export type Verdict = { "code": "not_connected",
  /** The friend. */
  peer: string, } | { "code": "relay_only",
  /** The game. */
  game: string, } | { "code": "no_adapter",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string, } | { "code": "muted",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string, } | { "code": "not_answering",
  /** The friend. */
  peer: string, } | { "code": "not_shared",
  /** The friend. */
  peer: string,
  /** The game. */
  game: string, } | { "code": "unseen",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string, } | { "code": "unknown_there",
  /** The friend. */
  peer: string,
  /** The game. */
  game: string, } | { "code": "not_running",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string, } | { "code": "port_taken",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string,
  /** Which port. */
  place: string,
  /** The program, where that may be told. */
  by: string | null, } | { "code": "not_hosting",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string, } | { "code": "loopback_only",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string,
  /** Which port. */
  place: string, } | { "code": "wrong_address",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string,
  /** Which port. */
  place: string,
  /** The party's address of whoever hosts. */
  address: string, } | { "code": "server_silent",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string,
  /** Which port. */
  place: string, } | { "code": "shield_closed",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string,
  /** Which port. */
  place: string, } | { "code": "firewall_drops",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string,
  /** Which port. */
  place: string, } | { "code": "not_reached",
  /** The friend. */
  peer: string,
  /** The game. */
  game: string,
  /** Which port. */
  place: string, } | { "code": "other_port",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string,
  /** Which port. */
  place: string,
  /** Those that lists ask. */
  listed: string, } | { "code": "answer_closed",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string,
  /** Which port. */
  place: string, } | { "code": "searches_lost",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string, } | { "code": "started_before",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string, } | { "code": "first_adapter",
  /** The game. */
  game: string,
  /** That adapter's address on this computer, where it is known and not the party's. */
  address: string | null, } | { "code": "other_version",
  /** The game. */
  game: string,
  /** The friend. */
  peer: string,
  /** The version here. */
  here: string,
  /** The version there. */
  there: string, } | { "code": "full",
  /** The game. */
  game: string, } | { "code": "needs_login",
  /** The game. */
  game: string, } | { "code": "direct_play",
  /** The game. */
  game: string, } | { "code": "ipx",
  /** The game. */
  game: string, } | { "code": "by_address",
  /** The game. */
  game: string, } | { "code": "not_told",
  /** The game. */
  game: string, } | { "code": "firewall_may_drop",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string, } | { "code": "not_opened",
  /** Where it lies. */
  is_own: boolean,
  /** The friend. */
  peer: string,
  /** The game. */
  game: string, } | { "code": "nothing_found",
  /** The game. */
  game: string, };

/**
 * A reason why a game is not seen.
 */
export type VerdictView = {
  /** What is wrong. */
  verdict: Verdict,
  /** What a program does about it when the player presses; `None` where only people can do something. */
  fix: Fix | null,
  /** What the player does about it by hand. */
  remedy: Remedy | null, };

/**
 * This program's version, and a newer one.
 */
export type VersionView = {
  /** This program's. */
  own: string,
  /** Whether this build knows anybody who tells it of newer ones. */
  is_told: boolean,
  /** The newest one, if it is newer. */
  newer: string | null,
  /** Where people get that one. */
  page: string | null, };

/**
 * Where a party talks.
 */
export type VoiceView = {
  /** What was pinned: one line of visible text. */
  text: string,
  /** The name of who has pinned it. */
  by: string,
  /** Whether it is an address of a voice program that may be opened. */
  can_open: boolean, };

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
  /** The invitation link, or the code. */
  link: string,
  /** The party's network as the preview names it, if it is out of the ordinary and the user takes it all the same. */
  accepted_network: string | null, }, answer: null },
  leave_party: { args: Record<string, never>, answer: null },
  pause_party: { args: Record<string, never>, answer: null },
  resume_party: { args: {
  /** The party's id. */
  party: string, }, answer: null },
  trust_server: { args: Record<string, never>, answer: null },
  preview_invitation: { args: {
  /** The invitation link. */
  link: string, }, answer: InvitationPreview },
  new_invitation: { args: {
  /** After how many hours it stops being valid; `None` for never. */
  expires_in_hours: number | null, }, answer: string },
  make_link: { args: {
  /** How many players it lets in; `None` for any number. */
  uses: number | null,
  /** After how many hours it stops being valid; `None` for never. */
  expires_in_hours: number | null,
  /** Whether the owner or a moderator is asked each time. */
  needs_approval: boolean,
  /** Whether whoever comes by it is a guest, until they leave. */
  for_guests: boolean, }, answer: MadeLink },
  make_code: { args: Record<string, never>, answer: CodeView },
  link_again: { args: {
  /** Its serial. */
  serial: string, }, answer: MadeLink },
  revoke_link: { args: {
  /** Its serial. */
  serial: string,
  /** Whether it lets nobody in from now on. */
  revoked: boolean, }, answer: null },
  set_standing: { args: {
  /** Their peer id. */
  peer: string,
  /** What from now on. */
  standing: Standing, }, answer: null },
  undo_removal: { args: Record<string, never>, answer: null },
  set_admission: { args: {
  /** Who. */
  admission: Admission, }, answer: null },
  hand_over: { args: {
  /** Their peer id. */
  peer: string, }, answer: null },
  ping: { args: {
  /** The friend's peer id. */
  peer: string, }, answer: number | null },
  say: { args: {
  /** What. */
  text: string, }, answer: null },
  ask_ready: { args: Record<string, never>, answer: null },
  answer_ready: { args: {
  /** Whether this player is. */
  is_ready: boolean, }, answer: null },
  pin_voice_link: { args: {
  /** What everybody sees: one line of at most 200 bytes. */
  text: string, }, answer: null },
  link_copied: { args: Record<string, never>, answer: null },
  reply_copied: { args: Record<string, never>, answer: null },
  take_reply: { args: {
  /** The reply, as it was copied. */
  reply: string, }, answer: null },
  run_doctor: { args: Record<string, never>, answer: DoctorReport },
  look_for_update: { args: Record<string, never>, answer: VersionView },
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
  /** What the user calls it; as its host, if empty. */
  name: string, }, answer: null },
  delete_favorite: { args: {
  /** Its URL, or its name. */
  url: string, }, answer: null },
  games: { args: Record<string, never>, answer: Array<KnownGameView> },
  save_game: { args: {
  /** Which; `None` for a new one. */
  slug: string | null,
  /** What it is called. */
  name: string,
  /** The programs in which it is played: file names, or `java with` and a part of an argument. */
  programs: Array<string>,
  /** The programs that only host. */
  servers: Array<string>,
  /** What a host listens on: `udp 8303-8310`. */
  ports: Array<string>, }, answer: null },
  hide_game: { args: {
  /** Which. */
  slug: string,
  /** Whether they are not. */
  hidden: boolean, }, answer: null },
  let_search: { args: {
  /** Which. */
  slug: string,
  /** Whether it is. */
  through: boolean, }, answer: null },
  bring_searches: { args: {
  /** Which. */
  slug: string,
  /** Whether they do. */
  bring: boolean, }, answer: null },
  reset_game: { args: {
  /** Which. */
  slug: string, }, answer: null },
  export_games: { args: Record<string, never>, answer: string },
  import_games: { args: {
  /** The export. */
  text: string, }, answer: number },
  ways_into_game: { args: {
  /** The friend's peer id. */
  peer: string,
  /** Where the game is, as [`HostedView`](crate::HostedView) says. */
  address: string, }, answer: Array<Start> },
  look_for_games: { args: Record<string, never>, answer: null },
  explain_game: { args: {
  /** The friend's peer id. */
  peer: string,
  /** The game's slug. */
  game: string,
  /** Whether this device hosts it, and the friend does not see it; else the friend hosts it. */
  is_own: boolean, }, answer: GameExplanation },
  mend_game: { args: {
  /** The friend's peer id. */
  peer: string,
  /** What they are called. */
  name: string,
  /** The game's slug. */
  game: string,
  /** What is to be done. */
  fix: Fix, }, answer: null },
  ways_to_start: { args: {
  /** The game's slug. */
  game: string, }, answer: Array<Start> },
  shield_rules: { args: Record<string, never>, answer: ShieldRulesView },
  trust_friend: { args: {
  /** The friend's peer id. */
  peer: string,
  /** What they are called, to be shown when they are not there. */
  name: string,
  /** How. */
  trust: Trust, }, answer: null },
  mute_broadcasts: { args: {
  /** Their peer id. */
  peer: string,
  /** Whether it is dropped from now on. */
  muted: boolean, }, answer: null },
  decide_ports: { args: {
  /** The protocol. */
  transport: Transport,
  /** The first port. */
  first: number,
  /** The last port. */
  last: number,
  /** The peer id of the friend for whom; `None` for all. */
  peer: string | null,
  /** What they are called; empty for all. */
  name: string,
  /** Whether they are open from now on, or closed. */
  is_open: boolean, }, answer: null },
  forget_ports: { args: {
  /** The protocol. */
  transport: Transport,
  /** The first port. */
  first: number,
  /** The last port. */
  last: number,
  /** The peer id of the friend for whom it was; `None` for all. */
  peer: string | null, }, answer: null },
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
  check: { args: Record<string, never>, answer: number },
  back_up: { args: {
  /** The file, as an absolute path. */
  path: string, }, answer: null },
  back_up_now: { args: Record<string, never>, answer: DataSummary },
  restore: { args: {
  /** The backup, as an absolute path. */
  path: string,
  /** Whether a backup is taken whose hash file is not beside it, so that nobody knows whether it is as it was made. */
  without_hash: boolean, }, answer: Restored },
};

/** What the window may ask of the desktop: arguments and answer of each request. */
export type DesktopRequests = {
  copy_text: { args: {
  /** The text. */
  text: string, }, answer: null },
  save_diagnostics: { args: Record<string, never>, answer: string },
  save_export: { args: Record<string, never>, answer: string | null },
  save_games: { args: Record<string, never>, answer: string | null },
  read_export: { args: Record<string, never>, answer: string | null },
  choose_backup: { args: Record<string, never>, answer: string | null },
  show_in_folder: { args: {
  /** What. */
  path: string, }, answer: null },
  open_update_page: { args: Record<string, never>, answer: null },
  open_voice_link: { args: {
  /** What they were shown. */
  text: string, }, answer: null },
  join_game: { args: {
  /** The friend's peer id. */
  peer: string,
  /** Where the game is. */
  address: string,
  /** What it is called. */
  game: string, }, answer: null },
  start_game: { args: {
  /** Its slug. */
  slug: string,
  /** What it is called. */
  game: string, }, answer: null },
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
  restart: { args: Record<string, never>, answer: null },
};

/** What the window is told unasked. */
export type Events = {
  snapshot: Snapshot,
  notice: Notice,
  log: Array<string>,
  link: null,
  close_asked: null,
};
