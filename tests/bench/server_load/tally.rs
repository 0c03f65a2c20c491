//! What all members together have seen, and how late.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::LAST_WORDS;

/// Nothing new for so long is stillness.
const STILL: Duration = Duration::from_secs(1);

/// Delays in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Delays(Vec<u64>);

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) deltas: Delays,
    pub(crate) signals: Delays,
}

/// Shared by all members.
#[derive(Debug)]
pub(crate) struct Tally {
    began: Instant,
    heard: AtomicU64,
    seen: Mutex<Seen>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), heard: AtomicU64::new(0), seen: Mutex::default() }
    }

    /// Microseconds since the beginning, from 2: a time that is also a record's sequence number.
    pub(crate) fn now(&self) -> u64 {
        2 + u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX - 2)
    }

    /// Something came.
    pub(crate) fn hear(&self) {
        self.heard.fetch_add(1, Relaxed);
    }

    pub(crate) fn delta(&self, sent: u64) {
        let delay = self.now().saturating_sub(sent);
        self.lock().deltas.0.push(delay);
    }

    pub(crate) fn signal(&self, sent: u64) {
        let delay = self.now().saturating_sub(sent);
        self.lock().signals.0.push(delay);
    }

    /// Waits until nothing comes any more, but heartbeats' answers.
    pub(crate) async fn is_still(&self) {
        let end = Instant::now() + LAST_WORDS;
        let mut before = u64::MAX;
        while Instant::now() < end {
            let heard = self.heard.load(Relaxed);
            if heard == before {
                return;
            }
            before = heard;
            tokio::time::sleep(STILL).await;
        }
    }

    /// All that was seen since the last time.
    pub(crate) fn take(&self) -> Seen {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Delays {
    pub(crate) const fn count(&self) -> usize {
        self.0.len()
    }

    /// Milliseconds by share.
    pub(crate) fn json(&self) -> Value {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |share: f64| {
            let last = sorted.len().checked_sub(1)?;
            Some(sorted[(last as f64 * share).round() as usize] as f64 / 1e3)
        };
        json!({ "count": sorted.len(), "p50_ms": at(0.5), "p99_ms": at(0.99), "worst_ms": at(1.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::Delays;

    #[test]
    fn shares_are_those_of_the_sorted_delays() {
        let said = Delays((0..=1_000).rev().map(|n| n * 1_000).collect()).json();
        assert_eq!(
            (&said["p50_ms"], &said["p99_ms"], &said["worst_ms"]),
            (&500.0.into(), &990.0.into(), &1000.0.into())
        );
        assert!(Delays::default().json()["p50_ms"].is_null());
    }
}
