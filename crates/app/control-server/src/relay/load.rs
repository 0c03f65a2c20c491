use std::time::{Duration, Instant};

use lanrage_nat::turn::TurnLimits;

/// How full a relay is: by its places, or by what it relays, whichever is more.
#[derive(Debug)]
pub(super) struct Load {
    allocations: usize,
    bytes_per_second: u64,
    since: Instant,
    bytes: u64,
}

impl Load {
    pub(super) const fn new(limits: &TurnLimits, now: Instant) -> Self {
        Self {
            allocations: limits.allocations,
            bytes_per_second: limits.bytes_per_second_in_all,
            since: now,
            bytes: 0,
        }
    }

    /// Percent of the capacity in use since the last call, 0 to 100: with so many allocations now, and so many bytes that
    /// were relayed so far.
    pub(super) fn percent(&mut self, now: Instant, allocations: usize, relayed: u64) -> u8 {
        let bytes = relayed.saturating_sub(std::mem::replace(&mut self.bytes, relayed));
        let passed = now.saturating_duration_since(std::mem::replace(&mut self.since, now));
        let places = allocations as u128 * 100 / self.allocations.max(1) as u128;
        let possible = u128::from(self.bytes_per_second) * passed.max(Duration::from_millis(1)).as_millis();
        let traffic = (u128::from(bytes) * 100_000).checked_div(possible).unwrap_or(0);
        u8::try_from(places.max(traffic).min(100)).unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_fuller_of_places_and_traffic() {
        let limits = TurnLimits { allocations: 10, bytes_per_second_in_all: 1_000, ..TurnLimits::default() };
        let start = Instant::now();
        let mut load = Load::new(&limits, start);
        let mut at = |seconds, allocations, relayed| {
            load.percent(start + Duration::from_secs(seconds), allocations, relayed)
        };
        assert_eq!(at(1, 2, 150), 20);
        assert_eq!(at(2, 2, 950), 80, "800 bytes of 1,000 in this second");
        assert_eq!(at(4, 11, 950), 100);
        let unlimited = TurnLimits { bytes_per_second_in_all: 0, ..limits };
        assert_eq!(Load::new(&unlimited, start).percent(start + Duration::from_secs(1), 1, 1 << 40), 10);
    }
}
