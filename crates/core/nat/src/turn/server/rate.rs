//! Who may take how much.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A token bucket: so many units at once, so many per second in the long run.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenBucket {
    /// In billionths of a unit, so that nothing is lost between two calls, however close.
    tokens: u128,
    filled: Instant,
}

/// The measures of a bucket, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BucketSize {
    pub(super) burst: u64,
    pub(super) per_second: u64,
}

const NANO: u128 = Duration::from_secs(1).as_nanos();

impl TokenBucket {
    pub(super) fn full(size: BucketSize, now: Instant) -> Self {
        Self { tokens: u128::from(size.burst) * NANO, filled: now }
    }

    /// Takes `units`, if they are there.
    pub(super) fn take(&mut self, size: BucketSize, now: Instant, units: u64) -> bool {
        let passed = now.saturating_duration_since(self.filled).as_nanos();
        self.filled = self.filled.max(now);
        let capacity = u128::from(size.burst) * NANO;
        self.tokens = (self.tokens + passed * u128::from(size.per_second)).min(capacity);
        let wanted = u128::from(units) * NANO;
        let there = self.tokens >= wanted;
        if there {
            self.tokens -= wanted;
        }
        there
    }
}

/// Answers to who has not proven to be there, per source: so many at once, so many per second. A refusal is up to
/// two and a half times as long as its request; this makes it worthless for whoever forges sources.
const ANSWERS: BucketSize = BucketSize { burst: 32, per_second: 8 };
/// Places that sources share: constant memory, however many sources there are.
const PLACES: usize = 4_096;

/// Limits what anyone can make the server send to an address that may be forged.
pub(super) struct AnswerLimit {
    keyed: Hmac<Sha256>,
    places: Vec<TokenBucket>,
}

impl AnswerLimit {
    pub(super) fn new(seed: &[u8; 32], now: Instant) -> Self {
        let mut keyed = Hmac::new_from_slice(seed).expect("HMAC takes keys of any length");
        keyed.update(b"answer limit");
        Self { keyed, places: vec![TokenBucket::full(ANSWERS, now); PLACES] }
    }

    pub(super) fn admit(&mut self, now: Instant, source: IpAddr) -> bool {
        let mut mac = self.keyed.clone();
        // On a socket for both families IPv4 addresses come mapped, all in one /64.
        match source.to_canonical() {
            IpAddr::V4(ip) => mac.update(&ip.octets()),
            // A /64 is one customer.
            IpAddr::V6(ip) => mac.update(&ip.octets()[..8]),
        }
        let digest = mac.finalize().into_bytes();
        let place = usize::from(u16::from_be_bytes([digest[0], digest[1]])) % PLACES;
        self.places[place].take(ANSWERS, now, 1)
    }
}

impl std::fmt::Debug for AnswerLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AnswerLimit(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_and_never_more_than_the_burst_is_saved_up() {
        let start = Instant::now();
        let size = BucketSize { burst: 5, per_second: 10 };
        let mut bucket = TokenBucket::full(size, start);
        let mut passed = |at| (0..20).filter(|_| bucket.take(size, at, 1)).count();
        assert_eq!(passed(start), 5);
        assert_eq!(passed(start + Duration::from_millis(99)), 0);
        assert_eq!(passed(start + Duration::from_millis(200)), 2);
        assert_eq!(passed(start + Duration::from_secs(3_600)), 5);
        assert_eq!(passed(start), 0, "a clock that stands still fills nothing");
    }

    #[test]
    fn frequent_small_takes_lose_nothing_to_rounding() {
        let start = Instant::now();
        let size = BucketSize { burst: 10, per_second: 1_000 };
        let mut bucket = TokenBucket::full(size, start);
        let passed = (0..10_000_u64)
            .filter(|step| bucket.take(size, start + Duration::from_micros(100 * step), 1))
            .count();
        assert_eq!(passed, 1_009, "1 s at 1,000 per second less one step, and the burst");
    }

    #[test]
    fn one_source_does_not_use_up_another() {
        let now = Instant::now();
        let mut limit = AnswerLimit::new(&[1; 32], now);
        let mut passed = |ip: &str| (0..100).filter(|_| limit.admit(now, ip.parse().unwrap())).count();
        assert_eq!(passed("192.0.2.1"), 32);
        assert_eq!(passed("192.0.2.2"), 32);
        assert_eq!(passed("::ffff:192.0.2.2"), 0, "the same address");
        assert_eq!(passed("::ffff:192.0.2.3"), 32);
        assert_eq!(passed("2001:db8::1"), 32);
        assert_eq!(passed("2001:db8::2"), 0, "the same customer");
    }
}
