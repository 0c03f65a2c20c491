//! Whoever is relayed: which friends it asks, and the ways that they give it.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
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
/// Friends that are asked for everybody: the nearest ones. One that dies costs no more than the change to the other.
const FRIENDS: usize = 2;
/// Others that are asked at a time for those whom no friend has given a way to; each in turn.
const OTHERS: usize = 4;
/// Between two asks while not all of them had their turn.
const TURN: Duration = Duration::from_secs(2);
/// Most friends that pass on for this device: beside two those who alone reach somebody.
const MOST: usize = 8;
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
    asked_at: Option<Instant>,
    /// Those of the others that had their turn.
    tried: BTreeSet<PeerId>,
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

impl Friend {
    /// Whom it gives a way to.
    fn gives(&self) -> impl Iterator<Item = PeerId> {
        self.channels.keys().copied()
    }
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
        let missed = self.missed().len();
        let is_other = self.follow_friends();
        self.note_missed(now, missed);
        is_other
    }

    /// Members that no straight path leads to, and no friend.
    fn missed(&self) -> BTreeSet<PeerId> {
        let is_given = |peer: &PeerId| self.friends.values().any(|friend| friend.channels.contains_key(peer));
        self.lacking.keys().filter(|peer| !is_given(peer)).copied().collect()
    }

    /// So many were missed before. If there are more now, a way to somebody has ended, and another one is asked for; not at
    /// the pace at which a friend may give and take them.
    fn note_missed(&mut self, now: Instant, before: usize) {
        if self.ask_at.is_some() && self.missed().len() > before {
            let earliest = self.asked_at.map_or(now, |asked| asked + AGAIN[0]);
            self.ask_soon(now.max(earliest));
        }
    }

    fn ask_soon(&mut self, at: Instant) {
        self.asked = 0;
        self.tried.clear();
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
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<(PeerId, Vec<PeerId>)> {
        if self.ask_at.is_none_or(|due| due > now) {
            return Vec::new();
        }
        let all: Vec<PeerId> = self.lacking.keys().copied().collect();
        let nearest: Vec<PeerId> = self.near.iter().take(FRIENDS).map(|(peer, _)| *peer).collect();
        let is_near = |peer: &PeerId| nearest.contains(peer);
        let mut asks: Vec<_> = nearest.iter().map(|friend| (*friend, all.clone())).collect();
        let given: BTreeSet<PeerId> = self
            .friends
            .iter()
            .filter(|(peer, _)| is_near(peer))
            .flat_map(|(_, friend)| friend.gives())
            .collect();
        // The others go on with whom the nearest do not reach.
        for (peer, friend) in self.friends.iter().filter(|(peer, _)| !is_near(peer)) {
            let alone: Vec<PeerId> =
                friend.gives().filter(|to| self.lacking.contains_key(to) && !given.contains(to)).collect();
            if !alone.is_empty() {
                asks.push((*peer, alone));
            }
        }
        let missed = self.missed();
        let is_left =
            |peer: &PeerId| !self.tried.contains(peer) && asks.iter().all(|(asked, _)| asked != peer);
        let mut others: Vec<PeerId> = self.near.iter().map(|(peer, _)| *peer).filter(is_left).collect();
        // The nearest have had their chance.
        let turn = if missed.is_empty() || self.asked == 0 { 0 } else { others.len().min(OTHERS) };
        let waiting = others.split_off(turn);
        asks.extend(others.iter().map(|friend| (*friend, missed.iter().copied().collect())));
        self.tried.extend(others);
        if waiting.is_empty() {
            self.tried.clear();
        }
        let pause = match AGAIN.get(self.asked) {
            _ if missed.is_empty() => RENEWAL,
            Some(pause) => *pause,
            None if waiting.is_empty() => RENEWAL,
            None => TURN,
        };
        self.asked = self.asked.saturating_add(1);
        (self.asked_at, self.ask_at) = (Some(now), Some(now + pause));
        asks
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
        let missed = self.missed();
        if channels.is_empty() {
            let had = self.friends.contains_key(from);
            self.leave(from);
            self.note_missed(now, missed.len());
            return had;
        }
        if !self.friends.contains_key(from) {
            let is_needed = channels.keys().any(|peer| missed.contains(peer));
            if self.friends.len() >= MOST || self.friends.len() >= FRIENDS && !is_needed {
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
        self.note_missed(now, missed.len());
        is_other
    }

    /// Leaves the friends that have said nothing for long. True if there were any.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> bool {
        let silent: Vec<PeerId> =
            self.friends.iter().filter(|(_, friend)| friend.until <= now).map(|(peer, _)| *peer).collect();
        let missed = self.missed().len();
        silent.iter().for_each(|friend| self.leave(friend));
        self.note_missed(now, missed);
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
mod tests;
