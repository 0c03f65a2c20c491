//! LANrage's desktop app: one window over the party engine, which runs in this process.
//!
//! [`commands`] is what the window may ask, [`Event`] what it is told; both sides' names and types come from here
//! (`tests/bindings.rs` writes the user interface's). [`EngineHost`] starts the engine and ends it in order.

mod arguments;
pub mod commands;
mod engine_host;
mod event;
mod names;
mod signals;
mod window;

pub use arguments::Arguments;
pub use engine_host::EngineHost;
pub use event::Event;
pub use names::COMMANDS;

use tauri::{App, Builder, Manager, RunEvent, Runtime, Wry, async_runtime};

/// Opens the window and returns when it has been closed and the engine has ended.
pub fn run(arguments: &Arguments) {
    let options = arguments.engine_options().unwrap_or_else(|error| error.exit());
    let app = with_commands(Builder::<Wry>::new())
        .setup(move |app| {
            app.manage(EngineHost::start(app.handle(), options));
            signals::close_on_signal(app.handle());
            Ok(window::open(app)?)
        })
        .build(tauri::generate_context!())
        .expect("a window system is there and tauri.conf.json is sound");
    run_until_closed(app);
}

/// A builder that answers every command; a test gives it a window of its own.
pub fn with_commands<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder.plugin(tauri_plugin_clipboard_manager::init()).invoke_handler(tauri::generate_handler![
        commands::get_snapshot,
        commands::create_party,
        commands::join_party,
        commands::leave_party,
        commands::pause_party,
        commands::resume_party,
        commands::preview_invitation,
        commands::set_player_name,
        commands::data,
        commands::copy_text,
    ])
}

fn run_until_closed<R: Runtime>(app: App<R>) {
    app.run(|app, event| {
        if matches!(event, RunEvent::Exit) {
            async_runtime::block_on(app.state::<EngineHost>().stop());
        }
    });
}
