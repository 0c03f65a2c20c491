use lanrage_party::{PeerId, UnixMillis};
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::muted_friends::{ActiveModel, Entity, Model},
    rows::{self, readable},
};

impl SettingsDatabase {
    /// Saves that what a friend's programs send to everybody is not heard, or heard again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_muted(&self, peer: &PeerId, is_muted: bool, now: UnixMillis) -> Result<(), StoreError> {
        if !is_muted {
            Entity::delete_by_id(peer.to_string()).exec(&self.connection).await?;
            return Ok(());
        }
        let row = ActiveModel { peer_id: Set(peer.to_string()), muted_at: Set(rows::time(now)) };
        let insert = Entity::insert(row).on_conflict(rows::replace::<Entity>());
        insert.exec_without_returning(&self.connection).await?;
        Ok(())
    }

    /// Who is muted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn muted(&self) -> Result<Vec<PeerId>, StoreError> {
        let found = Entity::find().all(&self.connection).await?;
        Ok(readable("muted_friends", found, read))
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<PeerId> {
    row.peer_id.parse().ok()
}
