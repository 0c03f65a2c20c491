//! When a queue has lasted too long: Controlled Delay (RFC 8289 §5).

use std::time::{Duration, Instant};

/// Specification: the standing delay that is acceptable (RFC 8289 §4.4).
pub(crate) const TARGET: Duration = Duration::from_millis(5);
/// Specification: for how long the delay may exceed the target: a round trip to a distant friend (RFC 8289 §4.3).
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// Judges the packets of one queue, as they leave it. Time comes in.
#[derive(Debug, Default)]
pub(crate) struct Codel {
    /// When the delay will have been too long for a whole interval.
    above_until: Option<Instant>,
    /// While it drops: when the next one is due.
    drop_next: Option<Instant>,
    /// Drops since it began to drop, the last time or now.
    count: u32,
    /// What `count` was when it began to drop.
    count_before: u32,
    /// When the next drop would have been due, had it not stopped.
    stopped_at: Option<Instant>,
}

impl Codel {
    /// Whether the packet that leaves the queue now, which it entered at `since`, is to be dropped. `is_last`: the
    /// queue holds nothing else, and is no standing one.
    pub(crate) fn drops(&mut self, since: Instant, is_last: bool, now: Instant) -> bool {
        if now.saturating_duration_since(since) < TARGET || is_last {
            self.above_until = None;
            if let Some(next) = self.drop_next.take() {
                self.stopped_at = Some(next);
            }
            return false;
        }
        let Some(until) = self.above_until else {
            self.above_until = Some(now + INTERVAL);
            return false;
        };
        match self.drop_next {
            Some(next) if now < next => false,
            Some(next) => {
                self.count = self.count.saturating_add(1);
                self.drop_next = Some(self.after(next));
                true
            }
            None if now < until => false,
            None => {
                // Soon after it stopped, it goes on near the rate that was right then (RFC 8289 §5.6).
                let is_recent =
                    self.stopped_at.is_some_and(|at| now.saturating_duration_since(at) < 16 * INTERVAL);
                let drops = self.count.saturating_sub(self.count_before);
                self.count = if is_recent && drops > 1 { drops } else { 1 };
                self.count_before = self.count;
                self.drop_next = Some(self.after(now));
                true
            }
        }
    }

    /// The control law: the more drops were needed, the sooner the next one.
    fn after(&self, time: Instant) -> Instant {
        time + INTERVAL.div_f64(f64::from(self.count.max(1)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets leave every millisecond, each after `delay`; gives when which were dropped, in milliseconds.
    fn drops(codel: &mut Codel, start: Instant, delay: Duration, millis: u64) -> Vec<u64> {
        let leaves = |at: &u64| {
            let now = start + Duration::from_millis(*at);
            codel.drops(now - delay, false, now)
        };
        (0..millis).filter(leaves).collect()
    }

    #[test]
    fn a_short_queue_loses_nothing_and_a_burst_shorter_than_an_interval_neither() {
        let start = Instant::now() + Duration::from_secs(1);
        let mut codel = Codel::default();
        assert!(drops(&mut codel, start, TARGET - Duration::from_millis(1), 1_000).is_empty());
        assert!(drops(&mut codel, start, TARGET * 10, INTERVAL.as_millis() as u64).is_empty());
    }

    #[test]
    fn a_standing_queue_loses_one_packet_after_an_interval_and_then_ever_sooner() {
        let start = Instant::now() + Duration::from_secs(1);
        let at = drops(&mut Codel::default(), start, TARGET * 2, 1_000);
        // 100, then 100/√1, 100/√2, 100/√3 … later.
        assert_eq!(at[..5], [100, 200, 271, 329, 379]);
        assert!(at.windows(3).all(|three| three[2] - three[1] <= three[1] - three[0] + 1), "{at:?}");
    }

    #[test]
    fn the_last_packet_of_a_queue_is_never_dropped_and_ends_the_dropping() {
        let start = Instant::now() + Duration::from_secs(1);
        let mut codel = Codel::default();
        assert!(!drops(&mut codel, start, TARGET * 2, 300).is_empty());
        let now = start + Duration::from_millis(300);
        assert!(!codel.drops(start, true, now));
        assert!(drops(&mut codel, now, TARGET * 2, 100).is_empty(), "a whole interval again");
    }

    #[test]
    fn a_queue_that_stands_again_soon_is_met_with_the_rate_from_before() {
        let start = Instant::now() + Duration::from_secs(1);
        let mut codel = Codel::default();
        let before = drops(&mut codel, start, TARGET * 2, 2_000).len() as u32;
        let now = start + Duration::from_millis(2_000);
        assert!(!codel.drops(now, false, now));
        drops(&mut codel, now, TARGET * 2, 101);
        assert!(codel.count + 2 >= before && before > 10, "{} of {before}", codel.count);
    }
}
