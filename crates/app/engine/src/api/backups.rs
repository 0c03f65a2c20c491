//! The database itself: its size, its soundness, its backups.

use lanrage_base::clock::now as read_clock;
use lanrage_party::UnixMillis;
use lanrage_store::{SettingsDatabase, StoreError};

use super::{
    AskStored, BackUp, BackUpNow, Check, DataSummary, Restore, Restored, Stored, StoredError, Summary,
    library,
};
use crate::{CommandError, Handle, handle::Command};

impl AskStored for Summary {
    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        now: UnixMillis,
    ) -> Result<DataSummary, StoredError> {
        Ok(summary(database, now).await?)
    }
}

impl AskStored for Check {
    async fn answer_from(self, Stored { database, .. }: &Stored, _: UnixMillis) -> Result<u64, StoredError> {
        let faults = database.validate_database_integrity().await?.faults;
        for fault in &faults {
            tracing::warn!(fault, "the database is damaged");
        }
        Ok(faults.len() as u64)
    }
}

impl AskStored for BackUp {
    async fn answer_from(self, Stored { database, .. }: &Stored, _: UnixMillis) -> Result<(), StoredError> {
        database.backup_database(&self.path).await?;
        Ok(())
    }

    /// With everything that waits to be kept.
    async fn answer_running(self, handle: &Handle) -> Result<(), CommandError> {
        handle.all_kept().await?;
        Ok(self.answer_from(handle.stored(), read_clock().wall).await?)
    }
}

impl AskStored for BackUpNow {
    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        now: UnixMillis,
    ) -> Result<DataSummary, StoredError> {
        database.back_up_now(now).await?;
        Ok(summary(database, now).await?)
    }

    /// With everything that waits to be kept.
    async fn answer_running(self, handle: &Handle) -> Result<DataSummary, CommandError> {
        handle.all_kept().await?;
        Ok(self.answer_from(handle.stored(), read_clock().wall).await?)
    }
}

impl AskStored for Restore {
    async fn answer_from(self, stored: &Stored, now: UnixMillis) -> Result<Restored, StoredError> {
        let restored = stored.database.restore(&self.path, self.without_hash, now).await?;
        let memberships = stored.database.recent_parties().await?;
        let missing = library::without_keys(stored, &memberships).await;
        let names = memberships.iter().filter(|known| missing.contains(&known.party));
        Ok(Restored {
            kept: restored.kept.into(),
            restart_required: restored.change.restart_required,
            without_keys: names.map(|known| known.name.to_string()).collect(),
        })
    }

    /// The party is suspended meanwhile, and everything that waits to be kept is kept before: what is restored is neither
    /// mixed with what was there, nor overwritten by it. Afterwards this device is where the backup says.
    async fn answer_running(self, handle: &Handle) -> Result<Restored, CommandError> {
        let stored = handle.stored();
        let checked = stored.database.check_backup(&self.path, self.without_hash).await;
        checked.map_err(StoredError::from)?;
        let present = stored.database.active_membership().await.map_err(StoredError::from)?;
        handle.command(|answer| Command::Suspend { answer }).await?;
        handle.all_kept().await?;
        let restored = self.answer_from(stored, read_clock().wall).await;
        handle.command(|answer| Command::ApplySettings { answer }).await?;
        let party = match &restored {
            Ok(_) => stored.database.active_membership().await.map_err(StoredError::from)?,
            Err(_) => present,
        };
        if let Some(party) = party {
            // A party whose keys are not here is named in the answer.
            let _ = handle.command(|answer| Command::ResumeParty { party: party.party, answer }).await;
        }
        Ok(restored?)
    }
}

async fn summary(database: &SettingsDatabase, now: UnixMillis) -> Result<DataSummary, StoreError> {
    Ok(DataSummary {
        size_bytes: database.get_database_size().await?,
        backups: database.backups(now).await?.into_iter().map(Into::into).collect(),
    })
}
