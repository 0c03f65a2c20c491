//! Types of single settings, and how each is read from a value that its [`Kind`](super::Kind) has accepted.

use lanrage_party::{AdapterName, ControlEndpoint, Name, Subnet};
use lanrage_shield::Level;
use serde_json::Value;
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::{relay_list::PkarrRelays, server_list::ServerList};

/// How much is logged: each level includes the ones before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "snake_case")]
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
    pub(super) const WORDS: &[&str] = Self::VARIANTS;

    /// The word for it, in settings and in log filters.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How friends find a party that has no control server.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum FindFriends {
    /// By the addresses in its link alone.
    Link,
    /// By the link, and by sealed notes in the BitTorrent DHT.
    Dht,
}

impl FindFriends {
    pub(super) const WORDS: &[&str] = Self::VARIANTS;

    /// The word for it, in settings.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What closing the window does while there is a party.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum KeepInTray {
    /// The player is asked.
    Ask,
    /// The party goes on in the tray.
    Keep,
    /// LANrage ends; the party comes back with it.
    Quit,
}

impl KeepInTray {
    pub(super) const WORDS: &[&str] = Self::VARIANTS;

    /// The word for it, in settings.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// In which language the app speaks: `system` for the system's, or a language's tag. Which languages there are is known
/// to those who have words in them; one that they do not know is as if it were `system`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Language(String);

impl Language {
    /// Longest tag, in bytes.
    pub const BYTES: usize = 16;

    /// Takes a text as a language; `None` if it cannot be one.
    pub fn new(text: &str) -> Option<Self> {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let good = (2..=Self::BYTES).contains(&text.len()) && text.bytes().all(letters);
        good.then(|| Self(text.to_owned()))
    }

    /// The word for it, in settings.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// In which colours the app shows itself.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Theme {
    /// The system's.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    pub(super) const WORDS: &[&str] = Self::VARIANTS;

    /// The word for it, in settings.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// That a setting's value is kept where secrets are ([`crate::SecretStore`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptSecret;

impl KeptSecret {
    /// What is stored and shown in place of the value.
    pub(super) const MARK: &str = "••••••••";
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

impl FromSetting for KeptSecret {
    fn from_setting(value: &Value) -> Option<Self> {
        (value.as_str()? == Self::MARK).then_some(Self)
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

impl<const DEFAULT_PORT: u16> FromSetting for ServerList<DEFAULT_PORT> {
    fn from_setting(value: &Value) -> Option<Self> {
        Self::new(value.as_str()?)
    }
}

impl FromSetting for PkarrRelays {
    fn from_setting(value: &Value) -> Option<Self> {
        Self::new(value.as_str()?)
    }
}

impl FromSetting for LogLevel {
    fn from_setting(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl FromSetting for Level {
    fn from_setting(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl FromSetting for FindFriends {
    fn from_setting(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl FromSetting for KeepInTray {
    fn from_setting(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl FromSetting for Language {
    fn from_setting(value: &Value) -> Option<Self> {
        Self::new(value.as_str()?)
    }
}

impl FromSetting for Theme {
    fn from_setting(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}
