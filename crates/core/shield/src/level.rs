use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr, VariantNames};

/// How much of this computer friends reach who are trusted as friends.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    EnumIter,
    EnumString,
    IntoStaticStr,
    VariantNames,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Level {
    /// Everything, as in a LAN.
    Open,
    /// What the user's own programs listen on.
    #[default]
    Guarded,
    /// What games listen on.
    Games,
    /// Nothing: they answer, and begin nothing.
    Closed,
}

/// How one friend is trusted, whatever party they are in.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    EnumIter,
    EnumString,
    IntoStaticStr,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Trust {
    /// With everything, remote login and shares too.
    Full,
    /// With what the level opens.
    #[default]
    Friend,
    /// With nothing: they answer, begin nothing, and get no answer to a ping.
    Mute,
}

impl Level {
    /// All words for it, in settings.
    pub const WORDS: &[&str] = Self::VARIANTS;

    /// The word by which it is stored and chosen.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

impl Trust {
    /// The word by which it is stored and chosen.
    pub fn word(self) -> &'static str {
        self.into()
    }
}
