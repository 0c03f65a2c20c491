use std::collections::BTreeSet;

use lanrage_party::{Name, NatType, PartyId, PeerId, SignedRecord, Subnet, UnixMillis};

/// A party as it is stored, without its members.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// A member as it is stored. Presence is not: after a restart everybody is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPeer {
    /// The party.
    pub party: PartyId,
    /// The member; the id that belongs to the record's identity.
    pub peer: PeerId,
    /// The member's record.
    pub record: SignedRecord,
    /// Its NAT type.
    pub nat_type: NatType,
    /// When it joined.
    pub joined_at: UnixMillis,
    /// When it was last heard of.
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
}

/// What differs from the stored state, by key: however often something changes between two writes, it is
/// written once.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    pub(super) parties: BTreeSet<PartyId>,
    pub(super) peers: BTreeSet<(PartyId, PeerId)>,
}
