use lanrage_party::UnixMillis;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set, TransactionTrait};
use serde_json::Value;

use crate::database::{
    DatabaseFiles, SettingsDatabase, connect,
    entities::settings::{ActiveModel, Column, Entity, Model},
    rows,
};
use crate::{Config, DataDir, Declaration, Settings, StoreError, config::out_of_order};

/// What a change of settings comes to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SettingsChange {
    /// The settings that now have another value.
    pub changed: Vec<&'static str>,
    /// Whether one of them takes effect only when the engine starts again.
    pub restart_required: bool,
}

impl SettingsDatabase {
    /// All settings that are stored, those of other programs' generations included. What is not among them has
    /// its default.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get_all_settings(&self) -> Result<Settings, StoreError> {
        Ok(stored(&self.connection).await?)
    }

    /// As [`SettingsDatabase::get_all_settings`], of a database that another program may be using, and that stays as it
    /// is, sound or not. There are none where there is no database.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn peek(data_dir: &DataDir) -> Result<Settings, StoreError> {
        let path = DatabaseFiles::new(data_dir).main;
        if !path.exists() {
            return Ok(Settings::new());
        }
        let connection = connect::reader(&path).await?;
        let settings = stored(&connection).await;
        connection.close().await?;
        Ok(settings?)
    }

    /// Sets several settings: all of them, or none.
    ///
    /// # Errors
    /// [`StoreError::UnknownSetting`], [`StoreError::InvalidSettings`] with every fault, or [`StoreError`].
    pub async fn set_settings(
        &self,
        values: &Settings,
        now: UnixMillis,
    ) -> Result<SettingsChange, StoreError> {
        for key in values.keys() {
            declared(key)?;
        }
        self.write(&accept(values)?, now).await
    }

    /// Gives one setting its default again.
    ///
    /// # Errors
    /// [`StoreError::UnknownSetting`] or [`StoreError`].
    pub async fn reset_setting(&self, key: &str) -> Result<SettingsChange, StoreError> {
        self.reset([declared(key)?.key]).await
    }

    /// Gives every setting its default again. Keys of other programs' generations are left alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reset_settings(&self) -> Result<SettingsChange, StoreError> {
        self.reset(Config::declarations().iter().map(|declaration| declaration.key)).await
    }

    async fn reset(
        &self,
        keys: impl IntoIterator<Item = &'static str>,
    ) -> Result<SettingsChange, StoreError> {
        let transaction = self.connection.begin().await?;
        let before = stored(&transaction).await?;
        Entity::delete_many().filter(Column::Key.is_in(keys)).exec(&transaction).await?;
        let after = stored(&transaction).await?;
        transaction.commit().await?;
        Ok(SettingsChange::between(&before, &after))
    }

    pub(in crate::database) async fn write(
        &self,
        accepted: &Settings,
        now: UnixMillis,
    ) -> Result<SettingsChange, StoreError> {
        let transaction = self.connection.begin().await?;
        let change = put(&transaction, accepted, now).await?;
        transaction.commit().await?;
        Ok(change)
    }
}

impl SettingsChange {
    pub(crate) fn between(before: &Settings, after: &Settings) -> Self {
        let mut change = Self::default();
        for declaration in Config::declarations() {
            let value = |settings: &Settings| {
                settings.get(declaration.key).cloned().unwrap_or_else(|| declaration.default.value())
            };
            if value(before) != value(after) {
                change.changed.push(declaration.key);
                change.restart_required |= declaration.restart_required;
            }
        }
        change
    }
}

/// Values in their stored form. Keys that are not declared are left out.
pub(in crate::database) fn accept(values: &Settings) -> Result<Settings, StoreError> {
    let (mut accepted, mut faults) = (Settings::new(), Vec::new());
    for (key, value) in values {
        match Config::declaration(key).map(|declaration| declaration.accept(value)) {
            Some(Ok(value)) => {
                accepted.insert(key.clone(), value);
            }
            Some(Err(fault)) => faults.push(fault),
            None => {}
        }
    }
    let mut faults = faults.into_iter();
    match faults.next() {
        None => Ok(accepted),
        Some(fault) => Err(StoreError::InvalidSettings { fault, others: faults.collect() }),
    }
}

/// Makes values that have been accepted all that is chosen. Keys of other programs' generations are left alone.
pub(in crate::database) async fn replace(
    database: &impl ConnectionTrait,
    accepted: &Settings,
    now: UnixMillis,
) -> Result<SettingsChange, StoreError> {
    let before = stored(database).await?;
    let known = Config::declarations().iter().map(|declaration| declaration.key);
    Entity::delete_many().filter(Column::Key.is_in(known)).exec(database).await?;
    put(database, accepted, now).await?;
    Ok(SettingsChange::between(&before, &stored(database).await?))
}

/// Writes values that have been accepted.
pub(in crate::database) async fn put(
    database: &impl ConnectionTrait,
    accepted: &Settings,
    now: UnixMillis,
) -> Result<SettingsChange, StoreError> {
    let before = stored(database).await?;
    let mut all = before.clone();
    all.extend(accepted.clone());
    if let Some(fault) = out_of_order(&all, |key| accepted.contains_key(key)) {
        return Err(StoreError::InvalidSettings { fault, others: Vec::new() });
    }
    for (key, value) in accepted {
        let row = ActiveModel {
            key: Set(key.clone()),
            value: Set(rows::json(value)),
            updated_at: Set(rows::time(now)),
        };
        Entity::insert(row).on_conflict(rows::replace::<Entity>()).exec_without_returning(database).await?;
    }
    let after = stored(database).await?;
    Ok(SettingsChange::between(&before, &after))
}

pub(in crate::database) fn declared(key: &str) -> Result<&'static Declaration, StoreError> {
    Config::declaration(key).ok_or_else(|| StoreError::UnknownSetting { key: key.to_owned() })
}

/// Whether a row is a value of its setting or, of one that is not known here, could be of another program's.
pub(in crate::database) fn is_plausible(row: &Model) -> bool {
    match (Config::declaration(&row.key), serde_json::from_str(&row.value)) {
        (Some(declaration), Ok(value)) => declaration.accept(&value).is_ok(),
        (None, Ok(_)) => row.key.len() <= 64 && row.key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
        (_, Err(_)) => false,
    }
}

async fn stored(database: &impl ConnectionTrait) -> Result<Settings, DbErr> {
    let rows = Entity::find().all(database).await?;
    Ok(rows.into_iter().map(|row| (row.key, read(&row.value))).collect())
}

/// The column takes nothing but JSON; whatever else is there is shown as it is, and refused by its setting.
fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| json.into())
}
