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
            StoredError::Store(error) => refused(error),
            StoredError::Refused(error) => error,
        }
    }
}

fn refused(error: StoreError) -> CommandError {
    match error {
        StoreError::NewerSchema { found } => CommandError::DatabaseNewer { found },
        StoreError::DiskFull => CommandError::DiskFull,
        StoreError::NotWritable { reason } => CommandError::DataNotWritable { cause: reason },
        StoreError::Damaged { reason } => CommandError::DatabaseDamaged { cause: reason },
        StoreError::UnknownSetting { key } => CommandError::UnknownSetting { key },
        StoreError::NotFound { name, .. } => CommandError::NotFound { name },
        StoreError::NotAnExport { reason } => CommandError::NotAnExport { cause: reason },
        StoreError::BackupExists { path } => CommandError::BackupExists { path: path.display().to_string() },
        StoreError::NotABackup { path, reason } => {
            CommandError::NotABackup { path: path.display().to_string(), cause: reason }
        }
        error @ StoreError::InvalidSettings { .. } => CommandError::BadSetting { cause: error.to_string() },
        error => CommandError::DatabaseFailed { cause: error.to_string() },
    }
}
