//! Where a peer is.

use lanrage_party::{Remote, facts::DropReason};

use crate::{
    datagram::{hop::Hop, relays::Relays},
    peer::remotes::Remotes,
};

/// The path to a peer: the remote that the engine selected, and those at which the peer was authenticated.
#[derive(Default)]
pub(super) struct Path {
    pub(super) selected: Option<Remote>,
    pub(super) seen: Remotes,
}

impl Path {
    /// The next hop on the selected path; while none is selected, on that to where the peer was authenticated last. None
    /// if it never was.
    pub(super) fn hop(&self, relays: &Relays) -> Option<Result<Hop, DropReason>> {
        self.selected.or_else(|| self.seen.latest()).map(|to| relays.hop(to))
    }
}
