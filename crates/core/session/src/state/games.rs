//! Who plays and hosts what: this device is watched while a friend is there who may know, and friends' words are shown.

mod explain;

use std::net::{Ipv4Addr, SocketAddrV4};

use lanrage_games::{Catalogue, Slug, Statement};
use lanrage_party::{PeerId, SearchRedirect, VirtualIp, facts::News};

use super::State;
use crate::{
    facts::{CommandError, GameSource, GameView, HostedView},
    input::Ticket,
    output::{Output, SearchWish, Turn},
    party::active::ActiveParty,
    peers::{connection::Connection, gossip::message::Message},
};

impl State {
    /// What runs on this device, and where friends' searches for it go.
    pub(super) fn handle_games(
        &mut self,
        turn: &mut Turn<'_>,
        statements: Vec<Statement>,
        redirects: Vec<SearchRedirect>,
    ) {
        if let Some(party) = &mut self.party {
            // A word that was on its way when the watch ended counts no more.
            let is_watched = self.programs_watched.is_some_and(|watch| watch.games);
            let (statements, redirects) =
                if is_watched { (statements, redirects) } else { (Vec::new(), Vec::new()) };
            party.games.set_own(turn.now.instant, statements);
            if party.redirects != redirects {
                party.redirects.clone_from(&redirects);
                turn.push(Output::RedirectSearches(redirects));
            }
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
        let games = |party: &ActiveParty| -> Vec<Slug> {
            party.games.of(&from, turn.now.instant).iter().map(|said| said.slug.clone()).collect()
        };
        let before = games(party);
        let opened = party.games.handle(turn.now.instant, from, number, statements);
        let over: Vec<Slug> = before.into_iter().filter(|game| !games(party).contains(game)).collect();
        if !over.is_empty() {
            party.sightings.forget(&from, &over);
        }
        for opened in opened {
            turn.notice(News::GameOpened { peer: name.clone(), game: game_name(&opened) });
        }
    }
}

impl State {
    /// The player looks at who plays what: everybody in the party is asked, in their games' own words.
    pub(super) fn look_for_games(&mut self, turn: &mut Turn<'_>, ticket: Ticket) {
        let Some(party) = &mut self.party else { return turn.refuse(ticket, CommandError::NotInParty) };
        let is_anybody = party.connections.connections().values().any(|friend| friend.path().is_some());
        if is_anybody && party.adapter.is_open() && party.sightings.begin_search(turn.now.instant) {
            let membership = &party.membership;
            let broadcast = membership.invitation.subnet.broadcast();
            turn.push(Output::SearchGames(SearchWish { lease: membership.virtual_ip, broadcast }));
        }
        turn.complete(ticket, Ok(()));
    }

    /// What servers in the party have answered, each with its address. What comes from no friend's counts nothing.
    pub(super) fn handle_games_found(
        &mut self,
        turn: &mut Turn<'_>,
        found: Vec<(VirtualIp, Statement)>,
        is_over: bool,
    ) {
        for (address, said) in found {
            let friends = self.party.as_ref().map(|party| party.connections.connections());
            let of_address = |friend: &&Connection| friend.record.virtual_ip == address;
            let peer = friends.and_then(|friends| friends.values().find(of_address));
            if let Some(peer) = peer.map(|friend| friend.record.peer_id()) {
                self.note_game(turn, peer, said, GameSource::Answers);
            }
        }
        if let Some(party) = self.party.as_mut().filter(|_| is_over) {
            party.sightings.end_search();
        }
    }

    /// A friend's game was heard or found.
    pub(super) fn note_game(&mut self, turn: &Turn<'_>, peer: PeerId, said: Statement, source: GameSource) {
        let Some(party) = &mut self.party else { return };
        if party.connections.connections().contains_key(&peer) {
            party.sightings.note(turn.now.instant, peer, said, source);
        }
    }
}

/// The games of a friend that there is a path to: by the friend's word, and what else was heard or found.
pub(super) fn of_friend(active: &ActiveParty, friend: &Connection, now: std::time::Instant) -> Vec<GameView> {
    if friend.path().is_none() {
        return Vec::new();
    }
    let (peer, address) = (friend.record.peer_id(), friend.record.virtual_ip);
    let told = active.games.of(&peer, now);
    let seen = active.sightings.of(&peer, now, told);
    let told = told.iter().map(|said| (said, GameSource::Told));
    told.chain(seen).map(|(said, source)| view(said, address, source)).collect()
}

/// The games of this device, as friends are told.
pub(super) fn own(active: &ActiveParty) -> Vec<GameView> {
    active.games.own().iter().map(|said| view(said, active.membership.virtual_ip, GameSource::Told)).collect()
}

/// A game is called as it is here, by whatever name its host knows it.
fn game_name(said: &Statement) -> String {
    Catalogue::builtin().game(&said.slug).map_or(&said.name, |known| &known.name).to_string()
}

/// The address is the player's own, whatever the game believes.
fn view(said: &Statement, VirtualIp(address): VirtualIp, source: GameSource) -> GameView {
    let can_join = Catalogue::builtin().game(&said.slug).is_some_and(|known| !known.launch.is_empty());
    let text = |text: &String| (!text.is_empty()).then(|| text.clone());
    let at = |address: Ipv4Addr, port| SocketAddrV4::new(address, port).to_string();
    GameView {
        slug: said.slug.to_string(),
        name: game_name(said),
        source,
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
