//! What is stored, for whoever answers from it.

use std::sync::Arc;

use lanrage_store::{DataDir, SecretError, SecretStore, SettingsDatabase, open_secret_store};
use tokio::task::spawn_blocking;

use crate::api::StoredError;

/// What is stored: the database, and the keys beside it.
#[derive(Clone)]
pub struct Stored {
    pub(crate) database: Arc<SettingsDatabase>,
    pub(crate) secrets: Secrets,
}

/// Where the keys are.
#[derive(Clone)]
pub(crate) enum Secrets {
    /// In a store that is open.
    Open(Arc<dyn SecretStore>),
    /// In that of this folder, which is opened when one is asked for: it may ask the user to unlock it.
    Of(DataDir),
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stored").finish_non_exhaustive()
    }
}

impl Stored {
    /// Does what needs the keys, on a thread that may block.
    pub(crate) async fn with_secrets<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn SecretStore) -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, StoredError> {
        let secrets = self.secrets.clone();
        let done = spawn_blocking(move || match secrets {
            Secrets::Open(secrets) => work(secrets.as_ref()),
            Secrets::Of(data_dir) => work(open_secret_store(&data_dir)?.0.as_ref()),
        });
        match done.await {
            Ok(result) => Ok(result?),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}
