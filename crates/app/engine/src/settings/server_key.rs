//! The key of a private server: kept where secrets are, while the settings say only that there is one.

use std::sync::Arc;

use lanrage_party::AccessKey;
use lanrage_store::{Config, Secret, SecretStore};
use tokio::task::spawn_blocking;
use tracing::warn;

use crate::{api::StoredError, stored::Stored};

/// Name of the secret.
const NAME: &str = "server-key";

/// The key, if the settings say that there is one. One that cannot be read is as none: a private server then says so.
pub(crate) async fn read(config: &Config, secrets: &Arc<dyn SecretStore>) -> Option<AccessKey> {
    config.server_key?;
    let secrets = Arc::clone(secrets);
    let read = spawn_blocking(move || secrets.get(NAME)).await;
    match read {
        Ok(Ok(secret)) => AccessKey::new(std::str::from_utf8(secret?.expose()).ok()?),
        Ok(Err(error)) => {
            warn!(%error, "the key of the server cannot be read");
            None
        }
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Keeps another key, or none any more.
pub(crate) async fn keep(stored: &Stored, key: Option<AccessKey>) -> Result<(), StoredError> {
    let keep = move |secrets: &dyn SecretStore| match key {
        Some(key) => secrets.set(NAME, &Secret::new(key.expose().as_bytes().to_vec())),
        None => secrets.delete(NAME),
    };
    stored.with_secrets(keep).await
}

/// Forgets the key if the settings say that there is none any more.
pub(crate) async fn tidy(stored: &Stored) -> Result<(), StoredError> {
    let settings = stored.database.get_all_settings().await?;
    if Config::repaired(&settings).0.server_key.is_none() { keep(stored, None).await } else { Ok(()) }
}
