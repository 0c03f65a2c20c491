//! Settings, and saved sets of them.

use std::collections::BTreeMap;

use lanrage_party::{AccessKey, UnixMillis};
use lanrage_store::{Config, StoreError};

use super::{
    ActivateServerConfig, AskStored, Changed, DeleteServerConfig, ExportSettings, ImportSettings,
    ResetSetting, ResetSettings, SaveServerConfig, ServerConfigView, ServerConfigs, SetSettings, SetText,
    SettingView, Settings, Stored, StoredError, parse,
};
use crate::{CommandError, settings::server_key};

/// All settings as they are when nobody has chosen anything: what they are called and what they take, without looking at any
/// database.
pub fn declared_settings() -> Vec<SettingView> {
    let nothing = lanrage_store::Settings::default();
    Config::declarations().iter().map(|declared| SettingView::new(declared, &nothing, &[])).collect()
}

impl AskStored for Settings {
    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        _: UnixMillis,
    ) -> Result<Vec<SettingView>, StoredError> {
        let stored = database.get_all_settings().await?;
        let (_, faults) = Config::repaired(&stored);
        let view = |declared| SettingView::new(declared, &stored, &faults);
        Ok(Config::declarations().iter().map(view).collect())
    }
}

impl AskStored for SetSettings {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        now: UnixMillis,
    ) -> Result<Changed, StoredError> {
        Ok(database.set_settings(&self.values.into_iter().collect(), now).await?.into())
    }
}

impl AskStored for SetText {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, stored: &Stored, now: UnixMillis) -> Result<Changed, StoredError> {
        let Self { key, text } = self;
        let unknown = || CommandError::UnknownSetting { key: key.clone() };
        let declaration = Config::declaration(&key).ok_or_else(unknown)?;
        let refused = |fault| StoreError::InvalidSettings { fault, others: Vec::new() };
        let value = declaration.parse(&text).map_err(refused)?;
        if declaration.kind.is_secret() {
            server_key::keep(stored, AccessKey::new(&text)).await?;
        }
        Ok(stored.database.set_settings(&BTreeMap::from([(key, value)]), now).await?.into())
    }
}

impl AskStored for ResetSetting {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, stored: &Stored, _: UnixMillis) -> Result<Changed, StoredError> {
        let changed = stored.database.reset_setting(&self.key).await?;
        if Config::declaration(&self.key).is_some_and(|declared| declared.kind.is_secret()) {
            server_key::tidy(stored).await?;
        }
        Ok(changed.into())
    }
}

impl AskStored for ResetSettings {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, stored: &Stored, _: UnixMillis) -> Result<Changed, StoredError> {
        let changed = stored.database.reset_settings().await?;
        server_key::tidy(stored).await?;
        Ok(changed.into())
    }
}

impl AskStored for ExportSettings {
    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        _: UnixMillis,
    ) -> Result<String, StoredError> {
        Ok(database.export_settings().await?)
    }
}

impl AskStored for ImportSettings {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        now: UnixMillis,
    ) -> Result<Changed, StoredError> {
        Ok(database.import_settings(&self.text, now).await?.change.into())
    }
}

impl AskStored for ServerConfigs {
    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        _: UnixMillis,
    ) -> Result<Vec<ServerConfigView>, StoredError> {
        Ok(database.server_configs().await?.into_iter().map(Into::into).collect())
    }
}

impl AskStored for SaveServerConfig {
    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        let current = database.get_all_settings().await?;
        Ok(database.save_server_config(&parse::name(&self.name)?, &current, now).await?)
    }
}

impl AskStored for ActivateServerConfig {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        now: UnixMillis,
    ) -> Result<Changed, StoredError> {
        Ok(database.activate_server_config(&parse::name(&self.name)?, now).await?.into())
    }
}

impl AskStored for DeleteServerConfig {
    async fn answer_from(self, Stored { database, .. }: &Stored, _: UnixMillis) -> Result<(), StoredError> {
        Ok(database.delete_server_config(&parse::name(&self.name)?).await?)
    }
}
