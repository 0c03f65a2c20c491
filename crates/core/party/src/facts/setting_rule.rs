use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// What a setting's value must be; that an optional one may be empty as well is said beside it (`or_empty`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum SettingRule {
    /// `true` or `false`.
    #[default]
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
        choices: Vec<String>,
    },
    /// `system`, or a language's tag.
    Language,
    /// A player's name.
    Name {
        /// Most bytes that a name has.
        most_bytes: u64,
    },
    /// Address of a control server.
    ControlEndpoint,
    /// The key of a private server.
    AccessKey {
        /// Fewest letters that one has.
        least: u64,
        /// Most.
        most: u64,
    },
    /// A party's network.
    Subnet,
    /// Name of the virtual network device.
    AdapterName {
        /// Most letters that a name has.
        most_letters: u64,
    },
    /// Servers as `host:port`.
    Servers {
        /// Most servers.
        most: u64,
    },
    /// Addresses of the web, separated by commas.
    WebAddresses {
        /// Most of them.
        most: u64,
    },
}
