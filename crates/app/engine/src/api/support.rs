//! What helps a player whose game does not work.

use std::path::PathBuf;

use lanrage_base::clock::now;
use lanrage_support::StoredFacts;
use tokio::task::spawn_blocking;
use tracing::warn;

use super::{ExportDiagnostics, RunDoctor, Serve, StoredError};
use crate::{CommandError, DoctorReport, Handle, handle::Command};

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
