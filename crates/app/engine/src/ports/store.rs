//! Memberships that were kept, loaded when they are to be entered again.

use std::sync::Arc;

use lanrage_party::PartyId;
use lanrage_session::{Kept, Ticket};
use lanrage_store::{SecretStore, SettingsDatabase};
use tokio::sync::mpsc;
use tracing::warn;

use super::{
    keeper::{self, KeepError},
    port::Port,
};
use crate::{CommandError, api::StoredError, tasks::Tasks};

/// Loads that may wait: as many as commands may. One that finds no room is refused; the disk hangs then.
const LOADS: usize = 16;

pub(crate) type StorePort = Port<(Ticket, PartyId), (Ticket, Result<Kept, CommandError>)>;

fn not_kept(error: KeepError) -> CommandError {
    warn!(%error, "a party cannot be loaded");
    match error {
        KeepError::KeysMissing(_) => CommandError::KeysMissing,
        KeepError::Secret(error) => CommandError::KeysNotUsable { cause: error.cause() },
        KeepError::Store(error) => StoredError::from(error).into(),
    }
}

pub(crate) fn spawn(
    tasks: &mut Tasks,
    database: Arc<SettingsDatabase>,
    secrets: Arc<dyn SecretStore>,
) -> StorePort {
    let (tx, mut asked) = mpsc::channel(LOADS);
    let (told, rx) = mpsc::channel(1);
    tasks.spawn("load-party", async move {
        while let Some((ticket, party)) = asked.recv().await {
            let loaded = keeper::load(&database, &secrets, Some(party)).await;
            let kept = loaded.map_err(not_kept).and_then(|kept| kept.ok_or(CommandError::NotAMember));
            if told.send((ticket, kept)).await.is_err() {
                return;
            }
        }
    });
    Port { tx, rx }
}
