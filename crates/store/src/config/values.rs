//! Types of single settings, and how each is read from a value that its [`Kind`](super::Kind) has accepted.

use lanrage_party::{ControlEndpoint, Name, Subnet};
use serde_json::Value;

/// Name of the virtual network device: 1 to [`AdapterName::BYTES`] ASCII letters, digits, `-` or `_`. A number
/// at its end is counted up where the name is taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AdapterName(String);

impl AdapterName {
    /// Longest name, in bytes: Linux takes 15, and counting up may need one digit more.
    pub const BYTES: usize = 14;

    /// Takes a text as a name; `None` if it is not one.
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let good = (1..=Self::BYTES).contains(&text.len()) && text.bytes().all(allowed);
        good.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How much is logged: each level includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// What does not work.
    Error,
    /// What works less well than it could.
    Warn,
    /// What happened.
    Info,
    /// Addresses and decisions.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];
    pub(super) const WORDS: &[&str] = &["error", "warn", "info", "debug", "trace"];

    /// The word for it, in settings and in log filters.
    pub const fn as_str(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// A type that a setting's value can be read as.
pub(super) trait FromSetting: Sized {
    fn from_setting(value: &Value) -> Option<Self>;
}

impl<T: FromSetting> FromSetting for Option<T> {
    fn from_setting(value: &Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_setting(value).map(Some) }
    }
}

impl FromSetting for bool {
    fn from_setting(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl FromSetting for u16 {
    fn from_setting(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl FromSetting for Name {
    fn from_setting(value: &Value) -> Option<Self> {
        Self::new(value.as_str()?).ok()
    }
}

impl FromSetting for ControlEndpoint {
    fn from_setting(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl FromSetting for Subnet {
    fn from_setting(value: &Value) -> Option<Self> {
        Self::new(value.as_str()?.parse().ok()?).ok()
    }
}

impl FromSetting for AdapterName {
    fn from_setting(value: &Value) -> Option<Self> {
        Self::new(value.as_str()?)
    }
}

impl FromSetting for LogLevel {
    fn from_setting(value: &Value) -> Option<Self> {
        Self::ALL.into_iter().find(|level| value == level.as_str())
    }
}
