//! All settings: declared once in `table.rs`, stored in the database, read from nowhere else.

mod declaration;
mod error;
mod fault;
mod kind;
mod markdown;
mod table;
mod values;

pub use declaration::{Declaration, DefaultValue, Group};
pub use error::ConfigError;
pub use fault::ConfigFault;
pub use kind::Kind;
pub use table::Config;
pub use values::{AdapterName, KeepInTray, Language, LogLevel, StunServers, Theme};

use std::collections::BTreeMap;

/// Settings by key, as JSON values.
pub type Settings = BTreeMap<String, serde_json::Value>;

impl Config {
    /// The declaration of a key, if this program has such a setting.
    pub fn declaration(key: &str) -> Option<&'static Declaration> {
        Self::declarations().iter().find(|declaration| declaration.key == key)
    }

    /// Takes settings as stored: what is missing has its default, and keys of other programs' generations are
    /// left alone.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every value that is refused.
    pub fn from_settings(settings: &Settings) -> Result<Self, ConfigError> {
        let mut faults = Vec::new();
        Self::read(settings, &mut faults).ok_or(ConfigError::Invalid { faults })
    }

    /// The values that are refused, and the settings with the defaults in their place: for a repair view, and
    /// for a program that must run meanwhile.
    pub fn repaired(settings: &Settings) -> (Self, Vec<ConfigFault>) {
        let mut faults = Vec::new();
        if let Some(config) = Self::read(settings, &mut faults) {
            return (config, faults);
        }
        let mut good = settings.clone();
        good.retain(|key, _| !faults.iter().any(|fault| fault.key == *key));
        (Self::read(&good, &mut Vec::new()).unwrap_or_default(), faults)
    }
}

#[cfg(test)]
mod tests;
