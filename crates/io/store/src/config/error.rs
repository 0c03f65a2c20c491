use serde::Serialize;
use serde_json::Value;

use crate::StoreError;

/// A value that a setting does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[error("{key} is {value}, and must be {rule}")]
pub struct ConfigFault {
    /// The setting.
    pub key: String,
    /// Its value.
    #[cfg_attr(feature = "bindings", ts(type = "unknown"))]
    pub value: Value,
    /// What it must be.
    pub rule: String,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Values that their settings do not take; the user can repair or reset them.
    #[error("{}", list(faults))]
    Invalid {
        /// All of them, in the order of the declarations.
        faults: Vec<ConfigFault>,
    },
    /// They cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn list(faults: &[ConfigFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
