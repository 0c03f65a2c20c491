//! Why a game is not seen: both computers are looked at, the friend's by a question inside the session.

use lanrage_games::{Barrier, Device, Examined, Side, Sight, Slug, SystemFirewall};
use lanrage_party::{
    PeerId, Place, UnixMillis,
    facts::{AdapterFault, BlockedWay},
};
use lanrage_shield::{Level, Trust};

use crate::{
    facts::CommandError,
    input::Ticket,
    output::{ExaminationWish, Explained, Output, Turn},
    peers::gossip::{
        message::Message,
        questions::{Act, Question},
    },
    state::State,
};

/// For so long what a friend tried in vain says something of now, in milliseconds.
const RECENT_MS: u64 = 120_000;

impl State {
    /// The player asks why a game is not seen.
    pub(in crate::state) fn explain_game(
        &mut self,
        turn: &mut Turn<'_>,
        ticket: Ticket,
        peer: PeerId,
        slug: Slug,
        is_own: bool,
    ) {
        let Some(party) = &mut self.party else { return turn.refuse(ticket, CommandError::NotInParty) };
        if !party.connections.connections().contains_key(&peer) {
            return turn.refuse(ticket, CommandError::UnknownPeer);
        }
        let acts = party.questions.begin(turn.now.instant, ticket, peer, slug, is_own);
        acts.into_iter().for_each(|act| self.act(turn, act));
    }

    /// Goes on without who does not answer.
    pub(in crate::state) fn follow_questions(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let acts = party.questions.handle_timeout(turn.now.instant);
        acts.into_iter().for_each(|act| self.act(turn, act));
    }

    /// A game was looked at on this computer.
    pub(in crate::state) fn handle_game_examined(
        &mut self,
        turn: &mut Turn<'_>,
        number: u64,
        examined: Examined,
        is_hidden: bool,
    ) {
        let Some(party) = &mut self.party else { return };
        let act = party.questions.handle_examined(turn.now.instant, number, examined, is_hidden);
        act.into_iter().for_each(|act| self.act(turn, act));
    }

    /// A friend asks what is seen of a game here. What is tried is the friend's own place.
    pub(in crate::state) fn handle_game_asked(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        number: u64,
        try_at: Option<Place>,
        slug: Slug,
    ) {
        let Some(party) = &mut self.party else { return };
        if let Some(number) = party.questions.handle_asked(turn.now.instant, from, number) {
            self.act(turn, Act::Examine { number, slug, peer: from, try_at });
        }
    }

    /// A friend has answered.
    pub(in crate::state) fn handle_game_told(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        number: u64,
        side: Side,
    ) {
        let Some(party) = &mut self.party else { return };
        let act = party.questions.handle_told(turn.now.instant, from, number, side);
        act.into_iter().for_each(|act| self.act(turn, act));
    }

    fn act(&mut self, turn: &mut Turn<'_>, act: Act) {
        let Some(party) = &self.party else { return };
        match act {
            Act::Examine { number, slug, peer, try_at } => {
                let friend = party.connections.connections().get(&peer);
                turn.push(Output::ExamineGame(ExaminationWish {
                    number,
                    slug,
                    lease: party.membership.virtual_ip,
                    opened: party.adapter.since(),
                    try_at: friend.zip(try_at).map(|(friend, place)| (friend.record.virtual_ip, place)),
                }));
            }
            Act::Ask { number, slug, peer, try_at } => {
                self.tell(turn, &peer, &Message::GameAsk { number, try_at, slug });
            }
            Act::Tell { number, peer, side, is_hidden } => {
                let mut side = self.side(turn, &peer, *side);
                if is_hidden || !self.shares_games {
                    side = without_game(side);
                }
                self.tell(turn, &peer, &Message::GameTell { number, side: Box::new(side) });
            }
            Act::Answer(question) => self.answer(turn, *question),
        }
    }

    fn tell(&self, turn: &mut Turn<'_>, peer: &PeerId, message: &Message) {
        if let Some(party) = &self.party {
            party.connections.tell(turn, peer, message.to_bytes());
        }
    }

    fn answer(&self, turn: &mut Turn<'_>, question: Question) {
        let Question { ticket, peer, is_own, own, is_hidden, friend, .. } = question;
        let found =
            self.party.as_ref().and_then(|party| Some((party, party.connections.connections().get(&peer)?)));
        let Some((party, connection)) = found else { return turn.refuse(ticket, CommandError::UnknownPeer) };
        let (own, taken_by) = own.map_or((None, None), |own| (Some(own.side), own.taken_by));
        let rules = self.shield.rules();
        let is_mute = rules.trust(&peer) == Trust::Mute;
        let explained = Explained {
            is_connected: connection.path().is_some(),
            own: own.map(|own| self.side(turn, &peer, own)),
            taken_by,
            friend,
            lease: party.membership.virtual_ip,
            host: if is_own { party.membership.virtual_ip } else { connection.record.virtual_ip },
            name: connection.record.name.to_string(),
            is_told: self.shares_games && !is_hidden,
            barrier: match rules.level {
                _ if is_mute => Barrier::Mute,
                Level::Closed => Barrier::Level,
                _ => Barrier::Port,
            },
        };
        turn.push(Output::GameExplained { ticket, explained: Box::new(explained) });
        turn.complete(ticket, Ok(()));
    }

    /// What was seen on this computer, with what the session knows of the adapter, the shield and the friend.
    fn side(&self, turn: &Turn<'_>, peer: &PeerId, mut side: Side) -> Side {
        let Some(party) = &self.party else { return side };
        let trouble = party.watch.failure().map(|(_, failure)| &failure.fault);
        side.adapter = match trouble {
            _ if !party.adapter.is_open() || party.watch.works() == Some(false) => Device::Fails,
            Some(AdapterFault::AdapterSearches { .. }) => Device::Searchless,
            _ => Device::Works,
        };
        if let Some(AdapterFault::AdapterBlocked { way: BlockedWay::Unasked }) = trouble {
            side.firewall = SystemFirewall::Drops;
        }
        side.is_muting = party.connections.is_muted(peer);
        side.sockets.iter_mut().for_each(|bound| bound.is_open = self.shield.is_open_to(peer, bound.place));
        let hosted = side.hosted().map(|bound| bound.place.port);
        side.brings_searches = party.redirects.iter().any(|redirect| Some(redirect.hosted) == hosted);
        let is_recent = |at: UnixMillis| turn.now.wall.since(at) < RECENT_MS;
        let mut refused: Vec<_> = self
            .shield
            .refused()
            .filter(|(friend, _, refused)| *friend == peer && is_recent(refused.at))
            .map(|(_, place, refused)| (std::cmp::Reverse(refused.at), *place))
            .collect();
        refused.sort_unstable();
        side.refused = refused.into_iter().take(Side::PLACES).map(|(_, place)| place).collect();
        side
    }

    /// The party is left: whoever asked is told so.
    pub(in crate::state) fn end_questions(&mut self, turn: &mut Turn<'_>) {
        if let Some(party) = &mut self.party {
            for question in party.questions.take_all() {
                turn.refuse(question.ticket, CommandError::NotInParty);
            }
        }
    }
}

/// What is told of a computer whose player tells nobody of the game: what concerns the network alone.
fn without_game(side: Side) -> Side {
    let Side { firewall, adapter, is_muting, refused, reached, .. } = side;
    Side { sight: Sight::NotShared, firewall, adapter, is_muting, refused, reached, ..Side::default() }
}
