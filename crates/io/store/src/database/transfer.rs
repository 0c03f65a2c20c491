//! Settings as a file that can be carried to another device. No secret is in the database, so none is in it.

use lanrage_party::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{
    SettingsDatabase,
    tables::settings::{SettingsChange, accept},
};
use crate::{Config, Settings, StoreError};

const FORMAT: &str = "lanrage-settings";
const VERSION: u32 = 1;
/// Largest export that is read, in bytes: some hundred times what all settings can come to.
const MAX_BYTES: usize = 1 << 20;

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// What changed.
    pub change: SettingsChange,
    /// Keys that this program does not know; they were left out.
    pub unknown: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Export {
    format: String,
    version: u32,
    settings: Settings,
}

impl SettingsDatabase {
    /// All stored settings as JSON text.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn export_settings(&self) -> Result<String, StoreError> {
        let settings = self.get_all_settings().await?;
        let export = Export { format: FORMAT.to_owned(), version: VERSION, settings };
        Ok(serde_json::to_string_pretty(&export).expect("string-keyed maps of JSON values are JSON"))
    }

    /// Sets every setting of an export: all of them, or none. Other settings stay.
    ///
    /// # Errors
    /// [`StoreError::NotAnExport`], [`StoreError::InvalidSettings`] with every fault, or [`StoreError`].
    pub async fn import_settings(&self, text: &str, now: UnixMillis) -> Result<ImportReport, StoreError> {
        let refused = |reason: String| StoreError::NotAnExport { reason };
        if text.len() > MAX_BYTES {
            return Err(refused(format!("it is larger than {MAX_BYTES} bytes")));
        }
        let export: Export = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
        if export.format != FORMAT {
            return Err(refused(format!("its format is {:?}", export.format)));
        }
        if export.version > VERSION {
            return Err(refused("it was made by a newer LANrage".to_owned()));
        }
        let unknown =
            export.settings.keys().filter(|key| Config::declaration(key).is_none()).cloned().collect();
        let change = self.write(&accept(&export.settings)?, now).await?;
        Ok(ImportReport { change, unknown })
    }
}
