//! Whether the desktop shows trays at all. Where none does, a hidden window could not be found again.

/// Whether a tray icon of ours can be seen now.
#[cfg(target_os = "linux")]
pub(crate) async fn is_there() -> bool {
    use std::time::Duration;

    /// A bus that does not answer by then shows no tray either.
    const PATIENCE: Duration = Duration::from_secs(1);
    tokio::time::timeout(PATIENCE, ask()).await.is_ok_and(|answer| answer.unwrap_or(false))
}

/// Asks the watcher of StatusNotifierItems (freedesktop.org) whether anybody shows them.
#[cfg(target_os = "linux")]
async fn ask() -> zbus::Result<bool> {
    let bus = zbus::Connection::session().await?;
    let watcher = zbus::Proxy::new(
        &bus,
        "org.kde.StatusNotifierWatcher",
        "/StatusNotifierWatcher",
        "org.kde.StatusNotifierWatcher",
    )
    .await?;
    watcher.get_property("IsStatusNotifierHostRegistered").await
}

/// The taskbar and the menu bar always do.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn is_there() -> bool {
    true
}
