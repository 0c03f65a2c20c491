//! Pauses between tries.

use std::time::Duration;

/// A pause that doubles with every try, up to a longest one. Add a random part with [`crate::rng::Rng::jittered`]
/// where many clients would otherwise try at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    doublings: u32,
}

/// `first`, doubled so many times, and no longer than `longest`.
pub fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first.saturating_mul(1 << times.min(31)).min(longest)
}

impl Backoff {
    /// Begins with a pause of `first`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, doublings: 0 }
    }

    /// The present pause.
    pub fn pause(&self) -> Duration {
        doubled(self.first, self.doublings, self.longest)
    }

    /// The present pause, which is doubled for the next time.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.pause();
        self.double();
        pause
    }

    /// Doubles the pause, and returns it.
    pub fn double(&mut self) -> Duration {
        self.doublings = self.doublings.saturating_add(1);
        self.pause()
    }

    /// Begins again with the first pause.
    pub const fn reset(&mut self) {
        self.doublings = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_and_never_exceeds_the_longest() {
        let seconds = Duration::from_secs;
        let mut backoff = Backoff::new(seconds(2), seconds(30));
        let pauses: Vec<Duration> = (0..6).map(|_| backoff.next_pause()).collect();
        assert_eq!(pauses, [2, 4, 8, 16, 30, 30].map(seconds));
        for _ in 0..1_000 {
            assert_eq!(backoff.double(), seconds(30));
        }
        backoff.reset();
        assert_eq!((backoff.pause(), backoff.double()), (seconds(2), seconds(4)));
    }
}
