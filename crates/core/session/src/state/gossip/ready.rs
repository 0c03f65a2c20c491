//! Whether everybody in the party is ready.

use lanrage_party::{Name, PeerId, ReadyCheck, facts::News};

use crate::{
    facts::{CommandError, Readiness, ReadyCheckView},
    output::Turn,
    party::active::ActiveParty,
    peers::gossip::{
        message::Message,
        ready::{CheckWord, ReadyNews},
    },
    state::State,
};

impl State {
    /// This device's player asks whether everybody is ready. Where somebody asks already, that is the answer.
    pub(in crate::state) fn ask_ready(&mut self, turn: &mut Turn<'_>) -> Result<(), CommandError> {
        let own = self.identity.peer_id();
        let party = self.party.as_mut().ok_or(CommandError::NotInParty)?;
        if party.ready.is_asking() {
            return self.answer_ready(turn, true);
        }
        if !party.ready.may_ask(turn.now.instant) {
            return Err(CommandError::AskedTooOften);
        }
        let at = party.ready.next_at(&own, turn.now.wall);
        let check = ReadyCheck::sign(&self.identity, &party.membership.invitation.party, at);
        party.ready.ask(turn.now, check);
        self.tell_ready(turn);
        Ok(())
    }

    /// This device's player answers.
    pub(in crate::state) fn answer_ready(
        &mut self,
        turn: &mut Turn<'_>,
        is_ready: bool,
    ) -> Result<(), CommandError> {
        let party = self.party.as_mut().ok_or(CommandError::NotInParty)?;
        let answer = if is_ready { Readiness::Ready } else { Readiness::NotYet };
        if !party.ready.answer(turn.now.instant, answer) {
            return Err(CommandError::NobodyAsks);
        }
        self.tell_ready(turn);
        Ok(())
    }

    /// Says what is due, and does what is due by time.
    pub(in crate::state) fn tell_ready(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        party.ready.follow(turn.now.instant);
        let Some((told, word)) = party.ready.take_due(turn.now.instant) else { return };
        let message = Message::Ready(word).to_bytes();
        told.iter().for_each(|peer| party.connections.tell(turn, peer, message.clone()));
    }

    /// A member says that somebody asks, and what it answers.
    pub(super) fn take_ready(&mut self, turn: &mut Turn<'_>, from: PeerId, word: CheckWord) {
        let own = self.identity.public();
        let Some(party) = &mut self.party else { return };
        let of = party.membership.invitation.party;
        let friends = party.connections.connections();
        // What this device has asked before it was started again comes back to it.
        let is_signed = |check: &ReadyCheck| {
            let key = friends.get(&check.starter).map_or(&own, |friend| &friend.record.identity);
            check.is_of(key, &of)
        };
        party.ready.handle(turn.now, from, word, is_signed);
    }

    /// Tells the player what there is to tell.
    pub(in crate::state) fn follow_ready(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        for news in party.ready.take_news() {
            match news {
                ReadyNews::Everybody => turn.notice(News::EverybodyReady),
                ReadyNews::Asked(starter) => {
                    let friend = party.connections.connections().get(&starter);
                    let name = friend.map(|friend| friend.record.name.to_string());
                    name.into_iter().for_each(|peer| turn.notice(News::AskedReady { peer }));
                }
            }
        }
    }
}

/// The check as it is shown; `name_of` says what a friend is called.
pub(in crate::state) fn view(
    active: &ActiveParty,
    own: &PeerId,
    own_name: &Name,
    name_of: impl Fn(&Name, &PeerId) -> String,
) -> Option<ReadyCheckView> {
    let (starter, state, answer, ends_at) = active.ready.shown()?;
    let friend = active.connections.connections().get(&starter);
    Some(ReadyCheckView {
        peer: starter.to_string(),
        name: friend.map_or_else(|| own_name.to_string(), |friend| name_of(&friend.record.name, &starter)),
        is_own: starter == *own,
        state,
        own: answer,
        ends_at_ms: ends_at.0,
    })
}
