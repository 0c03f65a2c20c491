//! Copies of the database, and putting one in its place.

use std::path::Path;

use lanrage_backup::{Backup, BackupKind, Hash, blocking};
use lanrage_party::{UnixMillis, facts::Cause};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use tracing::warn;

use crate::{
    SettingsChange, SettingsDatabase, StoreError,
    database::{self, DatabaseFiles, Inspection, inspect},
};

/// How many backups of each kind other than daily are kept.
const KEPT: usize = 3;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The backup that was made of what there was.
    pub kept: Backup,
    /// The settings that are others now.
    pub change: SettingsChange,
}

impl SettingsDatabase {
    /// Writes a copy of the database to a file of the user's choice, with its SHA-256 beside it (`.sha256`, as
    /// `sha256sum` reads it). Consistent whatever is written meanwhile, and complete if the file is there.
    ///
    /// # Errors
    /// [`StoreError::BackupExists`], [`StoreError::DiskFull`], or [`StoreError`].
    pub async fn backup_database(&self, path: &Path) -> Result<(), StoreError> {
        let _one_at_a_time = self.maintenance.lock().await;
        Ok(lanrage_backup::write(&self.connection, path).await?)
    }

    /// Makes the daily backup if a day has passed since the last one, and removes all but the `keep` newest
    /// daily ones.
    ///
    /// # Errors
    /// [`StoreError`]; older backups are still there then.
    pub async fn back_up_if_due(&self, now: UnixMillis, keep: u16) -> Result<Option<Backup>, StoreError> {
        let _one_at_a_time = self.maintenance.lock().await;
        let made = if self.files.backups.daily_is_due(now)? {
            Some(write(&self.connection, &self.files, BackupKind::Daily, now).await?)
        } else {
            None
        };
        self.files.backups.rotate(BackupKind::Daily, keep.into(), now)?;
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
        Ok(blocking::run(move || folder.list(now)).await?)
    }

    /// Whether [`restore`](Self::restore) would take the file. Nothing changes.
    ///
    /// # Errors
    /// As there.
    pub async fn check_backup(&self, path: &Path, without_hash: bool) -> Result<(), StoreError> {
        let _one_at_a_time = self.maintenance.lock().await;
        let incoming = self.files.incoming();
        stage(path, &incoming, hash(without_hash)).await?;
        Ok(lanrage_backup::remove(&incoming)?)
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
        stage(path, &incoming, hash(without_hash)).await?;
        let staged = database::writer(&incoming).await?;
        database::migrate(&staged).await?;
        staged.close().await?;
        let kept = automatic(&self.connection, &self.files, BackupKind::Restore, now).await?;
        let before = self.get_all_settings().await?;
        let replaced = self.replace_content(&incoming).await;
        // It is a copy; left there, the next restore replaces it.
        lanrage_backup::remove(&incoming)
            .unwrap_or_else(|error| warn!(%error, "a copy of a backup stays behind"));
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
            [lanrage_backup::text(incoming)?.into()],
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
    files.backups.rotate(kind, KEPT, now)?;
    Ok(backup)
}

async fn write(
    connection: &DatabaseConnection,
    files: &DatabaseFiles,
    kind: BackupKind,
    now: UnixMillis,
) -> Result<Backup, StoreError> {
    let backup = files.backups.next(kind, now)?;
    lanrage_backup::write(connection, &backup.path).await?;
    Ok(backup)
}

/// Copies a backup to `incoming`, if it is as it was made and this program can use it.
///
/// # Errors
/// [`StoreError::NotABackup`], [`StoreError::BackupWithoutHash`], [`StoreError::NewerSchema`], or [`StoreError`].
pub(crate) async fn stage(backup: &Path, incoming: &Path, hash: Hash) -> Result<(), StoreError> {
    lanrage_backup::copy(backup, incoming, hash).await?;
    let judged = async {
        let cause = match inspect(incoming).await? {
            Inspection::Good { .. } => return Ok(()),
            Inspection::Newer { found } => return Err(StoreError::NewerSchema { found }),
            Inspection::Missing => Cause::Empty,
            Inspection::Damaged { cause } => cause,
        };
        Err(StoreError::NotABackup { path: backup.to_owned(), cause })
    };
    let judged = judged.await;
    if judged.is_err() {
        // The failure itself is what the caller must hear of.
        let _ = lanrage_backup::remove(incoming);
    }
    judged
}
