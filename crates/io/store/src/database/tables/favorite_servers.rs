use lanrage_party::{ControlEndpoint, Name, UnixMillis};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::favorite_servers::{ActiveModel, Column, Entity, Model},
    rows::{self, readable},
};

/// A control server that the player wants to find again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FavoriteServer {
    /// Its address, by which there is only one.
    pub url: ControlEndpoint,
    /// What the player calls it.
    pub name: Name,
    /// When it became one.
    pub added_at: UnixMillis,
    /// When a party was last on it.
    pub last_used_at: Option<UnixMillis>,
}

impl SettingsDatabase {
    /// Saves a favourite, in place of one that has the address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_favorite_server(&self, server: &FavoriteServer) -> Result<(), StoreError> {
        let row = ActiveModel {
            url: Set(server.url.to_string()),
            name: Set(server.name.to_string()),
            added_at: Set(rows::time(server.added_at)),
            last_used_at: Set(server.last_used_at.map(rows::time)),
        };
        Entity::insert(row)
            .on_conflict(rows::replace::<Entity>())
            .exec_without_returning(&self.connection)
            .await?;
        Ok(())
    }

    /// The favourites, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn favorite_servers(&self) -> Result<Vec<FavoriteServer>, StoreError> {
        let found =
            Entity::find().order_by_asc(Column::Name).order_by_asc(Column::Url).all(&self.connection).await?;
        Ok(readable("favorite_servers", found, read))
    }

    /// Forgets a favourite; nothing happens if it is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_favorite_server(&self, url: &ControlEndpoint) -> Result<(), StoreError> {
        Entity::delete_by_id(url.to_string()).exec(&self.connection).await?;
        Ok(())
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<FavoriteServer> {
    Some(FavoriteServer {
        url: row.url.parse().ok()?,
        name: Name::new(&row.name).ok()?,
        added_at: rows::read_time(row.added_at),
        last_used_at: row.last_used_at.map(rows::read_time),
    })
}
