//! The door of the party: who is let in, and whose record is too old.

use std::collections::BTreeMap;

use lanrage_party::{
    LinkFault, PeerId, PeerRecord, RecordError, SignedRecord, VirtualIp, facts::PeerRefusal, limits,
};

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
    #[error("the owner or a moderator has removed it")]
    Removed,
    #[error("nobody has let it in yet")]
    NotLetIn,
    #[error("the limited link that it comes by does not let it in: {0:?}")]
    Link(LinkFault),
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
            Self::Removed => PeerRefusal::PeerRemoved { peer },
            Self::NotLetIn => PeerRefusal::PeerNotLetIn { peer },
            Self::Link(_) => PeerRefusal::PeerLink { peer },
        }
    }
}

/// What is remembered of a peer that was let in.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Highest sequence of its records.
    sequence: u64,
    /// Number of the admission at which it was let in last.
    admission: u64,
}

/// Who may be a peer: the door of the party. The control server's word counts for nothing here.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// What was seen of every peer that was let in. Of those who left, the longest gone are forgotten first: somebody who
    /// joins and leaves without end closes the door to nobody.
    seen: BTreeMap<PeerId, Seen>,
    /// Counts the admissions.
    admissions: u64,
    /// Who was refused, to be shown. Bounded: a server that invents peers fills no memory.
    refused: BTreeMap<PeerId, (String, Refusal)>,
}

impl Roster {
    /// Lets a peer in if its record verifies against a secret of the party's, is not older than one seen before, and
    /// claims an address that nobody else has, and nothing that was ruled keeps it out. With a secret of before alone only who
    /// was let in already (`was_let_in`), or whom a ruling says to be a member.
    pub(crate) fn admit(
        &mut self,
        signed: &SignedRecord,
        membership: &Membership,
        connections: &Connections,
        was_let_in: bool,
    ) -> Result<PeerRecord, Refusal> {
        let invitation = &membership.invitation;
        let record = membership.epochs.verify(signed)?;
        let id = record.peer_id();
        let (admits, standing) = (membership.rulings.admits(&id), membership.rulings.standing(&id));
        if !admits && standing.is_some() {
            return Err(Refusal::Removed);
        }
        if self.seen.get(&id).is_some_and(|seen| record.sequence < seen.sequence) {
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
        if !is_known && is_full {
            return Err(Refusal::Full);
        }
        // Last, as whoever comes by a limited link is let in where nothing else is in the way.
        if !admits || !was_let_in && !membership.lets_in(&id, record.epoch) {
            return Err(Refusal::NotLetIn);
        }
        self.admissions += 1;
        self.seen.insert(id, Seen { sequence: record.sequence, admission: self.admissions });
        if self.seen.len() > REMEMBERED {
            self.forget_longest_gone(connections);
        }
        self.refused.remove(&id);
        Ok(record.clone())
    }

    /// Forgets whoever was let in longest ago and is no peer now. Those who are cannot be as many as are remembered.
    fn forget_longest_gone(&mut self, connections: &Connections) {
        let peers = connections.connections();
        let gone = self.seen.iter().filter(|(id, _)| !peers.contains_key(id));
        if let Some(id) = gone.min_by_key(|(_, seen)| seen.admission).map(|(id, _)| *id) {
            self.seen.remove(&id);
        }
    }

    /// Notes a refusal. True if it is news.
    pub(crate) fn note_refusal(&mut self, peer: PeerId, name: String, refusal: Refusal) -> bool {
        if self.refused.len() >= limits::PEERS_PER_PARTY && !self.refused.contains_key(&peer) {
            return false;
        }
        self.refused.insert(peer, (name, refusal)).is_none_or(|(_, before)| before != refusal)
    }

    /// Somebody has left, so nobody has to be warned of them any more. If it was by its own word of this sequence, none of
    /// its records of before lets it in again.
    pub(crate) fn note_departure(&mut self, peer: &PeerId, sequence: Option<u64>) {
        self.refused.remove(peer);
        if let (Some(sequence), Some(seen)) = (sequence, self.seen.get_mut(peer)) {
            seen.sequence = seen.sequence.max(sequence);
        }
    }

    /// Everybody who was refused: the name they claim, and why.
    pub(crate) fn refused(&self) -> impl Iterator<Item = (&str, Refusal)> {
        self.refused.values().map(|(name, refusal)| (name.as_str(), *refusal))
    }
}
