use lanrage_party::{DoorKey, PartyId, PeerId, Signature};

use super::{Caller, Registry, party::PartyState};
use crate::protocol::{ErrorCode, Refusal};

impl Registry {
    /// Lets nobody by who does not show the key of the party's door, if the party has one.
    pub(super) fn check_door(
        &self,
        from: Caller,
        id: PartyId,
        proof: Option<Signature>,
    ) -> Result<(), Refusal> {
        let Some(door) = self.parties.get(&id).and_then(|party| party.door) else { return Ok(()) };
        let Caller { peer, nonce } = from;
        let admitted =
            nonce.zip(proof).is_some_and(|(nonce, proof)| door.admits(nonce.as_bytes(), &id, &peer, &proof));
        if admitted { Ok(()) } else { Err(ErrorCode::DoorClosed.into()) }
    }

    /// Gives a party without a door one, if `peer` may.
    pub(super) fn deposit_door(&mut self, peer: PeerId, id: PartyId, door: Option<DoorKey>) {
        let Some(party) = self.parties.get_mut(&id).filter(|party| party.door.is_none()) else { return };
        if door.is_some() && party.is_made_by(peer) {
            party.door = door;
            self.dirty.parties.insert(id);
        }
    }
}

impl PartyState {
    /// Whether this peer hosts the party and has made it, rather than inherited it: it has been in it from the beginning.
    fn is_made_by(&self, peer: PeerId) -> bool {
        let member = self.members.get(&peer).filter(|_| self.host == peer);
        member.is_some_and(|member| member.joined_at == self.created_at)
    }
}
