//! Being again where this device was before.

use lanrage_party::{IdentityKey, Invitation, ServerId, StoredPeer};
use tracing::warn;

use super::State;
use crate::{
    facts::CommandError,
    input::Ticket,
    output::{StoreAction, Turn},
    party::membership::{Kept, Membership},
    peers::{
        connection::{KnownPeer, PeerInfo},
        gossip::voice::Voice,
    },
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
        let Kept { membership: mut saved, host, peers, departures } = kept;
        let members = peers.iter().map(|peer| peer.record.claimed().identity);
        forget_listener(&mut saved.invitation, members.chain([self.identity.public()]));
        let server = saved.invitation.control.first().cloned();
        let voice_link = saved.voice_link.take();
        let membership = Membership::restore(saved, &self.identity, turn.now.wall)?;
        self.use_server(turn, server, membership.invitation.server);
        self.enter(turn, membership, host, None);
        if let Some(party) = &mut self.party {
            let id = party.membership.invitation.party;
            party.departures.restore(departures, &id);
            party.voice = Voice::new(voice_link.filter(|link| link.is_signed(&id)));
        }
        for peer in peers {
            self.restore_peer(turn, peer);
        }
        let endpoint = self.endpoint_in_network();
        if let Some(party) = &mut self.party {
            party.open_adapter(turn, endpoint);
        }
        self.register(turn);
        self.settle_epoch(turn);
        Ok(())
    }

    fn restore_peer(&mut self, turn: &mut Turn<'_>, peer: StoredPeer) {
        let Some(party) = &mut self.party else { return };
        if party.departures.has_left(&peer.peer, peer.record.claimed().sequence) {
            // It could no longer be forgotten when the program ended.
            let party = party.membership.invitation.party;
            return turn.store(StoreAction::RemovePeer { party, peer: peer.peer });
        }
        match party.admit_again(&peer.record) {
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

/// Programs before this one let guests in at the host's own addresses, which stand where a server's would, with the host's key
/// as the server's. Nobody listens there any more: the members find each other.
fn forget_listener(invitation: &mut Invitation, members: impl IntoIterator<Item = IdentityKey>) {
    let server = invitation.server;
    if server.is_some() && members.into_iter().any(|member| server == Some(ServerId::of(&member))) {
        invitation.control.clear();
        invitation.server = None;
    }
}
