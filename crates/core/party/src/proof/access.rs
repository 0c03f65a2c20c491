//! The key of a private server: what shows that its operator lets somebody make parties there, without telling it the key.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    PartyId, PeerId,
    limits::{ACCESS_KEY_BYTES, ACCESS_KEY_LEAST_BYTES},
    text::{from_base64, text_form, to_base64},
};

/// What a server's operator gives to whom it lets make parties there. Never printed, wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey(Zeroizing<String>);

/// Shows that a peer has a server's key, for one party in one session: HMAC-SHA256 under it. Text form: base64url without
/// padding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccessProof([u8; 32]);

text_form!(AccessProof, to_base64, from_base64, "a 32-byte code in base64url");

impl AccessKey {
    /// Takes a text as a key, without the blanks around it: [`ACCESS_KEY_LEAST_BYTES`] to [`ACCESS_KEY_BYTES`] letters, digits
    /// and signs of ASCII. Shorter ones could be guessed by whoever sees a proof.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (ACCESS_KEY_LEAST_BYTES..=ACCESS_KEY_BYTES).contains(&text.len());
        let good = fits && text.bytes().all(|byte| byte.is_ascii_graphic());
        good.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The key itself, to be stored.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What lets `peer` make `party`, in the one session to which the server gave `nonce`.
    pub fn prove(&self, nonce: &[u8; 32], party: &PartyId, peer: &PeerId) -> AccessProof {
        AccessProof(self.mac(nonce, party, peer).finalize().into_bytes().into())
    }

    /// Whether `proof` was made with this key for that. Takes the same time wherever they differ.
    pub fn admits(&self, nonce: &[u8; 32], party: &PartyId, peer: &PeerId, proof: &AccessProof) -> bool {
        self.mac(nonce, party, peer).verify_slice(&proof.0).is_ok()
    }

    fn mac(&self, nonce: &[u8; 32], party: &PartyId, peer: &PeerId) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).expect("HMAC takes keys of any length");
        for part in [b"lanrage access v1\0".as_slice(), nonce, party.as_bytes(), peer.as_bytes()] {
            mac.update(part);
        }
        mac
    }
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeviceIdentity;

    const TEXT: &str = "correct-horse-battery";

    #[test]
    fn a_proof_is_good_for_one_session_one_party_and_one_peer() {
        let [ann, eve] = [1, 2].map(|n| DeviceIdentity::from_seed(&[n; 32]).peer_id());
        let [party, other] = [1, 2].map(|n| PartyId::from_random([n; 16]));
        let (key, nonce) = (AccessKey::new(TEXT).unwrap(), [9; 32]);
        let proof = key.prove(&nonce, &party, &ann);
        assert!(key.admits(&nonce, &party, &ann, &proof));
        assert!(!key.admits(&[8; 32], &party, &ann, &proof), "another session");
        assert!(!key.admits(&nonce, &other, &ann, &proof), "another party");
        assert!(!key.admits(&nonce, &party, &eve, &proof), "another peer");
        let another = AccessKey::new("correct-horse-batterz").unwrap();
        assert!(!another.admits(&nonce, &party, &ann, &proof), "another key");
        let text = serde_json::to_string(&proof).unwrap();
        assert_eq!(serde_json::from_str::<AccessProof>(&text).unwrap(), proof);
    }

    #[test]
    fn a_key_is_long_enough_and_shown_nowhere() {
        assert_eq!(AccessKey::new(&format!(" {TEXT}\n")).unwrap().expose(), TEXT);
        for no_key in ["", "short", "fifteen-letters", "with blanks between", "mit-ümlauten-drin"] {
            assert!(AccessKey::new(no_key).is_none(), "{no_key}");
        }
        assert!(AccessKey::new(&"x".repeat(ACCESS_KEY_BYTES)).is_some());
        assert!(AccessKey::new(&"x".repeat(ACCESS_KEY_BYTES + 1)).is_none());
        assert_eq!(format!("{:?}", AccessKey::new(TEXT).unwrap()), "AccessKey(..)");
    }
}
