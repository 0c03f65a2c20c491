use lanrage_session::sentence;
use lanrage_store::StoreError;

use crate::CommandError;

/// Why the stored data did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// The database failed or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The request breaks a rule.
    #[error(transparent)]
    Refused(#[from] CommandError),
}

impl From<StoredError> for CommandError {
    fn from(error: StoredError) -> Self {
        match error {
            StoredError::Store(error) => Self::new(code(&error), sentence(&error.to_string())),
            StoredError::Refused(error) => error,
        }
    }
}

const fn code(error: &StoreError) -> &'static str {
    match error {
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
    }
}
