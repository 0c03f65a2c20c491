//! The database itself: its size, its soundness, its backups.

use lanrage_party::UnixMillis;
use lanrage_store::{SettingsDatabase, StoreError};

use super::{AskStored, BackUp, BackUpNow, Changed, Check, DataSummary, Restore, StoredError, Summary};

impl AskStored for Summary {
    async fn answer_from(
        self,
        database: &SettingsDatabase,
        now: UnixMillis,
    ) -> Result<DataSummary, StoredError> {
        Ok(summary(database, now).await?)
    }
}

impl AskStored for Check {
    async fn answer_from(
        self,
        database: &SettingsDatabase,
        _: UnixMillis,
    ) -> Result<Vec<String>, StoredError> {
        Ok(database.validate_database_integrity().await?.faults)
    }
}

impl AskStored for BackUp {
    async fn answer_from(self, database: &SettingsDatabase, _: UnixMillis) -> Result<(), StoredError> {
        database.backup_database(&self.path).await?;
        Ok(())
    }
}

impl AskStored for BackUpNow {
    async fn answer_from(
        self,
        database: &SettingsDatabase,
        now: UnixMillis,
    ) -> Result<DataSummary, StoredError> {
        database.back_up_now(now).await?;
        Ok(summary(database, now).await?)
    }
}

impl AskStored for Restore {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, database: &SettingsDatabase, now: UnixMillis) -> Result<Changed, StoredError> {
        database.restore(&self.path, now).await?;
        Ok(Changed { restart_required: true })
    }
}

async fn summary(database: &SettingsDatabase, now: UnixMillis) -> Result<DataSummary, StoreError> {
    Ok(DataSummary {
        size_bytes: database.get_database_size().await?,
        backups: database.backups(now).await?.into_iter().map(Into::into).collect(),
    })
}
