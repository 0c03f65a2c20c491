//! What a peer would begin that is not open to it, held back for a moment: a server may listen there that nobody has seen yet.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};

/// How often it is told that a peer reaches for what is not open to it, and the packet held back: often enough that each of a
/// game's ports is looked at, and rarely enough that a sweep of all ports fills no queue.
const REFUSALS: Rate = Rate { burst: 16, per_second: 8 };
/// Most packets that are held back; the one of longest ago makes room.
const PACKETS: usize = 8;
/// For so long a packet is still of use: whoever sent it waits for an answer about as long, and a computer that starts a game is
/// busy, so that its look comes late.
const USEFUL: Duration = Duration::from_secs(2);

/// What one peer would have begun.
#[derive(Debug)]
pub(crate) struct HeldBack {
    limit: TokenBucket,
    packets: VecDeque<(Instant, Box<[u8]>)>,
}

impl HeldBack {
    pub(crate) const fn new() -> Self {
        Self { limit: TokenBucket::new(REFUSALS), packets: VecDeque::new() }
    }

    /// Holds a packet back. False if there are too many: it is lost then, and nobody is told.
    pub(crate) fn hold(&mut self, packet: &[u8], now: Instant) -> bool {
        let is_held = self.limit.take(now, 1);
        if is_held {
            if self.packets.len() >= PACKETS {
                self.packets.pop_front();
            }
            self.packets.push_back((now, packet.into()));
        }
        is_held
    }

    /// Those that are still of use and that `passes` lets through; the useful others stay.
    pub(crate) fn release(&mut self, now: Instant, passes: impl Fn(&[u8]) -> bool) -> Vec<Box<[u8]>> {
        self.packets.retain(|(since, _)| now.saturating_duration_since(*since) < USEFUL);
        let (released, kept) =
            std::mem::take(&mut self.packets).into_iter().partition(|(_, packet)| passes(packet));
        self.packets = kept;
        let released: VecDeque<(Instant, Box<[u8]>)> = released;
        released.into_iter().map(|(_, packet)| packet).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_released_once_when_it_passes_and_only_while_it_is_of_use() {
        let start = Instant::now();
        let mut held = HeldBack::new();
        assert!(held.hold(b"one", start) && held.hold(b"two", start));
        assert_eq!(held.release(start, |packet| packet == b"one"), [b"one".as_slice().into()]);
        assert!(held.release(start, |packet| packet == b"one").is_empty());
        assert!(held.release(start + USEFUL, |_| true).is_empty(), "nobody waits for it any more");
    }

    #[test]
    fn a_flood_takes_little_room_and_few_words() {
        let start = Instant::now();
        let mut held = HeldBack::new();
        let told = (0..10_000_u32).filter(|n| held.hold(&n.to_be_bytes(), start)).count();
        assert_eq!((told as u64, held.packets.len()), (REFUSALS.burst, PACKETS));
    }
}
