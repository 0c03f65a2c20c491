//! Copies of the database: consistent while it is in use, each with a hash beside it.

mod file;
mod rotation;

pub(crate) use file::{Hash, stage};

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use lanrage_base::atomic_file;
use lanrage_party::UnixMillis;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use strum::{EnumString, IntoStaticStr};
use tracing::warn;

use crate::{
    SettingsChange, SettingsDatabase, StoreError,
    database::{self, DatabaseFiles},
    stamp,
};

/// How many backups of each kind other than daily are kept.
const KEPT: usize = 3;

/// An automatic backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The file; its hash is beside it, with `.sha256` at the end of its name.
    pub path: PathBuf,
    /// Why it was made.
    pub kind: BackupKind,
    /// When it was made.
    pub made_at: UnixMillis,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The backup that was made of what there was.
    pub kept: Backup,
    /// The settings that are others now.
    pub change: SettingsChange,
}

/// Why a backup was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum BackupKind {
    /// A day had passed.
    Daily,
    /// The database was about to be brought up to date.
    Upgrade,
    /// The database was about to be replaced by a restored one.
    Restore,
    /// The user asked for it; it is never removed by itself.
    Manual,
}

impl Backup {
    fn new(folder: &Path, kind: BackupKind, made_at: UnixMillis) -> Self {
        let word: &str = kind.into();
        let name = format!("lanrage-{}-{word}.db", stamp::write(made_at));
        Self { path: folder.join(name), kind, made_at }
    }

    fn read(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_prefix("lanrage-")?.strip_suffix(".db")?;
        let (made_at, word) = name.split_once('-')?;
        let (made_at, kind) = (stamp::read(made_at)?, word.parse().ok()?);
        Some(Self { path, kind, made_at })
    }
}

impl SettingsDatabase {
    /// Writes a copy of the database to a file of the user's choice, with its SHA-256 beside it (`.sha256`, as
    /// `sha256sum` reads it). Consistent whatever is written meanwhile, and complete if the file is there.
    ///
    /// # Errors
    /// [`StoreError::BackupExists`], [`StoreError::DiskFull`], or [`StoreError`].
    pub async fn backup_database(&self, path: &Path) -> Result<(), StoreError> {
        let _one_at_a_time = self.maintenance.lock().await;
        file::write(&self.connection, path).await
    }

    /// Makes the daily backup if a day has passed since the last one, and removes all but the `keep` newest
    /// daily ones.
    ///
    /// # Errors
    /// [`StoreError`]; older backups are still there then.
    pub async fn back_up_if_due(&self, now: UnixMillis, keep: u16) -> Result<Option<Backup>, StoreError> {
        let _one_at_a_time = self.maintenance.lock().await;
        let made = if rotation::daily_is_due(&list(&self.files.backups, now)?, now) {
            Some(write(&self.connection, &self.files, BackupKind::Daily, now).await?)
        } else {
            None
        };
        rotate(&self.files, BackupKind::Daily, keep.into(), now)?;
        Ok(made)
    }

    /// Makes a backup in the folder of backups because the user asks for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn back_up_now(&self, now: UnixMillis) -> Result<Backup, StoreError> {
        let _one_at_a_time = self.maintenance.lock().await;
        write(&self.connection, &self.files, BackupKind::Manual, now).await
    }

    /// The backups in the folder of backups, the one to restore first before the others.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub async fn backups(&self, now: UnixMillis) -> Result<Vec<Backup>, StoreError> {
        let folder = self.files.backups.clone();
        crate::blocking::run(move || list(&folder, now)).await
    }

    /// Whether [`restore`](Self::restore) would take the file. Nothing changes.
    ///
    /// # Errors
    /// As there.
    pub async fn check_backup(&self, path: &Path, without_hash: bool) -> Result<(), StoreError> {
        let _one_at_a_time = self.maintenance.lock().await;
        let incoming = self.files.incoming();
        file::stage(path, &incoming, hash(without_hash)).await?;
        file::remove(&incoming)
    }

    /// Replaces everything in the database by what a backup has, in one transaction. The file must be as
    /// [`backup_database`](Self::backup_database) made it; one whose hash is gone is taken if `without_hash`.
    ///
    /// # Errors
    /// [`StoreError::NotABackup`], [`StoreError::BackupWithoutHash`], [`StoreError::NewerSchema`], or [`StoreError`]; the
    /// database is unchanged.
    pub async fn restore(
        &self,
        path: &Path,
        without_hash: bool,
        now: UnixMillis,
    ) -> Result<Restored, StoreError> {
        let _one_at_a_time = self.maintenance.lock().await;
        let incoming = self.files.incoming();
        file::stage(path, &incoming, hash(without_hash)).await?;
        let staged = database::writer(&incoming).await?;
        database::migrate(&staged).await?;
        staged.close().await?;
        let kept = automatic(&self.connection, &self.files, BackupKind::Restore, now).await?;
        let before = self.get_all_settings().await?;
        let replaced = self.replace_content(&incoming).await;
        // It is a copy; left there, the next restore replaces it.
        file::remove(&incoming).unwrap_or_else(|error| warn!(%error, "a copy of a backup stays behind"));
        replaced?;
        self.parties_changed();
        Ok(Restored { kept, change: SettingsChange::between(&before, &self.get_all_settings().await?) })
    }

    async fn replace_content(&self, incoming: &Path) -> Result<(), StoreError> {
        // One that a cancelled restore left attached.
        let _ = self.connection.execute_unprepared("DETACH DATABASE restored").await;
        let attach = Statement::from_sql_and_values(
            DbBackend::Sqlite,
            "ATTACH DATABASE ? AS restored",
            [file::text(incoming)?.into()],
        );
        self.connection.execute_raw(attach).await?;
        let copied = async {
            let transaction = self.connection.begin().await?;
            for table in database::TABLES.iter().rev() {
                transaction.execute_unprepared(&format!("DELETE FROM main.{table}")).await?;
            }
            for table in database::TABLES {
                let copy = format!("INSERT INTO main.{table} SELECT * FROM restored.{table}");
                transaction.execute_unprepared(&copy).await?;
            }
            transaction.commit().await
        };
        let copied = copied.await;
        self.connection.execute_unprepared("DETACH DATABASE restored").await?;
        Ok(copied?)
    }
}

const fn hash(without: bool) -> Hash {
    if without { Hash::MayBeGone } else { Hash::Needed }
}

/// Makes a backup of a kind of which a fixed number is kept.
pub(crate) async fn automatic(
    connection: &DatabaseConnection,
    files: &DatabaseFiles,
    kind: BackupKind,
    now: UnixMillis,
) -> Result<Backup, StoreError> {
    let backup = write(connection, files, kind, now).await?;
    rotate(files, kind, KEPT, now)?;
    Ok(backup)
}

async fn write(
    connection: &DatabaseConnection,
    files: &DatabaseFiles,
    kind: BackupKind,
    now: UnixMillis,
) -> Result<Backup, StoreError> {
    let folder = &files.backups;
    atomic_file::create_private_folder(folder).map_err(|error| StoreError::io(folder, error))?;
    let mut backup = Backup::new(folder, kind, now);
    while backup.path.exists() {
        backup = Backup::new(folder, kind, backup.made_at.plus(1));
    }
    file::write(connection, &backup.path).await?;
    Ok(backup)
}

/// The automatic backups in a folder, the one to restore first before the others.
pub(crate) fn list(folder: &Path, now: UnixMillis) -> Result<Vec<Backup>, StoreError> {
    let mut backups: Vec<Backup> = paths(folder)?.into_iter().filter_map(Backup::read).collect();
    rotation::newest_first(&mut backups, now);
    Ok(backups)
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = |error| StoreError::io(folder, error);
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
    }
}

/// Removes all but the `keep` first backups of a kind, and what an interrupted one has left.
fn rotate(files: &DatabaseFiles, kind: BackupKind, keep: usize, now: UnixMillis) -> Result<(), StoreError> {
    let backups = list(&files.backups, now)?;
    for outdated in rotation::outdated(&backups, kind, keep) {
        file::remove(&outdated.path)?;
    }
    for path in paths(&files.backups)? {
        if path.extension().is_some_and(|extension| extension == &file::UNFINISHED[1..]) {
            file::remove(&path)?;
        }
    }
    Ok(())
}
