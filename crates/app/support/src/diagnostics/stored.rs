use std::path::Path;

use lanrage_session::Snapshot;
use lanrage_store::{Config, SettingsDatabase, StoreError};
use serde_json::Value;

use super::{BundleError, BundleInputs, KnownName, export_bundle};

/// How much of the newest log goes into a bundle (MiB).
const LOG_MIB: u32 = 4;

/// What the database adds to a bundle.
#[derive(Debug)]
pub struct StoredFacts {
    settings: Value,
    database: String,
    names: Vec<KnownName>,
}

impl StoredFacts {
    /// Reads them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read(database: &SettingsDatabase) -> Result<Self, StoreError> {
        let settings = Config::without_secrets(database.get_all_settings().await?);
        let settings = Value::Object(settings.into_iter().collect());
        let faults = database.validate_database_integrity().await?.faults;
        let state = if faults.is_empty() { "good".to_owned() } else { faults.join("\n") };
        let size = database.get_database_size().await?;
        Ok(Self { settings, database: format!("{size} bytes\n{state}\n"), names: names(database).await? })
    }

    /// Writes a bundle. Blocks while it does: not for an async task.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn export(&self, path: &Path, snapshot: &Snapshot, folder: &Path) -> Result<(), BundleError> {
        let Self { settings, database, names } = self;
        export_bundle(path, &BundleInputs { folder, snapshot, settings, database, log_mib: LOG_MIB, names })
    }
}

/// Names that the snapshot need not know: of parties that were left, and of who was in them.
async fn names(database: &SettingsDatabase) -> Result<Vec<KnownName>, StoreError> {
    let mut names = Vec::new();
    for party in database.recent_parties().await? {
        let roster = database.roster(&party.party).await?;
        names.extend(roster.iter().map(|peer| KnownName::Player(peer.record.claimed().name.to_string())));
        names.push(KnownName::Party(party.name.to_string()));
    }
    let servers = database.favorite_servers().await?.into_iter();
    names.extend(servers.map(|server| KnownName::Server(server.url.to_string())));
    Ok(names)
}
