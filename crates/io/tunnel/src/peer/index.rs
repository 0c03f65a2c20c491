//! How messages say whom they are for: WireGuard's receiver index has 32 bits. The upper 24 are ours to choose, the lower
//! 8 are boringtun's, a counter of the handshakes of one session.
//!
//! A peer's own number is even. The lowest bit of a session's number is its lane, so that a program in the kernel
//! (`io::steering`) can tell the lanes apart by one byte.

use lanrage_party::Lane;

/// Bits of boringtun's counter.
const COUNTER_BITS: u32 = 8;
const NUMBERS: u32 = u32::MAX >> COUNTER_BITS;

/// The number of a peer among all peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PeerIndex(u32);

/// The number of one of a peer's sessions among those of all peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionIndex(u32);

impl PeerIndex {
    /// The number of the `count`th peer; it is not used again before 8 million others were.
    pub(crate) const fn nth(count: u32) -> Self {
        Self(count << 1 & NUMBERS)
    }

    pub(crate) const fn session(self, lane: Lane) -> SessionIndex {
        SessionIndex(self.0 | lane as u32)
    }
}

impl SessionIndex {
    /// The session that a message with this receiver index is for.
    pub(crate) const fn of_receiver(receiver: u32) -> Self {
        Self(receiver >> COUNTER_BITS)
    }

    pub(crate) const fn peer(self) -> PeerIndex {
        PeerIndex(self.0 & !(Lane::Express as u32))
    }

    pub(crate) const fn lane(self) -> Lane {
        Lane::BOTH[(self.0 & Lane::Express as u32) as usize]
    }

    /// The 24 bits that boringtun takes.
    pub(crate) const fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_index_leads_to_the_peer_and_the_lane_that_it_was_made_for() {
        for count in [1, 2, 1_000, NUMBERS >> 1] {
            let peer = PeerIndex::nth(count);
            for lane in Lane::BOTH {
                let receiver = peer.session(lane).get() << COUNTER_BITS | 0xA5;
                let session = SessionIndex::of_receiver(receiver);
                assert_eq!((session.peer(), session.lane()), (peer, lane), "{count}");
            }
        }
        assert_eq!(PeerIndex::nth((NUMBERS >> 1) + 2), PeerIndex::nth(1), "24 bits, then from the beginning");
    }
}
