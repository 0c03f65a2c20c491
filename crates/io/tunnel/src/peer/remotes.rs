//! Where a peer was seen, so that only a new place is reported.

use lanrage_party::Remote;

/// Remotes remembered per peer. More than the paths that are probed at a time is enough: a forgotten one is
/// only reported again.
const REMEMBERED: usize = 64;

/// The remotes at which a peer was authenticated lately.
pub(crate) struct Remotes {
    /// A ring.
    known: [Option<Remote>; REMEMBERED],
    /// The place of the remote that was seen last.
    latest: usize,
    /// The place that the next new remote takes.
    next: usize,
}

impl Default for Remotes {
    fn default() -> Self {
        Self { known: [None; REMEMBERED], latest: 0, next: 0 }
    }
}

impl Remotes {
    /// Where the last authenticated packet came from.
    pub(crate) fn latest(&self) -> Option<Remote> {
        self.known[self.latest]
    }

    /// Notes an authenticated packet. True if its address is none of those remembered.
    pub(crate) fn note(&mut self, from: Remote) -> bool {
        if self.known[self.latest] == Some(from) {
            return false;
        }
        if let Some(at) = self.known.iter().position(|known| *known == Some(from)) {
            self.latest = at;
            return false;
        }
        if self.next == self.latest && self.known[self.latest].is_some() {
            // The address in use is not the one to forget.
            self.next = (self.next + 1) % REMEMBERED;
        }
        self.known[self.next] = Some(from);
        self.latest = self.next;
        self.next = (self.next + 1) % REMEMBERED;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanrage_party::AllocationId;
    use std::net::SocketAddr;

    fn address(n: u16) -> Remote {
        SocketAddr::from(([192, 0, 2, 1], n)).into()
    }

    #[test]
    fn an_address_is_new_once_and_the_latest_one_is_known() {
        let mut remotes = Remotes::default();
        assert_eq!(remotes.latest(), None);
        assert!(remotes.note(address(1)) && remotes.note(address(2)));
        for _ in 0..100 {
            assert!(!remotes.note(address(1)) && !remotes.note(address(2)), "alternating paths are quiet");
        }
        assert_eq!(remotes.latest(), Some(address(2)));
    }

    #[test]
    fn an_address_in_use_is_not_forgotten_for_passing_ones() {
        let mut remotes = Remotes::default();
        remotes.note(address(0));
        for n in 1..1_000 {
            assert!(remotes.note(address(n)));
            assert!(!remotes.note(address(0)), "{n}");
        }
        assert!(remotes.note(address(1)), "the others are forgotten: memory is bounded");
    }

    #[test]
    fn an_address_by_another_way_is_another_remote() {
        let mut remotes = Remotes::default();
        let relayed = Remote::relayed(AllocationId(1), address(1).address);
        assert!(remotes.note(address(1)) && remotes.note(relayed));
        assert_eq!(remotes.latest(), Some(relayed));
        assert!(!remotes.note(address(1)));
        assert_eq!(remotes.latest(), Some(address(1)));
    }
}
