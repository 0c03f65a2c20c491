//! The friend that passes on: for whom, and in which channels.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Instant,
};

use lanrage_base::channel_data;
use lanrage_party::{ForwardLimits, ForwardedEnd, ForwardedPair, PeerId};

use super::LEASE;

/// Most pairs that one device passes on for.
const PAIRS: usize = 64;
/// Most pairs that one member has of them.
const PAIRS_OF_ONE: usize = 16;
/// Channels for each of the two that may pass on for each other: nobody knows who chose a number but by the number.
const HALF: u16 = 0x0800;

/// A member's channels at this device, by whom each leads to.
pub(crate) type Channels = Vec<(PeerId, u16)>;

/// Whom this device passes on for.
#[derive(Debug)]
pub(crate) struct Carrier {
    own: PeerId,
    limits: ForwardLimits,
    /// By both ends, the smaller id first.
    pairs: BTreeMap<[PeerId; 2], Lease>,
    /// Where members are reached straight.
    straight: BTreeMap<PeerId, SocketAddr>,
    /// What each member was told last.
    told: BTreeMap<PeerId, Channels>,
    table: Vec<ForwardedPair>,
}

#[derive(Debug)]
struct Lease {
    until: Instant,
    /// In the order of the ends.
    channels: [u16; 2],
}

/// What follows from something that has happened.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct News {
    /// The whole of what the data plane passes on, if that is something else now.
    pub(crate) table: Option<(Vec<ForwardedPair>, ForwardLimits)>,
    /// Members that are to be told their channels.
    pub(crate) tell: Vec<(PeerId, Channels)>,
}

impl Carrier {
    /// Passes on for nobody yet, and never more than `limits` say.
    pub(crate) const fn new(own: PeerId, limits: ForwardLimits) -> Self {
        Self {
            own,
            limits,
            pairs: BTreeMap::new(),
            straight: BTreeMap::new(),
            told: BTreeMap::new(),
            table: Vec::new(),
        }
    }

    /// Whether this device passes on for others at all.
    const fn is_willing(&self) -> bool {
        self.limits.pair_kbits > 0 && self.limits.total_kbits > 0
    }

    /// Other limits hold from now on.
    pub(crate) fn set_limits(&mut self, limits: ForwardLimits) -> News {
        let changes = std::mem::replace(&mut self.limits, limits) != limits;
        if !self.is_willing() {
            self.pairs.clear();
        }
        self.news(changes, None)
    }

    /// Where members are reached straight now.
    pub(crate) fn set_straight(&mut self, straight: BTreeMap<PeerId, SocketAddr>) -> News {
        self.straight = straight;
        self.news(false, None)
    }

    /// A member asks for a way to these others. It is told its channels in any case: what it was told before may be lost.
    pub(crate) fn handle_ask(&mut self, now: Instant, from: PeerId, wanted: &[PeerId]) -> News {
        if self.is_willing() && self.straight.contains_key(&from) {
            for to in wanted.iter().filter(|to| **to != from && **to != self.own) {
                let ends = [from.min(*to), from.max(*to)];
                if let Some(lease) = self.pairs.get_mut(&ends) {
                    lease.until = now + LEASE;
                } else if self.has_room(&from) && self.straight.contains_key(to) {
                    let [one, other] = ends.map(|end| self.free_channel(&end));
                    let (Some(one), Some(other)) = (one, other) else { continue };
                    self.pairs.insert(ends, Lease { until: now + LEASE, channels: [one, other] });
                }
            }
        }
        self.news(false, Some(from))
    }

    /// Ends what nobody asks for any more.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> News {
        self.pairs.retain(|_, lease| lease.until > now);
        self.news(false, None)
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.pairs.values().map(|lease| lease.until).min()
    }

    fn has_room(&self, member: &PeerId) -> bool {
        let of_one = self.pairs.keys().filter(|ends| ends.contains(member)).count();
        self.pairs.len() < PAIRS && of_one < PAIRS_OF_ONE
    }

    fn free_channel(&self, member: &PeerId) -> Option<u16> {
        let used: BTreeSet<u16> =
            self.channels_of(member, |_| true).into_iter().map(|(_, channel)| channel).collect();
        let first = channel_data::NUMBERS.start() + if self.own < *member { 0 } else { HALF };
        (first..first + HALF).find(|number| !used.contains(number))
    }

    fn channels_of(&self, member: &PeerId, is_shown: impl Fn(&PeerId) -> bool) -> Channels {
        let end = |(ends, lease): (&[PeerId; 2], &Lease)| {
            let [one, other] = *ends;
            let of_one = (one == *member).then_some((other, lease.channels[0]));
            of_one.or_else(|| (other == *member).then_some((one, lease.channels[1])))
        };
        self.pairs.iter().filter_map(end).filter(|(other, _)| is_shown(other)).collect()
    }

    /// What is other than it was; `asker` is told in any case.
    fn news(&mut self, changes: bool, asker: Option<PeerId>) -> News {
        let end = |peer: PeerId, channel| {
            self.straight.get(&peer).map(|address| ForwardedEnd { peer, address: *address, channel })
        };
        let pairs = self.pairs.iter().filter_map(|(ends, lease)| {
            let ends = [end(ends[0], lease.channels[0])?, end(ends[1], lease.channels[1])?];
            Some(ForwardedPair { ends })
        });
        let table: Vec<ForwardedPair> = pairs.collect();
        let is_other = table != self.table;
        self.table = table;
        let mut tell = Vec::new();
        let mut told = BTreeMap::new();
        for member in self.straight.keys() {
            let channels = self.channels_of(member, |other| self.straight.contains_key(other));
            let knows = self.told.get(member).map_or(channels.is_empty(), |told| *told == channels);
            if !knows || asker == Some(*member) {
                tell.push((*member, channels.clone()));
            }
            if !channels.is_empty() {
                told.insert(*member, channels);
            }
        }
        self.told = told;
        News { table: (is_other || changes).then(|| (self.table.clone(), self.limits)), tell }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMITS: ForwardLimits = ForwardLimits { pair_kbits: 2_000, total_kbits: 8_000 };

    fn peer(n: u8) -> PeerId {
        PeerId::from_bytes([n; 16])
    }

    fn address(n: u8) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, n], 5_000))
    }

    fn carrier(straight: impl IntoIterator<Item = u8>) -> Carrier {
        let mut carrier = Carrier::new(peer(5), LIMITS);
        carrier.set_straight(straight.into_iter().map(|n| (peer(n), address(n))).collect());
        carrier
    }

    #[test]
    fn who_asks_and_whom_it_wants_get_a_channel_each_and_packets_pass_between_them() {
        let mut carrier = carrier([1, 9]);
        let news = carrier.handle_ask(Instant::now(), peer(1), &[peer(9)]);
        let ends = [(1, 0x4800), (9, 0x4000)].map(|(n, channel)| ForwardedEnd {
            peer: peer(n),
            address: address(n),
            channel,
        });
        assert_eq!(news.table, Some((vec![ForwardedPair { ends }], LIMITS)));
        assert_eq!(news.tell, [(peer(1), vec![(peer(9), 0x4800)]), (peer(9), vec![(peer(1), 0x4000)])]);
    }

    #[test]
    fn who_chose_a_channel_shows_by_its_number_so_that_two_may_pass_on_for_each_other() {
        let number = |own, member| {
            let mut carrier = Carrier::new(peer(own), LIMITS);
            carrier.set_straight([member, 9].map(|n| (peer(n), address(n))).into());
            carrier.handle_ask(Instant::now(), peer(member), &[peer(9)]).tell[0].1[0].1
        };
        assert!((number(1, 2) < 0x4800) != (number(2, 1) < 0x4800));
    }

    #[test]
    fn it_goes_from_straight_to_straight_and_nowhere_else() {
        let mut carrier = carrier([1, 9]);
        let now = Instant::now();
        for (from, to) in [(1, 2), (2, 1), (1, 1), (1, 5)] {
            let news = carrier.handle_ask(now, peer(from), &[peer(to)]);
            assert_eq!((news.table, carrier.poll_timeout()), (None, None), "{from} to {to}");
        }
        carrier.handle_ask(now, peer(1), &[peer(9)]);
        let lost = carrier.set_straight([(peer(1), address(1))].into());
        assert_eq!(lost, News { table: Some((Vec::new(), LIMITS)), tell: vec![(peer(1), Vec::new())] });
        let moved = carrier.set_straight([(peer(1), address(1)), (peer(9), address(7))].into());
        assert_eq!(moved.table.unwrap().0[0].ends[1].address, address(7));
        assert_eq!(moved.tell.len(), 2);
    }

    #[test]
    fn what_is_asked_for_again_goes_on_and_what_is_not_ends() {
        let mut carrier = carrier([1, 9]);
        let now = Instant::now();
        carrier.handle_ask(now, peer(1), &[peer(9)]);
        let again = carrier.handle_ask(now + LEASE / 2, peer(9), &[peer(1)]);
        assert_eq!((again.table, again.tell.len()), (None, 1), "the asker alone, who may not have heard");
        assert_eq!(carrier.handle_timeout(now + LEASE), News::default());
        let due = carrier.poll_timeout().unwrap();
        assert_eq!(due, now + LEASE / 2 + LEASE);
        let ended = carrier.handle_timeout(due);
        assert_eq!((ended.table, ended.tell.len()), (Some((Vec::new(), LIMITS)), 2));
    }

    #[test]
    fn who_does_not_want_to_pass_on_ends_it_at_once_and_begins_nothing() {
        let mut carrier = carrier([1, 9]);
        let now = Instant::now();
        carrier.handle_ask(now, peer(1), &[peer(9)]);
        let off = carrier.set_limits(ForwardLimits::NOTHING);
        assert_eq!((off.table, off.tell.len()), (Some((Vec::new(), ForwardLimits::NOTHING)), 2));
        let refused = carrier.handle_ask(now, peer(1), &[peer(9)]);
        assert_eq!(refused, News { table: None, tell: vec![(peer(1), Vec::new())] });
        let more = carrier.set_limits(LIMITS);
        assert_eq!(more.table, Some((Vec::new(), LIMITS)));
    }

    #[test]
    fn one_member_has_its_share_and_all_together_are_bounded() {
        let mut carrier = carrier((6..=69).chain([1, 2]));
        let all: Vec<PeerId> = (6..=69).map(peer).collect();
        let now = Instant::now();
        carrier.handle_ask(now, peer(1), &all);
        assert_eq!(carrier.pairs.len(), PAIRS_OF_ONE);
        let numbers: BTreeSet<u16> = carrier.told[&peer(1)].iter().map(|(_, number)| *number).collect();
        assert_eq!(numbers.len(), PAIRS_OF_ONE, "each has its own");
        all.iter().for_each(|from| {
            carrier.handle_ask(now + Duration::from_secs(1), *from, &all);
        });
        assert_eq!(carrier.pairs.len(), PAIRS);
    }
}
