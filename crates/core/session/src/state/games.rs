//! Who plays and hosts what: this device is watched while a friend is there who may know, and friends' words are shown.

mod explain;

use std::net::{Ipv4Addr, SocketAddrV4};

use lanrage_games::{Catalogue, Statement};
use lanrage_party::{PeerId, VirtualIp, facts::News};

use super::State;
use crate::{
    facts::{GameView, HostedView},
    output::Turn,
    party::active::ActiveParty,
    peers::{connection::Connection, gossip::message::Message},
};

impl State {
    /// What runs on this device.
    pub(super) fn handle_games(&mut self, turn: &mut Turn<'_>, statements: Vec<Statement>) {
        if let Some(party) = &mut self.party {
            // A word that was on its way when the watch ended counts no more.
            let statements =
                if self.programs_watched.is_some_and(|watch| watch.games) { statements } else { Vec::new() };
            party.games.set_own(turn.now.instant, statements);
            self.tell_games(turn);
        }
    }

    /// Says what is due.
    pub(super) fn tell_games(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let Some(told) = party.games.take_due(turn.now.instant) else { return };
        let statements = party.games.own().to_vec();
        let message = Message::Games { number: turn.now.wall.0, statements }.to_bytes();
        told.iter().for_each(|peer| party.connections.tell(turn, peer, message.clone()));
    }

    /// A member says what it plays and hosts.
    pub(super) fn take_games(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        number: u64,
        statements: Vec<Statement>,
    ) {
        let Some(party) = &mut self.party else { return };
        let Some(friend) = party.connections.connections().get(&from) else { return };
        let name = friend.record.name.to_string();
        for opened in party.games.handle(turn.now.instant, from, number, statements) {
            turn.notice(News::GameOpened { peer: name.clone(), game: game_name(&opened) });
        }
    }
}

/// The games of a friend that there is a path to.
pub(super) fn of_friend(active: &ActiveParty, friend: &Connection, now: std::time::Instant) -> Vec<GameView> {
    let said = friend.path().map(|_| active.games.of(&friend.record.peer_id(), now));
    said.unwrap_or_default().iter().map(|said| view(said, friend.record.virtual_ip)).collect()
}

/// The games of this device, as friends are told.
pub(super) fn own(active: &ActiveParty) -> Vec<GameView> {
    active.games.own().iter().map(|said| view(said, active.membership.virtual_ip)).collect()
}

/// A game is called as it is here, by whatever name its host knows it.
fn game_name(said: &Statement) -> String {
    Catalogue::builtin().game(&said.slug).map_or(&said.name, |known| &known.name).to_string()
}

/// The address is the player's own, whatever the game believes.
fn view(said: &Statement, VirtualIp(address): VirtualIp) -> GameView {
    let can_join = Catalogue::builtin().game(&said.slug).is_some_and(|known| !known.launch.is_empty());
    let text = |text: &String| (!text.is_empty()).then(|| text.clone());
    let at = |address: Ipv4Addr, port| SocketAddrV4::new(address, port).to_string();
    GameView {
        slug: said.slug.to_string(),
        name: game_name(said),
        hosted: said.hosted.as_ref().map(|hosted| HostedView {
            address: at(address, hosted.place.port),
            title: text(&hosted.title),
            map: text(&hosted.map),
            version: text(&hosted.version),
            players: hosted.players,
            max_players: hosted.max_players,
            is_locked: hosted.is_locked,
            can_join,
        }),
    }
}
