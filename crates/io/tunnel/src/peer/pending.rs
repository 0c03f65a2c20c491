//! What waits for a session with a peer.

use std::collections::VecDeque;

use lanrage_party::limits::PENDING_PACKETS;

/// Packets that wait for a session, oldest first. Full policy: the oldest goes, its memory is reused.
#[derive(Default)]
pub(crate) struct PendingPackets {
    packets: VecDeque<Vec<u8>>,
}

impl PendingPackets {
    /// Keeps a copy. True if the oldest one was lost for it.
    pub(crate) fn push(&mut self, packet: &[u8]) -> bool {
        let full = self.packets.len() >= PENDING_PACKETS;
        let mut memory = if full { self.packets.pop_front() } else { None }.unwrap_or_default();
        memory.clear();
        memory.extend_from_slice(packet);
        self.packets.push_back(memory);
        full
    }

    pub(crate) fn pop(&mut self) -> Option<Vec<u8>> {
        self.packets.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_packets_are_kept_in_order() {
        let mut pending = PendingPackets::default();
        let lost = (0..PENDING_PACKETS as u8 + 3).filter(|n| pending.push(&[*n])).count();
        assert_eq!(lost, 3);
        let kept: Vec<u8> = std::iter::from_fn(|| pending.pop()).map(|packet| packet[0]).collect();
        assert_eq!(kept, (3..PENDING_PACKETS as u8 + 3).collect::<Vec<_>>());
    }
}
