use lanrage_party::{Name, UnixMillis};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::game_profiles::{ActiveModel, Column, Entity, Model},
    rows::{self, readable},
};

/// What is known of a game: how it is recognised, and which ports it uses.
#[derive(Debug, Clone, PartialEq)]
pub struct GameProfile {
    /// Its name, by which there is only one.
    pub name: Name,
    /// File names of its programs.
    pub executables: Vec<String>,
    /// The ports that it listens on.
    pub ports: Vec<PortRange>,
    /// What else is remembered of it.
    pub extra: Map<String, Value>,
}

/// Ports of one protocol, from `first` to `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PortRange {
    /// The protocol.
    pub protocol: Protocol,
    /// The first port.
    pub first: u16,
    /// The last port; not less than the first.
    pub last: u16,
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl SettingsDatabase {
    /// Saves a profile, in place of one that has the name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_game_profile(&self, profile: &GameProfile, now: UnixMillis) -> Result<(), StoreError> {
        let row = ActiveModel {
            name: Set(profile.name.to_string()),
            executables: Set(rows::json(&profile.executables)),
            ports: Set(rows::json(&profile.ports)),
            extra: Set(rows::json(&profile.extra)),
            updated_at: Set(rows::time(now)),
        };
        Entity::insert(row)
            .on_conflict(rows::replace::<Entity>())
            .exec_without_returning(&self.connection)
            .await?;
        Ok(())
    }

    /// The profiles, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn game_profiles(&self) -> Result<Vec<GameProfile>, StoreError> {
        let found = Entity::find().order_by_asc(Column::Name).all(&self.connection).await?;
        Ok(readable("game_profiles", found, read))
    }

    /// Forgets a profile; nothing happens if there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_game_profile(&self, name: &Name) -> Result<(), StoreError> {
        Entity::delete_by_id(name.as_str()).exec(&self.connection).await?;
        Ok(())
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<GameProfile> {
    Some(GameProfile {
        name: Name::new(&row.name).ok()?,
        executables: serde_json::from_str(&row.executables).ok()?,
        ports: serde_json::from_str(&row.ports).ok()?,
        extra: serde_json::from_str(&row.extra).ok()?,
    })
}
