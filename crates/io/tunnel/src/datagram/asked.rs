//! Whom we sent something to lately: servers, and where friends may be. Only they have anything to say that is not
//! WireGuard, and a handshake from there is expected.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};

use lanrage_party::facts::DropReason;

/// Implementation: how long an address counts after the last datagram to it. A server that we have an allocation with hears
/// of us every few minutes (RFC 8656 §3.2: 10 minutes).
const MEMORY: Duration = Duration::from_secs(600);
/// Implementation: most addresses; the one that was asked longest ago makes room. A full party with all its candidates has
/// fewer, and strangers add none.
const ADDRESSES: usize = 2_048;
/// Implementation: STUN taken from one address. A relay's data before there is a channel is the most.
const ANSWERS: Rate = Rate { burst: 100, per_second: 200 };
/// Implementation: STUN taken from all addresses together, forged ones among them; the engine handles more.
const ALL_ANSWERS: Rate = Rate { burst: 500, per_second: 1_000 };
/// Implementation: punches taken from addresses that we have sent nothing to. A friend's may come before ours has gone.
const PUNCHES: Rate = Rate { burst: 20, per_second: 20 };
/// Implementation: handshake messages taken from one address without a cookie: a peer sends one a second, and its
/// copies are not counted. Several friends may be behind one address.
const HANDSHAKES: Rate = Rate { burst: 20, per_second: 20 };

/// A STUN Binding indication, which opens a way through routers (RFC 8489 §5): class and method.
const BINDING_INDICATION: [u8; 2] = [0x00, 0x11];

/// The addresses, each with what may come from it. Time comes in.
pub(crate) struct Asked {
    known: HashMap<IpAddr, Known>,
    answers: TokenBucket,
    punches: TokenBucket,
}

struct Known {
    last: Instant,
    answers: TokenBucket,
    handshakes: TokenBucket,
}

impl Asked {
    pub(crate) fn new() -> Self {
        let [answers, punches] = [ALL_ANSWERS, PUNCHES].map(TokenBucket::new);
        Self { known: HashMap::new(), answers, punches }
    }

    /// Notes that something goes there. The address is that by which sources are counted.
    pub(crate) fn note(&mut self, address: IpAddr, now: Instant) {
        if let Some(known) = self.known.get_mut(&address) {
            known.last = now;
            return;
        }
        if self.known.len() == ADDRESSES {
            let oldest = self.known.iter().min_by_key(|(_, known)| known.last).map(|(address, _)| *address);
            oldest.map(|address| self.known.remove(&address));
        }
        let [answers, handshakes] = [ANSWERS, HANDSHAKES].map(TokenBucket::new);
        self.known.insert(address, Known { last: now, answers, handshakes });
    }

    /// Whether a STUN message that came from there is for the engine.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn admit_stun(
        &mut self,
        from: IpAddr,
        message: &[u8],
        now: Instant,
    ) -> Result<(), DropReason> {
        let takes = match self.known.get_mut(&from).filter(|known| known.is_fresh(now)) {
            Some(known) => known.answers.take(now, 1) && self.answers.take(now, 1),
            None if !message.starts_with(&BINDING_INDICATION) => return Err(DropReason::UnaskedStun),
            None => self.punches.take(now, 1),
        };
        if takes { Ok(()) } else { Err(DropReason::StunFlood) }
    }

    /// Whether a handshake message from there is expected, and not one too many.
    pub(crate) fn expects_handshake(&mut self, from: IpAddr, now: Instant) -> bool {
        let known = self.known.get_mut(&from).filter(|known| known.is_fresh(now));
        known.is_some_and(|known| known.handshakes.take(now, 1))
    }
}

impl Known {
    fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) < MEMORY
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
    const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 3));
    const RESPONSE: &[u8] = &[0x01, 0x01, 0, 0];
    const PUNCH: &[u8] = &[0x00, 0x11, 0, 0];

    fn admitted(asked: &mut Asked, from: IpAddr, message: &[u8], now: Instant) -> usize {
        (0..10_000).filter(|_| asked.admit_stun(from, message, now).is_ok()).count()
    }

    #[test]
    fn only_who_was_asked_is_heard_and_only_while_it_is_not_long_ago() {
        let (mut asked, start) = (Asked::new(), Instant::now());
        asked.note(SERVER, start);
        assert_eq!(asked.admit_stun(SERVER, RESPONSE, start), Ok(()));
        assert_eq!(asked.admit_stun(STRANGER, RESPONSE, start), Err(DropReason::UnaskedStun));
        assert_eq!(asked.admit_stun(SERVER, RESPONSE, start + MEMORY), Err(DropReason::UnaskedStun));
        asked.note(SERVER, start + MEMORY);
        assert_eq!(asked.admit_stun(SERVER, RESPONSE, start + MEMORY), Ok(()));
        assert!(asked.expects_handshake(SERVER, start + MEMORY) && !asked.expects_handshake(STRANGER, start));
    }

    #[test]
    fn a_flood_in_one_servers_name_leaves_the_others_theirs() {
        let (mut asked, start) = (Asked::new(), Instant::now());
        [SERVER, OTHER].into_iter().for_each(|address| asked.note(address, start));
        assert_eq!(admitted(&mut asked, SERVER, RESPONSE, start), ANSWERS.burst as usize);
        assert_eq!(asked.admit_stun(SERVER, RESPONSE, start), Err(DropReason::StunFlood));
        assert_eq!(asked.admit_stun(OTHER, RESPONSE, start), Ok(()));
    }

    #[test]
    fn strangers_punches_are_few_and_take_nothing_from_those_that_are_expected() {
        let (mut asked, start) = (Asked::new(), Instant::now());
        asked.note(SERVER, start);
        assert_eq!(admitted(&mut asked, STRANGER, PUNCH, start), PUNCHES.burst as usize);
        assert_eq!(asked.admit_stun(OTHER, PUNCH, start), Err(DropReason::StunFlood));
        assert_eq!(asked.admit_stun(SERVER, PUNCH, start), Ok(()));
    }

    #[test]
    fn handshakes_from_one_expected_address_leave_another_its_own() {
        let (mut asked, start) = (Asked::new(), Instant::now());
        [SERVER, OTHER].into_iter().for_each(|address| asked.note(address, start));
        let taken = (0..1_000).filter(|_| asked.expects_handshake(SERVER, start)).count();
        assert_eq!(taken, HANDSHAKES.burst as usize);
        assert!(asked.expects_handshake(OTHER, start));
    }

    #[test]
    fn the_one_asked_longest_ago_makes_room() {
        let (mut asked, start) = (Asked::new(), Instant::now());
        let address = |n: usize| IpAddr::from((n as u128).to_be_bytes());
        for n in 0..=ADDRESSES {
            asked.note(address(n), start + Duration::from_millis(n as u64));
        }
        assert_eq!(asked.known.len(), ADDRESSES);
        let now = start + Duration::from_millis(ADDRESSES as u64);
        let heard = [0, 1, ADDRESSES].map(|n| asked.admit_stun(address(n), RESPONSE, now).is_ok());
        assert_eq!(heard, [false, true, true]);
    }
}
