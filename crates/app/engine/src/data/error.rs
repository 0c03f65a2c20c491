use lanrage_session::sentence;
use lanrage_store::StoreError;

use crate::CommandError;

/// Why a request to the stored data was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    /// The database refused it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It makes no sense.
    #[error(transparent)]
    Refused(#[from] CommandError),
}

impl From<DataError> for CommandError {
    fn from(error: DataError) -> Self {
        let error = match error {
            DataError::Store(error) => error,
            DataError::Refused(error) => return error,
        };
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
