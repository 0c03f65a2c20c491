//! How much is relayed, of each allocation and in all.

use std::time::Instant;

use lanrage_base::bucket::{Rate, TokenBucket};

use lanrage_party::Lane;

use super::{DropReason, view::TurnLimits};

/// Implementation: the part of what an allocation may relay at once that transfers leave to all else.
const LEFT_BY_TRANSFERS: u64 = 8;

/// How urgent a payload is, as whoever gets it tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// A sealed packet of the bulk lane.
    Transfer,
    /// All else: games, handshakes, what other programs say.
    Any,
}

impl Urgency {
    /// Of any bytes.
    pub(super) fn of(payload: &[u8]) -> Self {
        let is_sealed = payload.first() == Some(&SEALED);
        if is_sealed && Lane::of_datagram(payload) == Lane::Bulk { Self::Transfer } else { Self::Any }
    }

    fn take(self, bucket: &mut TokenBucket, burst: u64, now: Instant, bytes: u64) -> bool {
        match self {
            Self::Transfer => bucket.take_leaving(now, bytes, burst / LEFT_BY_TRANSFERS),
            Self::Any => bucket.take(now, bytes),
        }
    }
}

/// The first byte of a sealed packet of WireGuard (whitepaper §5.4.6).
const SEALED: u8 = 4;

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
    /// What that holds when it is full.
    own_burst: u64,
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
            own_burst: own.burst,
            assured: TokenBucket::new(self.assured),
        }
    }

    /// Takes a payload of an allocation, if it may go. Transfers leave something of the allocation's own parts to games.
    ///
    /// # Errors
    /// Which limit it does not fit into.
    pub(super) fn admit(
        &mut self,
        now: Instant,
        share: &mut Share,
        bytes: usize,
        urgency: Urgency,
    ) -> Result<(), DropReason> {
        let bytes = bytes as u64;
        let burst = share.own_burst;
        if share.own.as_mut().is_some_and(|own| !urgency.take(own, burst, now, bytes)) {
            return Err(DropReason::Rate);
        }
        let Some(total) = &mut self.bucket else { return Ok(()) };
        if urgency.take(&mut share.assured, self.assured.burst, now, bytes) {
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
                let admitted = total.admit(now, &mut shares[index], *bytes, Urgency::Any).is_ok();
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
    fn a_transfer_of_the_same_player_leaves_a_game_its_packets_however_long_they_are() {
        // By its own limit, and by what it is assured of where others take the rest.
        let own = TurnLimits { bytes_per_second_in_all: 0, ..limits(1_000_000) };
        let assured = TurnLimits { bytes_per_second_in_all: 10_000_000, ..limits(0) };
        for limits in [own, assured] {
            let (start, mut total) = (Instant::now(), Total::new(&limits));
            let (mut share, mut others) = (total.share(&limits), total.share(&limits));
            let (mut played, mut transferred) = (0, 0);
            for millis in 0..10_000 {
                let now = start + Duration::from_millis(millis);
                for _ in 0..2 {
                    transferred +=
                        usize::from(total.admit(now, &mut share, 1_400, Urgency::Transfer).is_ok());
                    for _ in 0..10 {
                        let _ = total.admit(now, &mut others, 1_400, Urgency::Transfer);
                    }
                }
                if millis % 16 == 0 {
                    played += usize::from(total.admit(now, &mut share, 1_040, Urgency::Any).is_ok());
                }
            }
            assert_eq!(played, 625, "60 packets a second, none lost");
            assert!(transferred * 1_400 > 8_000_000, "{transferred}");
        }
    }

    #[test]
    fn sealed_packets_of_the_bulk_lane_are_transfers() {
        let sealed = |kind, index| [kind, 0, 0, 0, 9, index, 0, 0];
        assert_eq!(Urgency::of(&sealed(4, 0)), Urgency::Transfer);
        for other in [&sealed(4, 1)[..], &sealed(1, 0), &sealed(2, 0), b"\x04", b""] {
            assert_eq!(Urgency::of(other), if other == b"\x04" { Urgency::Transfer } else { Urgency::Any });
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
        assert_eq!(total.admit(now, &mut share, 11, Urgency::Any), Err(DropReason::Rate));
        let mut share = total.share(&limits(0));
        assert_eq!(total.admit(now, &mut share, 10_001, Urgency::Any), Err(DropReason::TotalRate));
    }
}
