use std::time::Duration;

/// Implementation: the timeout before the first sample. RFC 6298 §2.1 says 1 s, for bulk data; a probe that is
/// wrongly thought late only causes one more probe.
const INITIAL_TIMEOUT: Duration = Duration::from_millis(500);
/// Implementation: RFC 6298 §2.4 says 1 s, which is the whole time in which a dead path must be left.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(200);
/// Implementation: later than this, an answer is of no use to a game.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(2);

/// Smoothed round-trip time (RFC 6298 §2) and jitter (RFC 3550 §6.4.1, over round trips).
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::path_agent) struct RttEstimator {
    smoothed: Duration,
    variation: Duration,
    jitter: Duration,
    latest: Duration,
    samples: u32,
}

impl RttEstimator {
    /// Takes a sample. No sample is ambiguous (Karn): every probe has its own id.
    pub(in crate::path_agent) fn update(&mut self, sample: Duration) {
        if self.samples == 0 {
            self.smoothed = sample;
            self.variation = sample / 2;
        } else {
            self.variation = (self.variation * 3 + self.smoothed.abs_diff(sample)) / 4;
            self.smoothed = (self.smoothed * 7 + sample) / 8;
            self.jitter = (self.jitter * 15 + self.latest.abs_diff(sample)) / 16;
        }
        self.latest = sample;
        self.samples = self.samples.saturating_add(1);
    }

    /// The smoothed round-trip time, once there is a sample.
    pub(in crate::path_agent) fn smoothed(&self) -> Option<Duration> {
        (self.samples > 0).then_some(self.smoothed)
    }

    pub(in crate::path_agent) fn jitter(&self) -> Duration {
        self.jitter
    }

    pub(in crate::path_agent) fn samples(&self) -> u32 {
        self.samples
    }

    /// After which time an answer is overdue.
    pub(in crate::path_agent) fn timeout(&self) -> Duration {
        if self.samples == 0 {
            return INITIAL_TIMEOUT;
        }
        (self.smoothed + self.variation * 4).clamp(SHORTEST_TIMEOUT, LONGEST_TIMEOUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn the_estimator_follows_rfc_6298() {
        let mut rtt = RttEstimator::default();
        assert_eq!((rtt.smoothed(), rtt.timeout()), (None, INITIAL_TIMEOUT));
        rtt.update(MS(100));
        assert_eq!((rtt.smoothed(), rtt.variation, rtt.timeout()), (Some(MS(100)), MS(50), MS(300)));
        rtt.update(MS(180));
        assert_eq!((rtt.smoothed(), rtt.variation), (Some(MS(110)), Duration::from_micros(57_500)));
    }

    #[test]
    fn jitter_is_a_sixteenth_of_each_difference() {
        let mut rtt = RttEstimator::default();
        for sample in [100, 116, 116] {
            rtt.update(MS(sample));
        }
        assert_eq!(rtt.jitter(), Duration::from_nanos(937_500));
    }

    #[test]
    fn the_timeout_stays_within_its_bounds() {
        let mut rtt = RttEstimator::default();
        rtt.update(MS(1));
        assert_eq!(rtt.timeout(), SHORTEST_TIMEOUT);
        rtt.update(Duration::from_secs(60));
        assert_eq!(rtt.timeout(), LONGEST_TIMEOUT);
    }
}
