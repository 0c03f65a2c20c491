use std::io;

use tauri::{AppHandle, Runtime};
use tracing::warn;

use crate::tasks;

/// Closes the app as the window's own button does when the system ends the session or Ctrl-C is pressed, so that
/// the engine ends in order then too.
pub(crate) fn close_on_signal<R: Runtime>(app: &AppHandle<R>) {
    let to = app.clone();
    tasks::spawn(app, "signals", async move {
        match signal().await {
            Ok(()) => to.exit(0),
            Err(error) => warn!(%error, "signals cannot be received"),
        }
    });
}

#[cfg(unix)]
async fn signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

#[cfg(not(unix))]
async fn signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
