//! Which packet for everybody has come before by another interface: a program that sends on each of them sends one search.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::{Duration, Instant},
};

use crate::packet::ipv4::Ipv4;

/// Implementation: packets that are remembered; an older one's repetition passes.
const REMEMBERED: usize = 64;
/// Implementation: interfaces that are told apart; the others count as one.
const INTERFACES: usize = 4;
/// Implementation: how long after the last one a packet is no repetition. A program goes through the interfaces in one
/// go, and two threads read what it sends.
const TOGETHER: Duration = Duration::from_millis(100);
/// Implementation: by how many packets one interface may be behind another.
const BEHIND: u32 = 4;

/// Remembers packets for a short while. Of each, as many pass as the interface that brings most has brought.
pub(crate) struct Repeats {
    seed: RandomState,
    seen: [Option<Seen>; REMEMBERED],
    next: usize,
}

#[derive(Clone, Copy)]
struct Seen {
    hash: u64,
    last: Instant,
    /// How many have passed.
    passed: u32,
    by: [(u32, u32); INTERFACES],
}

impl Repeats {
    pub(crate) fn new() -> Self {
        Self { seed: RandomState::new(), seen: [None; REMEMBERED], next: 0 }
    }

    /// Whether a packet that left by this interface (0 stands for the device itself) was here by another.
    pub(crate) fn is_repeat(&mut self, packet: &[u8], interface: u32, now: Instant) -> bool {
        let Some(hash) = self.hash(packet) else { return false };
        let known = self
            .seen
            .iter_mut()
            .flatten()
            .find(|seen| seen.hash == hash && now.saturating_duration_since(seen.last) < TOGETHER);
        let Some(seen) = known else {
            let mut by = [(u32::MAX, 0); INTERFACES];
            by[0] = (interface, 1);
            self.seen[self.next % REMEMBERED] = Some(Seen { hash, last: now, passed: 1, by });
            self.next = self.next.wrapping_add(1);
            return false;
        };
        seen.last = now;
        let place = seen.by.iter().position(|(known, _)| [interface, u32::MAX].contains(known));
        let (known, count) = &mut seen.by[place.unwrap_or(INTERFACES - 1)];
        *known = interface;
        *count = (*count).max(seen.passed.saturating_sub(BEHIND)).saturating_add(1);
        let is_repeat = *count <= seen.passed;
        seen.passed = seen.passed.max(*count);
        is_repeat
    }

    /// What packets of one search have in common: all but the identification, the time to live, and checksums, which differ or
    /// are not there yet.
    fn hash(&self, packet: &[u8]) -> Option<u64> {
        const BEFORE_CHECKSUM: usize = 6;
        let ip = Ipv4::parse(packet)?;
        let mut hasher = self.seed.build_hasher();
        hasher.write(&ip.destination().octets());
        hasher.write_u16(ip.offset());
        let payload = ip.payload();
        if ip.is_beginning() {
            hasher.write(payload.get(..BEFORE_CHECKSUM)?);
            hasher.write(payload.get(BEFORE_CHECKSUM + 2..)?);
        } else {
            hasher.write(payload);
        }
        Some(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::packet::ipv4::build;

    fn packet(data: &[u8]) -> Vec<u8> {
        build::udp(Ipv4Addr::new(10, 66, 0, 1), Ipv4Addr::BROADCAST, (1, 2), data)
    }

    #[test]
    fn what_two_interfaces_bring_passes_once_and_what_one_brings_twice_passes_twice() {
        let (mut repeats, now) = (Repeats::new(), Instant::now());
        let mut passes = |data: &[u8], interface| !repeats.is_repeat(&packet(data), interface, now);
        assert!(passes(b"a", 2));
        assert!(!passes(b"a", 3));
        assert!(!passes(b"a", 0));
        assert!(passes(b"b", 3));
        assert!(passes(b"a", 3), "the second of this interface");
        assert!(!passes(b"a", 2));
        assert!(passes(b"a", 2));
        for _ in 0..100 {
            assert!(passes(b"c", 2));
        }
        for _ in 0..3 {
            assert!(!passes(b"c", 3));
        }
        for _ in 0..10 {
            let _ = passes(b"c", 3);
        }
        assert!(passes(b"c", 3), "one that was far behind is soon not any more");
    }

    #[test]
    fn a_later_search_is_no_repetition() {
        let (mut repeats, now) = (Repeats::new(), Instant::now());
        assert!(!repeats.is_repeat(&packet(b"a"), 2, now));
        assert!(!repeats.is_repeat(&packet(b"a"), 3, now + TOGETHER));
        for n in 0..=REMEMBERED {
            assert!(!repeats.is_repeat(&packet(&n.to_be_bytes()), 2, now + TOGETHER));
        }
        assert!(!repeats.is_repeat(&packet(b"a"), 2, now + TOGETHER), "forgotten");
    }
}
