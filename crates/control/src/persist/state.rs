use std::collections::BTreeMap;

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
            StoredChange::PutToken(_) | StoredChange::ExpireTokens { .. } => {}
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
