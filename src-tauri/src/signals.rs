use std::io;

use tauri::{AppHandle, Runtime, async_runtime};
use tracing::warn;

/// Closes the app as the window's own button does when the system ends the session or Ctrl-C is pressed, so that
/// the engine ends in order then too. The task ends with the program.
pub(crate) fn close_on_signal<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    async_runtime::spawn(async move {
        match signal().await {
            Ok(()) => app.exit(0),
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
