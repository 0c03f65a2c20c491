use lanrage_party::{AccessKey, AdapterName, ControlEndpoint, Name, Subnet, facts::SettingRule, limits};
use lanrage_shield::Level;
use serde::Serialize;
use serde_json::Value;

use super::{
    DhtNodes, FindFriends, KeepInTray, KeptSecret, Language, LogLevel, PkarrRelays, StunServers, Theme,
};

/// Which values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// One of a few words.
    Choice {
        /// The words.
        choices: &'static [&'static str],
    },
    /// The language of the app: `system`, or a language's tag ([`Language`]).
    Language,
    /// A player's name ([`Name`]).
    Name,
    /// Address of a control server ([`ControlEndpoint`]).
    ControlEndpoint,
    /// The key of a private server ([`AccessKey`]). It is kept where secrets are; of the setting no more is stored than that there
    /// is one ([`KeptSecret`]).
    AccessKey,
    /// A party's network ([`Subnet`]).
    Subnet,
    /// Name of the virtual network device ([`AdapterName`]).
    AdapterName,
    /// STUN servers ([`StunServers`]).
    StunServers,
    /// Nodes of the BitTorrent DHT ([`DhtNodes`]).
    DhtNodes,
    /// Relays into the BitTorrent DHT ([`PkarrRelays`]).
    PkarrRelays,
}

impl Kind {
    /// Whether a log level is meant, or any other choice: the words are all that differs.
    pub(super) const LOG_LEVEL: Self = Self::Choice { choices: LogLevel::WORDS };
    pub(super) const KEEP_IN_TRAY: Self = Self::Choice { choices: KeepInTray::WORDS };
    pub(super) const FIND_FRIENDS: Self = Self::Choice { choices: FindFriends::WORDS };
    pub(super) const SHIELD: Self = Self::Choice { choices: Level::WORDS };
    pub(super) const THEME: Self = Self::Choice { choices: Theme::WORDS };

    /// The value in its one stored form; `None` if it is not of this kind.
    pub(super) fn accept(&self, value: &Value) -> Option<Value> {
        let text = value.as_str();
        match self {
            Self::Boolean => value.as_bool().map(Value::from),
            Self::Integer { min, max } => {
                value.as_i64().filter(|integer| (min..=max).contains(&integer)).map(Value::from)
            }
            Self::Choice { choices } => text.filter(|text| choices.contains(text)).map(Value::from),
            Self::Language => Language::new(text?).map(|language| language.as_str().into()),
            Self::Name => Name::new(text?).ok().map(|name| name.as_str().into()),
            Self::ControlEndpoint => {
                text?.parse().ok().map(|endpoint: ControlEndpoint| endpoint.to_string().into())
            }
            Self::AccessKey => (text? == KeptSecret::MARK).then(|| KeptSecret::MARK.into()),
            Self::Subnet => {
                let subnet = Subnet::new(text?.parse().ok()?).ok()?;
                Some(subnet.net().to_string().into())
            }
            Self::AdapterName => AdapterName::new(text?).map(|name| name.as_str().into()),
            Self::StunServers => StunServers::new(text?).map(|servers| servers.to_text().into()),
            Self::DhtNodes => DhtNodes::new(text?).map(|nodes| nodes.to_text().into()),
            Self::PkarrRelays => PkarrRelays::new(text?).map(|relays| relays.to_text().into()),
        }
    }

    /// What a typed text stands for; the text itself where it can be nothing of this kind.
    pub(super) fn parse(&self, text: &str) -> Value {
        let parsed = match self {
            Self::Boolean => match text {
                "true" | "yes" | "on" => Some(true.into()),
                "false" | "no" | "off" => Some(false.into()),
                _ => None,
            },
            Self::Integer { .. } => text.parse::<i64>().ok().map(Value::from),
            // Whoever has it parsed keeps the key itself. What only looks like the mark is none.
            Self::AccessKey => Some(AccessKey::new(text).map_or(false.into(), |_| KeptSecret::MARK.into())),
            _ => None,
        };
        parsed.unwrap_or_else(|| text.into())
    }

    /// Whether values are kept where secrets are, and are in no export or report.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::AccessKey)
    }

    /// What a value of this kind must be.
    pub fn rule(&self) -> SettingRule {
        match *self {
            Self::Boolean => SettingRule::Boolean,
            Self::Integer { min, max } => SettingRule::Integer { min, max },
            Self::Choice { choices } => {
                SettingRule::Choice { choices: choices.iter().map(|&choice| choice.to_owned()).collect() }
            }
            Self::Language => SettingRule::Language,
            Self::Name => SettingRule::Name { most_bytes: limits::NAME_BYTES as u64 },
            Self::ControlEndpoint => SettingRule::ControlEndpoint,
            Self::AccessKey => SettingRule::AccessKey {
                least: limits::ACCESS_KEY_LEAST_BYTES as u64,
                most: limits::ACCESS_KEY_BYTES as u64,
            },
            Self::Subnet => SettingRule::Subnet,
            Self::AdapterName => SettingRule::AdapterName { most_letters: AdapterName::BYTES as u64 },
            Self::StunServers => SettingRule::Servers { most: StunServers::MOST as u64 },
            Self::DhtNodes => SettingRule::Servers { most: DhtNodes::MOST as u64 },
            Self::PkarrRelays => SettingRule::WebAddresses { most: PkarrRelays::MOST as u64 },
        }
    }
}
