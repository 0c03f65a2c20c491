use std::collections::BTreeMap;

use lanrage_party::{PeerId, PeerRecord, RecordError, SignedRecord, VirtualIp, limits};

use crate::{connection_manager::ConnectionManager, membership::Membership};

/// Why somebody whom the control server offered is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("the record is older than one already seen: somebody replays it")]
    Replay,
    #[error("the address {0} already belongs to somebody else, or is outside the party's network")]
    Address(VirtualIp),
    #[error("the party is full")]
    Full,
}

impl Refusal {
    /// A stable word for scripts.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Record(RecordError::OtherParty | RecordError::OtherEpoch) => "peer_of_other_party",
            Self::Record(RecordError::Signature) => "peer_forged",
            Self::Record(RecordError::Mac) => "peer_not_invited",
            Self::Replay => "peer_replayed",
            Self::Address(_) => "peer_address",
            Self::Full => "party_full",
        }
    }
}

/// Who was refused, to be shown. Bounded: a server that invents peers fills no memory.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    peers: BTreeMap<PeerId, (String, Refusal)>,
}

impl Refused {
    pub(crate) fn insert(&mut self, peer: PeerId, name: String, refusal: Refusal) -> bool {
        if self.peers.len() >= limits::PEERS_PER_PARTY && !self.peers.contains_key(&peer) {
            return false;
        }
        self.peers.insert(peer, (name, refusal)).is_none_or(|(_, before)| before != refusal)
    }

    pub(crate) fn remove(&mut self, peer: &PeerId) {
        self.peers.remove(peer);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Refusal)> {
        self.peers.values().map(|(name, refusal)| (name.as_str(), *refusal))
    }
}

/// Whether a record lets its peer in: it verifies against the party secret, is not older than one already
/// accepted, and claims an address that nobody else has. The control server's word counts for nothing.
pub(crate) fn admit(
    signed: &SignedRecord,
    membership: &Membership,
    connections: &ConnectionManager,
) -> Result<PeerRecord, Refusal> {
    let invitation = &membership.invitation;
    let record = signed.verify(&invitation.party, invitation.epoch, &invitation.secret)?;
    let id = record.peer_id();
    let seen = connections.record_sequence(&id);
    if seen.is_some_and(|seen| record.sequence < seen) {
        return Err(Refusal::Replay);
    }
    if record.virtual_ip == membership.virtual_ip
        || !invitation.subnet.contains(record.virtual_ip)
        || record.wireguard_key == membership.private_key.public()
        || connections.conflicts(id, record)
    {
        return Err(Refusal::Address(record.virtual_ip));
    }
    if seen.is_none() && connections.connections().len() + 1 >= limits::PEERS_PER_PARTY {
        return Err(Refusal::Full);
    }
    Ok(record.clone())
}
