//! When another certificate is asked for.

use std::time::{Duration, SystemTime};

/// After the first failure. Authorities allow five an hour for one name.
const RETRY: Duration = Duration::from_secs(2 * 60);
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

/// How long until the next try, the last of which have failed so many times, the last one at `tried`. None: there is no
/// certificate for these names.
pub(super) fn wait(
    current: Option<Validity>,
    failures: u32,
    tried: Option<SystemTime>,
    now: SystemTime,
) -> Duration {
    let until = |at: SystemTime| at.duration_since(now).unwrap_or_default();
    let due = current.map_or(Duration::ZERO, |validity| until(validity.renewal()));
    let Some(tried) = tried.filter(|_| failures > 0) else { return due };
    let pause = RETRY.saturating_mul(SLOWER.saturating_pow(failures - 1)).min(SLOWEST);
    // A clock that was put back makes nobody wait longer than that.
    due.max(until(tried + pause).min(pause))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + 20_000 * DAY
    }

    #[test]
    fn it_is_asked_for_at_once_and_again_when_a_third_of_its_time_is_left() {
        assert_eq!(wait(None, 0, None, now()), Duration::ZERO);
        let fresh = Validity { from: now(), until: now() + 90 * DAY };
        assert_eq!(wait(Some(fresh), 0, Some(now()), now()), 60 * DAY);
        assert_eq!(wait(Some(fresh), 0, None, now() + 61 * DAY), Duration::ZERO);
        let odd = Validity { from: now(), until: now() - DAY };
        assert_eq!(wait(Some(odd), 0, None, now()), Duration::ZERO, "it is over");
    }

    #[test]
    fn failures_slow_it_down_so_that_an_authority_does_not_shut_it_out() {
        let pauses: Vec<_> =
            (1..=7).map(|failures| wait(None, failures, Some(now()), now()).as_secs() / 60).collect();
        assert_eq!(pauses, [2, 6, 18, 54, 162, 360, 360]);
        assert_eq!(wait(None, u32::MAX, Some(now()), now()), SLOWEST);
        assert_eq!(wait(None, 1, Some(now() + 365 * DAY), now()), RETRY, "the clock was put back");
        let fresh = Validity { from: now(), until: now() + 90 * DAY };
        assert_eq!(wait(Some(fresh), 3, Some(now()), now()), 60 * DAY);
    }
}
