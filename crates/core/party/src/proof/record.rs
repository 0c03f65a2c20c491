mod bytes;

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{
    Approval, DeviceIdentity, IdentityKey, Name, PartyId, PartySecret, PeerId, Signature, VirtualIp,
    WireGuardKey,
    text::{from_base64, text_form, to_base64},
};

/// Version of what peers say of themselves and to each other: records, signals, probes. Of 2: that a peer signs that it
/// leaves, and proves who it is to the one server that it means.
pub const PEER_PROTOCOL: u16 = 2;

/// In the number of a secret: that shares have come to it ([`crate::Epochs`]).
pub(crate) const MIXED: u32 = 0x8000_0000;

/// What a peer says of itself to its party. Signed by its identity and authenticated with the party secret,
/// so that nobody who merely carries it can change it, make one up, or pass off an old one as new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerRecord {
    /// The party that it is about.
    pub party: PartyId,
    /// The peer's identity key; its [`PeerId`] follows from it.
    pub identity: IdentityKey,
    /// WireGuard public key of this membership.
    pub wireguard_key: WireGuardKey,
    /// The address that the peer claims. It is in the record so that a control server cannot hand one
    /// member's address to another.
    pub virtual_ip: VirtualIp,
    /// The player's name.
    pub name: Name,
    /// Version of the peer protocol that it speaks.
    pub protocol: u16,
    /// Which party secret it was authenticated under.
    pub epoch: u32,
    /// Grows with every record of this peer: a lower one than already seen is a replay.
    pub sequence: u64,
}

/// A message authentication code of a record (HMAC-SHA256). Text form: base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordMac([u8; 32]);

text_form!(RecordMac, to_base64, from_base64, "a 32-byte code in base64url");

/// A [`PeerRecord`] as it travels. Nothing in it may be used before [`SignedRecord::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedRecord {
    record: PeerRecord,
    signature: Signature,
    mac: RecordMac,
    /// Older programs pass over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approval: Option<Box<Approval>>,
}

/// Why a record was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It is about another party.
    #[error("the record belongs to another party")]
    OtherParty,
    /// It was made under another party secret.
    #[error("the record was made for an older or newer invitation")]
    OtherEpoch,
    /// The signature is not of the identity that it names.
    #[error("the record is not signed by the peer that it names")]
    Signature,
    /// The peer does not know the party secret.
    #[error("the peer was not invited: it does not know the party secret")]
    Mac,
}

impl PeerRecord {
    /// The peer's id.
    pub fn peer_id(&self) -> PeerId {
        PeerId::of(&self.identity)
    }

    /// Whether the peer's program signs that it leaves ([`crate::Leave`]) and binds its logins to a server
    /// ([`crate::login_message`]): what is said in its name without that is not its word.
    pub const fn signs_everything(&self) -> bool {
        self.protocol >= 2
    }

    /// Whether it was authenticated under a secret that shares have come to.
    pub const fn is_of_mixed(&self) -> bool {
        self.epoch & MIXED != 0
    }

    /// Signs and authenticates the record.
    pub fn sign(self, identity: &DeviceIdentity, secret: &PartySecret) -> SignedRecord {
        let bytes = self.canonical();
        let signature = identity.sign(&bytes);
        let mac = RecordMac(mac(secret, &bytes).finalize().into_bytes().into());
        SignedRecord { record: self, signature, mac, approval: None }
    }

    /// One unambiguous byte string per record: fixed-length fields, then the name.
    fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(192);
        bytes.extend_from_slice(b"lanrage peer record v1\0");
        bytes.extend_from_slice(self.party.as_bytes());
        bytes.extend_from_slice(self.identity.as_bytes());
        bytes.extend_from_slice(self.wireguard_key.as_bytes());
        bytes.extend_from_slice(&self.virtual_ip.0.octets());
        bytes.extend_from_slice(&self.protocol.to_be_bytes());
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(self.name.as_str().as_bytes());
        bytes
    }
}

impl SignedRecord {
    /// The record, if the peer it names signed it and knows the party secret of this epoch. Whether it is the
    /// newest of its peer is for the caller to see ([`PeerRecord::sequence`]).
    ///
    /// # Errors
    /// [`RecordError`], with the reason in the user's words.
    pub fn verify(
        &self,
        party: &PartyId,
        epoch: u32,
        secret: &PartySecret,
    ) -> Result<&PeerRecord, RecordError> {
        if self.record.party != *party {
            return Err(RecordError::OtherParty);
        }
        if self.record.epoch != epoch {
            return Err(RecordError::OtherEpoch);
        }
        let bytes = self.record.canonical();
        mac(secret, &bytes).verify_slice(&self.mac.0).map_err(|_| RecordError::Mac)?;
        self.verify_signature()
    }

    /// The record, if the peer it names signed it: all that somebody without the party secret can check.
    ///
    /// # Errors
    /// [`RecordError::Signature`].
    pub fn verify_signature(&self) -> Result<&PeerRecord, RecordError> {
        if self.record.identity.verifies(&self.record.canonical(), &self.signature) {
            Ok(&self.record)
        } else {
            Err(RecordError::Signature)
        }
    }

    /// The same, and that the peer comes by a limited link. It has a signature of its own: that it is of the link and of this
    /// peer is for [`Approval::is_of`] to say.
    #[must_use]
    pub fn with_approval(self, approval: Option<Approval>) -> Self {
        Self { approval: approval.map(Box::new), ..self }
    }

    /// By which limited link the peer claims to come.
    pub fn approval(&self) -> Option<&Approval> {
        self.approval.as_deref()
    }

    /// The record as claimed, verified or not: for log lines and texts on which nobody acts.
    pub const fn claimed(&self) -> &PeerRecord {
        &self.record
    }
}

fn mac(secret: &PartySecret, message: &[u8]) -> Hmac<Sha256> {
    let mut key = [0; 32];
    secret.derive(&[b"lanrage record mac v1"], b"", &mut key);
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WireGuardPrivateKey;

    const EPOCH: u32 = 1;

    fn party() -> PartyId {
        PartyId::from_random([1; 16])
    }

    fn secret() -> PartySecret {
        PartySecret::from_random([2; 32])
    }

    fn record(identity: &DeviceIdentity) -> PeerRecord {
        PeerRecord {
            party: party(),
            identity: identity.public(),
            wireguard_key: WireGuardPrivateKey::from_random([4; 32]).public(),
            virtual_ip: VirtualIp([10, 66, 1, 2].into()),
            name: Name::new("Ann").unwrap(),
            protocol: 1,
            epoch: EPOCH,
            sequence: 7,
        }
    }

    #[test]
    fn a_record_survives_its_journey_and_verifies() {
        let ann = DeviceIdentity::from_seed(&[3; 32]);
        let signed = record(&ann).sign(&ann, &secret());
        let json = serde_json::to_string(&signed).unwrap();
        let arrived: SignedRecord = serde_json::from_str(&json).unwrap();
        assert_eq!(arrived.verify(&party(), EPOCH, &secret()).unwrap().peer_id(), ann.peer_id());
    }

    #[test]
    fn any_changed_field_is_noticed() {
        let ann = DeviceIdentity::from_seed(&[3; 32]);
        let eve = DeviceIdentity::from_seed(&[66; 32]);
        let changes: [fn(&mut PeerRecord); 6] = [
            |r| r.wireguard_key = WireGuardPrivateKey::from_random([5; 32]).public(),
            |r| r.virtual_ip = VirtualIp([10, 66, 1, 3].into()),
            |r| r.name = Name::new("Eve").unwrap(),
            |r| r.protocol = 2,
            |r| r.sequence = 8,
            |r| r.identity = DeviceIdentity::from_seed(&[66; 32]).public(),
        ];
        for change in changes {
            let mut signed = record(&ann).sign(&ann, &secret());
            change(&mut signed.record);
            assert_eq!(signed.verify(&party(), EPOCH, &secret()), Err(RecordError::Mac));
            // Somebody with the secret, but without Ann's identity, fails at the signature.
            let forged = signed.record.clone().sign(&eve, &secret());
            if forged.record.identity != eve.public() {
                assert_eq!(forged.verify(&party(), EPOCH, &secret()), Err(RecordError::Signature));
            }
        }
    }

    #[test]
    fn a_stranger_without_the_secret_is_told_apart_from_a_guest() {
        let eve = DeviceIdentity::from_seed(&[66; 32]);
        let signed = record(&eve).sign(&eve, &PartySecret::from_random([0; 32]));
        assert!(signed.verify_signature().is_ok());
        assert_eq!(signed.verify(&party(), EPOCH, &secret()), Err(RecordError::Mac));
        let guest = record(&eve).sign(&eve, &secret());
        assert_eq!(
            guest.verify(&PartyId::from_random([9; 16]), EPOCH, &secret()),
            Err(RecordError::OtherParty)
        );
        assert_eq!(guest.verify(&party(), 2, &secret()), Err(RecordError::OtherEpoch));
    }
}
