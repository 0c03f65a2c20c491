use std::collections::BTreeMap;

use lanrage_party::{PeerId, PeerRecord, RecordError, SignedRecord, VirtualIp, facts::PeerRefusal, limits};

use crate::{party::membership::Membership, peers::connections::Connections};

/// Most peers whose newest record is remembered, those who have left included.
const REMEMBERED: usize = 16 * limits::PEERS_PER_PARTY;

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
    /// What the user is told of whoever claims this name.
    pub(crate) fn fact(self, name: &str) -> PeerRefusal {
        let peer = name.to_owned();
        match self {
            Self::Record(RecordError::OtherParty | RecordError::OtherEpoch) => {
                PeerRefusal::PeerOfOtherParty { peer }
            }
            Self::Record(RecordError::Signature) => PeerRefusal::PeerForged { peer },
            Self::Record(RecordError::Mac) => PeerRefusal::PeerNotInvited { peer },
            Self::Replay => PeerRefusal::PeerReplayed { peer },
            Self::Address(address) => PeerRefusal::PeerAddress { peer, address: address.to_string() },
            Self::Full => PeerRefusal::PartyFull { peer },
        }
    }
}

/// Who may be a peer: the door of the party. The control server's word counts for nothing here.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Highest record sequence seen of every peer that was ever let in.
    sequences: BTreeMap<PeerId, u64>,
    /// Who was refused, to be shown. Bounded: a server that invents peers fills no memory.
    refused: BTreeMap<PeerId, (String, Refusal)>,
}

impl Roster {
    /// Lets a peer in if its record verifies against the party secret, is not older than one seen before, and
    /// claims an address that nobody else has.
    pub(crate) fn admit(
        &mut self,
        signed: &SignedRecord,
        membership: &Membership,
        connections: &Connections,
    ) -> Result<PeerRecord, Refusal> {
        let invitation = &membership.invitation;
        let record = signed.verify(&invitation.party, invitation.epoch, &invitation.secret)?;
        let id = record.peer_id();
        let seen = self.sequences.get(&id);
        if seen.is_some_and(|seen| record.sequence < *seen) {
            return Err(Refusal::Replay);
        }
        if record.virtual_ip == membership.virtual_ip
            || !invitation.subnet.contains(record.virtual_ip)
            || record.wireguard_key == membership.private_key.public()
            || connections.conflicts(id, record)
        {
            return Err(Refusal::Address(record.virtual_ip));
        }
        let is_known = connections.connections().contains_key(&id);
        let is_full = connections.connections().len() + 1 >= limits::PEERS_PER_PARTY;
        if (!is_known && is_full) || (seen.is_none() && self.sequences.len() >= REMEMBERED) {
            return Err(Refusal::Full);
        }
        self.sequences.insert(id, record.sequence);
        self.refused.remove(&id);
        Ok(record.clone())
    }

    /// Notes a refusal. True if it is news.
    pub(crate) fn note_refusal(&mut self, peer: PeerId, name: String, refusal: Refusal) -> bool {
        if self.refused.len() >= limits::PEERS_PER_PARTY && !self.refused.contains_key(&peer) {
            return false;
        }
        self.refused.insert(peer, (name, refusal)).is_none_or(|(_, before)| before != refusal)
    }

    /// Somebody has left, so nobody has to be warned of them any more.
    pub(crate) fn forget_refusal(&mut self, peer: &PeerId) {
        self.refused.remove(peer);
    }

    /// Everybody who was refused: the name they claim, and why.
    pub(crate) fn refused(&self) -> impl Iterator<Item = (&str, Refusal)> {
        self.refused.values().map(|(name, refusal)| (name.as_str(), *refusal))
    }
}
