//! Where a peer is.

use std::time::Instant;

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::{Remote, facts::DropReason};

use crate::{
    datagram::{hop::Hop, relays::Relays},
    peer::remotes::Remotes,
};

/// Bytes that are sent to a peer a second time, by its second path: what five games of 60 packets/s take, and no more, as the
/// second path is often somebody's relay.
const SHARE: Rate = Rate { burst: 32 * 1024, per_second: 64 * 1024 };
/// Longer packets are no game's, and may not pass the second path, whose size nobody asked for.
const COPIED_BYTES: usize = 1_280;

/// The path to a peer: the remote that the engine selected, and those at which the peer was authenticated.
#[derive(Default)]
pub(super) struct Path {
    pub(super) selected: Option<Remote>,
    pub(super) seen: Remotes,
    second: Option<Second>,
}

/// Where the second copy of an express packet goes, while the selected path loses some.
struct Second {
    to: Remote,
    share: TokenBucket,
}

impl Path {
    /// The next hop on the selected path; while none is selected, on that to where the peer was authenticated last. None
    /// if it never was.
    pub(super) fn hop(&self, relays: &Relays) -> Option<Result<Hop, DropReason>> {
        self.selected.or_else(|| self.seen.latest()).map(|to| relays.hop(to))
    }

    /// The second copies go there from now on, or there are none. What was used of the share stays used.
    pub(super) fn set_second(&mut self, to: Option<Remote>) {
        match (&mut self.second, to) {
            (Some(second), Some(to)) => second.to = to,
            (second, to) => *second = to.map(|to| Second { to, share: TokenBucket::new(SHARE) }),
        }
    }

    /// Who gets the second copies, if there are any and the way is open.
    pub(super) fn second_hop(&self, relays: &Relays) -> Option<Hop> {
        self.second.as_ref().and_then(|second| relays.hop(second.to).ok())
    }

    /// Whether a packet of so many bytes may be copied: it takes so much of the share.
    pub(super) fn may_copy(&mut self, now: Instant, bytes: usize) -> bool {
        let second = self.second.as_mut().filter(|_| bytes <= COPIED_BYTES);
        second.is_some_and(|second| second.share.take(now, bytes as u64))
    }
}
