//! What goes in and out of a [`TurnClient`](super::TurnClient), in words.

use std::{net::SocketAddr, ops::Range, time::Instant};

use lanrage_party::facts::RelayFault;

use crate::turn::{IpFamily, Transport, TurnCredentials};

/// What a client is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnClientConfig {
    /// The server's address.
    pub server: SocketAddr,
    /// How it is reached.
    pub transport: Transport,
    /// Who we are to it.
    pub credentials: TurnCredentials,
    /// Of the relayed address, and so of the peers.
    pub family: IpFamily,
}

/// Another server that one sent us to (RFC 8489 §10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternate {
    /// Its address.
    pub server: SocketAddr,
    /// What its certificate is for, where that is another name than the first server's.
    pub domain: Option<String>,
}

/// What a datagram was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// A relayed payload. Not authenticated.
    Data {
        /// Who sent it to our relayed address.
        peer: SocketAddr,
        /// Where in the datagram it is.
        payload: Range<usize>,
    },
    /// The client's own affair, or something of the server that is of no use.
    Nothing,
    /// Not for this client: from elsewhere, no TURN, or the reply to no request of it.
    NotOurs,
}

/// Something that the owner of a client should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnEvent {
    /// There is an allocation. Peers that were added are being bound to it.
    Allocated {
        /// Our address on the relay: a relayed candidate.
        relayed: SocketAddr,
        /// Where the server sees us: a server-reflexive candidate.
        mapped: Option<SocketAddr>,
    },
    /// The server has not answered for 2 s. The allocation is kept, and asked for every second until it expires;
    /// what is sent over it may or may not arrive. Time for another relay, if there is one.
    Unresponsive,
    /// The server answers again, and has kept the allocation.
    Responsive,
    /// There is none, or none any more: framings and the relayed address are void.
    Failed {
        /// Why.
        failure: TurnFailure,
        /// When it is tried again, at most 30 s later.
        retry_at: Instant,
    },
    /// The server relays to and from this peer from now on. Its [`Framing`](crate::turn::Framing) became short,
    /// if the server has channels.
    PeerBound {
        /// The peer.
        peer: SocketAddr,
    },
    /// The server does not relay to this peer.
    PeerRefused {
        /// The peer.
        peer: SocketAddr,
        /// 403 if the server's rules forbid the address (RFC 8656 §19).
        code: u16,
        /// When it is asked again.
        retry_at: Instant,
    },
    /// The client is finished, by [`TurnClient::close`](super::TurnClient::close).
    Closed,
}

/// Why there is no allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TurnFailure {
    /// No answer.
    #[error("the relay does not answer")]
    Unreachable,
    /// The credentials are wrong or have expired: newer ones are needed.
    #[error("the relay does not accept the credentials")]
    Unauthorized,
    /// The user has as many allocations as it may have (486).
    #[error("the relay's limit per user is reached")]
    Quota,
    /// The server does not relay UDP (442).
    #[error("the relay does not relay UDP")]
    WithoutUdp,
    /// The server's rules do not let us use it (403).
    #[error("the relay's rules do not let us use it")]
    Forbidden,
    /// The server has no room (508).
    #[error("the relay is full")]
    Capacity,
    /// An older allocation is in the way and does not go at once (437).
    #[error("the relay has not yet freed an older allocation")]
    Occupied,
    /// The allocation disappeared: expired, the server restarted, or we have another address now (437).
    #[error("the relay forgot the allocation")]
    Lost,
    /// The server wants us to go to another one (300).
    #[error("the relay sends us away")]
    Redirected,
    /// Success without what success must have.
    #[error("the relay's reply makes no sense")]
    BadReply,
    /// Another error of RFC 8489 §14.8 or RFC 8656 §19.
    #[error("the relay refused with code {0}")]
    Refused(u16),
}

impl From<TurnFailure> for RelayFault {
    fn from(failure: TurnFailure) -> Self {
        match failure {
            TurnFailure::Unreachable => Self::RelaySilent,
            TurnFailure::Unauthorized => Self::RelayCredentials,
            TurnFailure::Quota => Self::RelayQuota,
            TurnFailure::WithoutUdp => Self::RelayWithoutUdp,
            TurnFailure::Forbidden => Self::RelayForbids,
            TurnFailure::Capacity => Self::RelayFull,
            TurnFailure::Occupied => Self::RelayOccupied,
            TurnFailure::Lost => Self::RelayForgot,
            TurnFailure::Redirected => Self::RelayRedirects,
            TurnFailure::BadReply => Self::RelayBadReply,
            TurnFailure::Refused(number) => Self::RelayRefused { number },
        }
    }
}

impl TurnFailure {
    pub(super) const fn of_code(code: u16) -> Self {
        match code {
            300 => Self::Redirected,
            401 | 438 | 441 => Self::Unauthorized,
            403 => Self::Forbidden,
            437 => Self::Occupied,
            442 => Self::WithoutUdp,
            486 => Self::Quota,
            508 => Self::Capacity,
            other => Self::Refused(other),
        }
    }
}

/// What a client is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnPhase {
    /// Asking for an allocation.
    Allocating,
    /// Between two tries.
    Waiting {
        /// When the next one begins.
        retry_at: Instant,
    },
    /// There is an allocation.
    Allocated {
        /// Our address on the relay.
        relayed: SocketAddr,
        /// Whether the server answers.
        responsive: bool,
    },
    /// Giving it back.
    Closing,
    /// Finished.
    Closed,
}

/// Why a peer cannot be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddPeerError {
    /// The allocation is of the other address family.
    #[error("the relayed address is of another family than the peer's")]
    Family,
    /// There are [`TURN_PEERS`](super::TURN_PEERS) already.
    #[error("too many peers on one relay")]
    Full,
    /// The client is closing.
    #[error("the relay is being left")]
    Closed,
}
