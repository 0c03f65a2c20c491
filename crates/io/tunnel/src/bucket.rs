use std::time::{Duration, Instant};

/// Broadcast and multicast packets per second that one sender may send in the long run. A busy LAN party's
/// discovery stays under ten per game; a storm is thousands.
pub const BROADCAST_PER_SECOND: u32 = 200;
/// Broadcast and multicast packets that one sender may send at once after a pause: a server browser asks a
/// range of ports in one go.
pub const BROADCAST_BURST: u32 = 400;

/// A token bucket, as the generic cell rate algorithm: one time is all its state.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    interval: Duration,
    burst: Duration,
    /// When the bucket is (or was) full again.
    full_at: Option<Instant>,
}

impl TokenBucket {
    /// A full bucket that gains `per_second` tokens a second and holds `burst`. Both are at least 1.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self { interval, burst: interval * burst.max(1), full_at: None }
    }

    /// The bucket of one sender's broadcast: [`BROADCAST_PER_SECOND`], [`BROADCAST_BURST`].
    pub fn broadcast() -> Self {
        Self::new(BROADCAST_PER_SECOND, BROADCAST_BURST)
    }

    /// Takes a token; false if there is none. A `now` before an earlier one counts as the earlier one.
    pub fn take(&mut self, now: Instant) -> bool {
        let full_at = self.full_at.map_or(now, |at| at.max(now)) + self.interval;
        let admitted = full_at.saturating_duration_since(now) <= self.burst;
        if admitted {
            self.full_at = Some(full_at);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_burst_passes_then_only_the_rate() {
        let mut bucket = TokenBucket::new(10, 5);
        let start = Instant::now();
        assert_eq!((0..20).filter(|_| bucket.take(start)).count(), 5);
        assert!(!bucket.take(start + Duration::from_millis(99)));
        assert!(bucket.take(start + Duration::from_millis(100)));
        assert!(!bucket.take(start + Duration::from_millis(100)));
        let later = start + Duration::from_secs(60);
        assert_eq!((0..20).filter(|_| bucket.take(later)).count(), 5, "a pause fills it, and no further");
    }

    proptest! {
        #[test]
        fn never_more_than_burst_and_rate_allow(
            rate in 1_u32..1_000, burst in 1_u32..1_000, steps in prop::collection::vec(0_u64..50, 1..500)
        ) {
            let mut bucket = TokenBucket::new(rate, burst);
            let start = Instant::now();
            let (mut now, mut admitted) = (start, 0.0);
            for step in steps {
                now += Duration::from_millis(step);
                admitted += f64::from(bucket.take(now));
                let allowed = f64::from(burst) + (now - start).as_secs_f64() * f64::from(rate);
                prop_assert!(admitted <= allowed + 1.0, "{admitted} > {allowed}");
            }
        }
    }
}
