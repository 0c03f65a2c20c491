//! What the connection was like in the last minute.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use lanrage_party::Remote;

/// A minute. Full policy: the oldest sample goes.
const SAMPLES: usize = 60;
const INTERVAL: Duration = Duration::from_secs(1);

/// What the path in use was like in one second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HealthSample {
    /// How long before the agent's last step it was taken.
    pub age: Duration,
    /// The path in use; `None` if there was none.
    pub remote: Option<Remote>,
    /// Smoothed round-trip time, once measured.
    pub rtt: Option<Duration>,
    /// Variation of the round-trip time.
    pub jitter: Duration,
    /// Share of the last 32 probes that were lost, 0 to 1; 1 without a path.
    pub loss: f32,
}

/// One sample per second since the first connection, the newest last. Needs no timer: nothing that it records
/// changes between two steps of the agent, so the seconds between them are filled in at the second.
#[derive(Debug, Default)]
pub(super) struct History {
    samples: VecDeque<HealthSample>,
    newest: Option<Instant>,
}

impl History {
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.newest.is_none_or(|newest| now >= newest + INTERVAL)
    }

    pub(super) fn has_begun(&self) -> bool {
        self.newest.is_some()
    }

    /// Takes `sample` (whose age is ignored) for every second since the last one.
    pub(super) fn record(&mut self, now: Instant, sample: HealthSample) {
        let Some(newest) = &mut self.newest else {
            self.newest = Some(now);
            self.samples.push_back(sample);
            return;
        };
        let seconds = now.saturating_duration_since(*newest).as_secs();
        for _ in 0..seconds.min(SAMPLES as u64) {
            if self.samples.len() == SAMPLES {
                self.samples.pop_front();
            }
            self.samples.push_back(sample);
        }
        *newest += INTERVAL * u32::try_from(seconds).unwrap_or(u32::MAX);
    }

    /// Oldest first.
    pub(super) fn samples(&self, now: Instant) -> impl Iterator<Item = HealthSample> {
        let age_of_newest =
            self.newest.map_or(Duration::ZERO, |newest| now.saturating_duration_since(newest));
        let count = self.samples.len();
        self.samples.iter().enumerate().map(move |(index, sample)| {
            let seconds = u32::try_from(count - 1 - index).unwrap_or(u32::MAX);
            HealthSample { age: age_of_newest + INTERVAL * seconds, ..*sample }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(loss: f32) -> HealthSample {
        HealthSample { age: Duration::ZERO, remote: None, rtt: None, jitter: Duration::ZERO, loss }
    }

    #[test]
    fn seconds_without_a_step_are_filled_in_and_a_minute_is_kept() {
        let (mut history, start) = (History::default(), Instant::now());
        history.record(start, sample(0.0));
        assert!(!history.is_due(start + Duration::from_millis(999)));
        history.record(start + Duration::from_secs(5), sample(0.5));
        let now = start + Duration::from_millis(5_400);
        let seen: Vec<(u128, f32)> = history.samples(now).map(|s| (s.age.as_millis(), s.loss)).collect();
        assert_eq!(seen, [(5_400, 0.0), (4_400, 0.5), (3_400, 0.5), (2_400, 0.5), (1_400, 0.5), (400, 0.5)]);
        history.record(start + Duration::from_secs(86_400 * 365), sample(1.0));
        assert_eq!(history.samples(now).count(), SAMPLES);
        assert!(history.samples(now).all(|s| s.loss == 1.0));
    }
}
