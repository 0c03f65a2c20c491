//! Whom to knock at: each once, the likeliest first, and not more in a second than a stranger who was named by somebody
//! ill-meaning would notice.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::NatType;

use super::view::{Call, Caller};
use crate::{Addresses, Beacon, Door, PeerMark, Token};

/// Entries that are knocked at: four a second, after the first dozen.
const RATE: Rate = Rate { burst: 12, per_second: 4 };
/// Entries that wait; further ones are passed over, and found again at the next look.
const WAITING: usize = 24;
/// Entries that are remembered; the oldest is forgotten first.
const REMEMBERED: usize = 256;
/// A member that is still written of is knocked at again after so long.
const AGAIN: Duration = Duration::from_secs(60);
/// When the next one of those that wait is due, at the latest.
const PAUSE: Duration = Duration::from_millis(250);

/// A member, or a newcomer at one time of its writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Member(PeerMark),
    Newcomer(Token, u32),
}

#[derive(Debug)]
pub(super) struct Calls {
    bucket: TokenBucket,
    waiting: VecDeque<Call>,
    known: BTreeMap<Known, (Instant, Addresses, NatType)>,
}

impl Default for Calls {
    fn default() -> Self {
        Self { bucket: TokenBucket::new(RATE), waiting: VecDeque::new(), known: BTreeMap::new() }
    }
}

impl Calls {
    /// What a beacon says of members but those of `passed_over`.
    pub(super) fn beacon(
        &mut self,
        now: Instant,
        beacon: &Beacon,
        own: &Addresses,
        passed_over: impl Fn(&PeerMark) -> bool,
    ) {
        for entry in beacon.entries.iter().filter(|entry| !passed_over(&entry.peer)) {
            let known = self.known.get(&Known::Member(entry.peer));
            let is_old = known.is_some_and(|(at, addresses, nat_type)| {
                (addresses, *nat_type) == (&entry.addresses, entry.nat_type)
                    && now.saturating_duration_since(*at) < AGAIN
            });
            if !is_old {
                let caller = Caller::Member(entry.peer);
                let said = (entry.reachable, entry.nat_type);
                self.add(now, Known::Member(entry.peer), caller, &entry.addresses, own, said);
            }
        }
    }

    /// What a door says of newcomers but ourselves. Each is knocked at once for every time of its writing, however its clock
    /// goes; those whose times are near `wall_s` first.
    pub(super) fn door(&mut self, now: Instant, door: &Door, own: &Addresses, token: Token, wall_s: u32) {
        let mut entries: Vec<_> = door.entries.iter().filter(|entry| entry.token != token).collect();
        entries.sort_by_key(|entry| entry.at_s.abs_diff(wall_s));
        for entry in entries {
            let known = Known::Newcomer(entry.token, entry.at_s);
            if !self.known.contains_key(&known) {
                self.add(
                    now,
                    known,
                    Caller::Newcomer(entry.token),
                    &entry.addresses,
                    own,
                    (false, NatType::Unknown),
                );
            }
        }
    }

    fn add(
        &mut self,
        now: Instant,
        known: Known,
        caller: Caller,
        claimed: &Addresses,
        own: &Addresses,
        (reachable, nat_type): (bool, NatType),
    ) {
        if self.waiting.len() == WAITING {
            return;
        }
        if self.known.len() == REMEMBERED
            && let Some(oldest) = self.known.iter().min_by_key(|(_, (at, ..))| *at).map(|(known, _)| *known)
        {
            self.known.remove(&oldest);
        }
        self.known.insert(known, (now, claimed.clone(), nat_type));
        let addresses: Vec<_> = claimed.from_here(own).collect();
        if !addresses.is_empty() {
            self.waiting.push_back(Call { caller, addresses, reachable, nat_type });
        }
    }

    /// The next one that is due.
    pub(super) fn next(&mut self, now: Instant) -> Option<Call> {
        let is_due = !self.waiting.is_empty() && self.bucket.take(now, 1);
        if is_due { self.waiting.pop_front() } else { None }
    }

    /// When to ask for the next one, if there is one.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        (!self.waiting.is_empty()).then(|| now + PAUSE)
    }

    /// Everybody is somebody new: our own addresses are other ones, so that whoever did not hear us may now.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.known.clear();
    }
}

#[cfg(test)]
mod tests {
    use lanrage_base::clock::UnixMillis;

    use super::*;
    use crate::DoorEntry;

    fn door(range: std::ops::Range<u32>) -> Door {
        let entry = |n: u32| DoorEntry {
            token: Token(u64::from(n).to_be_bytes()),
            at_s: 1_000 + n,
            member: false,
            addresses: [([203, 0, 113, n as u8], 7).into()].into_iter().collect(),
        };
        Door { written: UnixMillis(0), entries: range.map(entry).collect() }
    }

    #[test]
    fn a_door_that_somebody_fills_leads_to_four_knocks_a_second() {
        let (mut calls, start) = (Calls::default(), Instant::now());
        let own = Addresses::default();
        let mut made = 0;
        for tick in 0..40_u32 {
            let now = start + Duration::from_millis(250) * tick;
            calls.door(now, &door(12 * tick..12 * tick + 12), &own, Token([0xFF; 8]), 1_000);
            made += std::iter::from_fn(|| calls.next(now)).count();
            assert!(calls.waiting.len() <= WAITING && calls.known.len() <= REMEMBERED);
        }
        assert_eq!(made, 12 + 39);
    }

    #[test]
    fn a_member_is_called_again_when_something_else_is_said_of_it_or_a_minute_later() {
        let (mut calls, start) = (Calls::default(), Instant::now());
        let mut entry = crate::BeaconEntry {
            peer: PeerMark([7; 8]),
            age_s: 0,
            reachable: false,
            relays: false,
            nat_type: NatType::Unknown,
            addresses: [([203, 0, 113, 7], 7).into()].into_iter().collect(),
        };
        let mut look = |entry: &crate::BeaconEntry, after: u64| {
            let now = start + Duration::from_secs(after);
            let beacon = Beacon { written: UnixMillis(0), entries: vec![entry.clone()] };
            calls.beacon(now, &beacon, &Addresses::default(), |_| false);
            calls.next(now).map(|call| call.nat_type)
        };
        assert_eq!(look(&entry, 0), Some(NatType::Unknown));
        assert_eq!(look(&entry, 1), None);
        entry.nat_type = NatType::Symmetric;
        assert_eq!(look(&entry, 2), Some(NatType::Symmetric));
        assert_eq!(look(&entry, 61), None);
        assert_eq!(look(&entry, 62), Some(NatType::Symmetric));
    }

    #[test]
    fn a_newcomer_is_knocked_at_once_for_each_time_that_it_writes_and_oneself_never() {
        let (mut calls, now) = (Calls::default(), Instant::now());
        let mut look = |door: &Door| {
            calls.door(now, door, &Addresses::default(), Token(1_u64.to_be_bytes()), 1_003);
            std::iter::from_fn(|| calls.next(now)).map(|call| call.caller).collect::<Vec<_>>()
        };
        let newcomer = |n: u64| Caller::Newcomer(Token(n.to_be_bytes()));
        assert_eq!(look(&door(1..4)), [newcomer(3), newcomer(2)], "the youngest first");
        assert_eq!(look(&door(1..4)), []);
        let mut again = door(2..3);
        again.entries[0].at_s += 60;
        assert_eq!(look(&again), [newcomer(2)]);
    }
}
