use crate::text::{from_hex, text_form, to_hex};

/// A party's identity: 16 random bytes, made by the host. Text form: 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId([u8; 16]);

/// A peer's identity: the first 16 bytes of the SHA-256 of its device's identity key, so it is the same for
/// ever and nobody can claim another's. Text form: 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub(crate) [u8; 16]);

text_form!(PartyId, to_hex, from_hex, "32 hexadecimal digits");
text_form!(PeerId, to_hex, from_hex, "32 hexadecimal digits");

impl PartyId {
    /// A new party's identity from 16 random bytes.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The first eight hexadecimal digits: what a log says, which others may be shown.
    pub fn short(&self) -> String {
        to_hex(&self.0[..4])
    }
}

impl PeerId {
    /// An id from its bytes, as somebody claims it.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The first eight hexadecimal digits: enough for a log line or a table.
    pub fn short(&self) -> String {
        to_hex(&self.0[..4])
    }
}
