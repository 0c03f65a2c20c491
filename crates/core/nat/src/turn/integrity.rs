use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::stun::HEADER_BYTES;

/// Specification: MESSAGE-INTEGRITY (RFC 8489 §14.5).
pub(super) const MESSAGE_INTEGRITY: u16 = 0x0008;
/// Specification: its length in bytes, header included.
pub(super) const MESSAGE_INTEGRITY_BYTES: usize = 24;

/// What a message of the long-term credential mechanism is signed with: the MD5 sum of
/// `username ":" realm ":" password` (RFC 8489 §9.2.2). The strings must be in the OpaqueString form of RFC 8265
/// already, as everything made by [`RestSecret`](super::RestSecret) is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LongTermKey([u8; 16]);

impl LongTermKey {
    /// The key of a user in a realm.
    pub fn new(username: &str, realm: &str, password: &str) -> Self {
        let mut context = md5::Context::new();
        for part in [username, ":", realm, ":", password] {
            context.consume(part.as_bytes());
        }
        Self(context.compute().0)
    }

    /// Appends MESSAGE-INTEGRITY to a message and corrects its length.
    pub(super) fn sign(&self, message: &mut Vec<u8>) {
        let digest = self.mac(message).finalize().into_bytes();
        let length = signed_length(message.len());
        message[2..4].copy_from_slice(&length);
        message.extend(MESSAGE_INTEGRITY.to_be_bytes());
        message.extend([0, 20]);
        message.extend(digest);
    }

    /// Whether `digest` is the one of a message whose MESSAGE-INTEGRITY begins at its end. Takes the same time
    /// wherever they differ.
    pub(super) fn verifies(&self, message: &[u8], digest: &[u8]) -> bool {
        message.len() >= HEADER_BYTES && self.mac(message).verify_slice(digest).is_ok()
    }

    /// Over the message with the length that it has when MESSAGE-INTEGRITY is its last attribute.
    fn mac(&self, message: &[u8]) -> Hmac<Sha1> {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(&message[..2]);
        mac.update(&signed_length(message.len()));
        mac.update(&message[4..]);
        mac
    }
}

/// The length field of a message that so far has `bytes` in all and gets MESSAGE-INTEGRITY.
fn signed_length(bytes: usize) -> [u8; 2] {
    let length = bytes - HEADER_BYTES + MESSAGE_INTEGRITY_BYTES;
    u16::try_from(length).expect("a message is limited to stun::MESSAGE_BYTES").to_be_bytes()
}

impl std::fmt::Debug for LongTermKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LongTermKey(..)")
    }
}
