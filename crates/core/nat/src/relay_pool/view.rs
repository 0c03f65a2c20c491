//! What goes in and out of a [`RelayPool`](super::RelayPool), in words.

use std::{
    net::SocketAddr,
    ops::Range,
    time::{Duration, Instant},
};

use lanrage_party::{
    AllocationId, PeerId, RelayTransport, Remote,
    facts::{Cause, RelayFault},
};

use crate::turn::{TurnCredentials, TurnFailure};

/// A relay that is offered, with its names looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedRelay {
    /// Name that stays the same across offers.
    pub name: String,
    /// Where it stands, for people.
    pub region: String,
    /// Share of its capacity in use, 0 to 100.
    pub load_percent: u8,
    /// How to reach it, best first within a transport; further ones than [`SERVERS`](super::SERVERS) are left out.
    pub servers: Vec<(RelayTransport, SocketAddr)>,
    /// The host of its `turns:` address: what its certificate must be for.
    pub tls_name: String,
    /// Who we are to it.
    pub credentials: TurnCredentials,
}

/// What the pool needs to know about a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerRelayInfo {
    /// Who.
    pub peer: PeerId,
    /// Where its datagrams can reach a relay from: its relayed, server-reflexive and public host candidates, and
    /// where an authenticated packet of it came from. Most important first.
    pub addresses: Vec<SocketAddr>,
    /// Its round trips to relays, by name, as it says.
    pub relay_rtts: Vec<(String, Duration)>,
}

/// What a datagram was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolReceived {
    /// Not for the pool.
    NotOurs,
    /// The pool's own affair.
    Consumed,
    /// A relayed payload. Not authenticated.
    Data {
        /// Where it came from, and by which allocation.
        from: Remote,
        /// Where in the datagram it is.
        payload: Range<usize>,
    },
}

/// What a relay's stream did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamInput<'a> {
    /// It stands.
    Connected,
    /// A whole message came: STUN or ChannelData.
    Message(&'a [u8]),
    /// It could not be made, or ended.
    Closed {
        /// Why.
        cause: &'a Cause,
    },
}

/// What the owner of a pool has to do or should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolOutput {
    /// Send a datagram over UDP.
    Transmit {
        /// To whom.
        to: SocketAddr,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// Connect a stream, and report what it does by [`RelayPool::handle_stream`](super::RelayPool::handle_stream).
    StreamConnect {
        /// For which allocation-to-be.
        allocation: AllocationId,
        /// [`RelayTransport::Tcp`] or [`RelayTransport::Tls`].
        transport: RelayTransport,
        /// Where to.
        server: SocketAddr,
        /// What the certificate must be for.
        server_name: String,
    },
    /// Send a message by a stream.
    StreamSend {
        /// Whose stream.
        allocation: AllocationId,
        /// The message, a multiple of 4 bytes.
        bytes: Vec<u8>,
    },
    /// Close a stream after what was sent before. Nothing more is expected of it.
    StreamClose {
        /// Whose stream.
        allocation: AllocationId,
    },
    /// An allocation can be used: there is a relayed candidate. Its channels follow.
    Opened {
        /// Its name from now on.
        allocation: AllocationId,
        /// The relay's address.
        server: SocketAddr,
        /// How it is reached.
        transport: RelayTransport,
        /// Our address on the relay.
        relayed: SocketAddr,
        /// The relay's name.
        relay: String,
    },
    /// An allocation that was opened is no more, and its channels with it.
    Closed {
        /// Which.
        allocation: AllocationId,
        /// Why.
        why: AllocationEnd,
    },
    /// The relay does not answer: paths by this allocation are suspect. It is kept for a while.
    Unresponsive {
        /// Which.
        allocation: AllocationId,
    },
    /// The relay answers again and has kept the allocation.
    Responsive {
        /// Which.
        allocation: AllocationId,
    },
    /// How a peer is reached by an allocation. Until this was said, it is not.
    Channel {
        /// Which allocation.
        allocation: AllocationId,
        /// The peer's address.
        peer: SocketAddr,
        /// The number to put in front (RFC 8656 §12.4); `None` if there is no channel (any more).
        channel: Option<u16>,
    },
    /// The relay sees us under this address, over UDP: a server-reflexive candidate. Said when it changes.
    ReflexiveAddress {
        /// Which server.
        server: SocketAddr,
        /// Where it sees us.
        address: SocketAddr,
    },
}

/// Why an allocation is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AllocationEnd {
    /// The relay gave it up, or was restarted.
    #[error("{0}")]
    Lost(TurnFailure),
    /// The relay did not answer any more.
    #[error("the relay does not answer")]
    Died,
    /// Its stream ended.
    #[error("the connection to the relay ended")]
    StreamEnded,
    /// Another allocation has taken its place.
    #[error("another relay, or another way to it, is better")]
    Replaced,
    /// The party was left, or the relay is not offered any more.
    #[error("the relay is not needed any more")]
    Left,
}

/// An allocation that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationView {
    /// Its name.
    pub id: AllocationId,
    /// The relay's name.
    pub relay: String,
    /// The relay's region.
    pub region: String,
    /// How it is reached.
    pub transport: RelayTransport,
    /// Our address on the relay.
    pub relayed: SocketAddr,
    /// Round trip to the relay, once measured.
    pub rtt: Option<Duration>,
    /// Whether the relay answers.
    pub responsive: bool,
    /// Whether it is about to be given up for another one.
    pub retiring: bool,
}

/// A relay, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayView {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub region: String,
    /// Round trip, smoothed, once measured.
    pub rtt: Option<Duration>,
    /// Share of its capacity in use, 0 to 100.
    pub load_percent: u8,
    /// What it is to us.
    pub state: RelayState,
}

/// What a relay is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayState {
    /// It has not answered yet, nor been waited for long enough.
    Measuring,
    /// It answers, and is not needed.
    Ready,
    /// An allocation is being made.
    Opening,
    /// An allocation is held.
    Held {
        /// How it is reached.
        transport: RelayTransport,
    },
    /// It does not serve us.
    Failed {
        /// Why.
        reason: RelayFault,
        /// When it is tried again; `None` if it is only when the network changes or a party is entered.
        retry_at: Option<Instant>,
    },
}
