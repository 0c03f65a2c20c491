//! Settings as a file that can be carried to another device. No secret is in the database, so none is in it.

use lanrage_party::{UnixMillis, facts::ExportFault};
use serde::Serialize;
use serde_json::Value;

use super::{
    SettingsDatabase,
    tables::settings::{SettingsChange, accept},
};
use crate::{Config, Settings, StoreError};

const FORMAT: &str = "lanrage-settings";
const VERSION: u64 = 1;
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

#[derive(Serialize)]
struct Export {
    format: &'static str,
    version: u64,
    settings: Settings,
}

impl SettingsDatabase {
    /// All stored settings as JSON text.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn export_settings(&self) -> Result<String, StoreError> {
        let settings = Config::without_secrets(self.get_all_settings().await?);
        let export = Export { format: FORMAT, version: VERSION, settings };
        Ok(serde_json::to_string_pretty(&export).expect("string-keyed maps of JSON values are JSON"))
    }

    /// Sets every setting of an export: all of them, or none. Other settings stay.
    ///
    /// # Errors
    /// [`StoreError::NotAnExport`], [`StoreError::InvalidSettings`] with every fault, or [`StoreError`].
    pub async fn import_settings(&self, text: &str, now: UnixMillis) -> Result<ImportReport, StoreError> {
        let settings = read(text).map_err(StoreError::NotAnExport)?;
        let unknown = settings.keys().filter(|key| Config::declaration(key).is_none()).cloned().collect();
        let change = self.write(&accept(&settings)?, now).await?;
        Ok(ImportReport { change, unknown })
    }
}

/// The settings of an export.
fn read(text: &str) -> Result<Settings, ExportFault> {
    if text.len() > MAX_BYTES {
        return Err(ExportFault::ExportTooLong { most_bytes: MAX_BYTES as u64 });
    }
    let export: Value = serde_json::from_str(text)
        .map_err(|error| ExportFault::NotJson { line: error.line() as u64, column: error.column() as u64 })?;
    if export["format"] != FORMAT {
        return Err(ExportFault::NoExport);
    }
    let wrong = |field: &str| ExportFault::ExportField { field: field.to_owned() };
    let version = export["version"].as_u64().ok_or_else(|| wrong("version"))?;
    if version > VERSION {
        return Err(ExportFault::ExportNewer { version });
    }
    let settings = export["settings"].as_object().ok_or_else(|| wrong("settings"))?;
    Ok(settings.clone().into_iter().collect())
}
