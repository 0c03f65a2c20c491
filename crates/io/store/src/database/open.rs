use std::{
    fs,
    path::{Path, PathBuf},
};

use lanrage_backup::{Backup, BackupKind, Hash};
use lanrage_base::atomic_file;
use lanrage_migrations::client::Migrator;
use lanrage_party::{UnixMillis, facts::Cause};
use sea_orm::{DatabaseConnection, TransactionTrait};
use sea_orm_migration::MigratorTrait;
use tokio::sync::{Mutex, watch};
use tracing::warn;

use super::{DatabaseFiles, Inspection, SettingsDatabase, connect, inspect, salvage::salvage};
use crate::{
    DataDir, StoreError,
    backup::{self, stage},
};

/// How opening the database went.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// There was none: this is the first start.
    pub created: bool,
    /// It was of an older LANrage, and this is the backup made before it was brought up to date.
    pub upgraded: Option<PathBuf>,
    /// It was damaged or gone, and what was done about it. The user must hear of it.
    pub damage: Option<Damage>,
}

/// What was wrong with the database, and what is there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What was wrong.
    pub cause: Cause,
    /// The folder in which the damaged files are kept; `None` if there were none.
    pub set_aside: Option<PathBuf>,
    /// What took their place.
    pub replacement: Replacement,
    /// How many entries could still be read from the damaged files, and were put over the replacement's.
    pub salvaged: usize,
}

/// What took a damaged database's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// The newest good backup.
    Backup {
        /// The backup.
        path: PathBuf,
        /// When it was made.
        made_at: UnixMillis,
    },
    /// An empty database: no backup was good.
    Fresh,
}

impl SettingsDatabase {
    /// Opens the database of a data folder. It is checked first; a damaged one is set aside and the newest
    /// good backup restored, or an empty one begun; one of an older schema is backed up and brought up to date.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`], with nothing touched; [`StoreError::DiskFull`] and
    /// [`StoreError::NotWritable`], which the user can mend; [`StoreError`] otherwise.
    pub async fn open(data_dir: &DataDir, now: UnixMillis) -> Result<(Self, OpenReport), StoreError> {
        let files = DatabaseFiles::new(data_dir);
        let mut report = OpenReport::default();
        let mut outdated = false;
        match inspect(&files.main).await? {
            Inspection::Good { outdated: old } => outdated = old,
            Inspection::Newer { found } => return Err(StoreError::NewerSchema { found }),
            Inspection::Damaged { cause } => {
                report.damage = Some(replace(&files, cause, now).await?);
            }
            Inspection::Missing => {
                let lost = files.is_orphaned() || !files.backups.list(now)?.is_empty();
                if lost {
                    report.damage = Some(replace(&files, Cause::DatabaseGone, now).await?);
                } else {
                    report.created = true;
                }
            }
        }
        let connection = connect::writer(&files.main).await?;
        if outdated {
            let made = backup::automatic(&connection, &files, BackupKind::Upgrade, now).await?;
            report.upgraded = Some(made.path);
        }
        migrate(&connection).await?;
        if let Some(Damage { set_aside: Some(folder), salvaged, .. }) = &mut report.damage {
            *salvaged = salvage(&files.in_folder(folder), &connection).await?;
        }
        let database =
            Self { connection, files, maintenance: Mutex::new(()), party_changes: watch::Sender::new(0) };
        Ok((database, report))
    }
}

/// Brings a database up to date: all of the way, or not at all.
pub(crate) async fn migrate(connection: &DatabaseConnection) -> Result<(), StoreError> {
    let transaction = connection.begin().await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await?;
    Ok(())
}

async fn replace(files: &DatabaseFiles, cause: Cause, now: UnixMillis) -> Result<Damage, StoreError> {
    warn!(?cause, "the database is damaged");
    let had_files = files.main.exists() || files.is_orphaned();
    // Whatever is to take its place is ready before the damaged one moves.
    let backup = newest_good_backup(files, now).await?;
    let set_aside = if had_files { Some(files.set_aside(now)?) } else { None };
    let replacement = match backup {
        Some(Backup { path, made_at, .. }) => {
            put_in_place(&files.incoming(), &files.main)?;
            Replacement::Backup { path, made_at }
        }
        None => Replacement::Fresh,
    };
    Ok(Damage { cause, set_aside, replacement, salvaged: 0 })
}

/// The newest backup that is as it was made and that this program can read; its copy is incoming.
async fn newest_good_backup(files: &DatabaseFiles, now: UnixMillis) -> Result<Option<Backup>, StoreError> {
    for backup in files.backups.list(now)? {
        match stage(&backup.path, &files.incoming(), Hash::Needed).await {
            Ok(()) => return Ok(Some(backup)),
            Err(error @ (StoreError::DiskFull | StoreError::NotWritable(_))) => return Err(error),
            Err(error) => warn!(%error, "a backup cannot be restored; trying the one before"),
        }
    }
    Ok(None)
}

fn put_in_place(incoming: &Path, main: &Path) -> Result<(), StoreError> {
    fs::rename(incoming, main)
        .and_then(|()| atomic_file::sync_folder(main))
        .map_err(|error| StoreError::io(main, error))
}
