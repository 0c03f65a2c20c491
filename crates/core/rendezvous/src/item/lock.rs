use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use ed25519_dalek::SigningKey;

use super::{
    PLAIN_BYTES, SEALED_BYTES,
    signed::{ItemKey, SignedItem},
    txt,
};

pub(crate) const NONCE_BYTES: usize = 24;

/// What signs the items of one place, and what seals them.
#[derive(Clone)]
pub(crate) struct Lock {
    signer: SigningKey,
    cipher: XChaCha20Poly1305,
}

impl Lock {
    pub(crate) fn new(signer: &[u8; 32], cipher: &[u8; 32]) -> Self {
        Self { signer: SigningKey::from_bytes(signer), cipher: XChaCha20Poly1305::new(cipher.into()) }
    }

    /// Under which key the items lie.
    pub(crate) fn item_key(&self) -> ItemKey {
        ItemKey(self.signer.verifying_key().to_bytes())
    }

    /// An item. `nonce` is random and never used twice.
    pub(crate) fn seal(&self, seq: i64, plain: &[u8; PLAIN_BYTES], nonce: [u8; NONCE_BYTES]) -> SignedItem {
        let key = self.item_key();
        let payload = Payload { msg: plain, aad: &key.0 };
        let sealed = self
            .cipher
            .encrypt(XNonce::from_slice(&nonce), payload)
            .expect("a text of this length can be sealed");
        let mut text = [0; SEALED_BYTES];
        let (head, rest) = text.split_at_mut(NONCE_BYTES);
        head.copy_from_slice(&nonce);
        rest.copy_from_slice(&sealed);
        SignedItem::sign(&self.signer, seq, txt::encode(&key, &text))
    }

    /// What an item says. `None` if it lies elsewhere, or was not signed and sealed by somebody with these keys.
    pub(crate) fn open(&self, item: &SignedItem) -> Option<[u8; PLAIN_BYTES]> {
        if item.key != self.item_key() || !item.is_signed() {
            return None;
        }
        let text = txt::decode(&item.key, &item.value)?;
        let (nonce, sealed) = text.split_at(NONCE_BYTES);
        let payload = Payload { msg: sealed, aad: &item.key.0 };
        let plain = self.cipher.decrypt(XNonce::from_slice(nonce), payload).ok()?;
        plain.try_into().ok()
    }
}
