use std::collections::{BTreeMap, BTreeSet};

use lanrage_party::{PeerId, Transport};

use crate::{Level, Trust};

/// What the user has decided of who reaches what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// For all friends.
    pub level: Level,
    /// For single ones, by identity: it holds in every party.
    pub trust: BTreeMap<PeerId, Trust>,
    /// For single ports.
    pub grants: Vec<Grant>,
    /// Whose programs are not heard when they send to everybody, by identity: in every party.
    pub muted: BTreeSet<PeerId>,
}

/// What the user has decided of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The protocol.
    pub transport: Transport,
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
    /// For whom; `None` for all friends.
    pub peer: Option<PeerId>,
    /// Whether they are open, or closed though a program of the user listens there.
    pub is_open: bool,
}

impl Rules {
    /// How a friend is trusted.
    pub fn trust(&self, peer: &PeerId) -> Trust {
        self.trust.get(peer).copied().unwrap_or_default()
    }
}
