use lanrage_store::StoreError;

use crate::{CommandError, words::sentence};

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::NewerSchema { .. } => "database_newer",
            StoreError::DiskFull => "disk_full",
            StoreError::NotWritable { .. } => "data_not_writable",
            StoreError::Damaged { .. } => "database_damaged",
            StoreError::UnknownSetting { .. } => "unknown_setting",
            StoreError::InvalidSetting(_) | StoreError::InvalidSettings { .. } => "bad_setting",
            StoreError::NotFound { .. } => "not_found",
            StoreError::NotAnExport { .. } => "not_an_export",
            StoreError::BackupExists { .. } => "backup_exists",
            StoreError::NotABackup { .. } => "not_a_backup",
            _ => "database_failed",
        };
        Self::new(code, sentence(&error.to_string()))
    }
}
