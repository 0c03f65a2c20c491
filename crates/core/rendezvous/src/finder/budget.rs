use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};

use crate::ItemKey;

/// Distinct addresses a minute. Home routers have been seen to stop at a few hundred new flows, and administrators take
/// notice of fewer.
const RATE: Rate = Rate { burst: 120, per_second: 2 };
/// Addresses that a walk to a place meets for the first time: 41 were measured from cold, a part of them on the way of any
/// walk, so that further ones meet about twenty. Five at once: whose clock is wrong by most of a day finds the beacon at the last
/// of three places, and has to leave its own addresses at the door beside it.
const NEW_PLACE: u64 = 24;
/// Those that another walk to the same place does.
const SAME_PLACE: u64 = 2;
/// So long a router is taken to remember a flow, and the nodes around a place to stay the same.
const MEMORY: Duration = Duration::from_secs(60);

/// How many strangers' addresses our router hears of in a minute.
#[derive(Debug)]
pub(super) struct Budget {
    bucket: TokenBucket,
    walked: BTreeMap<ItemKey, Instant>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bucket: TokenBucket::new(RATE), walked: BTreeMap::new() }
    }
}

impl Budget {
    /// Whether the nodes around a place may be asked now; they count as asked then.
    pub(super) fn take(&mut self, now: Instant, key: ItemKey) -> bool {
        self.walked.retain(|_, at| now.saturating_duration_since(*at) < MEMORY);
        let cost = if self.walked.contains_key(&key) { SAME_PLACE } else { NEW_PLACE };
        let is_allowed = self.bucket.take(now, cost);
        if is_allowed {
            self.walked.insert(key, now);
        }
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_places_at_once_and_then_five_a_minute() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        let mut walks = |at: u64, from: u8| {
            let now = start + Duration::from_secs(at);
            (from..from + 20).filter(|n| budget.take(now, ItemKey([*n; 32]))).count()
        };
        assert_eq!(walks(0, 0), 5);
        assert_eq!(walks(11, 20), 0);
        assert_eq!(walks(12, 40), 1);
        assert_eq!(walks(60, 60), 4);
    }

    #[test]
    fn one_place_may_be_looked_at_every_three_seconds_for_ever() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        for n in 0..1_000 {
            assert!(budget.take(start + Duration::from_secs(3 * n), ItemKey([1; 32])), "{n}");
        }
    }
}
