//! What the members of a party do together, as shown.

use serde::{Deserialize, Serialize};

/// What somebody has answered to the question whether they are ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// Nothing yet.
    #[default]
    Waiting,
    /// That they need a moment.
    NotYet,
    /// That they are.
    Ready,
}

/// How it is with a ready check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReadyCheckState {
    /// Answers are waited for.
    #[default]
    Asking,
    /// Everybody who was here is ready.
    EverybodyReady,
    /// Its time has passed, and not everybody was ready.
    TimeIsUp,
}

/// That somebody asks everybody whether they are ready, or has a moment ago.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ReadyCheckView {
    /// The peer id of who asks.
    pub peer: String,
    /// Their name.
    pub name: String,
    /// Whether this device's player asks.
    pub is_own: bool,
    /// How it is with it.
    pub state: ReadyCheckState,
    /// What this device's player has answered.
    pub own: Readiness,
    /// Until when answers are waited for (Unix milliseconds).
    pub ends_at_ms: u64,
}

/// Where a party talks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct VoiceView {
    /// What was pinned: one line of visible text.
    pub text: String,
    /// The name of who has pinned it.
    pub by: String,
    /// Whether it is an address of a voice program that may be opened.
    pub can_open: bool,
}
