//! What the control plane says, and what follows from it.

use std::time::Instant;

use lanrage_control::{
    ControlEvent, Now,
    protocol::{Change, ErrorCode, PartySnapshot, PeerEntry, Refusal, RequestKind},
};
use lanrage_party::{PartyId, PeerId};
use tracing::{info, warn};

use super::{LEASE_TRIES, Session, local_end};
use crate::{
    CommandError,
    network::adapter::AdapterState,
    output::{Action, TunnelAction},
    peers::connection::{KnownPeer, PeerInfo},
    words::sentence,
};

impl Session {
    pub(super) fn handle_control(&mut self, now: Now, event: ControlEvent) {
        match event {
            ControlEvent::Connected { stun, server_time } => {
                self.clock_error_ms =
                    server_time.map_or(0, |server| now.wall.since(server).max(server.since(now.wall)));
                self.nat.control_servers =
                    stun.into_iter().map(|server| (server.host, server.port)).collect();
                self.look_up_names();
            }
            ControlEvent::Disconnected { reason, .. } => {
                info!(%reason, "no control server");
                self.with_connections(|connections| connections.handle_control_lost(now.instant));
                self.try_next_endpoint(now);
            }
            ControlEvent::Party(snapshot) if self.is_current(&snapshot.party) => {
                self.take_snapshot(now, snapshot);
            }
            ControlEvent::Change { party, change, .. } if self.is_current(&party) => {
                self.take_change(now, change);
            }
            ControlEvent::Signal { party, from, signal } if self.is_current(&party) => {
                self.with_connections(|connections| {
                    connections.handle_signal(now.instant, &from, &signal);
                });
            }
            ControlEvent::Relays(offers) => {
                self.relays.set_offers(offers);
                self.look_up_names();
            }
            ControlEvent::Refused { refusal, retry_at } => self.handle_refusal(now, refusal, retry_at),
            ControlEvent::Left { .. }
            | ControlEvent::Party(_)
            | ControlEvent::Change { .. }
            | ControlEvent::Signal { .. } => {}
        }
    }

    fn is_current(&self, id: &PartyId) -> bool {
        self.party.as_ref().is_some_and(|party| party.membership.invitation.party == *id)
    }

    fn take_snapshot(&mut self, now: Now, snapshot: PartySnapshot) {
        let Some(party) = &mut self.party else { return };
        party.host = snapshot.host;
        let listed: Vec<PeerId> = snapshot.peers.iter().map(PeerEntry::peer).collect();
        party.connections.retain_listed(|peer| listed.contains(peer));
        for entry in snapshot.peers {
            self.take_entry(now, entry);
        }
        if let Some(party) = &mut self.party {
            // The other ends may have missed what was said while there was no control plane.
            party.connections.announce(now.wall, &mut self.entropy);
            if let Some(pending) = party.pending.take() {
                self.party_is_made(now, pending.ticket);
                self.open_adapter();
            }
        }
        self.keep_membership(true);
    }

    fn take_change(&mut self, now: Now, change: Change) {
        match change {
            Change::PeerJoined { entry } | Change::PeerUpdated { entry } => self.take_entry(now, entry),
            Change::PeerLeft { peer } => {
                self.with_connections(|connections| connections.disconnect_peer(&peer));
                if let Some(party) = &mut self.party {
                    party.roster.forget_refusal(&peer);
                }
            }
            Change::PeerOnline { peer, online } => {
                if let Some(party) = &mut self.party {
                    party.connections.handle_online(now.instant, now.wall, peer, online, &mut self.entropy);
                }
            }
            Change::HostChanged { host } => {
                if let Some(party) = &mut self.party {
                    party.host = host;
                }
                self.keep_membership(true);
            }
            Change::Unknown => {}
        }
    }

    /// Somebody is offered by the control plane: let in only if the record proves it.
    fn take_entry(&mut self, now: Now, entry: PeerEntry) {
        let Some(party) = &mut self.party else { return };
        let id = entry.peer();
        if id == self.identity.peer_id() {
            return;
        }
        match party.roster.admit(&entry.record, &party.membership, &party.connections) {
            Ok(record) => {
                let online = Some(entry.online);
                let info = PeerInfo { nat_type: entry.nat_type, joined_at: entry.joined_at, online };
                let known = KnownPeer { signed: entry.record, record, info };
                party.connections.connect_to_peer(now.instant, now.wall, known, &mut self.entropy);
            }
            Err(refusal) => {
                let name = entry.record.claimed().name.to_string();
                if party.roster.note_refusal(id, name.clone(), refusal) {
                    warn!(peer = %id.short(), %refusal, "peer refused");
                    let text = format!("“{name}” was not let in: {refusal}.");
                    self.notice(now.wall, refusal.code(), text);
                }
            }
        }
    }

    fn handle_refusal(&mut self, now: Now, refusal: Refusal, retry_at: Option<Instant>) {
        warn!(code = ?refusal.code, detail = %refusal.detail, "refused by the control server");
        let about_us = matches!(refusal.request, Some(RequestKind::CreateParty | RequestKind::JoinParty))
            && refusal.party.is_none_or(|party| self.is_current(&party));
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
        let tries = party.pending.as_mut().map_or(0, |pending| {
            pending.lease_tries += 1;
            pending.lease_tries
        });
        match next_lease {
            Some(Ok(())) if tries <= LEASE_TRIES => self.move_lease(now),
            Some(Err(error)) => self.give_up(now, CommandError::new("no_address", error.to_string())),
            _ => {
                let code = format!("control_{}", error_word(refusal.code));
                self.give_up(now, CommandError::new(&code, refusal_text(refusal.code)));
            }
        }
    }

    /// This device has another address now: the data plane, the adapter and the record follow.
    fn move_lease(&mut self, now: Now) {
        if let Some(party) = &mut self.party {
            let end = local_end(&party.membership);
            self.actions.push_back(Action::Tunnel(TunnelAction::Enter(end)));
            if party.adapter.is_wanted() {
                self.actions.push_back(Action::CloseAdapter);
                party.adapter = AdapterState::default();
                self.open_adapter();
            }
        }
        self.register(now);
    }
}

/// The code's word in the protocol.
fn error_word(code: ErrorCode) -> String {
    serde_json::to_value(code).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What the server refused, and what the user can do.
fn refusal_text(code: ErrorCode) -> String {
    let text = sentence(&code.to_string());
    let fix = match code {
        ErrorCode::UnknownParty => "Ask your friend whether the party still exists, and for a new link.",
        ErrorCode::PartyFull => "Somebody has to leave first.",
        ErrorCode::ProtocolVersion => "Update LANrage.",
        ErrorCode::StaleRecord => "Set this computer's clock, and join again.",
        _ => "Try again in a while.",
    };
    format!("{text} {fix}")
}
