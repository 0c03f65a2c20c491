//! Notifications of the system, while the player looks elsewhere.
//!
//! `watch` decides what is news; this shell says it.

mod watch;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use lanrage_engine::CommandError;
use tauri::{AppHandle, Manager, Runtime, async_runtime};
use tauri_plugin_notification::NotificationExt;
use tracing::warn;

use self::watch::{News, Watch};
use crate::{EngineHost, words::Tongue};

/// Whether the window is in front.
#[derive(Debug, Default)]
pub(crate) struct Focus(pub(crate) AtomicBool);

/// Tells what happens, until the engine ends.
pub(crate) fn follow<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    async_runtime::spawn(async move {
        let Ok(engine) = app.state::<EngineHost>().handle().await else { return };
        let (mut snapshots, settings) = (engine.snapshots(), engine.app_settings());
        let mut watch = Watch::default();
        loop {
            let snapshot = snapshots.borrow_and_update().clone();
            let news = watch.handle_snapshot(&snapshot, Instant::now());
            let (is_wanted, language) = {
                let settings = settings.borrow();
                (settings.notifications, settings.language)
            };
            if is_wanted && !app.state::<Focus>().0.load(Ordering::Relaxed) {
                let party = snapshot.party.as_ref().map(|party| party.name.as_str());
                for item in &news {
                    say(&app, &title(item, Tongue::of(language)), party.unwrap_or_default());
                }
            }
            if snapshots.changed().await.is_err() {
                return;
            }
        }
    });
}

/// Says why something that was clicked outside the window was not done.
pub(crate) fn refused<R: Runtime>(app: &AppHandle<R>, error: &CommandError) {
    let engine = app.state::<EngineHost>().running();
    let tongue = engine.map_or(Tongue::English, |engine| Tongue::of(engine.app_settings().borrow().language));
    say(app, tongue.refused(), &error.text);
}

fn title(news: &News, tongue: Tongue) -> String {
    match news {
        News::Joined(friend) => tongue.joined(friend),
        News::Left(friend) => tongue.left(friend),
        News::Degraded(friend) => tongue.degraded(friend),
        News::Lost(friend) => tongue.lost(friend),
        News::Restored(friend) => tongue.restored(friend),
    }
}

fn say<R: Runtime>(app: &AppHandle<R>, title: &str, body: &str) {
    // Where the desktop shows no notifications, the window says the same.
    if let Err(error) = app.notification().builder().title(title).body(body).show() {
        warn!(%error, "a notification was not shown");
    }
}
