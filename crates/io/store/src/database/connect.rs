use std::{path::Path, time::Duration};

use lanrage_base::atomic_file;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, sqlx::sqlite::SqliteConnectOptions};

use crate::StoreError;

/// How long a statement waits for another process that holds the file, as a backup program may.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The one connection that writes. The file is made if it is not there, readable by its owner only.
pub(crate) async fn writer(path: &Path) -> Result<DatabaseConnection, StoreError> {
    let file = path.to_owned();
    let created = lanrage_backup::blocking::run(move || {
        atomic_file::private().create(true).open(&file)?;
        atomic_file::sync_folder(&file)
    });
    created.await.map_err(|error| StoreError::io(path, error))?;
    Ok(connect(path, |options| {
        options
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            // Pages, a quarter of a megabyte: SQLite would let four gather beside a database that is not as large itself.
            .pragma("wal_autocheckpoint", "64")
            // Kibibytes of pages in memory: with the usual two megabytes the program would grow for hours with its database.
            .pragma("cache_size", "-512")
            .pragma("foreign_keys", "ON")
            // Notices more kinds of damage when a page is read, before anything is built on it.
            .pragma("cell_size_check", "ON")
    })
    .await?)
}

/// A connection for checking: it could write and does not, because SQLite leaves out the checks of columns where
/// it cannot. Closing it folds in the write-ahead log.
pub(super) async fn checker(path: &Path) -> Result<DatabaseConnection, DbErr> {
    connect(path, |options| options.pragma("cell_size_check", "ON")).await
}

/// A connection that changes not one byte of the database.
pub(crate) async fn reader(path: &Path) -> Result<DatabaseConnection, DbErr> {
    connect(path, |options| options.read_only(true)).await
}

async fn connect(
    path: &Path,
    mode: fn(SqliteConnectOptions) -> SqliteConnectOptions,
) -> Result<DatabaseConnection, DbErr> {
    let path = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://");
    // With either of both times, sqlx counts its idle connections in a task of its own. In the moment in which one comes back
    // that number can be less than none, and so without end: the task spins, and the program neither rests nor ends.
    options.idle_timeout(None).max_lifetime(None);
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(move |sqlite| {
        mode(sqlite.filename(&path).busy_timeout(BUSY_TIMEOUT).pragma("trusted_schema", "OFF"))
    });
    Database::connect(options).await
}
