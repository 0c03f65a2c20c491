//! How much is relayed, of each allocation and in all.

use std::time::Instant;

use lanrage_base::bucket::{Rate, TokenBucket};

use super::{DropReason, view::TurnLimits};

/// What may be relayed in all, shared so that those who take much leave something for those who take little.
///
/// Each allocation has an assured part, the total divided by the places for allocations, which it gets whatever the
/// others do: with 1,000 Mbit/s and 1,000 places that is 1 Mbit/s, several times what a game needs. Only what goes
/// beyond that waits for what is left of the total. The assured parts count in the total too, so that it holds.
#[derive(Debug)]
pub(super) struct Total {
    assured: Rate,
    /// `None` where there is no limit.
    bucket: Option<TokenBucket>,
}

/// What one allocation has taken.
#[derive(Debug)]
pub(super) struct Share {
    /// `None` where there is no limit.
    own: Option<TokenBucket>,
    assured: TokenBucket,
}

impl Total {
    pub(super) fn new(limits: &TurnLimits) -> Self {
        let total = limits.bytes_per_second_in_all;
        let places = u64::try_from(limits.allocations).unwrap_or(u64::MAX).max(1);
        let assured = total / places;
        Self {
            assured: Rate { burst: assured, per_second: assured },
            bucket: (total > 0).then(|| TokenBucket::new(Rate { burst: total, per_second: total })),
        }
    }

    /// The share of a new allocation.
    pub(super) fn share(&self, limits: &TurnLimits) -> Share {
        let own = Rate { burst: limits.burst_bytes, per_second: limits.bytes_per_second };
        Share {
            own: (own.per_second > 0).then(|| TokenBucket::new(own)),
            assured: TokenBucket::new(self.assured),
        }
    }

    /// Takes a payload of an allocation, if it may go.
    ///
    /// # Errors
    /// Which limit it does not fit into.
    pub(super) fn admit(&mut self, now: Instant, share: &mut Share, bytes: usize) -> Result<(), DropReason> {
        let bytes = bytes as u64;
        if share.own.as_mut().is_some_and(|own| !own.take(now, bytes)) {
            return Err(DropReason::Rate);
        }
        let Some(total) = &mut self.bucket else { return Ok(()) };
        if share.assured.take(now, bytes) {
            total.owe(now, bytes);
            return Ok(());
        }
        if total.take(now, bytes) { Ok(()) } else { Err(DropReason::TotalRate) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Ten places, 10,000 bytes a second in all.
    fn limits(bytes_per_second: u64) -> TurnLimits {
        TurnLimits {
            allocations: 10,
            bytes_per_second,
            burst_bytes: bytes_per_second,
            bytes_per_second_in_all: 10_000,
            ..TurnLimits::default()
        }
    }

    /// What passes in ten seconds after the first one, of senders with so many bytes per millisecond each.
    fn passed(limits: &TurnLimits, wanted: &[usize]) -> Vec<usize> {
        let start = Instant::now();
        let mut total = Total::new(limits);
        let mut shares: Vec<Share> = wanted.iter().map(|_| total.share(limits)).collect();
        let mut passed = vec![0; wanted.len()];
        for millis in 0..11_000 {
            let now = start + Duration::from_millis(millis);
            for (index, bytes) in wanted.iter().enumerate() {
                let admitted = total.admit(now, &mut shares[index], *bytes).is_ok();
                passed[index] += if admitted && millis >= 1_000 { *bytes } else { 0 };
            }
        }
        passed
    }

    #[test]
    fn who_takes_little_is_served_however_much_others_take_and_the_total_holds() {
        // A byte a millisecond is all that one is assured of.
        for greedy in 1..9 {
            let mut wanted = vec![50; greedy];
            wanted.push(1);
            let passed = passed(&limits(0), &wanted);
            assert_eq!(passed[greedy], 10_000, "{greedy} greedy ones");
            let all: usize = passed.iter().sum();
            assert!((95_000..=101_000).contains(&all), "{all} with {greedy} greedy ones");
        }
    }

    #[test]
    fn everybody_at_once_gets_an_equal_part_at_least() {
        let passed = passed(&limits(0), &[20; 10]);
        assert!(passed.iter().all(|bytes| *bytes >= 9_900), "{passed:?}");
        assert!(passed.iter().sum::<usize>() <= 101_000, "{passed:?}");
    }

    #[test]
    fn an_allocation_alone_has_its_own_limit_and_nought_is_none() {
        assert!((50_000..=50_100).contains(&passed(&limits(5_000), &[100])[0]));
        let unlimited = TurnLimits { bytes_per_second_in_all: 0, ..limits(0) };
        assert_eq!(passed(&unlimited, &[1_000])[0], 10_000_000);
        let mut total = Total::new(&limits(10));
        let mut share = total.share(&limits(10));
        let now = Instant::now();
        assert_eq!(total.admit(now, &mut share, 11), Err(DropReason::Rate));
        let mut share = total.share(&limits(0));
        assert_eq!(total.admit(now, &mut share, 10_001), Err(DropReason::TotalRate));
    }
}
