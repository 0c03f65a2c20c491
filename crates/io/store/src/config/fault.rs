use lanrage_party::facts::SettingRule;
use serde_json::Value;

/// A value that a setting does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {value}")]
pub struct ConfigFault {
    /// The setting.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// What it must be.
    pub rule: SettingRule,
    /// Whether it may be empty as well.
    pub or_empty: bool,
}
