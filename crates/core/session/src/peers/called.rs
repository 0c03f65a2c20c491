//! Addresses that the public store names, and how often each is still knocked at.

use std::{net::SocketAddr, time::Instant};

use crate::peers::knocking::FIRST;

/// Most addresses that wait to be knocked at. Of more, the one that was knocked at most goes: newcomers who come at once do not
/// drive each other out before anybody knocked.
const MOST: usize = 64;

/// One address.
#[derive(Debug)]
struct Address {
    address: SocketAddr,
    since: Instant,
    /// How often it was knocked at.
    knocked: usize,
}

/// Addresses at which it is knocked a few times each, at the times of [`FIRST`] at the earliest: so often and for so long that
/// the other side's router is open for some of them.
#[derive(Debug, Default)]
pub(crate) struct Called(Vec<Address>);

impl Called {
    /// Somebody is said to be there.
    pub(crate) fn note(&mut self, now: Instant, address: SocketAddr) {
        self.forget(address);
        if self.0.len() == MOST {
            let most = self.0.iter().map(|known| known.knocked).max();
            if let Some(at) = self.0.iter().position(|known| Some(known.knocked) == most) {
                self.0.remove(at);
            }
        }
        self.0.push(Address { address, since: now, knocked: 0 });
    }

    /// Whoever is there has answered.
    pub(crate) fn forget(&mut self, address: SocketAddr) {
        self.0.retain(|known| known.address != address);
    }

    /// Where it is time to knock, those first that were knocked at least.
    pub(crate) fn due(&self, now: Instant) -> Vec<SocketAddr> {
        let is_due =
            |known: &&Address| FIRST.get(known.knocked).is_some_and(|after| known.since + *after <= now);
        let mut due: Vec<&Address> = self.0.iter().filter(is_due).collect();
        due.sort_by_key(|known| known.knocked);
        due.into_iter().map(|known| known.address).collect()
    }

    /// Whether there is anybody left to knock at, now or later.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These are knocked at.
    pub(crate) fn note_knocked(&mut self, addresses: &[SocketAddr]) {
        for known in self.0.iter_mut().filter(|known| addresses.contains(&known.address)) {
            known.knocked += 1;
        }
        self.0.retain(|known| known.knocked < FIRST.len());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn address(n: u16) -> SocketAddr {
        ([203, 0, 113, 1], n).into()
    }

    /// Knocks at up to this many.
    fn knock(called: &mut Called, now: Instant, most: usize) -> Vec<SocketAddr> {
        let due: Vec<_> = called.due(now).into_iter().take(most).collect();
        called.note_knocked(&due);
        due
    }

    #[test]
    fn each_is_knocked_at_six_times_over_three_seconds_however_often_it_is_looked() {
        let (mut called, start) = (Called::default(), Instant::now());
        called.note(start, address(1));
        let mut times = Vec::new();
        for tick in 0..1_000 {
            let after = Duration::from_millis(10) * tick;
            times.extend(knock(&mut called, start + after, 16).iter().map(|_| after));
        }
        assert_eq!(times, FIRST);
        assert!(called.is_empty());
    }

    #[test]
    fn of_many_who_come_at_once_each_is_knocked_at_before_any_is_a_second_time() {
        let (mut called, start) = (Called::default(), Instant::now());
        (0..40).for_each(|n| called.note(start, address(n)));
        let later = start + Duration::from_secs(1);
        let mut first: Vec<_> = (0..3).flat_map(|_| knock(&mut called, later, 16)).collect();
        assert_eq!(first.len(), 48);
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 40);
    }

    #[test]
    fn the_list_has_a_bound_and_who_was_never_knocked_at_stays_longest() {
        let (mut called, start) = (Called::default(), Instant::now());
        (0..64).for_each(|n| called.note(start, address(n)));
        called.note_knocked(&[address(63)]);
        called.note(start, address(64));
        assert_eq!(called.0.len(), MOST);
        assert!(called.due(start).contains(&address(0)));
        assert!(called.0.iter().all(|known| known.address != address(63)));
        called.forget(address(0));
        assert!(!called.due(start).contains(&address(0)));
    }
}
