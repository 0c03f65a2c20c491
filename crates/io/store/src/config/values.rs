//! Types of single settings, and how each is read from a value that its [`Kind`](super::Kind) has accepted.

use lanrage_party::{AdapterName, ControlEndpoint, Name, Subnet};
use serde_json::Value;
use strum::{EnumString, IntoStaticStr, VariantNames};

/// STUN servers as `host:port`, separated by commas; the port may be left out (3478). At most
/// [`StunServers::MOST`]; none is fine.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct StunServers(Vec<(String, u16)>);

impl StunServers {
    /// Most servers.
    pub const MOST: usize = 8;
    /// Longest text, in bytes.
    pub const BYTES: usize = 512;
    const DEFAULT_PORT: u16 = 3_478;

    /// Takes a text as servers; `None` if it is not a list of them.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > Self::BYTES {
            return None;
        }
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let servers: Vec<_> = parts.map(Self::server).collect::<Option<_>>()?;
        (servers.len() <= Self::MOST).then_some(Self(servers))
    }

    fn server(text: &str) -> Option<(String, u16)> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
        let port = port.map_or(Some(Self::DEFAULT_PORT), |port| port.parse().ok())?;
        (port != 0 && !host.is_empty() && host.chars().all(legal)).then(|| (host.to_owned(), port))
    }

    /// Host names or addresses (IPv6 without brackets), and ports.
    pub fn servers(&self) -> &[(String, u16)] {
        &self.0
    }

    /// The one form in which they are stored.
    pub fn to_text(&self) -> String {
        let bracketed = |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let texts: Vec<_> = self.0.iter().map(|(host, port)| format!("{}:{port}", bracketed(host))).collect();
        texts.join(", ")
    }
}

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

impl FromSetting for StunServers {
    fn from_setting(value: &Value) -> Option<Self> {
        Self::new(value.as_str()?)
    }
}

impl FromSetting for LogLevel {
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
