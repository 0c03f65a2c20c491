//! The one window, and what it does with itself.

pub(crate) mod closing;
#[cfg(windows)]
pub(crate) mod runtime;

use std::time::Duration;

use tauri::{App, AppHandle, Manager, Runtime, Url, WebviewWindow, WebviewWindowBuilder};
use tokio::time::sleep;
use tracing::warn;

use crate::{tasks, tray::host};

/// The label of the one window, in tauri.conf.json.
pub(crate) const LABEL: &str = "main";
/// How long a start with the computer waits for the desktop to show its tray, and how often it looks.
const TRAY_PATIENCE: Duration = Duration::from_secs(15);
const TRAY_LOOK: Duration = Duration::from_millis(500);

/// Opens the one window, as tauri.conf.json describes it; out of sight if the program is to start in the tray.
pub(crate) fn open<R: Runtime>(app: &App<R>, hidden: bool) -> tauri::Result<()> {
    let [config] = app.config().app.windows.as_slice() else {
        unreachable!("tauri.conf.json describes one window");
    };
    WebviewWindowBuilder::from_config(app, config)?
        .visible(!hidden)
        .on_navigation(is_ours)
        .on_document_title_changed(|window, title| {
            // A window that is closing has no title to change.
            let _ = window.set_title(&title);
        })
        .build()?;
    if hidden {
        tasks::spawn(app.handle(), "tray-watch", show_without_tray(app.handle().clone()));
    }
    Ok(())
}

/// A program that was started out of sight comes into it where no tray does.
async fn show_without_tray<R: Runtime>(app: AppHandle<R>) {
    for _ in 0..TRAY_PATIENCE.as_millis() / TRAY_LOOK.as_millis() {
        if host::is_there().await {
            return;
        }
        sleep(TRAY_LOOK).await;
    }
    minimize(&app);
}

/// Brings the window to the front, wherever it is.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>) {
    with_window(app, |window| window.show().and(window.unminimize()).and(window.set_focus()));
}

/// Takes the window out of sight; the tray brings it back.
pub(crate) fn hide<R: Runtime>(app: &AppHandle<R>) {
    with_window(app, WebviewWindow::hide);
}

/// Puts the window out of the way, where it can be seen that it is there.
pub(crate) fn minimize<R: Runtime>(app: &AppHandle<R>) {
    with_window(app, |window| window.show().and(window.minimize()));
}

fn with_window<R: Runtime>(app: &AppHandle<R>, act: impl FnOnce(&WebviewWindow<R>) -> tauri::Result<()>) {
    // Without one the program is about to end.
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = act(&window)
    {
        warn!(%error, "the window does not do what it should");
    }
}

/// Whether a page is the app's own. Nothing leads elsewhere; should something, the window stays where it is.
fn is_ours(url: &Url) -> bool {
    let served_live = cfg!(dev) && url.host_str() == Some("localhost");
    url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost") || served_live
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_never_leaves_the_app() {
        let ours = |url: &str| is_ours(&url.parse().unwrap());
        assert!(ours("tauri://localhost/index.html") && ours("http://tauri.localhost/"));
        assert!(!ours("https://example.org/") && !ours("file:///etc/passwd") && !ours("data:text/html,x"));
    }
}
