//! What goes in and out of a [`TurnServer`](super::TurnServer), in words.

use std::{net::SocketAddr, ops::Range, time::Duration};

use lanrage_base::sources::Source;
use strum::{IntoStaticStr, VariantArray};

use super::PeerFilter;
use crate::turn::{IpFamily, Transport};

/// What identifies a client (RFC 8656 §2): the protocol, and both ends of its way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiveTuple {
    /// UDP, or a stream.
    pub transport: Transport,
    /// Where its datagrams come from.
    pub client: SocketAddr,
    /// Where they arrive: which of the server's sockets.
    pub server: SocketAddr,
}

/// An allocation, and with it the relay socket that the shell opens for it. Never used twice by a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AllocationId(pub(super) u64);

/// How a server behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnServerConfig {
    /// REALM, at most 127 characters; short is better, as it is in every refusal.
    pub realm: String,
    /// Whether relayed addresses of a family can be had.
    pub families: RelayFamilies,
    /// Whom clients may send to.
    pub peers: PeerFilter,
    /// How much of everything.
    pub limits: TurnLimits,
}

/// Which address families the shell can open relay sockets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayFamilies {
    /// IPv4.
    pub v4: bool,
    /// IPv6.
    pub v6: bool,
}

impl RelayFamilies {
    pub(super) const fn has(self, family: IpFamily) -> bool {
        match family {
            IpFamily::V4 => self.v4,
            IpFamily::V6 => self.v6,
        }
    }
}

/// The limits that keep one user from using up the server, and all users from using up the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnLimits {
    /// Allocations in all; further ones get 508.
    pub allocations: usize,
    /// Allocations per user id, whatever their credentials' expiry; further ones get 486.
    pub allocations_per_user: usize,
    /// Allocations of all users of one group together, where credentials name a group; further ones get 486.
    pub allocations_per_group: usize,
    /// Allocations per source, an IPv4 address or a /64 of IPv6, whoever the users are; further ones get 486. A source that
    /// is near ([`Source::is_near`]) may have four times as many.
    pub allocations_per_source: usize,
    /// Peer addresses with a permission, per allocation; further ones get 508.
    pub permissions: usize,
    /// Channels per allocation; further ones get 508.
    pub channels: usize,
    /// Payload per allocation and second, both directions together, in the long run. More is dropped. 0: any.
    pub bytes_per_second: u64,
    /// Payload of all allocations and second, both directions together. More is dropped, but of each allocation a share of
    /// it always goes: this divided by [`Self::allocations`]. 0: any.
    pub bytes_per_second_in_all: u64,
    /// Payload that may go at once after a pause.
    pub burst_bytes: u64,
    /// The longest lifetime that a client can get.
    pub longest_lifetime: Duration,
}

impl Default for TurnLimits {
    /// For a small server: 1,000 allocations, 8 per user, 4 MiB/s each, 1,000 Mbit/s in all.
    fn default() -> Self {
        Self {
            allocations: 1_000,
            allocations_per_user: 8,
            allocations_per_group: 256,
            allocations_per_source: 64,
            permissions: 256,
            channels: 256,
            bytes_per_second: 4 << 20,
            bytes_per_second_in_all: 1_000_000_000 / 8,
            burst_bytes: 4 << 20,
            longest_lifetime: Duration::from_secs(3_600),
        }
    }
}

impl TurnLimits {
    /// A /48 of IPv6 is as many sources as it likes, and has no more than one that is near.
    pub(super) const fn allocations_of_site(&self) -> usize {
        self.allocations_per_source.saturating_mul(4)
    }

    pub(super) const fn allocations_of(&self, source: Source) -> usize {
        if source.is_near() {
            self.allocations_per_source.saturating_mul(4)
        } else {
            self.allocations_per_source
        }
    }
}

/// What the shell has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnServerOutput {
    /// Send a datagram to a client, from the socket that its [`FiveTuple::server`] names.
    Transmit {
        /// Which way.
        tuple: FiveTuple,
        /// The datagram.
        datagram: Vec<u8>,
    },
    /// Open a UDP socket for an allocation and report with
    /// [`TurnServer::handle_relay`](super::TurnServer::handle_relay). Its port should be unpredictable
    /// (RFC 8656 §7.2).
    OpenRelay {
        /// For what.
        allocation: AllocationId,
        /// In which address family.
        family: IpFamily,
        /// On which port.
        port: PortWish,
        /// Whose it is: the address that the client reached is one that peers can reach as well, most likely.
        client: FiveTuple,
    },
    /// Close the socket of an allocation. Comes exactly once for each that was reported open.
    CloseRelay {
        /// Of what.
        allocation: AllocationId,
    },
}

/// What a client wants of the port of its relay socket (EVEN-PORT, RFC 8656 §18.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortWish {
    /// Any port.
    Any,
    /// An even one.
    Even,
    /// An even one, and the next above for another allocation. The socket of that is reported first.
    Pair(AllocationId),
}

/// Why a relay socket could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelayFailed {
    /// The machine has no address of this family.
    #[error("no relay socket can be opened in this address family")]
    Family,
    /// The system, or the range of ports, has none to give.
    #[error("no relay socket could be opened")]
    Capacity,
}

/// A client's payload on its way out: to be sent from the allocation's relay socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToPeer {
    /// Whose socket.
    pub allocation: AllocationId,
    /// To whom.
    pub peer: SocketAddr,
    /// Where in the client's datagram the payload is.
    pub payload: Range<usize>,
}

/// A peer's payload on its way in, wrapped in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToClient {
    /// Which way.
    pub tuple: FiveTuple,
    /// Where in the buffer the datagram is.
    pub datagram: Range<usize>,
}

/// Why something was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray, IntoStaticStr)]
#[repr(usize)]
#[strum(serialize_all = "snake_case")]
pub enum DropReason {
    /// Neither STUN, TURN nor ChannelData, or a broken one.
    Malformed,
    /// An answer to somebody unproven was suppressed, because its source gets too many.
    AnswerLimit,
    /// Payload from or for no allocation.
    NoAllocation,
    /// The client has not permitted this peer, or not any more.
    NoPermission,
    /// ChannelData on a channel that is not bound.
    NoChannel,
    /// The server's rules forbid this peer.
    ForbiddenPeer,
    /// The allocation's rate is used up.
    Rate,
    /// The rate of all allocations together is used up, and this one takes more than its share of it.
    TotalRate,
    /// A payload that cannot be wrapped.
    Framing,
}

impl DropReason {
    /// Every reason, for metrics.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its name among the metrics.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What a server has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TurnServerStats {
    /// Allocations now, and ports that are kept for one.
    pub allocations: usize,
    /// Allocations made so far.
    pub allocated: u64,
    /// Requests refused with an error code, but for 401 and 438 (which are how a login begins).
    pub refused: u64,
    /// Payloads from clients to peers.
    pub to_peer_packets: u64,
    /// Their bytes.
    pub to_peer_bytes: u64,
    /// Payloads from peers to clients.
    pub to_client_packets: u64,
    /// Their bytes.
    pub to_client_bytes: u64,
    pub(super) dropped: [u64; DropReason::ALL.len()],
}

impl TurnServerStats {
    /// Datagrams dropped for a reason.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped[reason as usize]
    }
}
