//! Why the tunnel refuses what a host asks for.

use lanrage_party::VirtualIp;

/// Why a peer was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TunnelError {
    /// [`Tunnel::enter`](crate::Tunnel::enter) has not been called.
    #[error("not in a party")]
    NoParty,
    /// The key is this device's own, or another peer's.
    #[error("the WireGuard key belongs to somebody else in the party")]
    KeyTaken,
    /// The address is this device's own, or another peer's.
    #[error("{0} belongs to somebody else in the party")]
    AddressTaken(VirtualIp),
    /// The address is not in the party's network.
    #[error("{0} is outside the party's network")]
    AddressOutside(VirtualIp),
    /// The party has [`PEERS_PER_PARTY`](lanrage_party::limits::PEERS_PER_PARTY) peers already.
    #[error("the party is full")]
    Full,
}
