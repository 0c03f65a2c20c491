use std::time::Duration;

/// Times between tries: they double from [`Backoff::FIRST`] to [`Backoff::LONGEST`], and each is shortened by
/// a random part of up to a half, so that the clients of a server that comes back do not all come at once.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    tries: u32,
    random: u64,
}

impl Backoff {
    pub(super) const FIRST: Duration = Duration::from_millis(250);
    pub(super) const LONGEST: Duration = Duration::from_secs(30);

    pub(super) const fn new(seed: u64) -> Self {
        Self { tries: 0, random: seed }
    }

    /// The time until the next try.
    pub(super) fn next(&mut self) -> Duration {
        let full = (Self::FIRST * (1 << self.tries.min(10))).min(Self::LONGEST);
        self.tries = self.tries.saturating_add(1);
        self.jittered(full)
    }

    /// A time of its own, jittered likewise.
    pub(super) fn jittered(&mut self, full: Duration) -> Duration {
        let half = full / 2;
        half + half.mul_f64(self.fraction())
    }

    /// Begins again at the shortest time.
    pub(super) const fn reset(&mut self) {
        self.tries = 0;
    }

    /// The next number in 0..1 of SplitMix64.
    fn fraction(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        f64::from((mixed >> 32) as u32) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_begin_fast_double_and_never_wait_longer_than_the_longest() {
        let mut backoff = Backoff::new(1);
        let waits: Vec<Duration> = (0..40).map(|_| backoff.next()).collect();
        assert!(waits[0] <= Backoff::FIRST);
        for (n, wait) in waits.iter().enumerate() {
            let full = (Backoff::FIRST * (1 << n.min(10))).min(Backoff::LONGEST);
            assert!((full / 2..=full).contains(wait), "{n}: {wait:?}");
        }
        backoff.reset();
        assert!(backoff.next() <= Backoff::FIRST);
    }

    #[test]
    fn two_devices_do_not_come_at_the_same_time() {
        assert_ne!(Backoff::new(1).next(), Backoff::new(2).next());
    }
}
