//! A store of eight nodes, of which each question reaches six, and players around it, with a clock that goes when it is
//! told to.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_base::{
    clock::{Now, UnixMillis},
    rng::Rng,
};
use lanrage_party::{DeviceIdentity, NatType, PartySecret, PeerId};

use crate::{
    Call, Caller, Engine, Event, Finder, FinderOutput, Health, ItemKey, Keys, Member, Order, PeerMark,
    PutFault, PutId, SignedItem,
};

const NODES: usize = 8;
const REACHED: usize = 6;
/// After how long an engine gives up that nobody answers, in milliseconds.
const GIVES_UP: u64 = 8_000;

pub(super) struct World {
    pub(super) start: Instant,
    pub(super) now: Instant,
    pub(super) wall: UnixMillis,
    /// What each node holds.
    pub(super) nodes: Vec<BTreeMap<ItemKey, SignedItem>>,
    /// How many of them are there.
    pub(super) alive: usize,
    /// Engines that are asked in vain, until they give up.
    pub(super) dead: BTreeSet<Engine>,
    pub(super) players: Vec<Player>,
    events: BTreeMap<(Instant, u64), Happening>,
    count: u64,
    rng: Rng,
}

/// What happens at a later time.
enum Happening {
    /// A player hears this of its engine.
    Heard(usize, Event),
    /// An item of a player's reaches the nodes.
    Stored(usize, PutId, SignedItem),
}

pub(super) struct Player {
    pub(super) finder: Finder,
    pub(super) peer: PeerId,
    /// By how much its clock is wrong.
    pub(super) skew_ms: i64,
    pub(super) calls: Vec<(Instant, Call)>,
    pub(super) looks: Vec<(Instant, ItemKey)>,
    pub(super) puts: Vec<(Instant, SignedItem)>,
    pub(super) rests: usize,
    pub(super) health: Vec<Health>,
    pub(super) engines: BTreeSet<Engine>,
}

pub(super) fn keys() -> Keys {
    Keys::new(&PartySecret::from_random([5; 32]), 1)
}

pub(super) fn address(n: u8) -> SocketAddr {
    ([203, 0, 113, n], 5_000).into()
}

pub(super) fn member(n: u8) -> Member {
    Member {
        peer: DeviceIdentity::from_seed(&[n; 32]).peer_id(),
        addresses: [address(n)].into_iter().collect(),
        reachable: false,
        relays: false,
        nat_type: NatType::FullCone,
    }
}

pub(super) fn mark(n: u8) -> PeerMark {
    PeerMark::of(&member(n).peer)
}

impl World {
    pub(super) fn new() -> Self {
        Self::seeded(7)
    }

    pub(super) fn seeded(seed: u64) -> Self {
        let start = Instant::now();
        // Away from a change of windows.
        let change = keys().until_change_ms(UnixMillis(1_800_000_000_000));
        Self {
            start,
            now: start,
            wall: UnixMillis(1_800_000_000_000 + change + 8 * 3_600_000),
            nodes: vec![BTreeMap::new(); NODES],
            alive: NODES,
            dead: BTreeSet::new(),
            players: Vec::new(),
            events: BTreeMap::new(),
            count: 0,
            rng: Rng::new(seed),
        }
    }

    pub(super) fn add(&mut self, n: u8, skew_ms: i64) -> usize {
        let now = self.now_of(skew_ms);
        self.players.push(Player {
            finder: Finder::new(now, keys(), member(n), [n; 32]),
            peer: member(n).peer,
            skew_ms,
            calls: Vec::new(),
            looks: Vec::new(),
            puts: Vec::new(),
            rests: 0,
            health: Vec::new(),
            engines: BTreeSet::new(),
        });
        self.players.len() - 1
    }

    fn now_of(&self, skew_ms: i64) -> Now {
        Now { instant: self.now, wall: UnixMillis(self.wall.0.saturating_add_signed(skew_ms)) }
    }

    pub(super) fn at(&mut self, player: usize, input: impl FnOnce(&mut Finder, Now)) {
        let now = self.now_of(self.players[player].skew_ms);
        input(&mut self.players[player].finder, now);
        self.drain(player);
    }

    fn drain(&mut self, index: usize) {
        while let Some(output) = self.players[index].finder.poll_output() {
            let player = &mut self.players[index];
            match output {
                FinderOutput::Order(Order::Look { id, key, engine }) => {
                    player.looks.push((self.now, key));
                    player.engines.insert(engine);
                    if self.dead.contains(&engine) {
                        self.event(GIVES_UP, index, Event::LookEnded(id));
                        continue;
                    }
                    for node in self.reached() {
                        let after = 300 + (self.rng.fraction() * 500.0) as u64;
                        if let Some(item) = self.nodes[node].get(&key).cloned() {
                            self.event(after, index, Event::Replica(id, item));
                        }
                    }
                    self.event(1_000, index, Event::LookEnded(id));
                }
                FinderOutput::Order(Order::Put { id, item, engine }) => {
                    player.puts.push((self.now, item.clone()));
                    if self.dead.contains(&engine) {
                        self.event(GIVES_UP, index, Event::PutEnded(id, Err(PutFault::NoAnswer)));
                        continue;
                    }
                    let after = 500 + (self.rng.fraction() * 500.0) as u64;
                    self.later(after, Happening::Stored(index, id, item));
                }
                FinderOutput::Knock(call) => player.calls.push((self.now, call)),
                FinderOutput::Health(health) => player.health.push(health),
                FinderOutput::Order(Order::Rest) => player.rests += 1,
                FinderOutput::Order(Order::Reopen) => {}
            }
        }
        let due = self.players[index].finder.poll_timeout();
        assert!(due.is_none_or(|due| due > self.now), "the caller would spin");
    }

    fn reached(&mut self) -> Vec<usize> {
        let mut alive: Vec<usize> = (0..self.alive).collect();
        while alive.len() > REACHED {
            let at = self.rng.next_u64() as usize % alive.len();
            alive.remove(at);
        }
        alive
    }

    /// A node keeps what has the greater number, and says so.
    fn store(&mut self, player: usize, put: PutId, item: &SignedItem) {
        let reached = self.reached();
        let mut refused = 0;
        for node in &reached {
            let held = &mut self.nodes[*node];
            if held.get(&item.key).is_none_or(|held| held.seq < item.seq) {
                held.insert(item.key, item.clone());
            } else {
                refused += 1;
            }
        }
        let outcome = match reached.len() {
            0 => Err(PutFault::NoNodes),
            asked if 2 * refused >= asked => Err(PutFault::Older),
            _ => Ok(()),
        };
        self.event(500, player, Event::PutEnded(put, outcome));
    }

    fn event(&mut self, after_ms: u64, player: usize, event: Event) {
        self.later(after_ms, Happening::Heard(player, event));
    }

    fn later(&mut self, after_ms: u64, what: Happening) {
        self.count += 1;
        let at = self.now + Duration::from_millis(after_ms);
        self.events.insert((at, self.count), what);
    }

    /// Lets so much time pass.
    pub(super) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let event = self.events.first_key_value().map(|((at, _), _)| *at);
            let timeouts = self.players.iter().filter_map(|player| player.finder.poll_timeout());
            let next = timeouts.chain(event).min().filter(|at| *at <= end);
            let to = next.unwrap_or(end);
            self.wall = self.wall.plus(0);
            let passed = to.saturating_duration_since(self.now);
            self.now = to.max(self.now);
            self.wall = self.wall.plus(passed.as_millis() as u64);
            if next.is_none() {
                return;
            }
            if event == Some(to) {
                match self.events.pop_first().expect("there is one").1 {
                    Happening::Heard(player, event) => {
                        self.at(player, |finder, now| finder.handle_event(now, event));
                    }
                    Happening::Stored(player, put, item) => self.store(player, put, &item),
                }
            }
            for player in 0..self.players.len() {
                if self.players[player].finder.poll_timeout().is_some_and(|due| due <= self.now) {
                    self.at(player, |finder, now| finder.handle_timeout(now));
                }
            }
        }
    }

    /// When a player was first led to somebody, after `since`.
    pub(super) fn called(&self, player: usize, caller: Caller, since: Instant) -> Option<Duration> {
        let calls = self.players[player].calls.iter();
        calls
            .filter(|(at, call)| call.caller == caller && *at >= since)
            .map(|(at, _)| at.saturating_duration_since(since))
            .min()
    }

    /// A party that is up, with these players in it, who have sessions with each other.
    pub(super) fn party(&mut self, players: &[usize]) {
        let members: Vec<Member> = players
            .iter()
            .map(|index| {
                let peer = self.players[*index].peer;
                (1..=99).map(member).find(|member| member.peer == peer).expect("a player")
            })
            .collect();
        for index in players {
            let me = self.players[*index].peer;
            let others: Vec<Member> = members.iter().filter(|member| member.peer != me).cloned().collect();
            let host = members[0].peer;
            self.at(*index, |finder, now| {
                finder.set_members(now, Some(host), &others);
                finder.handle_up(now);
            });
        }
    }
}
