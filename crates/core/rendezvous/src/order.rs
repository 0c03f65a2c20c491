//! What is asked of the engines that carry items, and what they say.

use std::net::SocketAddrV4;

use crate::{ItemKey, SignedItem};

/// What carries items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// The BitTorrent DHT.
    Dht,
    /// Relays into the DHT over HTTPS. Asked too while the DHT does not serve us.
    Relays,
}

/// One question to an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookId(pub u32);

/// One item that is to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PutId(pub u32);

/// What is wanted of engines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Look for all replicas of an item. Answered by [`Event::Replica`] for each as it comes, and then by
    /// [`Event::LookEnded`]. Opens the engine, if it is not open.
    Look {
        /// Which question.
        id: LookId,
        /// Where.
        key: ItemKey,
        /// By which engine.
        engine: Engine,
    },
    /// Store an item. Answered by [`Event::PutEnded`]. Opens the engine, if it is not open.
    Put {
        /// Which.
        id: PutId,
        /// What.
        item: SignedItem,
        /// By which engine.
        engine: Engine,
    },
    /// Our network may be another: whatever is open is opened anew when it is wanted next, and what was asked is
    /// forgotten.
    Reopen,
    /// Nothing will be wanted of any engine for a minute or more: whatever is open ends. The next look or put wants it back.
    Rest,
}

impl Order {
    /// What is heard of an order that nobody took; `None` of one that is not answered.
    pub const fn refused(&self) -> Option<Event> {
        match self {
            Self::Look { id, .. } => Some(Event::LookEnded(*id)),
            Self::Put { id, .. } => Some(Event::PutEnded(*id, Err(PutFault::Gone))),
            Self::Reopen | Self::Rest => None,
        }
    }
}

/// What engines say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody holds this item.
    Replica(LookId, SignedItem),
    /// All that was found has been told.
    LookEnded(LookId),
    /// An item was stored, at one node at least, or was not.
    PutEnded(PutId, Result<(), PutFault>),
    /// Nodes of the DHT that answered, to be kept for the next start.
    Nodes(Vec<SocketAddrV4>),
}

/// Why an item was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutFault {
    /// No node was found.
    NoNodes,
    /// Nobody answered.
    NoAnswer,
    /// Whoever answered has an item with a greater number.
    Older,
    /// The engine is gone.
    Gone,
}
