use lanrage_party::{Name, UnixMillis};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, TransactionTrait};
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
    /// By which name all know it; `None` where it follows from its name.
    pub slug: Option<String>,
    /// Where it comes from.
    pub origin: ProfileOrigin,
    /// What more is known of it, by the names of a game's profile.
    pub details: Map<String, Value>,
    /// Whether friends are told nothing of it.
    pub is_hidden: bool,
}

/// Where a stored profile comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileOrigin {
    /// The user has made it.
    #[default]
    Mine,
    /// It was imported.
    Imported,
    /// It comes with the program, and the user has changed it.
    Changed,
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
        self.save_game_profiles(std::slice::from_ref(profile), now).await
    }

    /// Saves profiles, each in place of the one that has its name: all or none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_game_profiles(
        &self,
        profiles: &[GameProfile],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let transaction = self.connection.begin().await?;
        for profile in profiles {
            // One that has another name now takes its place.
            if let Some(slug) = &profile.slug {
                let same = Entity::delete_many().filter(Column::Slug.eq(slug.as_str()));
                same.filter(Column::Name.ne(profile.name.as_str())).exec(&transaction).await?;
            }
            let insert = Entity::insert(row(profile, now)).on_conflict(rows::replace::<Entity>());
            insert.exec_without_returning(&transaction).await?;
        }
        Ok(transaction.commit().await?)
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

fn row(profile: &GameProfile, now: UnixMillis) -> ActiveModel {
    ActiveModel {
        name: Set(profile.name.to_string()),
        executables: Set(rows::json(&profile.executables)),
        ports: Set(rows::json(&profile.ports)),
        extra: Set(rows::json(&profile.extra)),
        updated_at: Set(rows::time(now)),
        slug: Set(profile.slug.clone()),
        origin: Set(rows::word(&profile.origin)),
        details: Set(rows::json(&profile.details)),
        is_hidden: Set(profile.is_hidden),
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<GameProfile> {
    Some(GameProfile {
        name: Name::new(&row.name).ok()?,
        executables: serde_json::from_str(&row.executables).ok()?,
        ports: serde_json::from_str(&row.ports).ok()?,
        extra: serde_json::from_str(&row.extra).ok()?,
        slug: row.slug.clone(),
        origin: rows::read_word(&row.origin)?,
        details: serde_json::from_str(&row.details).ok()?,
        is_hidden: row.is_hidden,
    })
}
