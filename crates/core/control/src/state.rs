//! The state of a registry inside the app as it is kept: `control_state.json` is [`encode`]d from it and [`decode`]d
//! to it.
//!
//! The file is one JSON object, `{"version":1,"checksum":"…","state":{…}}`. The checksum is the SHA-256 (hexadecimal) of
//! `lanrage control state v1`, a line feed, and the bytes of `state` as they stand in the file. There are no secrets in
//! it.

mod envelope;

use std::collections::BTreeMap;

pub use envelope::{Damage, decode, encode};
use lanrage_party::{PartyId, PeerId};
use serde::{Deserialize, Serialize};

use crate::registry::{StoredChange, StoredParty, StoredPeer};

/// Everything that a registry stores, except session tokens: those are for servers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Lists", into = "Lists")]
pub struct ControlState {
    parties: BTreeMap<PartyId, StoredParty>,
    peers: BTreeMap<(PartyId, PeerId), StoredPeer>,
}

/// As it is written: keys are in the values already.
#[derive(Serialize, Deserialize)]
struct Lists {
    parties: Vec<StoredParty>,
    peers: Vec<StoredPeer>,
}

impl ControlState {
    /// The parties.
    pub fn parties(&self) -> impl ExactSizeIterator<Item = &StoredParty> {
        self.parties.values()
    }

    /// The members of all parties.
    pub fn peers(&self) -> impl ExactSizeIterator<Item = &StoredPeer> {
        self.peers.values()
    }

    /// Makes one change.
    pub fn apply(&mut self, change: StoredChange) {
        match change {
            StoredChange::PutParty(party) => {
                self.parties.insert(party.party, party);
            }
            StoredChange::RemoveParty(party) => {
                self.parties.remove(&party);
                self.peers.retain(|(of, _), _| *of != party);
            }
            StoredChange::PutPeer(peer) => {
                self.peers.insert((peer.party, peer.peer), peer);
            }
            StoredChange::RemovePeer { party, peer } => {
                self.peers.remove(&(party, peer));
            }
            StoredChange::PutToken(_) | StoredChange::PutRelay(_) | StoredChange::RemoveRelay(_) => {}
        }
    }

    /// What [`crate::registry::Registry::restore`] takes.
    pub fn into_parts(self) -> (Vec<StoredParty>, Vec<StoredPeer>) {
        (self.parties.into_values().collect(), self.peers.into_values().collect())
    }
}

impl From<Lists> for ControlState {
    fn from(lists: Lists) -> Self {
        Self {
            parties: lists.parties.into_iter().map(|party| (party.party, party)).collect(),
            peers: lists.peers.into_iter().map(|peer| ((peer.party, peer.peer), peer)).collect(),
        }
    }
}

impl From<ControlState> for Lists {
    fn from(state: ControlState) -> Self {
        let (parties, peers) = state.into_parts();
        Self { parties, peers }
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::{
        DeviceIdentity, Name, NatType, PartySecret, PeerRecord, Subnet, UnixMillis, VirtualIp,
        WireGuardPrivateKey,
    };

    use super::*;

    /// A party with so many members.
    pub(super) fn sample(members: u8) -> ControlState {
        let party = PartyId::from_random([7; 16]);
        let peers: Vec<StoredPeer> = (1..=members).map(|n| member(party, n)).collect();
        let stored = StoredParty {
            party,
            name: Name::new("Friday “LAN” \\ night").unwrap(),
            subnet: Subnet::DEFAULT,
            host: peers[0].peer,
            created_at: UnixMillis(1),
            active_at: UnixMillis(2),
            revision: 3,
            door: None,
        };
        let mut state = ControlState::default();
        state.apply(StoredChange::PutParty(stored));
        peers.into_iter().for_each(|peer| state.apply(StoredChange::PutPeer(peer)));
        state
    }

    fn member(party: PartyId, n: u8) -> StoredPeer {
        let identity = DeviceIdentity::from_seed(&[n; 32]);
        let record = PeerRecord {
            party,
            identity: identity.public(),
            wireguard_key: WireGuardPrivateKey::from_random([n; 32]).public(),
            virtual_ip: VirtualIp([10, 66, 0, n].into()),
            name: Name::new("Ann").unwrap(),
            protocol: 1,
            epoch: 1,
            sequence: 1,
        };
        StoredPeer {
            party,
            peer: identity.peer_id(),
            record: record.sign(&identity, &PartySecret::from_random([9; 32])),
            nat_type: NatType::Symmetric,
            joined_at: UnixMillis(1),
            last_seen: UnixMillis(2),
        }
    }

    #[test]
    fn a_party_takes_its_members_along_and_a_member_goes_alone() {
        let mut state = sample(3);
        let (party, peer) = (state.peers().next().unwrap().party, state.peers().next().unwrap().peer);
        state.apply(StoredChange::RemovePeer { party, peer });
        assert_eq!((state.parties().len(), state.peers().len()), (1, 2));
        state.apply(StoredChange::RemoveParty(party));
        assert_eq!(state, ControlState::default());
    }
}
