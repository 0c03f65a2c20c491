use std::collections::BTreeSet;

use lanrage_party::{DoorKey, Name, NatType, PartyId, PeerId, RelayUri, SignedRecord, Subnet, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::protocol::SessionToken;

/// A party as it is stored, without its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredParty {
    /// The party.
    pub party: PartyId,
    /// Its name.
    pub name: Name,
    /// Its network.
    pub subnet: Subnet,
    /// Its host.
    pub host: PeerId,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When a member last did something in it.
    pub active_at: UnixMillis,
    /// Its revision at that time.
    pub revision: u64,
    /// Whose proof lets somebody in; `None` for a party that was made before there were doors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<DoorKey>,
}

/// A member as it is stored. Presence is not: after a restart everybody is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPeer {
    /// The party.
    pub party: PartyId,
    /// The member; the id that belongs to the record's identity.
    pub peer: PeerId,
    /// The member's record.
    pub record: SignedRecord,
    /// Its NAT type.
    #[serde(default)]
    pub nat_type: NatType,
    /// When it joined.
    pub joined_at: UnixMillis,
    /// When it was last heard of.
    pub last_seen: UnixMillis,
}

/// A session token as it is stored: by its hash alone, which is for the store to see to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// The token.
    pub token: SessionToken,
    /// The only peer that it is good for.
    pub peer: PeerId,
    /// When it was issued.
    pub created_at: UnixMillis,
    /// From when on it is no longer good.
    pub expires_at: UnixMillis,
}

/// A relay that has registered itself, as it is stored: a server that restarts offers it without waiting for its next
/// sign of life. Its secret is made from the registration key and is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRelay {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub region: String,
    /// How to reach it.
    pub uris: Vec<RelayUri>,
    /// In whose session it registered last.
    pub peer: PeerId,
    /// Share of its capacity in use, 0 to 100.
    pub load_percent: u8,
    /// When it registered first.
    pub registered_at: UnixMillis,
    /// When it was last heard of, to within two minutes.
    pub last_seen: UnixMillis,
}

/// What has to be written before the messages of the same step are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredChange {
    /// Insert or replace a party; always before its peers.
    PutParty(StoredParty),
    /// Insert or replace a member.
    PutPeer(StoredPeer),
    /// Remove a member.
    RemovePeer {
        /// The party.
        party: PartyId,
        /// The member.
        peer: PeerId,
    },
    /// Remove a party and all its members.
    RemoveParty(PartyId),
    /// Insert a token, in place of every other one of its peer: that one is of a session that this replaces.
    PutToken(StoredToken),
    /// Insert or replace a relay that has registered itself.
    PutRelay(StoredRelay),
    /// Remove the relay of this name.
    RemoveRelay(String),
}

/// What differs from the stored state, by key: however often something changes between two writes, it is
/// written once.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    pub(super) parties: BTreeSet<PartyId>,
    pub(super) peers: BTreeSet<(PartyId, PeerId)>,
    pub(super) tokens: Vec<StoredToken>,
}
