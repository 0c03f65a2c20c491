//! Who may take how much in how much time.

use std::time::{Duration, Instant};

const NANO: i128 = Duration::from_secs(1).as_nanos() as i128;

/// The measures of a bucket, in units: packets, requests or bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Units that may be taken at once after a pause.
    pub burst: u64,
    /// Units that may be taken per second in the long run.
    pub per_second: u64,
}

/// A token bucket. It is full until the first unit is taken.
#[derive(Debug, Clone, Copy)]
pub struct TokenBucket {
    rate: Rate,
    /// In billionths of a unit, so that nothing is lost to rounding between two calls, however close. Less than none is
    /// owed.
    tokens: i128,
    filled: Option<Instant>,
}

impl TokenBucket {
    /// A full bucket.
    pub const fn new(rate: Rate) -> Self {
        Self { rate, tokens: rate.burst as i128 * NANO, filled: None }
    }

    /// Takes `units`, if they are there. A `now` before an earlier one counts as the earlier one.
    pub fn take(&mut self, now: Instant, units: u64) -> bool {
        self.take_leaving(now, units, 0)
    }

    /// Takes `units`, if at least `rest` are left then: for whoever is to leave others something.
    pub fn take_leaving(&mut self, now: Instant, units: u64, rest: u64) -> bool {
        self.fill(now);
        let left = self.tokens - i128::from(units) * NANO;
        let may = left >= i128::from(rest) * NANO;
        if may {
            self.tokens = left;
        }
        may
    }

    /// Takes `units` whether they are there or not. What is missing is owed, up to a burst, and has to come in before
    /// anything can be taken again.
    pub fn owe(&mut self, now: Instant, units: u64) {
        self.fill(now);
        let most = i128::from(self.rate.burst) * NANO;
        self.tokens = (self.tokens - i128::from(units) * NANO).max(-most);
    }

    fn fill(&mut self, now: Instant) {
        let filled = self.filled.map_or(now, |filled| filled.max(now));
        let passed = self.filled.map_or(Duration::ZERO, |earlier| filled - earlier);
        self.filled = Some(filled);
        let gained = i128::try_from(passed.as_nanos()).unwrap_or(i128::MAX);
        let gained = gained.saturating_mul(i128::from(self.rate.per_second));
        self.tokens = self.tokens.saturating_add(gained).min(i128::from(self.rate.burst) * NANO);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_and_never_more_than_the_burst_is_saved_up() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(Rate { burst: 5, per_second: 10 });
        let mut passed = |at| (0..20).filter(|_| bucket.take(at, 1)).count();
        assert_eq!(passed(start), 5);
        assert_eq!(passed(start + Duration::from_millis(99)), 0);
        assert_eq!(passed(start + Duration::from_millis(200)), 2);
        assert_eq!(passed(start + Duration::from_secs(3_600)), 5);
        assert_eq!(passed(start), 0, "a clock that goes back fills nothing");
    }

    #[test]
    fn frequent_small_takes_lose_nothing_to_rounding() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(Rate { burst: 10, per_second: 1_000 });
        let passed =
            (0..10_000_u64).filter(|n| bucket.take(start + Duration::from_micros(100 * n), 1)).count();
        assert_eq!(passed, 1_009, "1 s at 1,000 per second less one step, and the burst");
    }

    #[test]
    fn what_does_not_fit_takes_nothing() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(Rate { burst: 1_000, per_second: 1 });
        assert!(!bucket.take(start, 1_001));
        assert!(bucket.take(start, 1_000));
        assert!(!bucket.take(start, 1));
    }

    #[test]
    fn what_is_owed_comes_in_before_anything_else_is_given_and_is_a_burst_at_most() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(Rate { burst: 10, per_second: 10 });
        bucket.owe(start, 15);
        assert!(!bucket.take(start + Duration::from_millis(500), 1));
        assert!(bucket.take(start + Duration::from_millis(600), 1));
        bucket.owe(start, 1_000_000);
        assert!(!bucket.take(start + Duration::from_millis(1_600), 1));
        assert!(bucket.take(start + Duration::from_millis(1_700), 1));
    }

    proptest! {
        #[test]
        fn never_more_than_burst_and_rate_allow(
            per_second in 1_u64..1_000, burst in 1_u64..1_000, steps in prop::collection::vec(0_u64..50, 1..500)
        ) {
            let mut bucket = TokenBucket::new(Rate { burst, per_second });
            let start = Instant::now();
            let (mut now, mut admitted) = (start, 0.0);
            for step in steps {
                now += Duration::from_millis(step);
                admitted += f64::from(bucket.take(now, 1));
                let allowed = burst as f64 + (now - start).as_secs_f64() * per_second as f64;
                prop_assert!(admitted <= allowed + 1e-6, "{admitted} > {allowed}");
            }
        }
    }
}
