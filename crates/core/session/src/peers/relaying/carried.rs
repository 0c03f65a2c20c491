//! Whoever is relayed: which friends it asks, and the ways that they give it.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    net::{Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_base::channel_data;
use lanrage_nat::{Allocation, Reach};
use lanrage_party::{AllocationId, PeerId};

use super::LEASE;

/// How long a straight way may take before friends are asked: most are found sooner.
const PATIENCE: Duration = Duration::from_millis(300);
/// After how long it is asked again that nobody has granted.
const AGAIN: [Duration; 3] = [Duration::from_millis(700), Duration::from_secs(2), Duration::from_secs(5)];
/// After how long it is asked again, so that it goes on.
const RENEWAL: Duration = Duration::from_secs(10);
/// Friends that are asked: the nearest ones. One that dies costs no more than the change to the other.
const FRIENDS: usize = 2;
/// The first of the ids for these ways: those of allocations on servers count up from nothing.
const FIRST_ID: u32 = 0x8000_0000;

/// How a member is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    /// Who it is.
    pub(crate) peer: PeerId,
    /// The address at which it is reached straight, and how far that is.
    pub(crate) straight: Option<(SocketAddr, Duration)>,
    /// Whether it is there, as far as is known.
    pub(crate) is_there: bool,
}

/// What the data plane is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Use the friend at this address.
    Open { id: AllocationId, friend: SocketAddr },
    /// Use it no more.
    Close(AllocationId),
    /// Reach a member by this channel, or not.
    Channel { id: AllocationId, peer: SocketAddr, channel: Option<u16> },
}

/// The ways that friends give this device to members which it does not reach straight.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    /// Members that no straight path leads to, and since when.
    lacking: BTreeMap<PeerId, Instant>,
    /// Friends that may be asked, nearest first.
    near: Vec<(PeerId, SocketAddr)>,
    friends: BTreeMap<PeerId, Friend>,
    /// When they are asked next.
    ask_at: Option<Instant>,
    /// How often they were asked since somebody was missed.
    asked: usize,
    opened: u32,
    actions: Vec<Action>,
}

/// A friend that passes on.
#[derive(Debug)]
struct Friend {
    id: AllocationId,
    address: SocketAddr,
    channels: BTreeMap<PeerId, u16>,
    /// It goes on so long, unless it says so again.
    until: Instant,
}

impl Carried {
    /// Knows of nobody yet. `seed`, a random one, keeps the ids of the ways apart from those of another party.
    pub(crate) fn new(seed: u32) -> Self {
        Self { opened: seed % FIRST_ID, ..Self::default() }
    }

    /// How the members are reached now. True if the ways by friends are others.
    pub(crate) fn follow(&mut self, now: Instant, ways: &[Way]) -> bool {
        let mut near: Vec<_> = ways.iter().filter_map(|way| Some((way.peer, way.straight?))).collect();
        // Who passes on already goes before others that are as near or nearer: changes cost more than they bring.
        near.sort_by_key(|(peer, (_, rtt))| (Reverse(self.friends.contains_key(peer)), *rtt, *peer));
        self.near = near.into_iter().map(|(peer, (address, _))| (peer, address)).collect();
        let lacks = |way: &&Way| way.straight.is_none() && way.is_there;
        let lacking: Vec<PeerId> = ways.iter().filter(lacks).map(|way| way.peer).collect();
        self.lacking.retain(|peer, _| lacking.contains(peer));
        let before = self.lacking.len();
        lacking.into_iter().for_each(|peer| {
            self.lacking.entry(peer).or_insert(now);
        });
        if self.lacking.len() > before {
            self.ask_soon(now + PATIENCE);
        }
        if self.lacking.is_empty() || self.near.is_empty() {
            self.ask_at = None;
        } else if self.ask_at.is_none() {
            self.ask_soon(now);
        }
        self.follow_friends()
    }

    fn ask_soon(&mut self, at: Instant) {
        self.asked = 0;
        self.ask_at = Some(self.ask_at.map_or(at, |due| due.min(at)));
    }

    /// Friends are used where they are reached now, and while they are.
    fn follow_friends(&mut self) -> bool {
        let mut gone = Vec::new();
        for (peer, friend) in &mut self.friends {
            match self.near.iter().find(|(near, _)| near == peer) {
                None => gone.push(*peer),
                Some((_, address)) if *address == friend.address => {}
                Some((_, address)) => {
                    friend.address = *address;
                    self.actions.push(Action::Close(friend.id));
                    self.actions.push(Action::Open { id: friend.id, friend: *address });
                    self.actions.extend(friend.channels.iter().map(|(peer, channel)| Action::Channel {
                        id: friend.id,
                        peer: stand_in(peer),
                        channel: Some(*channel),
                    }));
                }
            }
        }
        gone.iter().for_each(|friend| self.leave(friend));
        !gone.is_empty()
    }

    fn leave(&mut self, friend: &PeerId) {
        if let Some(gone) = self.friends.remove(friend) {
            self.actions.push(Action::Close(gone.id));
        }
    }

    /// Who is asked now, and for ways to whom.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(Vec<PeerId>, Vec<PeerId>)> {
        self.ask_at.filter(|due| *due <= now)?;
        let pause = match AGAIN.get(self.asked) {
            Some(pause) if self.friends.is_empty() => *pause,
            _ => RENEWAL,
        };
        self.asked = self.asked.saturating_add(1);
        self.ask_at = Some(now + pause);
        let friends = self.near.iter().take(FRIENDS).map(|(peer, _)| *peer).collect();
        Some((friends, self.lacking.keys().copied().collect()))
    }

    /// A friend says in which channels it passes on for this device. True if the ways by friends are others.
    pub(crate) fn handle_channels(
        &mut self,
        now: Instant,
        from: &PeerId,
        channels: &[(PeerId, u16)],
    ) -> bool {
        let Some((_, address)) = self.near.iter().find(|(peer, _)| peer == from).copied() else {
            return false;
        };
        let is_number = |number: &u16| channel_data::NUMBERS.contains(number);
        let channels: BTreeMap<PeerId, u16> =
            channels.iter().filter(|(peer, number)| peer != from && is_number(number)).copied().collect();
        if channels.is_empty() {
            let had = self.friends.contains_key(from);
            self.leave(from);
            return had;
        }
        if !self.friends.contains_key(from) {
            if self.friends.len() == FRIENDS {
                return false;
            }
            let id = AllocationId(FIRST_ID + self.opened);
            self.opened = (self.opened + 1) % FIRST_ID;
            self.actions.push(Action::Open { id, friend: address });
            let friend = Friend { id, address, channels: BTreeMap::new(), until: now + LEASE };
            self.friends.insert(*from, friend);
        }
        let Some(friend) = self.friends.get_mut(from) else { return false };
        friend.until = now + LEASE;
        let ended = friend.channels.keys().filter(|peer| !channels.contains_key(peer));
        let mut actions: Vec<Action> = ended
            .map(|peer| Action::Channel { id: friend.id, peer: stand_in(peer), channel: None })
            .collect();
        let begun = channels.iter().filter(|(peer, number)| friend.channels.get(peer) != Some(number));
        actions.extend(begun.map(|(peer, number)| Action::Channel {
            id: friend.id,
            peer: stand_in(peer),
            channel: Some(*number),
        }));
        let is_other = !actions.is_empty();
        friend.channels = channels;
        self.actions.append(&mut actions);
        is_other
    }

    /// Leaves the friends that have said nothing for long. True if there were any.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> bool {
        let silent: Vec<PeerId> =
            self.friends.iter().filter(|(_, friend)| friend.until <= now).map(|(peer, _)| *peer).collect();
        silent.iter().for_each(|friend| self.leave(friend));
        !silent.is_empty()
    }

    /// When there is something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.friends.values().map(|friend| friend.until).chain(self.ask_at).min()
    }

    /// What the data plane is to do, in order.
    pub(crate) fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// Every way to a member by a friend.
    pub(crate) fn allocations(&self) -> BTreeMap<PeerId, Vec<Allocation>> {
        let mut ways: BTreeMap<PeerId, Vec<Allocation>> = BTreeMap::new();
        for friend in self.friends.values() {
            for peer in friend.channels.keys() {
                let way = Allocation { id: friend.id, reach: Reach::Peer(stand_in(peer)) };
                ways.entry(*peer).or_default().push(way);
            }
        }
        ways
    }

    /// The friends that pass on, by what their ways are called.
    pub(crate) fn friends(&self) -> impl Iterator<Item = (&PeerId, AllocationId, SocketAddr)> {
        self.friends.iter().map(|(peer, friend)| (peer, friend.id, friend.address))
    }
}

/// The address that stands for a member behind a friend: of the prefix for documentation (RFC 3849), which is never on a wire.
fn stand_in(peer: &PeerId) -> SocketAddr {
    let [.., a, b, c, d, e, f, g, h, i, j, k, l] = *peer.as_bytes();
    let ip = Ipv6Addr::from([0x20, 0x01, 0x0d, 0xb8, a, b, c, d, e, f, g, h, i, j, k, l]);
    SocketAddr::new(ip.into(), 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u8) -> PeerId {
        PeerId::from_bytes([n; 16])
    }

    fn address(n: u8) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, n], 5_000))
    }

    fn near(n: u8, ms: u64) -> Way {
        Way { peer: peer(n), straight: Some((address(n), Duration::from_millis(ms))), is_there: true }
    }

    fn missed(n: u8) -> Way {
        Way { peer: peer(n), straight: None, is_there: true }
    }

    /// One that misses member 9 and has asked friends 1 and 2, and the time.
    fn asking() -> (Carried, Instant) {
        let (mut carried, now) = (Carried::new(0), Instant::now());
        carried.follow(now, &[near(1, 20), near(2, 30), near(3, 40), missed(9)]);
        assert_eq!(carried.take_due(now), None, "a straight way may still be found");
        let now = carried.poll_timeout().unwrap();
        assert_eq!(carried.take_due(now), Some((vec![peer(1), peer(2)], vec![peer(9)])));
        (carried, now)
    }

    fn ids(carried: &Carried, of: u8) -> Vec<u32> {
        let ways = carried.allocations();
        ways.get(&peer(of)).into_iter().flatten().map(|allocation| allocation.id.0).collect()
    }

    #[test]
    fn the_nearest_friends_are_asked_and_what_they_grant_is_a_way() {
        let (mut carried, now) = asking();
        assert!(carried.handle_channels(now, &peer(1), &[(peer(9), 0x4001)]));
        let id = AllocationId(FIRST_ID);
        assert_eq!(
            carried.take_actions(),
            [
                Action::Open { id, friend: address(1) },
                Action::Channel { id, peer: stand_in(&peer(9)), channel: Some(0x4001) },
            ]
        );
        assert_eq!(ids(&carried, 9), [FIRST_ID]);
        assert!(!carried.handle_channels(now, &peer(1), &[(peer(9), 0x4001)]), "no news");
        assert_eq!(carried.take_actions(), []);
        assert!(carried.handle_channels(now, &peer(1), &[]), "it is over");
        assert_eq!((carried.take_actions(), ids(&carried, 9).len()), (vec![Action::Close(id)], 0));
    }

    #[test]
    fn only_who_is_reached_straight_is_believed_and_no_more_than_two() {
        let (mut carried, now) = asking();
        assert!(!carried.handle_channels(now, &peer(9), &[(peer(3), 0x4001)]));
        assert!(!carried.handle_channels(now, &peer(1), &[(peer(9), 0x3FFF), (peer(1), 0x4001)]));
        for (n, is_taken) in [(1, true), (2, true), (3, false)] {
            assert_eq!(carried.handle_channels(now, &peer(n), &[(peer(9), 0x4001)]), is_taken, "{n}");
        }
        assert_eq!(ids(&carried, 9).len(), FRIENDS);
    }

    #[test]
    fn a_friend_that_moves_is_followed_under_the_same_id_and_one_that_is_lost_is_left() {
        let (mut carried, now) = asking();
        carried.handle_channels(now, &peer(1), &[(peer(9), 0x4001)]);
        carried.take_actions();
        let id = AllocationId(FIRST_ID);
        let moved = Way { straight: Some((address(7), Duration::ZERO)), ..near(1, 0) };
        assert!(!carried.follow(now, &[moved, missed(9)]));
        assert_eq!(
            carried.take_actions(),
            [
                Action::Close(id),
                Action::Open { id, friend: address(7) },
                Action::Channel { id, peer: stand_in(&peer(9)), channel: Some(0x4001) },
            ]
        );
        assert!(carried.follow(now, &[missed(1), missed(9)]));
        assert_eq!((carried.take_actions(), ids(&carried, 9).len()), (vec![Action::Close(id)], 0));
    }

    #[test]
    fn it_is_asked_again_and_again_while_a_way_is_missed_and_a_silent_friend_is_left() {
        let (mut carried, begun) = asking();
        let mut now = begun;
        let mut pauses = Vec::new();
        for _ in 0..4 {
            let due = carried.poll_timeout().unwrap();
            pauses.push(due - now);
            now = due;
            assert!(carried.take_due(now).is_some());
        }
        assert_eq!(pauses, [AGAIN[0], AGAIN[1], AGAIN[2], RENEWAL], "ever more slowly");
        carried.handle_channels(now, &peer(1), &[(peer(9), 0x4001)]);
        assert!(!carried.handle_timeout(now + LEASE / 2));
        assert!(carried.handle_timeout(now + LEASE));
        assert!(ids(&carried, 9).is_empty());
        carried.follow(now, &[near(1, 20), near(9, 20)]);
        assert_eq!(carried.poll_timeout(), None, "nobody is missed");
    }

    #[test]
    fn nobody_is_asked_for_who_is_away_and_all_at_once_when_the_first_friend_comes() {
        let (mut carried, now) = (Carried::new(0), Instant::now());
        let away = Way { is_there: false, ..missed(8) };
        carried.follow(now, &[missed(9), away]);
        assert_eq!(carried.poll_timeout(), None, "nobody can be asked");
        carried.follow(now, &[missed(9), away, near(1, 20)]);
        assert_eq!(carried.take_due(now), Some((vec![peer(1)], vec![peer(9)])));
    }

    #[test]
    fn every_member_has_an_address_of_its_own_that_is_never_on_a_wire() {
        let [one, other] = [1, 2].map(|n| stand_in(&peer(n)));
        assert_ne!(one, other);
        assert!(one.ip().to_string().starts_with("2001:db8:"));
    }
}
