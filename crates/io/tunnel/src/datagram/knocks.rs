//! How many knocks are looked at: any stranger can send one, and it takes cryptography to see whether it is a friend's.

use std::{net::IpAddr, time::Instant};

use lanrage_base::{
    bucket::{Rate, TokenBucket},
    sources::{Source, SourceBuckets},
};

/// Implementation: of one source. Who asks does so three times in half a second, then ever more slowly; behind one router
/// there may be a whole party.
const OF_ONE: Rate = Rate { burst: 20, per_second: 10 };
/// Implementation: of all together. Opening one takes some microseconds.
const OF_ALL: Rate = Rate { burst: 100, per_second: 100 };
/// Implementation: sources that are counted.
const SOURCES: usize = 1_024;

/// The gate in front of the engine. Time comes in.
pub(crate) struct KnockGate {
    sources: SourceBuckets,
    all: TokenBucket,
}

impl KnockGate {
    pub(crate) fn new() -> Self {
        Self { sources: SourceBuckets::new(OF_ONE, SOURCES), all: TokenBucket::new(OF_ALL) }
    }

    /// Whether one more from there is looked at.
    pub(crate) fn admits(&mut self, from: IpAddr, now: Instant) -> bool {
        self.sources.take(now, Source::of(from), 1) && self.all.take(now, 1)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_flood_of_one_source_leaves_others_theirs_and_all_together_are_bounded() {
        let (mut gate, now) = (KnockGate::new(), Instant::now());
        let source = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(0xC633_6400 + n));
        let taken = (0..1_000).filter(|_| gate.admits(source(1), now)).count();
        assert_eq!(taken, OF_ONE.burst as usize);
        assert!(gate.admits(source(2), now));
        let all = (3..1_000).filter(|n| gate.admits(source(*n), now)).count();
        assert_eq!(all + taken + 1, OF_ALL.burst as usize);
    }
}
