use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::{Name, NatType, PeerId, UnixMillis, VirtualIp, WireGuardKey};

/// How packets to a peer travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, IntoStaticStr)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ConnectionType {
    /// No path is proven yet.
    #[default]
    Connecting,
    /// Straight to the peer.
    Direct,
    /// Through a relay.
    Relayed,
}

/// A member of a party.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Peer {
    /// Stable identity of the device.
    pub id: PeerId,
    /// The name the player chose.
    pub name: Name,
    /// WireGuard public key of this membership.
    pub public_key: WireGuardKey,
    /// The peer's lease.
    pub virtual_ip: VirtualIp,
    /// Where its datagrams come from, once a path is proven.
    pub endpoint: Option<SocketAddr>,
    /// Smoothed round-trip time in milliseconds, once measured.
    pub latency_ms: Option<f64>,
    /// How packets travel now.
    pub connection_type: ConnectionType,
    /// Its NAT type, as the peer measured it.
    pub nat_type: NatType,
    /// When it joined the party.
    pub joined_at: UnixMillis,
}
