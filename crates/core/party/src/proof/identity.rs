use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::{
    PeerId,
    text::{from_base64, text_form, to_base64},
};

/// A device's public identity key (Ed25519). Text form: base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey([u8; 32]);

/// An Ed25519 signature. Text form: base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

text_form!(IdentityKey, to_base64, from_base64, "a 32-byte key in base64url");
text_form!(Signature, to_base64, from_base64, "a 64-byte signature in base64url");

impl Signature {
    pub(crate) const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl IdentityKey {
    /// A key from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `signature` is this key's over `message`. Rejects weak keys and malleable signatures.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .and_then(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0)))
            .is_ok()
    }
}

/// The device's identity: an Ed25519 key pair, made at the first start and kept in the secret store.
/// Its private half is never printed and is wiped on drop.
#[derive(Clone)]
pub struct DeviceIdentity {
    key: SigningKey,
}

impl PeerId {
    /// The identity that belongs to an identity key.
    pub fn of(key: &IdentityKey) -> Self {
        let digest = Sha256::digest(key.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self(id)
    }
}

impl DeviceIdentity {
    /// An identity from its 32-byte seed: random at the first start, then from the secret store.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self { key: SigningKey::from_bytes(seed) }
    }

    /// The public key.
    pub fn public(&self) -> IdentityKey {
        IdentityKey(self.key.verifying_key().to_bytes())
    }

    /// This device's peer id.
    pub fn peer_id(&self) -> PeerId {
        PeerId::of(&self.public())
    }

    /// 32 bytes that nobody else can foretell, and that no other number gives.
    pub fn nonce(&self, number: u64) -> [u8; 32] {
        self.derive(&[b"lanrage nonce v1\0", &number.to_be_bytes()])
    }

    /// 32 bytes that nobody else can compute. `message` begins with a label of the purpose's own, and is never signed for
    /// anything else.
    pub(crate) fn derive(&self, message: &[&[u8]]) -> [u8; 32] {
        Sha256::digest(self.sign(&message.concat()).0).into()
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.key.sign(message).to_bytes())
    }
}

impl std::fmt::Debug for DeviceIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceIdentity({}, ..)", self.peer_id())
    }
}
