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
  expires_at_ms: number | null, };

/**
 * How a peer's network treats its UDP traffic, in the classic words, derived from mapping and filtering
 * behaviour (RFC 5780 §4; RFC 4787 §4, §5).
 */
export type NatType = "open" | "full_cone" | "restricted_cone" | "port_restricted_cone" | "symmetric" | "unknown";

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
  /** The control plane. */
  control: ControlView,
  /** The virtual network device. */
  adapter: AdapterView,
  /** The party, while there is one. */
  party: PartyView | null,
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
  received_bytes: number, };

/** What the window may ask: arguments and answer of each command. */
export type Commands = {
  get_snapshot: { args: Record<string, never>, result: Snapshot },
  create_party: { args: { name: string }, result: null },
  join_party: { args: { link: string }, result: null },
  leave_party: { args: Record<string, never>, result: null },
  preview_invitation: { args: { link: string }, result: InvitationPreview },
  set_player_name: { args: { name: string }, result: null },
  copy_text: { args: { text: string }, result: null },
};

/** What the window is told unasked. */
export type Events = {
  snapshot: Snapshot,
  notice: Notice,
};
