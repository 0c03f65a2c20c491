use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// What a server wants signed: 32 random bytes, used once. Text form: base64url without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce([u8; 32]);

/// What resumes a session without a new challenge: 32 random bytes, bound by the server to one peer.
/// Text form: base64url without padding. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken([u8; 32]);

impl Nonce {
    /// A nonce from 32 random bytes.
    pub const fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl SessionToken {
    /// A token from 32 random bytes.
    pub const fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes, to be hashed before they are stored.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

macro_rules! base64_text {
    ($($type:ident),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
                bytes
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or_else(|| D::Error::custom("expected 32 bytes in base64url"))
            }
        }
    )*};
}
base64_text!(Nonce, SessionToken);

/// The bytes that a `prove` signs.
///
/// `authority` is the `host:port` that the client dialled. A server that knows its own names refuses another
/// one, so a hostile server cannot pass its challenge on and come in under the client's identity elsewhere.
pub fn prove_message(nonce: &Nonce, authority: &str) -> Vec<u8> {
    [b"lanrage prove v1\0".as_slice(), &nonce.0, authority.as_bytes()].concat()
}
