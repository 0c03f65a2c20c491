use lanrage_party::{Leave, Name, NatType, PartyId, PeerId, SignedRecord, Subnet, UnixMillis};
use serde::{Deserialize, Serialize};

/// A party as a control plane knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartySnapshot {
    /// The party.
    pub party: PartyId,
    /// Its name.
    pub name: Name,
    /// Its network.
    pub subnet: Subnet,
    /// The peer that made it or inherited it.
    pub host: PeerId,
    /// When it was made, by the control plane's clock.
    pub created_at: UnixMillis,
    /// Grows by one with every change. Comparable only within one connection.
    pub revision: u64,
    /// Its members in the order they joined, the receiver included; at most
    /// [`lanrage_party::limits::PEERS_PER_PARTY`].
    pub peers: Vec<PeerEntry>,
}

/// A member as a control plane knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerEntry {
    /// What the peer says of itself; not verified against the party secret.
    pub record: SignedRecord,
    /// Its NAT type, as it measured it.
    #[serde(default)]
    pub nat_type: NatType,
    /// When it joined, by the control plane's clock.
    pub joined_at: UnixMillis,
    /// Whether it is in the party right now; otherwise it is away and its lease stays reserved.
    pub online: bool,
}

/// One change of a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// A new member.
    PeerJoined {
        /// The member.
        entry: PeerEntry,
    },
    /// A member has a newer record, NAT type or presence.
    PeerUpdated {
        /// The member as it is now.
        entry: PeerEntry,
    },
    /// A member is one no more.
    PeerLeft {
        /// Who.
        peer: PeerId,
        /// Its own word; without one it was removed, or its program is older than that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leave: Option<Leave>,
    },
    /// A member came back or went away.
    PeerOnline {
        /// Who.
        peer: PeerId,
        /// Whether it is here now.
        online: bool,
    },
    /// The party has a new host.
    HostChanged {
        /// Who.
        host: PeerId,
    },
    /// A change of a newer protocol: only a new snapshot tells what it did.
    #[serde(other)]
    Unknown,
}

impl PeerEntry {
    /// The member's id, as its record claims.
    pub fn peer(&self) -> PeerId {
        self.record.claimed().peer_id()
    }
}

impl PartySnapshot {
    /// Makes the change that led to `revision`. Of a member that is not there, nothing is changed.
    pub fn apply(&mut self, revision: u64, change: &Change) {
        self.revision = revision;
        match change {
            Change::PeerJoined { entry } | Change::PeerUpdated { entry } => {
                let peer = entry.peer();
                match self.peers.iter_mut().find(|known| known.peer() == peer) {
                    Some(known) => *known = entry.clone(),
                    None => self.peers.push(entry.clone()),
                }
            }
            Change::PeerLeft { peer, .. } => self.peers.retain(|known| known.peer() != *peer),
            Change::PeerOnline { peer, online } => {
                if let Some(known) = self.peers.iter_mut().find(|known| known.peer() == *peer) {
                    known.online = *online;
                }
            }
            Change::HostChanged { host } => self.host = *host,
            Change::Unknown => {}
        }
    }
}
