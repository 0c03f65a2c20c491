use std::fmt;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::{PartySecret, WireGuardKey, WireGuardPrivateKey, limits::SIGNAL_BYTES};

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// The key that seals signals between one pair of peers: from their WireGuard keys (X25519) and the party
/// secret, so that only these two can read or make one. A control server carries signals and sees none of the
/// addresses in them.
#[derive(Clone)]
pub struct SignalKey {
    cipher: XChaCha20Poly1305,
    ours: WireGuardKey,
    theirs: WireGuardKey,
}

/// A signal as it travels: base64url of nonce, ciphertext and tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedSignal(String);

/// Why a signal was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Longer than [`SIGNAL_BYTES`].
    #[error("the signal is too long")]
    TooLong,
    /// Not a signal of this pair, in this direction.
    #[error("the signal was not made by the peer that it claims to come from")]
    NotAuthentic,
}

impl SignalKey {
    /// The key of the pair, as `ours` uses it.
    pub fn new(secret: &PartySecret, ours: &WireGuardPrivateKey, theirs: &WireGuardKey) -> Self {
        let mut key = [0; 32];
        secret.derive(&[b"lanrage signal v1"], &ours.diffie_hellman(theirs), &mut key);
        Self { cipher: XChaCha20Poly1305::new(&key.into()), ours: ours.public(), theirs: *theirs }
    }

    /// Seals a message to the peer. `nonce` is random and never used twice.
    ///
    /// # Errors
    /// [`SealError::TooLong`].
    pub fn seal(&self, message: &[u8], nonce: [u8; NONCE_BYTES]) -> Result<SealedSignal, SealError> {
        if message.len() + NONCE_BYTES + TAG_BYTES > SIGNAL_BYTES {
            return Err(SealError::TooLong);
        }
        let payload = Payload { msg: message, aad: &direction(&self.ours, &self.theirs) };
        let sealed =
            self.cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| SealError::TooLong)?;
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        Ok(SealedSignal(BASE64URL_NOPAD.encode(&bytes)))
    }

    /// Opens a message of the peer.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, signal: &SealedSignal) -> Result<Vec<u8>, SealError> {
        if signal.0.len() > SIGNAL_BYTES * 4 / 3 + 4 {
            return Err(SealError::TooLong);
        }
        let bytes = BASE64URL_NOPAD.decode(signal.0.as_bytes()).map_err(|_| SealError::NotAuthentic)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or(SealError::NotAuthentic)?;
        let payload = Payload { msg: sealed, aad: &direction(&self.theirs, &self.ours) };
        self.cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| SealError::NotAuthentic)
    }
}

impl SealedSignal {
    /// The same as bytes: what is no signal has none.
    pub fn to_bytes(&self) -> Vec<u8> {
        BASE64URL_NOPAD.decode(self.0.as_bytes()).unwrap_or_default()
    }

    /// A signal from its bytes. Whether it is one shows when it is opened.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(BASE64URL_NOPAD.encode(bytes))
    }
}

impl fmt::Debug for SignalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignalKey(..)")
    }
}

/// Binds a signal to who sent it to whom, so that it cannot be reflected to its sender.
fn direction(from: &WireGuardKey, to: &WireGuardKey) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(from.as_bytes());
    bytes[32..].copy_from_slice(to.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pair() -> (SignalKey, SignalKey) {
        let secret = PartySecret::from_random([1; 32]);
        let [a, b] = [2, 3].map(|n| WireGuardPrivateKey::from_random([n; 32]));
        (SignalKey::new(&secret, &a, &b.public()), SignalKey::new(&secret, &b, &a.public()))
    }

    #[test]
    fn only_the_other_end_opens_a_signal() {
        let (ann, bob) = pair();
        let signal = ann.seal(b"candidates", [9; 24]).unwrap();
        assert_eq!(bob.open(&signal).unwrap(), b"candidates");
        assert_eq!(ann.open(&signal), Err(SealError::NotAuthentic), "reflected");
        let secret = PartySecret::from_random([1; 32]);
        let eve = WireGuardPrivateKey::from_random([4; 32]);
        let eve = SignalKey::new(&secret, &eve, &WireGuardPrivateKey::from_random([2; 32]).public());
        assert_eq!(eve.open(&signal), Err(SealError::NotAuthentic), "another member");
    }

    proptest! {
        #[test]
        fn any_text_is_refused_without_a_panic(text in ".{0,200}") {
            prop_assert!(pair().0.open(&SealedSignal(text)).is_err());
        }
    }
}
