//! Being again where this device was before.

use lanrage_control::Now;
use lanrage_party::PeerId;
use lanrage_party::StoredPeer;
use tracing::warn;

use super::Session;
use crate::{
    CommandError,
    output::Ticket,
    party::membership::Kept,
    party::membership::{Membership, SavedMembership},
    peers::connection::{KnownPeer, PeerInfo},
};

impl Session {
    /// Enters a party again of which this device is still a member; one that it is in is paused. `None` if there is
    /// no such membership.
    pub fn resume_party(&mut self, now: Now, ticket: Ticket, kept: Option<Kept>) {
        let result = match kept {
            Some(kept) => {
                if self.party.is_some() {
                    self.keep_membership(false);
                    self.suspend(now);
                }
                self.restore(now, kept.membership, kept.host, kept.peers);
                Ok(())
            }
            None => {
                let text = "You are no member of this party any more; ask for a new link.";
                Err(CommandError::new("not_a_member", text))
            }
        };
        self.complete(ticket, result);
    }

    /// Is in the party again that this device was in before. Nobody is asked: the friends are tried where they were
    /// last reached while the control plane connects.
    pub fn restore(&mut self, now: Now, saved: SavedMembership, host: PeerId, peers: Vec<StoredPeer>) {
        // A party that this device hosts itself has no server but this device.
        let is_own = host == self.identity.peer_id() && self.is_own_endpoint(&saved.invitation.control);
        let server = if is_own { None } else { saved.invitation.control.first().cloned() };
        let membership = match Membership::restore(saved, &self.identity) {
            Ok(membership) => membership,
            Err(error) => {
                warn!(%error, "the stored party cannot be restored");
                return;
            }
        };
        self.use_server(now, server);
        self.enter(now, membership, host, None);
        for peer in peers {
            self.restore_peer(now, peer);
        }
        self.open_adapter();
        self.register(now);
        self.host_guests();
    }

    fn restore_peer(&mut self, now: Now, peer: StoredPeer) {
        let Some(party) = &mut self.party else { return };
        match party.roster.admit(&peer.record, &party.membership, &party.connections) {
            Ok(record) => {
                let id = record.peer_id();
                let info = PeerInfo { nat_type: peer.nat_type, joined_at: peer.joined_at, online: None };
                let known = KnownPeer { signed: peer.record, record, info };
                party.connections.connect_to_peer(now.instant, now.wall, known, &mut self.entropy);
                if let Some(endpoint) = peer.last_endpoint {
                    party.connections.try_last_endpoint(now.instant, id, endpoint);
                }
            }
            Err(refusal) => warn!(%refusal, "a stored peer is not let in"),
        }
    }
}
