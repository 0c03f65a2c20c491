//! Links that are limited: what such a link carries, and how whoever comes by it shows that.

use lanrage_base::wire::Reader;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    DeviceIdentity, IdentityKey, PartyId, PeerId, Signature,
    text::{from_hex, text_form, to_hex},
};

/// The number of a limited link, by which people name and revoke it. Text form: 8 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; 4]);

text_form!(Serial, to_hex, from_hex, "8 hexadecimal digits");

impl Serial {
    /// A serial from its bytes.
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

/// What a limited link carries beside the party's secret: the private half of the key that its ruling names. Never printed,
/// wiped on drop.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Pass {
    #[zeroize(skip)]
    serial: Serial,
    seed: [u8; 32],
}

/// That somebody comes by a limited link: signed with the link's key, for one identity in one party, so that it is of no use
/// to anybody else. It stands beside the record of whoever comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    serial: Serial,
    signature: Signature,
}

impl Pass {
    /// How many bytes [`Self::to_bytes`] gives: serial and seed.
    pub const BYTES: usize = 4 + 32;

    /// The pass of a link that this device makes. It is kept nowhere: the same device computes it again.
    pub fn of(identity: &DeviceIdentity, party: &PartyId, serial: Serial) -> Self {
        let seed = identity.derive(&[b"lanrage pass v1\0", party.as_bytes(), serial.as_bytes()]);
        Self { serial, seed }
    }

    /// Which link it is of.
    pub const fn serial(&self) -> Serial {
        self.serial
    }

    /// The public half.
    pub fn key(&self) -> IdentityKey {
        self.identity().public()
    }

    /// Shows that `peer` comes by the link.
    pub fn approve(&self, party: &PartyId, peer: &PeerId) -> Approval {
        let signature = self.identity().sign(&message(party, peer, self.serial));
        Approval { serial: self.serial, signature }
    }

    /// The same as bytes, for the link alone.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.serial.0.as_slice(), &self.seed].concat()
    }

    /// Reads what [`Self::to_bytes`] gave, and nothing else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let pass = Self { serial: Serial(reader.array()?), seed: reader.array()? };
        reader.rest().is_empty().then_some(pass)
    }

    fn identity(&self) -> DeviceIdentity {
        DeviceIdentity::from_seed(&self.seed)
    }
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pass({}, ..)", self.serial)
    }
}

impl Approval {
    /// How many bytes [`Self::to_bytes`] gives: serial and signature.
    pub const BYTES: usize = 4 + 64;

    /// By which link somebody comes, as they claim.
    pub const fn serial(&self) -> Serial {
        self.serial
    }

    /// Whether who holds the link of this key has signed it, for this peer in this party.
    pub fn is_of(&self, key: &IdentityKey, party: &PartyId, peer: &PeerId) -> bool {
        key.verifies(&message(party, peer, self.serial), &self.signature)
    }

    /// The same as bytes.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.serial.0);
        bytes[4..].copy_from_slice(self.signature.as_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] gave; `None` for anything else, as of a later program.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let approval =
            Self { serial: Serial(reader.array()?), signature: Signature::from_bytes(reader.array()?) };
        reader.rest().is_empty().then_some(approval)
    }
}

/// One unambiguous byte string per approval.
fn message(party: &PartyId, peer: &PeerId, serial: Serial) -> Vec<u8> {
    [b"lanrage approval v1\0".as_slice(), party.as_bytes(), peer.as_bytes(), &serial.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_is_of_one_link_one_party_and_one_player() {
        let [ann, bob, eve] = [1, 2, 3].map(|n| DeviceIdentity::from_seed(&[n; 32]));
        let [party, other] = [1, 2].map(|n| PartyId::from_random([n; 16]));
        let [serial, another] = [1, 2].map(|n| Serial::from_bytes([n; 4]));
        let pass = Pass::of(&ann, &party, serial);
        let approval = pass.approve(&party, &bob.peer_id());
        assert!(approval.is_of(&pass.key(), &party, &bob.peer_id()));
        assert!(!approval.is_of(&pass.key(), &party, &eve.peer_id()), "replayed for another player");
        assert!(!approval.is_of(&pass.key(), &other, &bob.peer_id()), "in another party");
        for foreign in
            [Pass::of(&eve, &party, serial), Pass::of(&ann, &other, serial), Pass::of(&ann, &party, another)]
        {
            assert!(!approval.is_of(&foreign.key(), &party, &bob.peer_id()));
        }
        let claimed = Approval { serial: another, ..approval };
        assert!(!claimed.is_of(&pass.key(), &party, &bob.peer_id()), "by another link");
    }

    #[test]
    fn passes_and_approvals_come_back_from_their_bytes_and_from_no_others() {
        let ann = DeviceIdentity::from_seed(&[1; 32]);
        let party = PartyId::from_random([1; 16]);
        let pass = Pass::of(&ann, &party, Serial::from_bytes([0xAB; 4]));
        assert_eq!(Pass::from_bytes(&pass.to_bytes()), Some(pass.clone()));
        let approval = pass.approve(&party, &ann.peer_id());
        assert_eq!(Approval::from_bytes(&approval.to_bytes()), Some(approval));
        for len in (0..Approval::BYTES).filter(|len| *len != Pass::BYTES) {
            assert!(
                Pass::from_bytes(&vec![0; len]).is_none() && Approval::from_bytes(&vec![0; len]).is_none()
            );
        }
        assert!(Approval::from_bytes(&[0; Approval::BYTES + 1]).is_none());
        let printed = format!("{pass:?}");
        assert_eq!(printed, "Pass(abababab, ..)");
    }
}
