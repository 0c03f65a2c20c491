use lanrage_base::wire::Reader;
use serde::{Deserialize, Serialize};

use crate::{DeviceIdentity, IdentityKey, PartyId, PeerId, Signature};

/// That a member leaves its party: signed by the member, newer than all of its records, so that nobody else ends a
/// membership and no old word ends a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// Of the sequence of the member's records.
    pub sequence: u64,
    signature: Signature,
}

/// That a member has left, and the key that proves it: whoever has missed it is told so, and keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Who has left.
    pub identity: IdentityKey,
    /// Its word.
    pub leave: Leave,
}

impl Departure {
    /// How many bytes one has among others: identity, sequence and signature.
    pub const BYTES: usize = 32 + Leave::BYTES;

    /// Who has left.
    pub fn peer(&self) -> PeerId {
        PeerId::of(&self.identity)
    }
}

impl Leave {
    /// How many bytes [`Self::to_bytes`] gives: the sequence and the signature.
    pub const BYTES: usize = 8 + 64;

    /// The same as bytes.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[8..].copy_from_slice(self.signature.as_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] gave. Whether it is the member's word is for [`Self::is_of`] to say.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self { sequence: reader.u64()?, signature: Signature::from_bytes(reader.array()?) })
    }

    /// The word of `identity` that it leaves.
    pub fn sign(identity: &DeviceIdentity, party: &PartyId, sequence: u64) -> Self {
        let signature = identity.sign(&leave_message(party, &identity.peer_id(), sequence));
        Self { sequence, signature }
    }

    /// Whether the member of this key has signed it, after its record of `newest`.
    pub fn is_of(&self, member: &IdentityKey, party: &PartyId, newest: u64) -> bool {
        let message = leave_message(party, &PeerId::of(member), self.sequence);
        self.sequence > newest && member.verifies(&message, &self.signature)
    }
}

fn leave_message(party: &PartyId, peer: &PeerId, sequence: u64) -> Vec<u8> {
    [b"lanrage leave v1\0".as_slice(), party.as_bytes(), peer.as_bytes(), &sequence.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_leaving_is_the_members_own_of_one_party_and_ends_no_later_membership() {
        let [ann, eve] = [1, 2].map(|n| DeviceIdentity::from_seed(&[n; 32]));
        let [party, other] = [1, 2].map(|n| PartyId::from_random([n; 16]));
        let leave = Leave::sign(&ann, &party, 8);
        assert!(leave.is_of(&ann.public(), &party, 7));
        assert!(!leave.is_of(&ann.public(), &party, 8), "a record that is as new");
        assert!(!leave.is_of(&ann.public(), &other, 7), "another party");
        assert!(!leave.is_of(&eve.public(), &party, 7), "another member");
        let bytes = leave.to_bytes();
        assert_eq!(Leave::read(&mut Reader::new(&bytes)), Some(leave));
        assert_eq!(Leave::read(&mut Reader::new(&bytes[1..])), None);
        assert!(!Leave { sequence: 9, ..leave }.is_of(&ann.public(), &party, 7), "another sequence");
    }
}
