//! The stored settings, games and rules of the shield, read anew whenever some have changed.

use std::sync::Arc;

use lanrage_party::AccessKey;
use lanrage_shield::Rules;
use lanrage_store::{Config, SecretStore, SettingsDatabase};
use tokio::sync::{mpsc, watch};

use crate::{
    api::StoredError,
    known_games::KnownGames,
    settings::{AppSettings, server_key},
    stored_shield,
    tasks::Tasks,
};

/// What was read, and which wishes it answers: this one and all before it.
pub(crate) type Read = (u64, Result<Box<ReadSettings>, StoredError>);

/// The settings, and what else takes effect as they do.
pub(crate) struct ReadSettings {
    pub(crate) config: Config,
    pub(crate) server_key: Option<AccessKey>,
    pub(crate) games: KnownGames,
    pub(crate) shield: Rules,
}

/// Asks for the settings by a number that grows, and hears of them. Never full: one reading answers every wish before it.
pub(crate) struct SettingsPort {
    pub(crate) wanted: watch::Sender<u64>,
    pub(crate) rx: mpsc::Receiver<Read>,
}

/// One task reads for everybody, after whatever asked for it was written. So the last reading is of the last change, and
/// is the last to be told, however many hosts change settings at once.
pub(crate) fn spawn(
    tasks: &mut Tasks,
    database: Arc<SettingsDatabase>,
    secrets: Arc<dyn SecretStore>,
    app_settings: watch::Sender<AppSettings>,
) -> SettingsPort {
    let (wanted, mut wishes) = watch::channel(0);
    let (told, rx) = mpsc::channel(1);
    tasks.spawn("settings", async move {
        while wishes.changed().await.is_ok() {
            let wish = *wishes.borrow_and_update();
            let read = read(&database, &secrets).await;
            if let Ok(read) = &read {
                app_settings.send_if_modified(|settings| {
                    let changed = AppSettings::from(&read.config);
                    let is_news = *settings != changed;
                    *settings = changed;
                    is_news
                });
            }
            if told.send((wish, read)).await.is_err() {
                return;
            }
        }
    });
    SettingsPort { wanted, rx }
}

async fn read(
    database: &SettingsDatabase,
    secrets: &Arc<dyn SecretStore>,
) -> Result<Box<ReadSettings>, StoredError> {
    let config = Config::repaired(&database.get_all_settings().await?).0;
    let server_key = server_key::read(&config, secrets).await;
    let games = KnownGames::read(database).await?;
    let shield = stored_shield::rules(database, &config).await?;
    Ok(Box::new(ReadSettings { config, server_key, games, shield }))
}
