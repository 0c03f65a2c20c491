//! All settings: declared once in `table.rs`, stored in the database, read from nowhere else.

mod declaration;
mod fault;
mod grades;
mod kind;
mod relay_list;
mod server_list;
mod table;
mod values;

pub use declaration::{Declaration, DefaultValue, Group};
pub use fault::ConfigFault;
pub(crate) use grades::out_of_order;
pub use kind::Kind;
pub use relay_list::PkarrRelays;
pub use server_list::{DhtNodes, ServerList, StunServers};
pub use table::Config;
pub use values::{FindFriends, KeepInTray, KeptSecret, Language, LogLevel, Theme};

use std::collections::BTreeMap;

/// Settings by key, as JSON values.
pub type Settings = BTreeMap<String, serde_json::Value>;

impl Config {
    /// The declaration of a key, if this program has such a setting.
    pub fn declaration(key: &str) -> Option<&'static Declaration> {
        Self::declarations().iter().find(|declaration| declaration.key == key)
    }

    /// What others may have of settings: all but that a secret is kept here.
    pub fn without_secrets(mut settings: Settings) -> Settings {
        settings.retain(|key, _| Self::declaration(key).is_none_or(|declared| !declared.kind.is_secret()));
        settings
    }

    /// Takes settings as stored: what is missing has its default, and keys of other programs' generations are
    /// left alone. A value that is refused is named, and has its default meanwhile.
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
