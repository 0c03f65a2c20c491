//! What friends may begin on this device: the data plane is told, and what they try in vain is looked at once more.

use lanrage_games::{Door, Owner};
use lanrage_party::{PeerId, Place, facts::News, is_never_opened};

use super::State;
use crate::{
    facts::{DoorView, RefusedView, ShieldView},
    output::{Output, ProgramWatch, Turn},
    party::active::ActiveParty,
};

impl State {
    /// Lets this device's programs be watched exactly while somebody is there who may be told of them, or may reach them.
    pub(super) fn follow_programs(&mut self, turn: &mut Turn<'_>) {
        let is_watched = |party: &&ActiveParty| {
            party.adapter.is_open()
                && party.connections.connections().values().any(|friend| friend.path().is_some())
        };
        let (games, doors) = (self.shares_games, self.shield.watches());
        let party = self.party.as_ref().filter(is_watched).filter(|_| games || doors);
        let wanted = party.map(|party| ProgramWatch { address: party.membership.virtual_ip, games, doors });
        if wanted != self.programs_watched {
            let told_games = self.programs_watched.is_some_and(|watch| watch.games);
            let saw_doors = self.programs_watched.is_some_and(|watch| watch.doors);
            self.programs_watched = wanted;
            if told_games {
                self.handle_games(turn, Vec::new(), Vec::new());
            }
            if saw_doors && wanted.is_none_or(|watch| !watch.doors) {
                self.shield.forget();
            }
            turn.push(Output::WatchPrograms(wanted));
        }
        if let Some(gates) = self.shield.take_gates() {
            turn.push(Output::SetGates { others: gates.others, named: gates.named });
        }
    }

    /// What listens on this device.
    pub(super) fn handle_doors(&mut self, turn: &mut Turn<'_>, look: u64, doors: Option<Vec<Door>>) {
        // A word that was on its way when the watch ended counts no more.
        if self.programs_watched.is_some_and(|watch| watch.doors) {
            let told = self.shield.set_doors(look, doors, turn.now.wall);
            told.into_iter().for_each(|told| self.tell_refused(turn, told));
        }
    }

    /// A friend tried to begin something that is not open: it may be since a moment ago. Searches are for everybody, and
    /// nobody is told of them.
    pub(super) fn handle_refused(
        &mut self,
        turn: &mut Turn<'_>,
        peer: PeerId,
        place: Place,
        is_for_all: bool,
    ) {
        let is_watched = self.programs_watched.is_some_and(|watch| watch.doors);
        if is_for_all {
            if is_watched {
                turn.push(Output::LookAgain(self.shield.next_look()));
            }
            return;
        }
        match self.shield.handle_refused(peer, place, is_watched, turn.now.wall) {
            Ok(look) => turn.push(Output::LookAgain(look)),
            Err(told) => told.into_iter().for_each(|told| self.tell_refused(turn, told)),
        }
    }

    fn tell_refused(&self, turn: &mut Turn<'_>, (peer, place): (PeerId, Place)) {
        let friends = self.party.as_ref().map(|party| party.connections.connections());
        if let Some(friend) = friends.and_then(|friends| friends.get(&peer)) {
            turn.notice(News::Reached { peer: friend.record.name.to_string(), port: place.port });
        }
    }

    /// What friends reach, as shown; `name` says what a friend is called.
    pub(super) fn shield_view(&self, name: impl Fn(&PeerId) -> Option<String>) -> ShieldView {
        let doors = self.shield.doors().map(|(door, is_open)| DoorView {
            transport: door.place.transport,
            port: door.place.port,
            owner: owner(door),
            is_game: matches!(door.owner, Owner::Game(_)),
            is_open,
            is_never_opened: is_never_opened(door.place.port),
        });
        let refused = self.shield.refused().filter_map(|(peer, place, refused)| {
            Some(RefusedView {
                peer: peer.to_string(),
                name: name(peer)?,
                transport: place.transport,
                port: place.port,
                owner: self.shield.door(*place).and_then(owner),
                is_never_opened: is_never_opened(place.port),
                times: refused.times,
                at_ms: refused.at.0,
            })
        });
        let mut refused: Vec<RefusedView> = refused.collect();
        refused.sort_by_key(|refused| std::cmp::Reverse(refused.at_ms));
        ShieldView {
            level: self.shield.rules().level,
            is_blind: self.shield.is_blind(),
            doors: doors.collect(),
            refused,
        }
    }
}

fn owner(door: &Door) -> Option<String> {
    match &door.owner {
        Owner::Game(name) => Some(name.to_string()),
        Owner::Program(program) | Owner::Private(program) => Some(program.clone()),
        Owner::System => None,
    }
}
