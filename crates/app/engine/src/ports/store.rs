//! Memberships that were kept, loaded when they are to be entered again.

use std::sync::Arc;

use lanrage_party::PartyId;
use lanrage_session::{Kept, Ticket};
use lanrage_store::{SecretStore, SettingsDatabase};
use tokio::sync::mpsc;
use tracing::warn;

use super::{keeper, port::Port};
use crate::tasks::Tasks;

/// Loads that may wait: as many as commands may. One that finds no room is answered with nothing, as if there were no such
/// membership; the disk hangs then.
const LOADS: usize = 16;

pub(crate) type StorePort = Port<(Ticket, PartyId), (Ticket, Option<Kept>)>;

pub(crate) fn spawn(
    tasks: &mut Tasks,
    database: Arc<SettingsDatabase>,
    secrets: Arc<dyn SecretStore>,
) -> StorePort {
    let (tx, mut asked) = mpsc::channel(LOADS);
    let (told, rx) = mpsc::channel(1);
    tasks.spawn("load-party", async move {
        while let Some((ticket, party)) = asked.recv().await {
            let kept = keeper::load(&database, &secrets, Some(party)).await.unwrap_or_else(|error| {
                warn!(%error, "a party cannot be loaded");
                None
            });
            if told.send((ticket, kept)).await.is_err() {
                return;
            }
        }
    });
    Port { tx, rx }
}
