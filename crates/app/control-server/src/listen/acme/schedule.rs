//! When another certificate is asked for.

use std::time::{Duration, SystemTime};

/// After a first proof that the authority did not accept. Authorities allow five an hour for one name.
pub(super) const REFUSED: Duration = Duration::from_secs(2 * 60);
/// After a first failure of another kind, which costs nobody a proof: no connection, an authority that is busy, or a nonce
/// that is too old once more (RFC 8555 §6.5).
pub(super) const PASSING: Duration = Duration::from_secs(10);
/// By how much more after each further one.
const SLOWER: u32 = 3;
const SLOWEST: Duration = Duration::from_secs(6 * 60 * 60);

/// How long a certificate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from: SystemTime,
    pub(super) until: SystemTime,
}

impl Validity {
    /// With a third of its time left: what goes wrong then has weeks to be noticed.
    fn renewal(self) -> SystemTime {
        self.until - self.until.duration_since(self.from).unwrap_or_default() / 3
    }
}

/// What came of the last tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failures {
    /// How many, one after the other; at least one.
    count: u32,
    at: SystemTime,
    /// The pause after the first one: [`REFUSED`] or [`PASSING`].
    first_pause: Duration,
}

impl Failures {
    /// One more, at this time.
    pub(super) fn another(former: Option<Self>, first_pause: Duration, at: SystemTime) -> Self {
        Self { count: former.map_or(0, |former| former.count).saturating_add(1), at, first_pause }
    }

    fn pause(self) -> Duration {
        self.first_pause.saturating_mul(SLOWER.saturating_pow(self.count - 1)).min(SLOWEST)
    }
}

/// How long until the next try. No validity: there is no certificate for these names.
pub(super) fn wait(current: Option<Validity>, failures: Option<Failures>, now: SystemTime) -> Duration {
    let until = |at: SystemTime| at.duration_since(now).unwrap_or_default();
    let due = current.map_or(Duration::ZERO, |validity| until(validity.renewal()));
    let Some(failures) = failures else { return due };
    // A clock that was put back makes nobody wait longer than that.
    due.max(until(failures.at + failures.pause()).min(failures.pause()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + 20_000 * DAY
    }

    fn failed(times: u32, first_pause: Duration, at: SystemTime) -> Option<Failures> {
        (0..times).fold(None, |former, _| Some(Failures::another(former, first_pause, at)))
    }

    #[test]
    fn it_is_asked_for_at_once_and_again_when_a_third_of_its_time_is_left() {
        assert_eq!(wait(None, None, now()), Duration::ZERO);
        let fresh = Validity { from: now(), until: now() + 90 * DAY };
        assert_eq!(wait(Some(fresh), None, now()), 60 * DAY);
        assert_eq!(wait(Some(fresh), None, now() + 61 * DAY), Duration::ZERO);
        let odd = Validity { from: now(), until: now() - DAY };
        assert_eq!(wait(Some(odd), None, now()), Duration::ZERO, "it is over");
    }

    #[test]
    fn failures_slow_it_down_so_that_an_authority_does_not_shut_it_out() {
        let pauses = |first_pause| -> Vec<_> {
            (1..=8).map(|times| wait(None, failed(times, first_pause, now()), now()).as_secs()).collect()
        };
        assert_eq!(pauses(REFUSED), [120, 360, 1_080, 3_240, 9_720, 21_600, 21_600, 21_600]);
        assert_eq!(pauses(PASSING), [10, 30, 90, 270, 810, 2_430, 7_290, 21_600]);
        let many = Failures { count: u32::MAX, at: now(), first_pause: PASSING };
        assert_eq!(wait(None, Some(many), now()), SLOWEST);
        assert_eq!(Failures::another(Some(many), REFUSED, now()).count, u32::MAX);
        let later = failed(1, REFUSED, now() + 365 * DAY);
        assert_eq!(wait(None, later, now()), REFUSED, "the clock was put back");
        let fresh = Validity { from: now(), until: now() + 90 * DAY };
        assert_eq!(wait(Some(fresh), failed(3, REFUSED, now()), now()), 60 * DAY);
    }
}
