//! The settings that are the desktop's to keep: whether the program starts with the computer, and its colours.

use lanrage_engine::{AppSettings, Theme};
use tauri::{AppHandle, Manager, Runtime};
use tauri_plugin_autostart::ManagerExt;
use tracing::warn;

use crate::{EngineHost, tasks};

/// Follows the settings until the engine ends. `has_own_folder`: whether this program runs on a folder that somebody
/// chose; the computer starts the one that runs on the usual folder.
pub(crate) fn follow<R: Runtime>(app: &AppHandle<R>, has_own_folder: bool) {
    let to = app.clone();
    tasks::spawn(app, "settings", async move {
        let Ok(engine) = to.state::<EngineHost>().handle().await else { return };
        let mut settings = engine.app_settings();
        loop {
            let AppSettings { autostart, theme, .. } = *settings.borrow_and_update();
            if !has_own_folder {
                set_autostart(&to, autostart);
            }
            to.set_theme(match theme {
                Theme::System => None,
                Theme::Light => Some(tauri::Theme::Light),
                Theme::Dark => Some(tauri::Theme::Dark),
            });
            if settings.changed().await.is_err() {
                return;
            }
        }
    });
}

fn set_autostart<R: Runtime>(app: &AppHandle<R>, wanted: bool) {
    let autolaunch = app.autolaunch();
    let done = match autolaunch.is_enabled() {
        Ok(enabled) if enabled == wanted => Ok(()),
        Ok(_) if wanted => autolaunch.enable(),
        Ok(_) => autolaunch.disable(),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        warn!(%error, wanted, "the start with the computer cannot be set");
    }
}
