//! What a peer would begin that is not open to it, held back for a moment: a server may listen there that nobody has seen yet.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::Lane;
use parking_lot::Mutex;

use crate::{api::per_lane::PerLane, packet::routing::Incoming};

/// How often it is told that a peer reaches for what is not open to it, and the packet held back: often enough that each of a
/// game's ports is looked at, and rarely enough that a sweep of all ports fills no queue.
const REFUSALS: Rate = Rate { burst: 16, per_second: 8 };
/// Most packets that are held back; the one of longest ago makes room.
const PACKETS: usize = 8;
/// For so long a packet is still of use: whoever sent it waits for an answer about as long, and a computer that starts a game is
/// busy, so that its look comes late.
const USEFUL: Duration = Duration::from_secs(2);

/// What one peer would have begun. Each packet goes on by the thread that has held it, before what that thread lets through
/// later: so none overtakes another of its flow.
#[derive(Debug)]
pub(crate) struct HeldBack {
    /// Whether the lane's thread holds any: what is asked for each packet that passes.
    holds: PerLane<AtomicBool>,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    limit: TokenBucket,
    packets: VecDeque<Held>,
}

#[derive(Debug)]
struct Held {
    since: Instant,
    lane: Lane,
    packet: Released,
}

/// A packet that was held back, and what it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Released {
    pub(crate) incoming: Incoming,
    pub(crate) bytes: Box<[u8]>,
}

impl HeldBack {
    pub(crate) fn new() -> Self {
        let queue = Queue { limit: TokenBucket::new(REFUSALS), packets: VecDeque::new() };
        Self { holds: PerLane::default(), queue: Mutex::new(queue) }
    }

    /// Holds a packet back that the lane's thread has opened. False if there are too many: it is lost then, and nobody is told.
    pub(crate) fn hold(&self, lane: Lane, incoming: Incoming, packet: &[u8], now: Instant) -> bool {
        let mut queue = self.queue.lock();
        let is_held = queue.limit.take(now, 1);
        if is_held {
            if queue.packets.len() >= PACKETS {
                queue.packets.pop_front();
            }
            let packet = Released { incoming, bytes: packet.into() };
            queue.packets.push_back(Held { since: now, lane, packet });
            self.holds[lane].store(true, Relaxed);
        }
        is_held
    }

    /// Those of the lane's thread that are still of use and that `passes` lets through, in the order in which they came; the
    /// useful others stay. To be called by that thread alone.
    pub(crate) fn release(&self, lane: Lane, now: Instant, passes: impl Fn(&[u8]) -> bool) -> Vec<Released> {
        if !self.holds[lane].load(Relaxed) {
            return Vec::new();
        }
        let mut queue = self.queue.lock();
        let mut released = Vec::new();
        for held in std::mem::take(&mut queue.packets) {
            if now.saturating_duration_since(held.since) >= USEFUL {
                continue;
            }
            if held.lane == lane && passes(&held.packet.bytes) {
                released.push(held.packet);
            } else {
                queue.packets.push_back(held);
            }
        }
        self.holds[lane].store(queue.packets.iter().any(|held| held.lane == lane), Relaxed);
        released
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(released: Vec<Released>) -> Vec<Box<[u8]>> {
        released.into_iter().map(|packet| packet.bytes).collect()
    }

    #[test]
    fn a_packet_is_released_once_when_it_passes_and_only_while_it_is_of_use() {
        let (start, held) = (Instant::now(), HeldBack::new());
        let hold = |packet: &[u8]| held.hold(Lane::Bulk, Incoming::Unicast, packet, start);
        assert!(hold(b"one") && hold(b"two"));
        let one = |packet: &[u8]| packet == b"one";
        assert_eq!(bytes(held.release(Lane::Bulk, start, one)), [b"one".as_slice().into()]);
        assert!(held.release(Lane::Bulk, start, one).is_empty());
        assert!(
            held.release(Lane::Bulk, start + USEFUL, |_| true).is_empty(),
            "nobody waits for it any more"
        );
    }

    #[test]
    fn each_lane_releases_its_own_in_the_order_in_which_they_came() {
        let (start, held) = (Instant::now(), HeldBack::new());
        for (lane, packet) in [(Lane::Express, b"1"), (Lane::Bulk, b"2"), (Lane::Express, b"3")] {
            assert!(held.hold(lane, Incoming::Unicast, packet, start));
        }
        let one_and_three = [b"1".as_slice().into(), b"3".as_slice().into()];
        assert_eq!(bytes(held.release(Lane::Express, start, |_| true)), one_and_three);
        assert!(held.release(Lane::Express, start, |_| true).is_empty());
        assert_eq!(bytes(held.release(Lane::Bulk, start, |_| true)), [b"2".as_slice().into()]);
    }

    #[test]
    fn a_flood_takes_little_room_and_few_words() {
        let (start, held) = (Instant::now(), HeldBack::new());
        let hold = |n: &u32| held.hold(Lane::Express, Incoming::Unicast, &n.to_be_bytes(), start);
        let told = (0..10_000_u32).filter(hold).count();
        assert_eq!((told as u64, held.queue.lock().packets.len()), (REFUSALS.burst, PACKETS));
    }
}
