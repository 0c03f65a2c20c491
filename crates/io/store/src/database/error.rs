use std::{
    io,
    path::{Path, PathBuf},
};

use lanrage_backup::BackupError;
use lanrage_party::{
    Name,
    facts::{Cause, ExportFault},
};
use sea_orm::{DbErr, RuntimeErr};

use crate::ConfigFault;

/// Why the database, or a file of it, did not do as asked. What was stored before is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A newer LANrage has used the database. It was not touched.
    #[error("the database was made by a newer LANrage (it has {found}); update LANrage to use it")]
    NewerSchema {
        /// The first migration that this program does not know.
        found: String,
    },
    /// The disk is full.
    #[error("the disk is full; make room and try again")]
    DiskFull,
    /// The data folder or the database may not be written.
    #[error("the data folder cannot be written: {0}")]
    NotWritable(#[source] DbErr),
    /// The database is damaged; the next start restores it.
    #[error("the database is damaged ({0}); restart LANrage to restore it")]
    Damaged(#[source] DbErr),
    /// No setting has that key.
    #[error("there is no setting {key}")]
    UnknownSetting {
        /// The key.
        key: String,
    },
    /// Settings do not take these values: nothing is set, the saved set is not activated, the import is refused.
    #[error("a setting does not take its value: {fault} (and {} more)", .others.len())]
    InvalidSettings {
        /// The first, by key.
        fault: ConfigFault,
        /// All others.
        others: Vec<ConfigFault>,
    },
    /// Nothing is stored under that name.
    #[error("there is no {what} {name}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A text is not an export of settings.
    #[error("this is not an export of LANrage's settings: {0:?}")]
    NotAnExport(ExportFault),
    /// There is a file where the backup should go.
    #[error("{path} is there already; backups do not replace files", path = .path.display())]
    BackupExists {
        /// The file.
        path: PathBuf,
    },
    /// A file is no backup of this database, or not as it was made.
    #[error("{path} cannot be restored: {cause:?}", path = .path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: Cause,
    },
    /// The hash of a backup is not beside it.
    #[error("{path} has no hash beside it", path = .path.display())]
    BackupWithoutHash {
        /// The backup.
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
    /// Any other failure of the database.
    #[error("the database failed: {0}")]
    Database(#[source] DbErr),
}

impl StoreError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io { path: path.to_owned(), source },
        }
    }

    /// Why, for whoever says that the store as a whole did not do as asked.
    pub fn cause(&self) -> Cause {
        match self {
            Self::NewerSchema { found } => Cause::DatabaseNewer { found: found.clone() },
            Self::DiskFull => Cause::DiskFull,
            Self::Damaged(_) => Cause::DatabaseDamaged,
            Self::Io { source, .. } => source.into(),
            Self::NotWritable(error) | Self::Database(error) => cause_of(error),
            Self::NotABackup { cause, .. } => cause.clone(),
            Self::BackupExists { .. } => Cause::AlreadyThere,
            Self::BackupWithoutHash { .. } => Cause::HashUnreadable,
            Self::UnknownSetting { .. }
            | Self::InvalidSettings { .. }
            | Self::NotFound { .. }
            | Self::NotAnExport(_) => Cause::Other,
        }
    }

    pub(crate) fn not_found(what: &'static str, name: &Name) -> Self {
        Self::NotFound { what, name: name.to_string() }
    }
}

impl From<BackupError> for StoreError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Exists { path } => Self::BackupExists { path },
            BackupError::NotWhole { path, cause } => Self::NotABackup { path, cause },
            BackupError::WithoutHash { path } => Self::BackupWithoutHash { path },
            BackupError::Io { path, source } => Self::io(&path, source),
            BackupError::Database(error) => error.into(),
        }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match Failure::of(&error) {
            Failure::Corrupt => Self::Damaged(error),
            Failure::Full => Self::DiskFull,
            Failure::NotWritable => Self::NotWritable(error),
            Failure::Statement | Failure::Other => Self::Database(error),
        }
    }
}

/// What a failure of SQLite means for the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The content is bad, or cannot be read from the disk.
    Corrupt,
    /// No room for a write.
    Full,
    /// No permission to write, or to open.
    NotWritable,
    /// The statement does not fit the file; a fixed statement then says that the file is not what it should be.
    Statement,
    /// None of these: the file is not to blame.
    Other,
}

/// Result codes of SQLite (<https://sqlite.org/rescode.html>), the extended ones where they tell more.
mod code {
    pub(super) const ERROR: u32 = 1;
    pub(super) const PERM: u32 = 3;
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const READONLY: u32 = 8;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const FULL: u32 = 13;
    pub(super) const CANTOPEN: u32 = 14;
    pub(super) const NOTADB: u32 = 26;
    pub(super) const IOERR_READ: u32 = 266;
    pub(super) const IOERR_SHORT_READ: u32 = 522;
    pub(super) const IOERR_WRITE: u32 = 778;
    pub(super) const IOERR_SHMSIZE: u32 = 4874;
    pub(super) const IOERR_DATA: u32 = 8202;
    pub(super) const IOERR_CORRUPTFS: u32 = 8458;
}

impl Failure {
    pub(crate) fn of(error: &DbErr) -> Self {
        let Some(code) = result_code(error) else { return Self::Other };
        match (code, code & 0xFF) {
            (code::IOERR_READ | code::IOERR_SHORT_READ | code::IOERR_DATA | code::IOERR_CORRUPTFS, _)
            | (_, code::CORRUPT | code::NOTADB) => Self::Corrupt,
            // A tmpfs and some network file systems report a full disk only so.
            (code::IOERR_WRITE | code::IOERR_SHMSIZE, _) | (_, code::FULL) => Self::Full,
            (_, code::PERM | code::READONLY | code::CANTOPEN) => Self::NotWritable,
            (_, code::ERROR) => Self::Statement,
            _ => Self::Other,
        }
    }
}

/// The result code of SQLite, the extended one where there is one.
fn result_code(error: &DbErr) -> Option<u32> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    error.as_database_error()?.code()?.parse().ok()
}

/// What a failure of SQLite is to whoever reads of it.
fn cause_of(error: &DbErr) -> Cause {
    let Some(number) = result_code(error) else { return Cause::Other };
    match (Failure::of(error), number & 0xFF) {
        (_, code::BUSY | code::LOCKED) => Cause::DatabaseLocked,
        (_, code::READONLY) => Cause::ReadOnly,
        (Failure::NotWritable, _) => Cause::NotAllowed,
        (Failure::Full, _) => Cause::DiskFull,
        (Failure::Corrupt, _) => Cause::DatabaseDamaged,
        _ => Cause::DatabaseFailed { number: number.into() },
    }
}
