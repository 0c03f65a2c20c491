//! What helps a player whose game does not work.

use std::path::PathBuf;

use lanrage_base::clock::now;
use lanrage_support::StoredFacts;
use tokio::task::spawn_blocking;
use tracing::warn;

use super::{ExportDiagnostics, LookForUpdate, RunDoctor, Serve, StoredError, VersionView};
use crate::{CommandError, DoctorReport, Handle, handle::Command, updates::Updates};

impl Serve<RunDoctor> for Handle {
    async fn serve(&self, RunDoctor {}: RunDoctor) -> Result<DoctorReport, CommandError> {
        // What was found half an hour ago says nothing to whoever has changed something since.
        self.command(|answer| Command::MeasureAgain { answer }).await?;
        let snapshot = self.snapshots().borrow().clone();
        Ok(lanrage_support::examine_running(snapshot, self.database()).await)
    }
}

impl Serve<ExportDiagnostics> for Handle {
    async fn serve(&self, request: ExportDiagnostics) -> Result<PathBuf, CommandError> {
        let stored = StoredFacts::read(self.database()).await.map_err(StoredError::from)?;
        let (snapshot, folder) = (self.snapshots().borrow().clone(), self.folder().to_owned());
        let own_name = format!("lanrage-diagnostics-{}.zip", lanrage_store::stamp(now().wall));
        let write = move || {
            let path = if request.path.is_dir() { request.path.join(own_name) } else { request.path };
            stored.export(&path, &snapshot, &folder).map(|()| path)
        };
        match spawn_blocking(write).await {
            Ok(written) => written.map_err(|error| {
                warn!(%error, "no diagnostics");
                CommandError::BundleNotWritten { cause: error.cause() }
            }),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}

impl Serve<LookForUpdate> for Handle {
    async fn serve(&self, LookForUpdate {}: LookForUpdate) -> Result<VersionView, CommandError> {
        version(self.updates()).await
    }
}

/// What is known of this program's version and the newest one.
pub(crate) async fn version(updates: &Updates) -> Result<VersionView, CommandError> {
    let newer = updates.newer().await?;
    Ok(VersionView {
        own: env!("CARGO_PKG_VERSION").to_owned(),
        is_told: updates.can_look(),
        newer: newer.as_ref().map(|release| release.version.to_string()),
        page: newer.map(|release| release.page.to_string()),
    })
}
