//! What goes in and out of a [`Finder`](super::Finder), in words.

use std::net::SocketAddr;

use lanrage_base::clock::UnixMillis;
use lanrage_party::{NatType, PeerId};

use crate::{Addresses, Order, PeerMark, Token};

/// A member that we have a session with, or ourselves, as the beacon will say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub peer: PeerId,
    /// Where, best first: of IPv4 the first three count, of IPv6 the first two.
    pub addresses: Addresses,
    /// Whether it is proven that a datagram from somebody whom it has never sent to arrives there.
    pub reachable: bool,
    /// Whether it forwards for others.
    pub relays: bool,
    /// What its router does.
    pub nat_type: NatType,
}

/// What the owner of a finder has to do or should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinderOutput {
    /// Have an engine do something; what it says goes to [`handle_event`](super::Finder::handle_event).
    Order(Order),
    /// Knock at somebody.
    Knock(Call),
    /// The DHT serves us, or does not any more. Said on change only.
    Health(Health),
}

/// Somebody to knock at. A claim of whoever has the party's secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who is said to be there.
    pub caller: Caller,
    /// At most five, none of them a place that nothing may be sent to.
    pub addresses: Vec<SocketAddr>,
    /// Whether it is said to hear strangers, so that its router needs no opening.
    pub reachable: bool,
    /// What its router is said to do; [`NatType::Unknown`] where nothing is said.
    pub nat_type: NatType,
}

/// Who is said to be somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    /// A member, by the beacon.
    Member(PeerMark),
    /// A newcomer, by the door.
    Newcomer(Token),
}

/// Whether the DHT serves us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Nothing has been stored yet.
    Unknown,
    /// What was stored last was read back from this many nodes: at least four.
    Well {
        /// So many nodes.
        holders: u8,
    },
    /// It does not.
    Unwell(Trouble),
}

/// Why the DHT does not serve us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No node was found: no way to the DHT, or none that UDP passes.
    NoNodes,
    /// Nobody answered for ten seconds.
    NoAnswer,
    /// What was stored could be read back from this many nodes only.
    FewHolders(u8),
    /// Somebody with the link has written numbers from far in the future at every place of the day.
    Frozen,
}

/// What a finder does, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FinderView {
    /// Whether the DHT serves us.
    pub health: Health,
    /// Whether relays are asked beside the DHT.
    pub asks_relays: bool,
    /// When a look last came to its end.
    pub looked: Option<UnixMillis>,
    /// When something was last stored.
    pub stored: Option<UnixMillis>,
    /// Whether we look after beacon and door.
    pub keeper: bool,
    /// Whether we look for a way in.
    pub searching: bool,
}
