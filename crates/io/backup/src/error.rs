use std::{
    io,
    path::{Path, PathBuf},
};

use lanrage_party::facts::Cause;
use sea_orm::DbErr;

/// Why there is no copy, or one is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file where the copy should go.
    #[error("{path} is there already; backups do not replace files", path = .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file is not there, or not as it was made.
    #[error("{path} cannot be restored: {cause:?}", path = .path.display())]
    NotWhole {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: Cause,
    },
    /// The hash of a copy is not beside it.
    #[error("{path} has no hash beside it", path = .path.display())]
    WithoutHash {
        /// The copy.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot use {path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database could not be copied.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
}

impl BackupError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}
