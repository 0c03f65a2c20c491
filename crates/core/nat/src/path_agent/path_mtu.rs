//! Path MTU discovery by padded probes: DPLPMTUD, RFC 8899.

use std::time::{Duration, Instant};

use lanrage_party::limits;

use super::timing;

/// MAX_PLPMTU, RFC 8899 §5.1.2.
const MAX: u16 = limits::PACKET_BYTES as u16;
/// Implementation: finer than this is not searched.
const STEP: u16 = 8;
/// MAX_PROBES, RFC 8899 §5.1.2.
const ATTEMPTS: u8 = 3;

/// What one path carries, in bytes of a packet inside the tunnel.
///
/// The largest size is tried first: usually it passes, with one probe. Else the bound is searched by halves. A
/// size has failed when three probes of it are lost while small ones of the same time are answered; such losses
/// are not losses of the path. What was found is confirmed now and then; if it fails, the path has become a black
/// hole for it and [`timing::LEAST_MTU`] is assumed at once, before a new search.
#[derive(Debug)]
pub(super) struct PathMtu {
    /// Assumed or known to pass.
    passes: u16,
    /// The smallest that failed; more than [`MAX`] if none did.
    fails: u16,
    /// Whether `passes` is known.
    confirmed: bool,
    confirming: bool,
    probe: Option<Outstanding>,
    losses: u8,
    /// Nothing is left to find out, since then.
    settled_at: Option<Instant>,
    searched_at: Option<Instant>,
    /// When a router last said that less passes.
    doubted_at: Option<Instant>,
    /// Whether that is still to be looked at.
    doubted: bool,
}

#[derive(Debug, Clone, Copy)]
struct Outstanding {
    id: u64,
    size: u16,
    sent_at: Instant,
    expires: Instant,
}

impl Default for PathMtu {
    fn default() -> Self {
        Self {
            passes: timing::BASE_MTU,
            fails: MAX + 1,
            confirmed: false,
            confirming: false,
            probe: None,
            losses: 0,
            settled_at: None,
            searched_at: None,
            doubted_at: None,
            doubted: false,
        }
    }
}

impl PathMtu {
    pub(super) fn value(&self) -> u16 {
        self.passes
    }

    /// The network under the path is another one: what was found is confirmed, and more is tried.
    pub(super) fn revalidate(&mut self) {
        self.settled_at = None;
        self.probe = None;
        self.losses = 0;
        self.searched_at = None;
        self.confirming = self.confirmed;
        self.fails = MAX + 1;
    }

    /// When there is work; in the past if at once.
    pub(super) fn due_at(&self, now: Instant, busy: bool) -> Instant {
        match (self.probe, self.settled_at) {
            (Some(probe), _) => probe.expires,
            (None, Some(_)) if self.doubted => now,
            (None, Some(settled)) if busy => settled + timing::CONFIRM_MTU,
            (None, Some(settled)) => settled + timing::RAISE_MTU,
            (None, None) => now,
        }
    }

    /// The size to probe now, when due. `answered_at` is when the last small probe was answered.
    pub(super) fn next_probe(
        &mut self,
        now: Instant,
        busy: bool,
        answered_at: Option<Instant>,
    ) -> Option<u16> {
        if now < self.due_at(now, busy) {
            return None;
        }
        if let Some(probe) = self.probe.take() {
            // Without a small one that passed meanwhile, the loss says nothing about the size.
            if answered_at.is_some_and(|answered| answered >= probe.sent_at) {
                self.losses += 1;
            }
            if self.losses >= ATTEMPTS {
                self.failed(probe.size);
            }
        }
        if self.settled_at.take().is_some() {
            self.confirming = true;
            self.losses = if std::mem::take(&mut self.doubted) { ATTEMPTS - 1 } else { 0 };
        }
        let size = self.target();
        if size.is_none() {
            self.settled_at = Some(now);
            self.searched_at.get_or_insert(now);
        }
        size
    }

    pub(super) fn probed(&mut self, now: Instant, id: u64, size: u16, timeout: Duration) {
        let expires = now + timeout.max(timing::MTU_TIMEOUT);
        self.probe = Some(Outstanding { id, size, sent_at: now, expires });
    }

    /// A response came. Returns whether it was to the padded probe that waits.
    pub(super) fn answered(&mut self, now: Instant, id: u64) -> bool {
        let Some(probe) = self.probe.take_if(|probe| probe.id == id) else {
            return false;
        };
        self.losses = 0;
        self.confirming = false;
        self.confirmed = true;
        self.passes = self.passes.max(probe.size);
        if self.searched_at.is_some_and(|searched| now >= searched + timing::RAISE_MTU) {
            self.fails = MAX + 1;
            self.searched_at = None;
        }
        true
    }

    fn failed(&mut self, size: u16) {
        self.losses = 0;
        self.confirming = false;
        if size > self.passes {
            self.fails = size;
            return;
        }
        // A black hole: what was thought to pass does not. Every size that is tried now and fails too would cost seconds in
        // which nothing large passes, and one that passes costs a round trip: so the search begins from below.
        self.fails = size;
        self.confirmed = false;
        self.passes = timing::LEAST_MTU;
        self.searched_at = None;
    }

    /// A router says that less passes than was found, which is looked at if it was not within [`timing::DOUBT_MTU`].
    pub(super) fn doubt(&mut self, now: Instant) {
        let is_new = self.doubted_at.is_none_or(|at| now >= at + timing::DOUBT_MTU);
        if is_new && self.settled_at.is_some() {
            self.doubted_at = Some(now);
            self.doubted = true;
        }
    }

    /// The system refused a packet of this size: no probe has to find that out. True if less is to be sent from now on.
    pub(super) fn refused(&mut self, size: u16) -> bool {
        self.probe.take_if(|probe| probe.size >= size);
        self.settled_at = None;
        let is_news = size <= self.passes;
        if is_news || size < self.fails {
            self.failed(size.max(timing::LEAST_MTU + 1));
        }
        is_news
    }

    /// What to find out next.
    fn target(&self) -> Option<u16> {
        if self.confirming {
            Some(self.passes)
        } else if self.fails > MAX {
            (self.passes < MAX).then_some(MAX)
        } else if !self.confirmed && self.passes > timing::LEAST_MTU {
            // The bound to search from must itself be sure.
            Some(self.passes)
        } else if self.fails - self.passes > STEP {
            Some((self.passes + self.fails) / 2)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// Steps until nothing is left to find out; returns how many padded probes it took, and how long.
    fn settle(mtu: &mut PathMtu, now: &mut Instant, limit: u16) -> u32 {
        let (mut id, mut probes) = (0, 0);
        while let Some(size) = mtu.next_probe(*now, false, Some(*now)) {
            id += 1;
            probes += 1;
            assert!(probes < 100, "it ends");
            mtu.probed(*now, id, size, MS(100));
            if size <= limit {
                *now += MS(20);
                assert!(mtu.answered(*now, id));
            } else {
                *now = mtu.due_at(*now, false);
            }
        }
        probes
    }

    #[test]
    fn one_probe_is_enough_where_all_passes() {
        let (mut mtu, mut now) = (PathMtu::default(), Instant::now());
        assert_eq!(mtu.value(), 1_280);
        assert_eq!(settle(&mut mtu, &mut now, 1_500), 1);
        assert_eq!(mtu.value(), 1_420);
    }

    #[test]
    fn a_black_hole_is_left_for_what_surely_passes_at_once_and_searched_again() {
        let (mut mtu, mut now) = (PathMtu::default(), Instant::now());
        settle(&mut mtu, &mut now, 1_500);
        now += timing::CONFIRM_MTU;
        for id in 900..903 {
            assert_eq!(mtu.value(), 1_420);
            assert_eq!(mtu.next_probe(now, true, Some(now)), Some(1_420));
            mtu.probed(now, id, 1_420, MS(100));
            now += timing::MTU_TIMEOUT;
        }
        assert_eq!(mtu.next_probe(now, true, Some(now)), Some((timing::LEAST_MTU + 1_420) / 2));
        assert_eq!(mtu.value(), timing::LEAST_MTU);
        settle(&mut mtu, &mut now, 1_350);
        assert!((1_342..=1_350).contains(&mtu.value()), "{}", mtu.value());
    }

    #[test]
    fn what_the_system_refuses_is_left_at_once_and_the_search_goes_on_below_it() {
        let (mut mtu, mut now) = (PathMtu::default(), Instant::now());
        settle(&mut mtu, &mut now, 1_500);
        assert!(mtu.refused(1_420));
        assert_eq!(mtu.value(), timing::LEAST_MTU);
        assert!(!mtu.refused(1_420), "told before");
        settle(&mut mtu, &mut now, 1_220);
        assert!((1_212..=1_220).contains(&mtu.value()), "{}", mtu.value());
        // A probe that the system refuses is not waited for.
        let size = mtu.next_probe(now + timing::RAISE_MTU, false, Some(now)).unwrap();
        mtu.probed(now + timing::RAISE_MTU, 77, size, MS(100));
        assert!(!mtu.refused(size + 8));
    }

    #[test]
    fn what_a_router_says_is_looked_at_once_and_one_lost_probe_proves_it() {
        let (mut mtu, mut now) = (PathMtu::default(), Instant::now());
        settle(&mut mtu, &mut now, 1_500);
        assert_eq!(mtu.next_probe(now, true, Some(now)), None);
        mtu.doubt(now);
        assert_eq!(mtu.next_probe(now, true, Some(now)), Some(1_420));
        mtu.probed(now, 1_000, 1_420, MS(100));
        // It was a lie: the probe is answered, and the next lie has to wait.
        assert!(mtu.answered(now, 1_000));
        assert_eq!(mtu.next_probe(now, true, Some(now)), None);
        mtu.doubt(now);
        assert_eq!(mtu.next_probe(now, true, Some(now)), None);
        now += timing::DOUBT_MTU;
        mtu.doubt(now);
        assert_eq!(mtu.next_probe(now, true, Some(now)), Some(1_420));
        mtu.probed(now, 1_001, 1_420, MS(100));
        now += timing::MTU_TIMEOUT;
        mtu.next_probe(now, true, Some(now));
        assert_eq!(mtu.value(), timing::LEAST_MTU);
    }

    #[test]
    fn a_lost_padded_probe_says_nothing_while_small_ones_are_lost_too() {
        let (mut mtu, mut now) = (PathMtu::default(), Instant::now());
        let answered = Some(now);
        for id in 0..50 {
            now += timing::MTU_TIMEOUT;
            assert_eq!(mtu.next_probe(now, false, answered), Some(1_420));
            mtu.probed(now, id, 1_420, MS(100));
        }
        assert_eq!(mtu.fails, MAX + 1);
    }

    #[test]
    fn a_path_that_grows_is_used_in_full_after_ten_minutes() {
        let (mut mtu, mut now) = (PathMtu::default(), Instant::now());
        settle(&mut mtu, &mut now, 1_300);
        now += timing::RAISE_MTU;
        settle(&mut mtu, &mut now, 1_500);
        assert_eq!(mtu.value(), 1_420);
    }

    proptest! {
        #[test]
        fn whatever_a_path_carries_is_found(limits in proptest::collection::vec(timing::LEAST_MTU..1_500, 1..6)) {
            let (mut mtu, mut now) = (PathMtu::default(), Instant::now());
            for limit in limits {
                mtu.revalidate();
                let begin = now;
                settle(&mut mtu, &mut now, limit);
                prop_assert!(mtu.value() <= limit, "{} of {limit}", mtu.value());
                prop_assert!(mtu.value() + STEP >= limit.min(MAX), "{} of {limit}", mtu.value());
                prop_assert!(now - begin < Duration::from_secs(60));
            }
        }
    }
}
