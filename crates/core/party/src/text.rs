//! Text forms of fixed-size bytes: hexadecimal for identifiers, base64url for keys.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};

use crate::PartyError;

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

pub(crate) fn from_hex<const N: usize>(text: &str, expected: &'static str) -> Result<[u8; N], PartyError> {
    exact(HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok(), text, expected)
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

pub(crate) fn from_base64<const N: usize>(text: &str, expected: &'static str) -> Result<[u8; N], PartyError> {
    exact(BASE64URL_NOPAD.decode(text.as_bytes()).ok(), text, expected)
}

fn exact<const N: usize>(
    bytes: Option<Vec<u8>>,
    text: &str,
    expected: &'static str,
) -> Result<[u8; N], PartyError> {
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(PartyError::Encoding { expected, got: text.chars().count() })
}

/// Implements `Display`, `Debug`, `FromStr` and serde through one text form.
macro_rules! text_form {
    ($type:ty, $encode:path, $decode:path, $expected:literal) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$encode(&self.0))
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($type))
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::PartyError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $decode(text, $expected).map(Self)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_form;
