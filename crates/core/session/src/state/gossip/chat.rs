//! What members say to the whole party.

use lanrage_party::{ChatLine, ChatMark, Name, PeerId, facts::News};

use crate::{
    facts::{ChatLineView, CommandError},
    output::Turn,
    party::active::ActiveParty,
    peers::gossip::{
        chat::Shown,
        message::{BYTES_OF_LINES, LINES_PER_MESSAGE, Message},
    },
    state::State,
};

impl State {
    /// This device's player says something.
    pub(in crate::state) fn say(&mut self, turn: &mut Turn<'_>, text: &str) -> Result<(), CommandError> {
        let name = self.player_name.clone();
        let party = self.party.as_mut().ok_or(CommandError::NotInParty)?;
        let at = party.chat.next_at(turn.now.wall);
        let line = ChatLine::sign(&self.identity, &party.membership.invitation.party, at, text);
        let line = line.ok_or(CommandError::NothingSaid)?;
        if !party.chat.may_say(turn.now.instant) {
            return Err(CommandError::SaidTooMuch);
        }
        party.chat.note_own(turn.now, name, line.clone());
        let message = Message::Chat(vec![line]).to_bytes();
        for peer in party.connections.reached() {
            party.connections.tell(turn, &peer, message.clone());
        }
        Ok(())
    }

    /// Says what is due.
    pub(in crate::state) fn tell_chat(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let Some((told, digest)) = party.chat.take_due(turn.now.instant) else { return };
        let message = Message::ChatDigest(digest).to_bytes();
        told.iter().for_each(|peer| party.connections.tell(turn, peer, message.clone()));
    }

    pub(super) fn handle_chat_digest(&mut self, turn: &mut Turn<'_>, from: PeerId, said: u64) {
        let Some(party) = &mut self.party else { return };
        if let Some(have) = party.chat.handle_digest(turn.now.instant, &from, said) {
            party.connections.tell(turn, &from, Message::ChatHave(have).to_bytes());
        }
    }

    pub(super) fn handle_chat_have(&mut self, turn: &mut Turn<'_>, from: PeerId, theirs: &[ChatMark]) {
        let Some(party) = &mut self.party else { return };
        let (lacking, asks) = party.chat.handle_have(turn.now.instant, &from, theirs);
        for message in messages(&lacking).into_iter().chain(asks.map(Message::ChatHave)) {
            party.connections.tell(turn, &from, message.to_bytes());
        }
    }

    /// A member brings what it or others have said.
    pub(super) fn take_chat(&mut self, turn: &mut Turn<'_>, from: PeerId, lines: Vec<ChatLine>) {
        let (own_name, own) = (self.player_name.clone(), self.identity.public());
        let Some(party) = &mut self.party else { return };
        let of = party.membership.invitation.party;
        let friends = party.connections.connections();
        let name_of = |line: &ChatLine| -> Option<Name> {
            let friend =
                friends.get(&line.author).map(|friend| (&friend.record.identity, &friend.record.name));
            // What this device has said before it was started again comes back to it.
            let (key, name) = friend.unwrap_or((&own, &own_name));
            line.is_of(key, &of).then(|| name.clone())
        };
        if let Some(name) = party.chat.take(turn.now, &from, lines, name_of) {
            turn.notice(News::Said { peer: name.to_string() });
        }
    }
}

/// The lines in messages that hold them.
fn messages(lines: &[ChatLine]) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let (some, behind) = rest.split_at(fitting(rest));
        messages.push(Message::Chat(some.to_vec()));
        rest = behind;
    }
    messages
}

/// How many of these lines, the first ones, one message holds.
fn fitting(lines: &[ChatLine]) -> usize {
    let bytes = lines.iter().scan(0, |bytes, line| {
        *bytes += line.wire_bytes();
        Some(*bytes)
    });
    bytes.take(LINES_PER_MESSAGE).take_while(|bytes| *bytes <= BYTES_OF_LINES).count()
}

/// The chat as it is shown.
pub(in crate::state) fn view(active: &ActiveParty, own: &PeerId) -> Vec<ChatLineView> {
    let line = |shown: &Shown| ChatLineView {
        id: format!("{}{}", shown.line.author.short(), shown.line.at.0),
        peer: shown.line.author.to_string(),
        name: shown.name.to_string(),
        is_own: shown.line.author == *own,
        at_ms: shown.at.0,
        text: shown.line.text().to_owned(),
    };
    active.chat.lines().iter().map(line).collect()
}
