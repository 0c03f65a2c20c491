use lanrage_store::{ConfigFault, SecretError, StoreError};
use tracing::{info, warn};

use crate::CommandError;

/// Why the stored data did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// The database failed or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The request breaks a rule.
    #[error(transparent)]
    Refused(#[from] CommandError),
}

impl From<StoredError> for CommandError {
    fn from(error: StoredError) -> Self {
        match error {
            StoredError::Store(error) => refused(error),
            StoredError::Secret(error) => {
                warn!(%error, "keys cannot be used");
                CommandError::KeysNotUsable { cause: error.cause() }
            }
            StoredError::Refused(error) => error,
        }
    }
}

fn refused(error: StoreError) -> CommandError {
    info!(%error, "what is stored does not answer");
    match error {
        StoreError::NewerSchema { found } => CommandError::DatabaseNewer { found },
        StoreError::DiskFull => CommandError::DiskFull,
        StoreError::NotWritable(_) => CommandError::DataNotWritable { cause: error.cause() },
        StoreError::Damaged(_) => CommandError::DatabaseDamaged { cause: error.cause() },
        StoreError::UnknownSetting { key } => CommandError::UnknownSetting { key },
        StoreError::NotFound { name, .. } => CommandError::NotFound { name },
        StoreError::NotAnExport(cause) => CommandError::NotAnExport { cause },
        StoreError::BackupExists { path } => CommandError::BackupExists { path: path.display().to_string() },
        StoreError::NotABackup { path, cause } => {
            CommandError::NotABackup { path: path.display().to_string(), cause }
        }
        StoreError::BackupWithoutHash { path } => {
            CommandError::BackupWithoutHash { path: path.display().to_string() }
        }
        StoreError::InvalidSettings { fault, others } => bad_setting(fault, &others),
        error => CommandError::DatabaseFailed { cause: error.cause() },
    }
}

fn bad_setting(
    ConfigFault { key, value, rule, or_empty }: ConfigFault,
    others: &[ConfigFault],
) -> CommandError {
    let keys: Vec<_> = others.iter().map(|fault| fault.key.as_str()).collect();
    let others = (!keys.is_empty()).then(|| keys.join(", "));
    CommandError::BadSetting { key, value: value.to_string(), rule, or_empty, others }
}
