//! What the user has decided of who reaches what, as it is stored.

use lanrage_shield::Rules;
use lanrage_store::{Config, SettingsDatabase, StoreError};

/// All of it.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn rules(database: &SettingsDatabase, config: &Config) -> Result<Rules, StoreError> {
    let trust = database.trust().await?.into_iter().map(|friend| (friend.peer, friend.trust));
    let grants = database.grants().await?.into_iter().map(|stored| stored.grant);
    let muted = database.muted().await?.into_iter().collect();
    Ok(Rules { level: config.shield, trust: trust.collect(), grants: grants.collect(), muted })
}
