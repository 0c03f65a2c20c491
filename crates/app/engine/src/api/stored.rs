//! Requests that need no engine: the terminal asks them of what is stored where none runs.

use std::{future::Future, sync::Arc};

use lanrage_base::clock::now;
use lanrage_party::UnixMillis;
use lanrage_store::{DataDir, SecretError, SecretStore, SettingsDatabase, open_secret_store};
use tokio::task::spawn_blocking;

use super::{Ask, Serve, StoredError};
use crate::{CommandError, Handle, handle::Command};

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

/// A request that is answered from what is stored, whether an engine runs or not.
pub trait AskStored: Ask + Sized {
    /// Whether the settings may be others afterwards.
    const CHANGES_SETTINGS: bool = false;

    /// Carries it out. `now` is when.
    fn answer_from(
        self,
        stored: &Stored,
        now: UnixMillis,
    ) -> impl Future<Output = Result<Self::Answer, StoredError>> + Send;

    /// Carries it out while an engine runs. Settings that take effect without a restart do so at once; the next snapshot
    /// shows it.
    fn answer_running(
        self,
        handle: &Handle,
    ) -> impl Future<Output = Result<Self::Answer, CommandError>> + Send {
        async move {
            let answer = self.answer_from(handle.stored(), now().wall).await?;
            if Self::CHANGES_SETTINGS {
                handle.command(|answer| Command::ApplySettings { answer }).await?;
            }
            Ok(answer)
        }
    }
}

impl<Q: AskStored> Serve<Q> for Handle {
    async fn serve(&self, request: Q) -> Result<Q::Answer, CommandError> {
        request.answer_running(self).await
    }
}
