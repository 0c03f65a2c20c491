//! Requests that need no engine: the terminal asks them of the database where none runs.

use std::future::Future;

use lanrage_base::clock::now;
use lanrage_party::UnixMillis;
use lanrage_store::SettingsDatabase;

use super::{Ask, Serve, StoredError};
use crate::{CommandError, Handle, handle::Command};

/// A request that is answered from what is stored, whether an engine runs or not.
pub trait AskStored: Ask {
    /// Whether the settings may be others afterwards.
    const CHANGES_SETTINGS: bool = false;

    /// Carries it out. `now` is when.
    fn answer_from(
        self,
        database: &SettingsDatabase,
        now: UnixMillis,
    ) -> impl Future<Output = Result<Self::Answer, StoredError>> + Send;
}

impl<Q: AskStored> Serve<Q> for Handle {
    /// Settings that take effect without a restart do so at once; the next snapshot shows it.
    async fn serve(&self, request: Q) -> Result<Q::Answer, CommandError> {
        let answer = request.answer_from(self.database(), now().wall).await?;
        if Q::CHANGES_SETTINGS {
            self.command(|answer| Command::ApplySettings { answer }).await?;
        }
        Ok(answer)
    }
}
