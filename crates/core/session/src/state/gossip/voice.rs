//! Where the party talks.

use lanrage_party::{Name, PeerId, Role, VoiceLink, is_voice_address, limits::VOICE_LINK_BYTES};

use crate::{
    facts::{CommandError, VoiceView},
    output::Turn,
    party::active::ActiveParty,
    peers::gossip::message::Message,
    state::State,
};

impl State {
    /// This device's player pins it, if they may.
    pub(in crate::state) fn pin_voice_link(
        &mut self,
        turn: &mut Turn<'_>,
        text: &str,
    ) -> Result<(), CommandError> {
        let own = self.identity.peer_id();
        let party = self.party.as_mut().ok_or(CommandError::NotInParty)?;
        if party.membership.rulings.role(&own) < Role::Moderator {
            return Err(CommandError::NotYours);
        }
        let version = party.voice.next_version(turn.now.wall);
        let link = VoiceLink::sign(&self.identity, &party.membership.invitation.party, version, text);
        let link = link.ok_or(CommandError::BadVoiceLink { most: VOICE_LINK_BYTES as u64 })?;
        if !party.voice.may_pin(turn.now.instant) {
            return Err(CommandError::SaidTooMuch);
        }
        party.voice.pin(turn.now.instant, link);
        party.keep_membership(turn, true);
        self.tell_voice_link(turn);
        Ok(())
    }

    /// Says what is due.
    pub(in crate::state) fn tell_voice_link(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let Some((told, link)) = party.voice.take_due(turn.now.instant) else { return };
        let message = Message::Voice(link).to_bytes();
        told.iter().for_each(|peer| party.connections.tell(turn, peer, message.clone()));
    }

    /// A member says where the party talks.
    pub(super) fn take_voice_link(&mut self, turn: &mut Turn<'_>, from: PeerId, link: VoiceLink) {
        let Some(party) = &mut self.party else { return };
        let (of, rulings) = (party.membership.invitation.party, &party.membership.rulings);
        let may = |link: &VoiceLink| rulings.may_pin(link);
        if party.voice.handle(turn.now, from, link, may, |link| link.is_signed(&of)) {
            party.keep_membership(turn, true);
        }
    }
}

/// What is pinned, as it is shown; `name_of` says what a friend is called.
pub(in crate::state) fn view(
    active: &ActiveParty,
    own: &PeerId,
    own_name: &Name,
    name_of: impl Fn(&Name, &PeerId) -> String,
) -> Option<VoiceView> {
    let link = active.voice.shown(|link| active.membership.rulings.may_pin(link))?;
    let author = link.author();
    let friend = active.connections.connections().get(&author);
    let by = match friend {
        Some(friend) => name_of(&friend.record.name, &author),
        None if author == *own => own_name.to_string(),
        None => author.short().to_string(),
    };
    Some(VoiceView { text: link.text().to_owned(), by, can_open: is_voice_address(link.text()) })
}
