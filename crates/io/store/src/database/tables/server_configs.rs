use lanrage_party::{Name, UnixMillis};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, TransactionTrait,
    sea_query::{Expr, OnConflict},
};

use crate::database::{
    SettingsDatabase,
    entities::server_configs::{ActiveModel, Column, Entity, Model},
    rows::{self, readable},
    tables::settings::{self, SettingsChange},
};
use crate::{Settings, StoreError};

/// A saved set of settings, for example for one community's server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerConfig {
    /// Its name, by which there is only one.
    pub name: Name,
    /// The settings that it sets.
    pub settings: Settings,
    /// Whether it is the one activated last.
    pub is_active: bool,
}

impl SettingsDatabase {
    /// Saves a set of settings under a name, in place of one that has the name; whether it is active stays.
    ///
    /// # Errors
    /// [`StoreError::UnknownSetting`], [`StoreError::InvalidSettings`], or [`StoreError`].
    pub async fn save_server_config(
        &self,
        name: &Name,
        settings: &Settings,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        for key in settings.keys() {
            settings::declared(key)?;
        }
        let row = ActiveModel {
            name: Set(name.to_string()),
            settings: Set(rows::json(&settings::accept(settings)?)),
            is_active: Set(false),
            updated_at: Set(rows::time(now)),
        };
        let newer =
            OnConflict::column(Column::Name).update_columns([Column::Settings, Column::UpdatedAt]).to_owned();
        Entity::insert(row).on_conflict(newer).exec_without_returning(&self.connection).await?;
        Ok(())
    }

    /// The saved sets, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn server_configs(&self) -> Result<Vec<ServerConfig>, StoreError> {
        let found = Entity::find().order_by_asc(Column::Name).all(&self.connection).await?;
        Ok(readable("server_configs", found, read))
    }

    /// Makes the settings those of a saved set, so that what is not in it has its default, and marks it as the active
    /// one: all of that, or nothing. Keys that this program does not know are left alone.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::InvalidSettings`] with every fault, or [`StoreError`].
    pub async fn activate_server_config(
        &self,
        name: &Name,
        now: UnixMillis,
    ) -> Result<SettingsChange, StoreError> {
        let transaction = self.connection.begin().await?;
        let found = Entity::find_by_id(name.as_str()).one(&transaction).await?;
        let config = found.as_ref().and_then(read).ok_or_else(|| StoreError::not_found("saved set", name))?;
        let change = settings::replace(&transaction, &settings::accept(&config.settings)?, now).await?;
        deactivate(&transaction).await?;
        let the_one = Entity::update_many().col_expr(Column::IsActive, Expr::value(true));
        the_one.filter(Column::Name.eq(name.as_str())).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(change)
    }

    /// Forgets a saved set; the settings that it set stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] or [`StoreError`].
    pub async fn delete_server_config(&self, name: &Name) -> Result<(), StoreError> {
        let deleted = Entity::delete_by_id(name.as_str()).exec(&self.connection).await?;
        if deleted.rows_affected == 0 { Err(StoreError::not_found("saved set", name)) } else { Ok(()) }
    }
}

pub(in crate::database) async fn deactivate(database: &impl ConnectionTrait) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::IsActive, Expr::value(false))
        .filter(Column::IsActive.eq(true))
        .exec(database)
        .await?;
    Ok(())
}

pub(in crate::database) fn read(row: &Model) -> Option<ServerConfig> {
    Some(ServerConfig {
        name: Name::new(&row.name).ok()?,
        settings: serde_json::from_str(&row.settings).ok()?,
        is_active: row.is_active,
    })
}
