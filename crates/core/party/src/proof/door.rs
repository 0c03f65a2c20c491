//! The door of a party: what shows a control plane that somebody has the party's secret, without telling it the secret.

use ed25519_dalek::{Signer, SigningKey};

use crate::{
    IdentityKey, PartyId, PartySecret, PeerId, Signature,
    text::{from_base64, text_form, to_base64},
};

/// The public half of a party's door key (Ed25519), which a control plane is given: with it, it knows who has the party's
/// secret, and can open nothing. Text form: base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DoorKey([u8; 32]);

text_form!(DoorKey, to_base64, from_base64, "a 32-byte key in base64url");

/// A party's door key, which everybody with the party's secret can make. Never printed, wiped on drop.
#[derive(Clone)]
pub struct DoorPrivateKey(SigningKey);

impl PartySecret {
    /// The door key of the party whose secret of this epoch this is.
    pub fn door_key(&self, epoch: u32) -> DoorPrivateKey {
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        self.derive(&[b"lanrage door v1", &epoch.to_be_bytes()], b"", &mut seed);
        DoorPrivateKey(SigningKey::from_bytes(&seed))
    }
}

impl DoorPrivateKey {
    /// The public half.
    pub fn public(&self) -> DoorKey {
        DoorKey(self.0.verifying_key().to_bytes())
    }

    /// What lets `peer` in by the door of `party`, in the one session to which the control plane gave `nonce`.
    pub fn open(&self, nonce: &[u8; 32], party: &PartyId, peer: &PeerId) -> Signature {
        Signature::from_bytes(self.0.sign(&message(nonce, party, peer)).to_bytes())
    }
}

impl DoorKey {
    /// Whether `proof` lets `peer` in by the door of `party`, in the session of `nonce`.
    pub fn admits(&self, nonce: &[u8; 32], party: &PartyId, peer: &PeerId, proof: &Signature) -> bool {
        IdentityKey::from_bytes(self.0).verifies(&message(nonce, party, peer), proof)
    }
}

impl std::fmt::Debug for DoorPrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DoorPrivateKey(..)")
    }
}

/// Fixed lengths behind a prefix of its own, so that it is no other message that anybody signs.
fn message(nonce: &[u8; 32], party: &PartyId, peer: &PeerId) -> Vec<u8> {
    [b"lanrage door v1\0".as_slice(), nonce, party.as_bytes(), peer.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeviceIdentity;

    #[test]
    fn a_proof_is_good_for_one_session_one_party_and_one_peer() {
        let secret = PartySecret::from_random([7; 32]);
        let [ann, eve] = [1, 2].map(|n| DeviceIdentity::from_seed(&[n; 32]).peer_id());
        let [party, other] = [1, 2].map(|n| PartyId::from_random([n; 16]));
        let (key, nonce) = (secret.door_key(1), [9; 32]);
        let proof = key.open(&nonce, &party, &ann);
        assert!(key.public().admits(&nonce, &party, &ann, &proof));
        assert!(!key.public().admits(&[8; 32], &party, &ann, &proof), "another session");
        assert!(!key.public().admits(&nonce, &other, &ann, &proof), "another party");
        assert!(!key.public().admits(&nonce, &party, &eve, &proof), "another peer");
        for (stranger, why) in
            [(secret.door_key(2), "epoch"), (PartySecret::from_random([8; 32]).door_key(1), "secret")]
        {
            assert_ne!(stranger.public(), key.public(), "another {why}");
            let proof = stranger.open(&nonce, &party, &ann);
            assert!(!key.public().admits(&nonce, &party, &ann, &proof), "another {why}");
        }
        assert_eq!(format!("{key:?}"), "DoorPrivateKey(..)");
    }
}
