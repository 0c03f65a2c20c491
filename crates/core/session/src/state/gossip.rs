//! What members tell each other: who else is in the party, who has left it, and signals for those whom they reach.

pub(super) mod chat;
pub(super) mod ready;
pub(super) mod voice;

use lanrage_party::{Departure, NatType, PeerId, SealedSignal, SignedRecord};
use tracing::{debug, info, warn};

use super::State;
use crate::{
    output::{StoreAction, Turn},
    party::{membership::Membership, roster::Refusal},
    peers::{
        connection::{KnownPeer, PeerInfo},
        connections::Connections,
        gossip::{Known, Word, departures::Departures, message::Message},
    },
};

/// Members that a signal is given to for somebody whom this device does not reach.
const CARRIERS: usize = 3;
/// How often a signal may be passed on.
const HOPS: u8 = 1;

impl State {
    /// Whether members keep each other's lists: while no server does.
    pub(super) fn gossips(&self) -> bool {
        !self.control.is_connected()
    }

    /// Says what is due.
    pub(super) fn gossip(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let known = known(&party.membership, &party.connections, &party.departures);
        let Some((told, digest)) = party.gossip.take_due(turn.now.instant, &known) else { return };
        let digest = digest.to_bytes();
        told.iter().for_each(|peer| party.connections.tell(turn, peer, digest.clone()));
        // Whoever is told may reach those whom this device does not, and what they were told before may be lost.
        party.connections.remind(turn, true);
    }

    /// Who is reached may have changed: whoever is reached anew can carry signals to those who are not.
    pub(super) fn follow_reached(&mut self, turn: &mut Turn<'_>) {
        let (gossips, own) = (self.gossips(), self.identity.peer_id());
        if let Some(party) = &mut self.party {
            let reached = party.connections.reached();
            party.ruled.set_reached(turn.now.instant, &reached);
            party.games.set_reached(turn.now.instant, &reached);
            party.chat.set_reached(turn.now.instant, &reached);
            party.chat.set_members(&own, |peer| party.connections.connections().contains_key(peer));
            party.ready.set_reached(turn.now.instant, &reached);
            party.voice.set_reached(turn.now.instant, &reached);
            let is_member = |peer: &PeerId| party.connections.connections().contains_key(peer);
            party.ready.set_members(turn.now.instant, &own, is_member);
            party.games.set_members(|peer| party.connections.connections().contains_key(peer));
            party.sightings.set_members(|peer| party.connections.connections().contains_key(peer));
            party.questions.set_members(|peer| party.connections.connections().contains_key(peer));
            let is_wider = party.gossip.set_reached(turn.now.instant, &reached, gossips);
            // With a server, too, what was said may be lost: a friend was away and nobody knew it yet, or the server dropped it.
            party.connections.remind(turn, is_wider);
            if is_wider {
                self.note_met(turn);
            }
        }
    }

    /// A member says something of the party.
    pub(super) fn handle_gossip(&mut self, turn: &mut Turn<'_>, from: PeerId, payload: &[u8]) {
        let now = turn.now.instant;
        let Some(party) = &mut self.party else { return };
        let Some(message) = Message::parse(payload, party.membership.invitation.party) else {
            return debug!(peer = %from.short(), "a message that says nothing is dropped");
        };
        match message {
            Message::Signal { hops, from: sender, to, sealed } => {
                self.handle_carried_signal(turn, from, hops, sender, to, sealed);
            }
            Message::Knock { from: seen, bytes } => {
                if party.gossip.passes(now, &from) {
                    self.handle_passed_knock(turn, seen, &bytes);
                }
            }
            Message::RelayAsk(wanted) => self.handle_relay_ask(turn, from, &wanted),
            Message::RelayChannels(channels) => self.handle_relay_channels(turn, from, &channels),
            Message::Ruled(digest) => self.handle_ruled(turn, from, digest),
            Message::Rulings(rulings) => self.take_rulings(turn, from, rulings),
            Message::Shares(shares) => self.take_shares(turn, shares),
            Message::SharesAsk(wanted) => self.tell_shares(turn, from, &wanted),
            Message::Games { number, statements } => self.take_games(turn, from, number, statements),
            Message::GameAsk { number, try_at, slug } => {
                self.handle_game_asked(turn, from, number, try_at, slug);
            }
            Message::GameTell { number, side } => self.handle_game_told(turn, from, number, *side),
            Message::Chat(lines) => self.take_chat(turn, from, lines),
            Message::ChatDigest(said) => self.handle_chat_digest(turn, from, said),
            Message::ChatHave(marks) => self.handle_chat_have(turn, from, &marks),
            Message::Ready(word) => self.take_ready(turn, from, word),
            Message::Voice(link) => self.take_voice_link(turn, from, link),
            // While a server keeps the list, its word counts.
            _ if !self.gossips() => {}
            Message::Digest { hash, count } => {
                let Some(party) = &mut self.party else { return };
                let known = known(&party.membership, &party.connections, &party.departures);
                if let Some(answer) = party.gossip.handle_digest(now, &from, (hash, count), &known) {
                    party.connections.tell(turn, &from, answer.to_bytes());
                }
            }
            Message::Summary(lines) => {
                let Some(party) = &mut self.party else { return };
                let known = known(&party.membership, &party.connections, &party.departures);
                for answer in party.gossip.handle_summary(now, &from, &lines, &known) {
                    party.connections.tell(turn, &from, answer.to_bytes());
                }
            }
            Message::Records(records) => {
                records.iter().for_each(|record| self.take_record(turn, record));
            }
            Message::Departures(departures) => {
                departures.into_iter().for_each(|departure| self.take_departure(turn, departure));
            }
        }
    }

    /// Somebody is a member if its record proves it, whoever brings that.
    pub(super) fn let_in(&mut self, turn: &mut Turn<'_>, signed: &SignedRecord) -> Result<(), Refusal> {
        let Some(party) = &mut self.party else { return Err(Refusal::Full) };
        let (id, sequence) = (signed.claimed().peer_id(), signed.claimed().sequence);
        if party.departures.has_left(&id, sequence) {
            return Err(Refusal::Replay);
        }
        let record = self.admit(turn, signed)?;
        let Some(party) = &mut self.party else { return Err(Refusal::Full) };
        party.departures.forget(&id);
        if party.is_being_joined() {
            // What is kept of a peer belongs to a membership, which has to be kept before it.
            self.joined(turn);
        }
        let Some(party) = &mut self.party else { return Err(Refusal::Full) };
        let known = party.connections.connections().get(&id);
        let is_news = known.is_none_or(|known| known.record.sequence != sequence);
        let info = known.map_or(
            PeerInfo { nat_type: NatType::Unknown, joined_at: turn.now.wall, online: None },
            |known| PeerInfo { online: None, ..known.info },
        );
        party.connections.connect_to_peer(turn, KnownPeer { signed: signed.clone(), record, info });
        if is_news {
            party.gossip.note_change(turn.now.instant);
        }
        Ok(())
    }

    /// A record that a member has passed on. Of two with one lease, the one with the smaller id keeps it: so the halves of a
    /// party that was apart agree when they meet, without a vote.
    fn take_record(&mut self, turn: &mut Turn<'_>, signed: &SignedRecord) {
        let own = self.identity.peer_id();
        let id = signed.claimed().peer_id();
        if id == own {
            return;
        }
        let mut result = self.let_in(turn, signed);
        if let Err(Refusal::Address(ip)) = result {
            let taken = self.leases();
            let Some(party) = &mut self.party else { return };
            let is_own = ip == party.membership.virtual_ip;
            let holder = party.connections.holder(ip).filter(|holder| *holder != id);
            if is_own && id < own {
                info!("somebody else has this device's address, and the right to it");
                match party.membership.take_next_lease(&self.identity, &taken) {
                    Ok(()) => self.move_lease(turn),
                    Err(error) => return warn!(%error, "no other address is left"),
                }
                result = self.let_in(turn, signed);
            } else if let Some(holder) = holder.filter(|holder| id < *holder) {
                let is_reached = party.connections.connections()[&holder].path().is_some();
                if is_reached && party.gossip.may_give_way(turn.now.instant, holder) {
                    // It takes another one at once; without the session it would find out by its silence.
                    let told = Message::Records(vec![signed.clone()]).to_bytes();
                    return party.connections.tell(turn, &holder, told);
                }
                party.connections.set_aside(turn, &holder);
                result = self.let_in(turn, signed);
            }
        }
        if let Err(refusal) = result {
            debug!(peer = %id.short(), %refusal, "a record is not taken");
        }
    }

    /// That somebody has left, as a member has passed it on.
    pub(super) fn take_departure(&mut self, turn: &mut Turn<'_>, departure: Departure) {
        let Some(party) = &mut self.party else { return };
        let id = departure.peer();
        let sequence = departure.leave.sequence;
        let is_own = id == self.identity.peer_id();
        let known = party.connections.connections().get(&id).map(|known| known.record.sequence);
        let newest = known.unwrap_or_default();
        let invitation = &party.membership.invitation;
        if !departure.leave.is_of(&departure.identity, &invitation.party, newest) {
            return;
        }
        if is_own {
            // It was here before, by a clock that was ahead: nobody believes what is older.
            if party.membership.sequence() <= sequence {
                party.membership.skip_to(sequence);
                self.announce_record(turn);
            }
        } else if party.departures.note(id, departure) {
            party.connections.disconnect_peer(turn, &id);
            party.roster.note_departure(&id, Some(sequence));
            party.gossip.note_change(turn.now.instant);
        }
    }

    /// Who has left is kept for the next start, if that is news. Only a membership that is kept has any.
    pub(super) fn keep_departures(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = self.party.as_mut().filter(|party| !party.is_being_joined()) else { return };
        if let Some(departures) = party.departures.take_unkept() {
            let party = party.membership.invitation.party;
            turn.store(StoreAction::SaveDepartures { party, departures });
        }
    }

    /// Gives a signal to whoever it is for, or to members who may reach it.
    pub(super) fn carry_signal(&mut self, turn: &mut Turn<'_>, to: PeerId, sealed: SealedSignal) {
        let from = self.identity.peer_id();
        let Some(party) = &self.party else { return };
        let message = |hops| Message::Signal { hops, from, to, sealed: sealed.clone() };
        if !message(0).fits() {
            return debug!("a signal does not fit a datagram");
        }
        let reached = party.connections.reached();
        if reached.contains(&to) {
            return party.connections.tell(turn, &to, message(0).to_bytes());
        }
        for carrier in reached.iter().take(CARRIERS) {
            party.connections.tell(turn, carrier, message(HOPS).to_bytes());
        }
    }

    fn handle_carried_signal(
        &mut self,
        turn: &mut Turn<'_>,
        carrier: PeerId,
        hops: u8,
        from: PeerId,
        to: PeerId,
        sealed: SealedSignal,
    ) {
        let own = self.identity.peer_id();
        let Some(party) = &mut self.party else { return };
        if to == own {
            return party.connections.handle_signal(turn, &from, &sealed);
        }
        // Only the sender itself is passed on, and only to who is reached.
        let may_pass = hops > 0 && carrier == from && party.gossip.passes(turn.now.instant, &carrier);
        if may_pass {
            let message = Message::Signal { hops: hops.min(HOPS) - 1, from, to, sealed };
            party.connections.tell(turn, &to, message.to_bytes());
        }
    }
}

/// All that this device knows of the party: its own record, the members', and who has left.
fn known<'a>(
    membership: &'a Membership,
    connections: &'a Connections,
    departures: &'a Departures,
) -> Known<'a> {
    let own = membership.signed().map(|signed| (signed.claimed().peer_id(), Word::Record(signed)));
    let members = connections.connections().iter().map(|(id, peer)| (*id, Word::Record(&peer.signed)));
    let gone = departures.all().iter().map(|(id, departure)| (*id, Word::Departure(departure)));
    gone.chain(members).chain(own).collect()
}
