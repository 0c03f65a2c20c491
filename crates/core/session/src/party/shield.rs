//! What friends may begin on this device: by what the user has decided and by what listens; and what they tried in vain.

use std::collections::BTreeMap;

use lanrage_games::{Catalogue, Door, Owner};
use lanrage_party::{PeerId, Place, UnixMillis, is_never_opened};
use lanrage_shield::{Gate, Grant, Level, Openings, Rules, Trust};

/// Most places that are remembered which one friend tried; the one of longest ago makes room.
const REFUSED: usize = 32;
/// Most friends of whom that is remembered.
const FRIENDS: usize = 64;
/// Most that wait for a look at what listens; more are looked at, and not remembered.
const WAITING: usize = 64;
/// So often at most the player is told what one friend tried.
const TOLD: u32 = 8;

/// What is known of what listens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Sight {
    /// Nobody has looked yet.
    #[default]
    Unknown,
    /// It cannot be seen on this system.
    Blind,
    Seen(Vec<Door>),
}

/// What friends may begin on this device.
#[derive(Debug)]
pub(crate) struct Shield {
    rules: Rules,
    sight: Sight,
    gates: Gates,
    /// Whether the data plane has not been told of the gates yet.
    is_new: bool,
    /// The number of the last look that was asked for.
    look: u64,
    waiting: Vec<Waiting>,
    refused: BTreeMap<PeerId, Friend>,
    revision: u64,
}

/// What is open to whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Gates {
    pub(crate) others: Gate,
    pub(crate) named: Vec<(PeerId, Gate)>,
}

/// Something that a friend tried to begin, until it is known whether it is open since a moment ago.
#[derive(Debug)]
struct Waiting {
    peer: PeerId,
    place: Place,
    look: u64,
}

/// What a friend tried in vain.
#[derive(Debug, Default)]
struct Friend {
    places: BTreeMap<Place, Refused>,
    told: u32,
}

/// How often, and when last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused {
    pub(crate) times: u32,
    pub(crate) at: UnixMillis,
}

impl Shield {
    pub(crate) fn new(rules: Rules) -> Self {
        let mut shield = Self {
            rules,
            sight: Sight::Unknown,
            gates: Gates::default(),
            is_new: true,
            look: 0,
            waiting: Vec::new(),
            refused: BTreeMap::new(),
            revision: 0,
        };
        shield.renew();
        shield
    }

    /// What the user has decided now.
    pub(crate) fn set_rules(&mut self, rules: Rules) {
        if rules != self.rules {
            self.rules = rules;
            self.renew();
        }
    }

    pub(crate) const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether what listens has to be known.
    pub(crate) fn watches(&self) -> bool {
        self.rules.level != Level::Open
    }

    /// What listens is not watched any more: the next party begins anew.
    pub(crate) fn forget(&mut self) {
        (self.sight, self.waiting) = (Sight::Unknown, Vec::new());
        self.refused.clear();
        self.renew();
    }

    /// What listens; what was tried before the look with this number is decided. Gives what the player is told of.
    pub(crate) fn set_doors(
        &mut self,
        look: u64,
        doors: Option<Vec<Door>>,
        now: UnixMillis,
    ) -> Vec<(PeerId, Place)> {
        let sight = doors.map_or(Sight::Blind, Sight::Seen);
        if sight != self.sight {
            self.sight = sight;
            self.renew();
        }
        let waiting = std::mem::take(&mut self.waiting);
        let (decided, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|tried| tried.look <= look);
        self.waiting = waiting;
        decided.into_iter().filter_map(|tried| self.decide(tried.peer, tried.place, now)).collect()
    }

    /// A friend tried to begin something that was not open. Gives the number of a look that is to decide, or what the player
    /// is told of.
    pub(crate) fn handle_refused(
        &mut self,
        peer: PeerId,
        place: Place,
        is_watched: bool,
        now: UnixMillis,
    ) -> Result<u64, Option<(PeerId, Place)>> {
        if !is_watched {
            return Err(self.decide(peer, place, now));
        }
        let look = self.next_look();
        if self.waiting.len() < WAITING {
            self.waiting.push(Waiting { peer, place, look });
        }
        Ok(look)
    }

    /// The number of another look.
    pub(crate) const fn next_look(&mut self) -> u64 {
        self.look += 1;
        self.look
    }

    /// Remembers what stays refused. Gives it if the player is to be told: the first time, and if there is something to be
    /// reached.
    fn decide(&mut self, peer: PeerId, place: Place, now: UnixMillis) -> Option<(PeerId, Place)> {
        let is_worth_a_word =
            is_never_opened(place.port) || self.sight == Sight::Blind || self.door(place).is_some();
        if self.gate(&peer).is_open(place)
            || (self.refused.len() >= FRIENDS && !self.refused.contains_key(&peer))
        {
            return None;
        }
        self.revision += 1;
        let friend = self.refused.entry(peer).or_default();
        if friend.places.len() >= REFUSED && !friend.places.contains_key(&place) {
            let oldest = friend.places.iter().min_by_key(|(_, refused)| refused.at).map(|(place, _)| *place);
            oldest.and_then(|oldest| friend.places.remove(&oldest));
        }
        let refused = friend.places.entry(place).or_insert(Refused { times: 0, at: now });
        (refused.times, refused.at) = (refused.times.saturating_add(1), now);
        let is_told = refused.times == 1 && is_worth_a_word && friend.told < TOLD;
        friend.told += u32::from(is_told);
        is_told.then_some((peer, place))
    }

    fn renew(&mut self) {
        let gates = self.make_gates();
        self.is_new |= gates != self.gates;
        self.gates = gates;
        // Who may now is not shown as having been refused.
        for (peer, friend) in &mut self.refused {
            friend.places.retain(|place, _| !self.gates.of(peer).is_open(*place));
        }
        self.revision += 1;
    }

    fn make_gates(&self) -> Gates {
        let general = self.openings();
        let gate = |openings: Option<Openings>| openings.map_or(Gate::Open, Gate::At);
        let specials = self.rules.grants.iter().filter_map(|grant| grant.peer);
        let mut named: BTreeMap<PeerId, Gate> = BTreeMap::new();
        for peer in specials {
            let mut own = general.clone();
            if let Some(own) = own.as_mut().filter(|_| self.rules.level != Level::Closed) {
                self.rules
                    .grants
                    .iter()
                    .filter(|grant| grant.peer == Some(peer))
                    .for_each(|grant| apply(grant, own));
            }
            named.insert(peer, gate(own));
        }
        for (peer, trust) in &self.rules.trust {
            match trust {
                Trust::Full => named.insert(*peer, Gate::Open),
                Trust::Mute => named.insert(*peer, Gate::Mute),
                Trust::Friend => None,
            };
        }
        Gates { others: gate(general), named: named.into_iter().collect() }
    }

    /// What is open to friends; all of it if `None`.
    fn openings(&self) -> Option<Openings> {
        let level = self.rules.level;
        let mut openings = match (level, &self.sight) {
            (Level::Open, _) => return None,
            (Level::Closed, _) => return Some(Openings::default()),
            (Level::Guarded, Sight::Blind) => Openings::all(),
            (Level::Games, Sight::Blind) => all_games(),
            (_, Sight::Unknown) => Openings::default(),
            (_, Sight::Seen(doors)) => {
                let is_open = |door: &&Door| match door.owner {
                    Owner::Game(_) => true,
                    Owner::Program(_) => level == Level::Guarded,
                    Owner::Private(_) | Owner::System => false,
                };
                doors.iter().filter(is_open).map(|door| door.place).collect()
            }
        };
        self.rules
            .grants
            .iter()
            .filter(|grant| grant.peer.is_none())
            .for_each(|grant| apply(grant, &mut openings));
        Some(openings)
    }

    fn gate(&self, peer: &PeerId) -> &Gate {
        self.gates.of(peer)
    }

    /// What the data plane has to be told.
    pub(crate) fn take_gates(&mut self) -> Option<Gates> {
        std::mem::take(&mut self.is_new).then(|| self.gates.clone())
    }

    /// Whether a friend may begin that.
    pub(crate) fn is_open_to(&self, peer: &PeerId, place: Place) -> bool {
        self.gate(peer).is_open(place)
    }

    pub(crate) fn is_blind(&self) -> bool {
        self.sight == Sight::Blind
    }

    /// What listens, and whether friends reach it who are not named.
    pub(crate) fn doors(&self) -> impl Iterator<Item = (&Door, bool)> {
        let doors: &[Door] = if let Sight::Seen(doors) = &self.sight { doors } else { &[] };
        doors.iter().map(|door| (door, self.gates.others.is_open(door.place)))
    }

    /// What listens there.
    pub(crate) fn door(&self, place: Place) -> Option<&Door> {
        self.doors().map(|(door, _)| door).find(|door| door.place == place)
    }

    /// What friends tried in vain.
    pub(crate) fn refused(&self) -> impl Iterator<Item = (&PeerId, &Place, &Refused)> {
        self.refused.iter().flat_map(|(peer, friend)| {
            friend.places.iter().map(move |(place, refused)| (peer, place, refused))
        })
    }

    /// Grows with every change.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }
}

impl Gates {
    fn of(&self, peer: &PeerId) -> &Gate {
        self.named.iter().find(|(named, _)| named == peer).map_or(&self.others, |(_, gate)| gate)
    }
}

fn apply(grant: &Grant, openings: &mut Openings) {
    for port in grant.first..=grant.last {
        let place = Place { transport: grant.transport, port };
        if grant.is_open { openings.open(place) } else { openings.close(place) }
    }
}

/// The ports on which any game is hosted that is known.
fn all_games() -> Openings {
    let ranges = Catalogue::builtin().games().flat_map(|game| &game.ports);
    ranges
        .flat_map(|range| {
            (range.first()..=range.last()).map(|port| Place { transport: range.transport(), port })
        })
        .collect()
}

#[cfg(test)]
mod tests;
