//! Being again where this device was before.

use lanrage_party::StoredPeer;
use tracing::warn;

use super::State;
use crate::{
    facts::CommandError,
    input::Ticket,
    output::Turn,
    party::membership::{Kept, Membership},
    peers::connection::{KnownPeer, PeerInfo},
};

impl State {
    /// Enters a party again of which this device is still a member; one that it is in is paused. Refused with why there is
    /// no such membership.
    pub(super) fn resume_party(
        &mut self,
        turn: &mut Turn<'_>,
        ticket: Ticket,
        kept: Result<Kept, CommandError>,
    ) {
        let kept = match kept {
            Ok(kept) => kept,
            Err(error) => return turn.refuse(ticket, error),
        };
        if self.party.is_some() {
            self.keep_membership(turn, false);
            self.suspend(turn);
        }
        let restored = self.restore(turn, kept);
        turn.complete(ticket, restored);
    }

    /// Is in the party again that this device was in before. Nobody is asked: the friends are tried where they were
    /// last reached while the control plane connects.
    pub(super) fn restore(&mut self, turn: &mut Turn<'_>, kept: Kept) -> Result<(), CommandError> {
        let Kept { membership: saved, host, peers } = kept;
        // A party that this device hosts itself has no server but this device.
        let is_own = host == self.identity.peer_id() && self.hosting.owns(&saved.invitation.control);
        let server = if is_own { None } else { saved.invitation.control.first().cloned() };
        let membership = Membership::restore(saved, &self.identity)?;
        self.use_server(turn, server, membership.invitation.server);
        self.enter(turn, membership, host, None);
        for peer in peers {
            self.restore_peer(turn, peer);
        }
        let endpoint = self.endpoint_in_network();
        if let Some(party) = &mut self.party {
            party.open_adapter(turn, endpoint);
        }
        self.register(turn);
        self.host_guests(turn);
        Ok(())
    }

    fn restore_peer(&mut self, turn: &mut Turn<'_>, peer: StoredPeer) {
        let Some(party) = &mut self.party else { return };
        match party.roster.admit(&peer.record, &party.membership, &party.connections) {
            Ok(record) => {
                let id = record.peer_id();
                let info = PeerInfo { nat_type: peer.nat_type, joined_at: peer.joined_at, online: None };
                party.connections.connect_to_peer(turn, KnownPeer { signed: peer.record, record, info });
                if let Some(endpoint) = peer.last_endpoint {
                    party.connections.try_last_endpoint(turn, id, endpoint);
                }
            }
            Err(refusal) => warn!(%refusal, "a stored peer is not let in"),
        }
    }
}
