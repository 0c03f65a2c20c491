//! Which handshake messages are worth a Diffie-Hellman. Everything that is refused here costs a hash or two.
//!
//! - An initiation that came before is dropped by its `mac1`: copies over several paths, or a recording.
//! - A few from anybody are taken as they are. Above that, the sender proves its address by a cookie (whitepaper §5.3),
//! - and who proved it is counted by it, as WireGuard does (`ratelimiter.c`). Who has many addresses shares one more limit
//!   with everybody of whom we did not expect a handshake (see `asked`).

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    time::Instant,
};

use lanrage_base::bucket::{Rate, TokenBucket};

/// Implementation: handshake messages a second from anybody, without a cookie. A party may reconnect all at once, from behind
/// translators that nobody knew of.
pub(super) const UNPROVEN: Rate = Rate { burst: 100, per_second: 200 };
/// As WireGuard: from each address that is proven.
const PROVEN: Rate = Rate { burst: 5, per_second: 20 };
/// Implementation: from all that are proven. A Diffie-Hellman takes about 50 µs: this is a twentieth of one processor.
const ALL_PROVEN: Rate = Rate { burst: 100, per_second: 1_000 };
/// Implementation: cookies given. One costs as much as receiving what asks for it.
const COOKIES: Rate = Rate { burst: 200, per_second: 2_000 };

/// Implementation: how many `mac1`s of admitted messages are remembered; a newer one takes the place of one before.
const MACS: usize = 1_024;
/// Implementation: places for proven addresses. Of those whose hash is alike, the one that was used longest ago makes room.
const SETS: usize = 1_024;
const WAYS: usize = 4;

pub(super) type Mac1 = [u8; 16];

/// What was admitted lately, in constant memory. Time comes in.
pub(super) struct Admission {
    macs: Box<[Mac1]>,
    unproven: TokenBucket,
    proven: TokenBucket,
    cookies: TokenBucket,
    /// Empty until the first address is proven, which most players never see.
    sources: Vec<[Option<Source>; WAYS]>,
    hashes: RandomState,
}

#[derive(Clone, Copy)]
struct Source {
    address: IpAddr,
    used: Instant,
    bucket: TokenBucket,
}

impl Admission {
    pub(super) fn new() -> Self {
        let [unproven, proven, cookies] = [UNPROVEN, ALL_PROVEN, COOKIES].map(TokenBucket::new);
        Self {
            macs: vec![[0; 16]; MACS].into(),
            unproven,
            proven,
            cookies,
            sources: Vec::new(),
            hashes: RandomState::new(),
        }
    }

    /// Whether a message with this `mac1` was admitted before. It need not be verified.
    pub(super) fn is_repeated(&self, mac1: &Mac1) -> bool {
        self.macs[self.place(mac1, MACS)] == *mac1
    }

    /// Notes a message that was admitted, or is about to be.
    pub(super) fn note(&mut self, mac1: Mac1) {
        let place = self.place(&mac1, MACS);
        self.macs[place] = mac1;
    }

    /// Whether one more is taken from anybody.
    pub(super) fn admits_unproven(&mut self, now: Instant) -> bool {
        self.unproven.take(now, 1)
    }

    /// Whether one more is taken from an address that is proven.
    pub(super) fn admits_proven(&mut self, address: IpAddr, now: Instant) -> bool {
        if self.sources.is_empty() {
            self.sources = vec![[None; WAYS]; SETS];
        }
        let set = self.place(&address, SETS);
        let set = &mut self.sources[set];
        let own = set.iter().position(|place| place.is_some_and(|source| source.address == address));
        // An empty place comes before the oldest: None is less than any time.
        let place = own.or_else(|| {
            let used = |place: &Option<Source>| place.map(|source| source.used);
            (0..WAYS).min_by_key(|place| used(&set[*place]))
        });
        let Some(place) = place.map(|place| &mut set[place]) else { return false };
        let fresh = Source { address, used: now, bucket: TokenBucket::new(PROVEN) };
        let source = match place {
            Some(source) if source.address == address => source,
            _ => place.insert(fresh),
        };
        source.used = now;
        source.bucket.take(now, 1) && self.proven.take(now, 1)
    }

    /// Whether one more cookie is given.
    pub(super) fn gives_cookie(&mut self, now: Instant) -> bool {
        self.cookies.take(now, 1)
    }

    /// A place that no sender can choose.
    fn place(&self, of: &impl std::hash::Hash, places: usize) -> usize {
        (self.hashes.hash_one(of) % places as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, time::Duration};

    use super::*;

    fn address(n: u32) -> IpAddr {
        Ipv4Addr::from_bits(n).into()
    }

    #[test]
    fn a_proven_address_has_its_rate_whatever_another_does() {
        let (mut admission, start) = (Admission::new(), Instant::now());
        // 20,000 a second for two seconds.
        let at = |n: u64| start + Duration::from_micros(50 * n);
        let of_one = (0..40_000).filter(|n| admission.admits_proven(address(1), at(*n))).count();
        assert!((44..=45).contains(&of_one), "{of_one}");
        assert!(admission.admits_proven(address(2), at(40_000)));
    }

    #[test]
    fn who_has_very_many_addresses_shares_one_limit_and_no_memory_grows() {
        let (mut admission, start) = (Admission::new(), Instant::now());
        let at = |n: u32| start + Duration::from_micros(50 * u64::from(n));
        let admitted = (0..20_000).filter(|n| admission.admits_proven(address(*n), at(*n))).count() as u64;
        assert!(admitted <= ALL_PROVEN.burst + ALL_PROVEN.per_second, "{admitted}");
        assert!(admitted >= ALL_PROVEN.per_second, "{admitted}");
        assert_eq!(admission.sources.len() * WAYS, SETS * WAYS);
    }

    #[test]
    fn when_all_places_are_taken_the_oldest_makes_room_and_who_is_there_stays_counted() {
        let (mut admission, start) = (Admission::new(), Instant::now());
        let others = (2..10_000_u32).enumerate();
        for (n, other) in others {
            let now = start + Duration::from_millis(n as u64);
            admission.admits_proven(address(other), now);
            // It comes every millisecond, so its place is never the oldest.
            admission.admits_proven(address(1), now);
        }
        let now = start + Duration::from_secs(10);
        let taken = (0..100).filter(|_| admission.admits_proven(address(1), now)).count();
        assert!(taken <= 1, "its bucket was forgotten: {taken}");
    }

    #[test]
    fn what_was_admitted_once_is_known_and_a_newer_one_takes_its_place() {
        let mut admission = Admission::new();
        let mac = |n: u64| [n.to_le_bytes(), [7; 8]].concat().try_into().unwrap();
        assert!(!admission.is_repeated(&mac(1)));
        admission.note(mac(1));
        assert!(admission.is_repeated(&mac(1)) && !admission.is_repeated(&mac(2)));
        (2..100_000).for_each(|n| admission.note(mac(n)));
        assert!(!admission.is_repeated(&mac(1)) && admission.is_repeated(&mac(99_999)));
    }

    #[test]
    fn strangers_without_a_cookie_take_their_rate_and_leave_those_with_one_theirs() {
        let (mut admission, start) = (Admission::new(), Instant::now());
        let taken = (0..10_000).filter(|_| admission.admits_unproven(start)).count() as u64;
        assert_eq!(taken, UNPROVEN.burst);
        assert!(admission.admits_proven(address(1), start));
        let cookies = (0..10_000).filter(|_| admission.gives_cookie(start)).count() as u64;
        assert_eq!(cookies, COOKIES.burst);
    }
}
