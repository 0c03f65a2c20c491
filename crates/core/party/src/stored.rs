//! What is kept of others and of networks for the next start.

use std::net::SocketAddr;

use crate::{NatType, PeerId, SignedRecord, UnixMillis};

/// A member of a party as last heard of, so that it can be reached before any server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPeer {
    /// The peer.
    pub peer: PeerId,
    /// What it says of itself. To be verified again: the file may have been changed.
    pub record: SignedRecord,
    /// Its NAT type, as last heard.
    pub nat_type: NatType,
    /// When it joined.
    pub joined_at: UnixMillis,
    /// Where its datagrams last came from.
    pub last_endpoint: Option<SocketAddr>,
    /// When it was last connected.
    pub last_seen: Option<UnixMillis>,
}

/// What was measured of a network's NAT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatResult {
    /// The network, in any words by which the caller knows it again.
    pub network: String,
    /// Its behaviour.
    pub nat_type: NatType,
    /// The address that a STUN server saw.
    pub public_endpoint: Option<SocketAddr>,
    /// When it was measured.
    pub measured_at: UnixMillis,
}
