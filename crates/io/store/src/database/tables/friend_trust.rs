use lanrage_party::{Name, PeerId, UnixMillis};
use lanrage_shield::Trust;
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::friend_trust::{ActiveModel, Column, Entity, Model},
    rows::{self, readable},
};

/// How one friend is trusted, where that is not as friends are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FriendTrust {
    /// Who.
    pub peer: PeerId,
    /// What they were called when it was decided.
    pub name: Name,
    /// How.
    pub trust: Trust,
}

impl SettingsDatabase {
    /// Saves how a friend is trusted. One who is trusted as friends are is not remembered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_trust(&self, friend: &FriendTrust, now: UnixMillis) -> Result<(), StoreError> {
        if friend.trust == Trust::Friend {
            Entity::delete_by_id(friend.peer.to_string()).exec(&self.connection).await?;
            return Ok(());
        }
        let row = ActiveModel {
            peer_id: Set(friend.peer.to_string()),
            name: Set(friend.name.to_string()),
            level: Set(friend.trust.word().to_owned()),
            updated_at: Set(rows::time(now)),
        };
        let insert = Entity::insert(row).on_conflict(rows::replace::<Entity>());
        insert.exec_without_returning(&self.connection).await?;
        Ok(())
    }

    /// Who is trusted otherwise than friends are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn trust(&self) -> Result<Vec<FriendTrust>, StoreError> {
        let found = Entity::find().order_by_asc(Column::Name).all(&self.connection).await?;
        Ok(readable("friend_trust", found, read))
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<FriendTrust> {
    Some(FriendTrust {
        peer: row.peer_id.parse().ok()?,
        name: Name::new(&row.name).ok()?,
        trust: row.level.parse().ok()?,
    })
}
