//! A new start in the place of this one, for what takes effect only with that.

use std::{
    ffi::OsString,
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tauri::{AppHandle, Manager, Runtime};
use tracing::{error, info};

use super::arguments::Arguments;

/// Whether the program starts anew when it has ended.
#[derive(Debug, Default)]
pub(crate) struct Restart(AtomicBool);

/// Ends the program in order, as it does when it is quit, and starts it anew.
pub(crate) fn restart<R: Runtime>(app: &AppHandle<R>) {
    app.state::<Restart>().0.store(true, Relaxed);
    app.exit(0);
}

/// Starts the program anew if that was wanted. The engine has ended by now: nobody holds its folder.
pub(crate) fn start_anew<R: Runtime>(app: &AppHandle<R>, started: &Arguments) {
    if !app.state::<Restart>().0.load(Relaxed) {
        return;
    }
    let program = tauri::process::current_binary(&app.env());
    match program.and_then(|program| Command::new(program).args(words(started)).spawn()) {
        Ok(next) => info!(process = next.id(), "started anew"),
        Err(error) => error!(%error, "the program could not be started anew"),
    }
}

/// What the next start is told: where everything is. A link was looked at already, and whoever presses a button wants to see
/// the window again.
fn words(Arguments { data_dir, control, link: _, hidden: _ }: &Arguments) -> Vec<OsString> {
    let data_dir = data_dir.as_ref().map(|folder| ("--data-dir", folder.clone().into_os_string()));
    let control = control.as_ref().map(|server| ("--control", OsString::from(server)));
    data_dir.into_iter().chain(control).flat_map(|(name, value)| [name.into(), value]).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn the_next_start_finds_the_same_folder_and_server_and_opens_no_link_again() {
        let words_of = |arguments: &[&str]| {
            words(&Arguments::try_parse_from([&["lanrage-desktop"], arguments].concat()).unwrap())
        };
        assert!(words_of(&["--hidden", "lanrage://join/x"]).is_empty());
        let said = ["--data-dir", "/a b/ü", "--control", "wss://play.example.org"];
        assert_eq!(words_of(&said), said);
    }
}
