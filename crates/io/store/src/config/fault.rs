use serde::Serialize;
use serde_json::Value;

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
