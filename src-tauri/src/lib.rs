//! LANrage's desktop app: one window over the party engine, which runs in this process.
//!
//! [`commands`] is what the window may ask, [`Event`] what it is told; the user interface's names and types of both are
//! written from here by `tests/bindings.rs`. [`EngineHost`] starts the engine, [`stop`] ends everything in order.

pub mod commands;
mod engine_host;
mod event;
mod follow_settings;
mod news;
mod system;
mod tasks;
mod tray;
mod window;

pub use commands::{
    DesktopRequest,
    log_feed::{LogFeed, LogLines},
};
pub use engine_host::EngineHost;
pub use event::Event;
pub use system::{
    arguments::Arguments,
    link::{LinkWaits, PendingLink},
};
pub use window::closing::CloseAsked;

use std::sync::atomic::Ordering;

use lanrage_engine::EngineOptions;
use tauri::{App, AppHandle, Builder, Manager, RunEvent, Runtime, WindowEvent, Wry, async_runtime};
use tauri_plugin_window_state::StateFlags;

use crate::{
    system::{link, restart, signals, single_instance},
    window::closing,
};

/// The argument of a start with the computer.
const HIDDEN: &str = "--hidden";

/// Opens the window and returns when the program has been told to end and the engine has ended.
pub fn run(arguments: &Arguments) {
    let options = arguments.engine_options().unwrap_or_else(|error| error.exit());
    #[cfg(windows)]
    if !window::runtime::is_there() {
        std::process::exit(1);
    }
    let (started, again) = (arguments.clone(), arguments.clone());
    let has_own_folder = arguments.data_dir.is_some();
    let runtime = lanrage_engine::runtime().expect("the system gives a thread");
    async_runtime::set(runtime.handle().clone());
    // Before everything else that is seen: a second instance ends here.
    let builder = match single_instance::plugin(arguments) {
        Some(plugin) => Builder::<Wry>::new().plugin(plugin),
        None => Builder::<Wry>::new(),
    };
    // Whether the window is seen is the tray's business.
    let remembered = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    let app = with_commands(builder)
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_autostart::Builder::new().arg(HIDDEN).build())
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(remembered).build())
        .setup(move |app| {
            let handle = app.handle();
            start_services(handle, options, has_own_folder);
            window::open(app, started.hidden)?;
            tray::open(handle);
            link::receive(handle, &started);
            Ok(())
        })
        .build(tauri::generate_context!())
        .expect("a window system is there and tauri.conf.json is sound");
    run_until_quit(app, again);
}

/// Starts the engine, and what follows it with no window and no tray.
fn start_services<R: Runtime>(app: &AppHandle<R>, options: EngineOptions, has_own_folder: bool) {
    app.manage(EngineHost::start(app, options));
    app.manage(news::Focus::default());
    signals::close_on_signal(app);
    news::follow(app);
    follow_settings::follow(app, has_own_folder);
}

/// A builder that answers every command; a test gives it a window of its own.
pub fn with_commands<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .manage(tasks::DesktopTasks::default())
        .manage(closing::Closing::default())
        .manage(restart::Restart::default())
        .manage(PendingLink::default())
        .manage(LogFeed::default())
        .invoke_handler(tauri::generate_handler![commands::ask, commands::ask_desktop])
}

/// Ends the engine in order, then every task of the desktop.
pub async fn stop<R: Runtime>(app: &AppHandle<R>) {
    app.state::<EngineHost>().stop().await;
    tasks::finish(app).await;
}

fn run_until_quit<R: Runtime>(app: App<R>, started: Arguments) {
    app.run(move |app, event| match event {
        RunEvent::WindowEvent { event: WindowEvent::CloseRequested { api, .. }, .. } => {
            api.prevent_close();
            closing::close(app);
        }
        RunEvent::WindowEvent { event: WindowEvent::Focused(is_in_front), .. } => {
            app.state::<news::Focus>().0.store(is_in_front, Ordering::Relaxed);
        }
        // From here on a new start is a program of its own: one that told this one of itself would be lost.
        RunEvent::ExitRequested { .. } => tauri_plugin_single_instance::destroy(app),
        RunEvent::Exit => {
            async_runtime::block_on(stop(app));
            restart::start_anew(app, &started);
        }
        _ => {}
    });
}

#[cfg(test)]
mod tests {
    use tauri::test::{mock_builder, mock_context, noop_assets};

    use super::*;

    #[test]
    fn whatever_follows_the_engine_is_started() {
        let folder = tempfile::tempdir().unwrap();
        let app = with_commands(mock_builder()).build(mock_context(noop_assets())).unwrap();
        let options = EngineOptions { data_dir: Some(folder.path().to_owned()), ..EngineOptions::default() };
        start_services(app.handle(), options, true);
        let running = async_runtime::block_on(app.state::<EngineHost>().handle());
        assert!(running.is_ok(), "{running:?}");
        let names: Vec<_> = tasks::names(app.handle()).into_iter().collect();
        assert_eq!(names, ["engine", "news", "settings", "signals"]);
        async_runtime::block_on(stop(app.handle()));
    }
}
