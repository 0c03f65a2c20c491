//! Newcomers whose replies came by chat, and for how long they are knocked at.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_party::Candidate;

/// As long as two people may need to tell each other by chat that it did not work yet, and what to try.
const PATIENCE: Duration = Duration::from_secs(600);
/// Most newcomers at a time: the oldest gives way.
const NEWCOMERS: usize = 3;

/// Where newcomers wait that have sent a reply.
#[derive(Debug, Default)]
pub(crate) struct Awaited(Vec<Newcomer>);

#[derive(Debug)]
struct Newcomer {
    /// At most five.
    addresses: Vec<SocketAddr>,
    until: Instant,
}

impl Awaited {
    /// One more waits at these addresses; the same one waits once.
    pub(crate) fn add(&mut self, now: Instant, addresses: Vec<SocketAddr>) {
        self.0.retain(|known| !known.addresses.iter().any(|address| addresses.contains(address)));
        if self.0.len() == NEWCOMERS {
            self.0.remove(0);
        }
        self.0.push(Newcomer { addresses, until: now + PATIENCE });
    }

    /// Forgets who was waited for too long.
    pub(crate) fn expire(&mut self, now: Instant) {
        self.0.retain(|newcomer| now < newcomer.until);
    }

    /// Somebody has come who was seen there, and says to be at these.
    pub(crate) fn note_met(&mut self, from: SocketAddr, said: &[Candidate]) {
        let is_there = |address: &SocketAddr| {
            *address == from || said.iter().any(|candidate| candidate.address == *address)
        };
        self.0.retain(|newcomer| !newcomer.addresses.iter().any(is_there));
    }

    /// Where to knock, the newest first.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.0.iter().rev().flat_map(|newcomer| newcomer.addresses.iter().copied())
    }

    /// Whether nobody is awaited.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::CandidateType;

    use super::*;

    fn at(n: u8) -> SocketAddr {
        ([198, 51, 100, n], 5_000).into()
    }

    #[test]
    fn each_is_awaited_for_ten_minutes_once_and_not_more_than_three() {
        let now = Instant::now();
        let mut awaited = Awaited::default();
        (1..=4).for_each(|n| awaited.add(now, vec![at(n)]));
        awaited.add(now + PATIENCE / 2, vec![at(4), at(9)]);
        assert_eq!(awaited.addresses().collect::<Vec<_>>(), [at(4), at(9), at(3), at(2)]);
        awaited.expire(now + PATIENCE);
        assert_eq!(awaited.addresses().count(), 2, "the newer reply counts");
        awaited.expire(now + PATIENCE * 2);
        assert!(awaited.is_empty());
    }

    #[test]
    fn who_has_come_is_awaited_no_more_at_any_of_its_addresses() {
        let mut awaited = Awaited::default();
        awaited.add(Instant::now(), vec![at(1), at(2)]);
        awaited.add(Instant::now(), vec![at(3)]);
        let said = Candidate { kind: CandidateType::Host, address: at(2) };
        awaited.note_met(at(9), &[said]);
        assert_eq!(awaited.addresses().collect::<Vec<_>>(), [at(3)]);
        awaited.note_met(at(3), &[]);
        assert!(awaited.is_empty());
    }
}
