use lanrage_base::wire::Reader;

use crate::{DeviceIdentity, IdentityKey, PartyId, PeerId, Signature, UnixMillis};

/// That a member asks everybody in a party whether they are ready, signed by the member: whoever comes later, or has no path to
/// them, may be told it by anybody. That it is the member's word is for [`Self::is_of`] to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyCheck {
    /// Who asks.
    pub starter: PeerId,
    /// When, by the starter's clock; of one starter's checks no two have the same.
    pub at: UnixMillis,
    signature: Signature,
}

impl ReadyCheck {
    /// How many bytes [`Self::put`] writes.
    pub const BYTES: usize = 16 + 8 + 64;

    /// The member's word.
    pub fn sign(identity: &DeviceIdentity, party: &PartyId, at: UnixMillis) -> Self {
        let starter = identity.peer_id();
        let signature = identity.sign(&message(party, &starter, at));
        Self { starter, at, signature }
    }

    /// Whether the member of this key asks so in this party.
    pub fn is_of(&self, member: &IdentityKey, party: &PartyId) -> bool {
        self.starter == PeerId::of(member)
            && member.verifies(&message(party, &self.starter, self.at), &self.signature)
    }

    /// Appends it to others.
    pub fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.starter.as_bytes());
        bytes.extend(self.at.0.to_be_bytes());
        bytes.extend(self.signature.as_bytes());
    }

    /// Reads what [`Self::put`] wrote. Nothing in it may be used before [`Self::is_of`]. Total: any bytes give one or `None`.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (starter, at) = (PeerId::from_bytes(reader.array()?), UnixMillis(reader.u64()?));
        Some(Self { starter, at, signature: Signature::from_bytes(reader.array()?) })
    }
}

fn message(party: &PartyId, starter: &PeerId, at: UnixMillis) -> Vec<u8> {
    let at = at.0.to_be_bytes();
    [b"lanrage ready check v1\0".as_slice(), party.as_bytes(), starter.as_bytes(), &at].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_its_starters_own_of_one_party_and_one_time() {
        let [ann, eve] = [1, 2].map(|n| DeviceIdentity::from_seed(&[n; 32]));
        let [party, other] = [1, 2].map(|n| PartyId::from_random([n; 16]));
        let check = ReadyCheck::sign(&ann, &party, UnixMillis(7));
        let mut bytes = Vec::new();
        check.put(&mut bytes);
        assert_eq!(bytes.len(), ReadyCheck::BYTES);
        assert_eq!(ReadyCheck::read(&mut Reader::new(&bytes)), Some(check.clone()));
        assert_eq!(ReadyCheck::read(&mut Reader::new(&bytes[1..])), None);
        assert!(check.is_of(&ann.public(), &party));
        assert!(!check.is_of(&eve.public(), &party), "another member");
        assert!(!check.is_of(&ann.public(), &other), "another party");
        assert!(
            !ReadyCheck { at: UnixMillis(8), ..check.clone() }.is_of(&ann.public(), &party),
            "another time"
        );
        assert!(
            !ReadyCheck { starter: eve.peer_id(), ..check }.is_of(&eve.public(), &party),
            "another's word"
        );
    }
}
