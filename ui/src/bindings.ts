export type NatType = "open" | "full_cone" | "restricted_cone" | "port_restricted_cone" | "symmetric" | "unknown";
export type ConnectionType = "connecting" | "direct" | "relayed";
export type ControlView = { "state": "local" } | { "state": "connecting", server: string, } | { "state": "connected", server: string, } | { "state": "disconnected", server: string, reason: string, retry_at_ms: number, };
export type AdapterView = { "state": "closed" } | { "state": "open", name: string, } | { "state": "unavailable", reason: string, fix: string, retry_at_ms: number, };
export type Traffic = { sent_packets: number, sent_bytes: number, received_packets: number, received_bytes: number, };
export type ConnectionState = "connecting" | "connected" | "degraded" | "reconnecting" | "failed" | "closed";
export type PeerView = { id: string, name: string, is_host: boolean, virtual_ip: string, state: ConnectionState, connection_type: ConnectionType, explanation: string, endpoint: string | null, latency_ms: number | null, jitter_ms: number | null, loss: number | null, nat_type: NatType, online: boolean | null, joined_at_ms: number, first_packet_ms: number | null, traffic: Traffic, };
export type PartyView = { id: string, name: string, is_host: boolean, virtual_ip: string, subnet: string, invitation: string, created_at_ms: number, peers: Array<PeerView>, };
export type Severity = "error" | "warning";
export type Problem = { code: string, severity: Severity, text: string, fix: string, };
export type Notice = { at_ms: number, code: string, text: string, };
export type CommandError = { code: string, text: string, };
export type InvitationPreview = { party_name: string, host_id: string, subnet: string, control: Array<string>, expires_at_ms: number | null, };
export type Snapshot = { revision: number, peer_id: string, player_name: string, nat_type: NatType, control: ControlView, adapter: AdapterView, party: PartyView | null, problems: Array<Problem>, };
export type Commands = {
  get_snapshot: { args: {}, result: Snapshot },
  create_party: { args: { name: string }, result: null },
  join_party: { args: { link: string }, result: null },
  leave_party: { args: {}, result: null },
  preview_invitation: { args: { link: string }, result: InvitationPreview },
  set_player_name: { args: { name: string }, result: null },
  copy_text: { args: { text: string }, result: null },
};
export type Events = { snapshot: Snapshot, notice: Notice };
