//! What the control plane says, and what follows from it.

use std::time::Instant;

use lanrage_control::{
    ControlEvent, DisconnectReason,
    protocol::{Change, ErrorCode, PartySnapshot, PeerEntry, Refusal, RequestKind},
};
use lanrage_party::{PartyId, PeerId, RecordError, SealedSignal, facts::News};
use tracing::{debug, info, warn};

use super::State;
use crate::{
    facts::CommandError,
    network::adapter::AdapterState,
    output::{Output, Turn},
    party::{
        active::{ActiveParty, PendingKind},
        roster,
    },
    peers::{
        connection::{KnownPeer, PeerInfo},
        gossip::message::Message,
    },
};

impl State {
    pub(super) fn handle_control(&mut self, turn: &mut Turn<'_>, event: ControlEvent) {
        match event {
            ControlEvent::Connected { stun, server_time, server } => {
                let now = turn.now.wall;
                self.troubles.clock_error_ms = now.since(server_time).max(server_time.since(now));
                self.nat.control_servers =
                    stun.into_iter().map(|server| (server.host, server.port)).collect();
                self.look_up_names(turn);
                if let Some(server) = server {
                    self.meet_server(turn, server);
                }
            }
            ControlEvent::Disconnected { reason, .. } => {
                info!(%reason, "no control server");
                if matches!(reason, DisconnectReason::OtherServer { .. }) && self.is_joining() {
                    return self.give_up(turn, CommandError::OtherServer);
                }
                if let Some(connections) = self.connections() {
                    connections.handle_control_lost(turn);
                }
                self.try_next_endpoint(turn);
            }
            ControlEvent::Party(snapshot) if self.is_current(&snapshot.party) => {
                self.take_snapshot(turn, snapshot);
            }
            ControlEvent::Change { party, change, .. } if self.is_current(&party) => {
                self.take_change(turn, change);
            }
            ControlEvent::Signal { party, from, signal } if self.is_current(&party) => {
                self.take_introduction(turn, from, &signal);
                if let Some(connections) = self.connections() {
                    connections.handle_signal(turn, &from, &signal);
                }
            }
            ControlEvent::Relays(offers) => {
                self.relays.set_offers(offers);
                self.look_up_names(turn);
            }
            ControlEvent::Announcement(text) => self.control.set_announcement(text),
            ControlEvent::Refused { refusal, retry_at } => self.handle_refusal(turn, refusal, retry_at),
            ControlEvent::Left { .. }
            | ControlEvent::Party(_)
            | ControlEvent::Change { .. }
            | ControlEvent::Signal { .. } => {}
        }
    }

    fn is_current(&self, id: &PartyId) -> bool {
        self.party.as_ref().is_some_and(|party| party.membership.invitation.party == *id)
    }

    fn is_joining(&self) -> bool {
        self.party.as_ref().is_some_and(ActiveParty::is_being_joined)
    }

    fn take_snapshot(&mut self, turn: &mut Turn<'_>, snapshot: PartySnapshot) {
        self.unlisted = None;
        let Some(party) = &mut self.party else { return };
        party.host = snapshot.host;
        // What is kept of a peer belongs to a membership, which has to be kept before it.
        self.joined(turn);
        self.keep_membership(turn, true);
        let Some(party) = &mut self.party else { return };
        let listed: Vec<PeerId> = snapshot.peers.iter().map(PeerEntry::peer).collect();
        party.connections.retain_listed(turn, |peer| listed.contains(peer));
        for entry in snapshot.peers {
            self.take_entry(turn, entry);
        }
        if let Some(connections) = self.connections() {
            // The other ends may have missed what was said while there was no control plane.
            connections.announce(turn);
        }
    }

    /// This device is in the party, by a server's word or a member's: whoever waits for that hears so.
    pub(super) fn joined(&mut self, turn: &mut Turn<'_>) {
        let endpoint = self.endpoint_in_network();
        if let Some(party) = &mut self.party
            && let Some(pending) = party.pending.take()
        {
            party.open_adapter(turn, endpoint);
            match pending.kind {
                PendingKind::Create => {
                    pending.tickets.into_iter().for_each(|ticket| self.party_is_made(turn, ticket))
                }
                PendingKind::Join { .. } => {
                    party.reply = None;
                    pending.answer(turn, &Ok(()));
                }
            }
            self.keep_membership(turn, true);
        }
        self.note_met(turn);
    }

    fn take_change(&mut self, turn: &mut Turn<'_>, change: Change) {
        match change {
            Change::PeerJoined { entry } | Change::PeerUpdated { entry } => self.take_entry(turn, entry),
            Change::PeerLeft { peer, leave } => {
                if let Some(party) = &mut self.party {
                    party.unread.remove(&peer);
                    let departure = party.connections.handle_departure(turn, &peer, leave);
                    party.roster.note_departure(&peer, departure.map(|departure| departure.leave.sequence));
                    if let Some(departure) = departure {
                        // Members that miss it may bring the peer back when no server keeps the list.
                        party.departures.note(peer, departure);
                    }
                }
            }
            Change::PeerOnline { peer, online } => {
                if let Some(party) = &mut self.party {
                    party.connections.handle_online(turn, peer, online);
                }
            }
            Change::HostChanged { host } => {
                if let Some(party) = &mut self.party
                    && std::mem::replace(&mut party.host, host) != host
                {
                    let friend = party.connections.connections().get(&host);
                    if host == self.identity.peer_id() {
                        turn.notice(News::NowHost);
                    } else if let Some(friend) = friend {
                        turn.notice(News::NewHost { peer: friend.record.name.to_string() });
                    }
                }
                self.keep_membership(turn, true);
            }
            Change::Unknown => {}
        }
    }

    /// Somebody is offered by the control plane: let in only if the record proves it.
    fn take_entry(&mut self, turn: &mut Turn<'_>, entry: PeerEntry) {
        let id = entry.peer();
        if id == self.identity.peer_id() {
            return;
        }
        let admitted = self.admit(turn, &entry.record);
        let Some(party) = &mut self.party else { return };
        match admitted {
            Ok(record) => {
                party.departures.forget(&id);
                party.unread.remove(&id);
                let online = Some(entry.online);
                let info = PeerInfo { nat_type: entry.nat_type, joined_at: entry.joined_at, online };
                let known = KnownPeer { signed: entry.record, record, info };
                party.connections.connect_to_peer(turn, known);
            }
            Err(roster::Refusal::NotLetIn) => self.note_request(turn, &entry.record, None),
            // It knows what has come to the party's secret, and this device does not yet.
            Err(roster::Refusal::Record(RecordError::OtherEpoch)) if entry.record.claimed().is_of_mixed() => {
                debug!(peer = %id.short(), "of a secret that is not known here yet");
                party.note_unread(entry);
            }
            Err(refusal) => {
                let name = entry.record.claimed().name.to_string();
                if party.roster.note_refusal(id, name.clone(), refusal) {
                    warn!(peer = %id.short(), %refusal, "peer refused");
                    turn.notice(News::PeerRefused(refusal.fact(&name)));
                }
            }
        }
    }

    /// Somebody whom the server lists by a secret that is not known here says of itself what can be read here: without that
    /// nobody would be known whom to ask for the secret.
    fn take_introduction(&mut self, turn: &mut Turn<'_>, from: PeerId, signal: &SealedSignal) {
        let Some(party) = &self.party else { return };
        let Some(listed) = party.unread.get(&from) else { return };
        if let Some(record) = party.connections.introduction(listed.record.claimed(), signal) {
            // Whoever speaks is there, whatever the list said.
            let entry = PeerEntry { record, online: true, ..listed.clone() };
            self.take_entry(turn, entry);
        }
    }

    fn handle_refusal(&mut self, turn: &mut Turn<'_>, refusal: Refusal, retry_at: Option<Instant>) {
        warn!(code = ?refusal.code, detail = %refusal.detail, "refused by the control server");
        let about_us = matches!(refusal.request, Some(RequestKind::CreateParty | RequestKind::JoinParty))
            && refusal.party.is_none_or(|party| self.is_current(&party));
        if about_us && is_operators_word(refusal.code) {
            return self.take_operators_word(turn, refusal.code);
        }
        if !about_us || retry_at.is_some() {
            return;
        }
        let Some(party) = &mut self.party else { return };
        let next_lease = match (refusal.code, refusal.lease) {
            (ErrorCode::LeaseTaken, _) => {
                Some(party.membership.take_next_lease(&self.identity, &refusal.taken))
            }
            (ErrorCode::LeaseFixed, Some(kept)) => {
                Some(party.membership.take_kept_lease(&self.identity, kept))
            }
            _ => None,
        };
        let may_try = party.pending.as_mut().is_none_or(|pending| pending.may_try_another_lease());
        match next_lease {
            Some(Ok(())) if may_try => self.move_lease(turn),
            Some(Err(error)) => self.give_up(turn, error.into()),
            _ => self.give_up(turn, CommandError::Server(refusal.code.into())),
        }
    }

    /// The server's operator does not let this party be made. Who waits for a new one hears so at once; a party that there is
    /// goes on, is told once, and asks again by itself.
    fn take_operators_word(&mut self, turn: &mut Turn<'_>, code: ErrorCode) {
        let is_new = matches!(
            self.party.as_ref().and_then(|party| party.pending.as_ref()).map(|pending| &pending.kind),
            Some(PendingKind::Create)
        );
        if is_new || self.unlisted.replace(code) != Some(code) {
            self.give_up(turn, CommandError::Server(code.into()));
        }
        if is_new {
            self.unlisted = None;
        }
    }

    /// This device has another address now: the data plane, the adapter and the record follow. Friends hear of it while they still
    /// take what comes from the old one.
    pub(super) fn move_lease(&mut self, turn: &mut Turn<'_>) {
        let endpoint = self.endpoint_in_network();
        if let Some(party) = &mut self.party {
            let record = party.new_record(turn.now.wall, &self.identity, &self.player_name);
            let record = Message::Records(vec![record]).to_bytes();
            for friend in party.connections.reached() {
                party.connections.tell(turn, &friend, record.clone());
            }
            let end = party.membership.local_end();
            turn.push(Output::Enter(end));
            party.connections.enter_again(turn);
            if party.adapter.is_wanted() {
                turn.push(Output::CloseAdapter);
                party.adapter = AdapterState::default();
                party.open_adapter(turn, endpoint);
            }
        }
        self.register(turn);
    }
}

/// Whether it says what the operator of a server does not want, and may want tomorrow.
const fn is_operators_word(code: ErrorCode) -> bool {
    use ErrorCode::{AccessNeeded, AccessWrong, AddressParties, DeviceParties};
    matches!(code, AccessNeeded | AccessWrong | AddressParties | DeviceParties)
}
