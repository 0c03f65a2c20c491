//! Requests that need no engine: the terminal asks them of what is stored where none runs.

use std::future::Future;

use lanrage_base::clock::now;
use lanrage_party::UnixMillis;

use super::{Ask, Serve, StoredError};
use crate::{CommandError, Handle, handle::Command, stored::Stored};

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
