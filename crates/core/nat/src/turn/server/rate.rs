//! How much anyone may make the server send to an address that may be forged.

use std::{net::IpAddr, time::Instant};

use hmac::{Hmac, Mac};
use lanrage_base::bucket::{Rate, TokenBucket};
use sha2::Sha256;

/// Answers to who has not proven to be there, per source: so many at once, so many per second. A refusal is up to
/// two and a half times as long as its request; this makes it worthless for whoever forges sources.
const ANSWERS: Rate = Rate { burst: 32, per_second: 8 };
/// Places that sources share: constant memory, however many sources there are.
const PLACES: usize = 4_096;

/// Limits what anyone can make the server send to an address that may be forged.
pub(super) struct AnswerLimit {
    keyed: Hmac<Sha256>,
    places: Vec<TokenBucket>,
}

impl AnswerLimit {
    pub(super) fn new(seed: &[u8; 32]) -> Self {
        let mut keyed = Hmac::new_from_slice(seed).expect("HMAC takes keys of any length");
        keyed.update(b"answer limit");
        Self { keyed, places: vec![TokenBucket::new(ANSWERS); PLACES] }
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
        self.places[place].take(now, 1)
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
    fn one_source_does_not_use_up_another() {
        let now = Instant::now();
        let mut limit = AnswerLimit::new(&[1; 32]);
        let mut passed = |ip: &str| (0..100).filter(|_| limit.admit(now, ip.parse().unwrap())).count();
        assert_eq!(passed("192.0.2.1"), 32);
        assert_eq!(passed("192.0.2.2"), 32);
        assert_eq!(passed("::ffff:192.0.2.2"), 0, "the same address");
        assert_eq!(passed("::ffff:192.0.2.3"), 32);
        assert_eq!(passed("2001:db8::1"), 32);
        assert_eq!(passed("2001:db8::2"), 0, "the same customer");
    }
}
