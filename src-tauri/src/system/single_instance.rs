//! One program for each data folder: a second start brings the first to the front.

use std::hash::{DefaultHasher, Hash, Hasher};

use tauri::{Wry, plugin::TauriPlugin};

use super::link;
use crate::Arguments;

/// What names the program among others on the session bus; as in tauri.conf.json.
const IDENTIFIER: &str = "io.lanrage.app";

/// The plugin that finds the first instance; `None` where two that use different folders could not be told apart, and
/// the lock of the folder alone has to do.
pub(crate) fn plugin(arguments: &Arguments) -> Option<TauriPlugin<Wry>> {
    if arguments.data_dir.is_some() && !cfg!(target_os = "linux") {
        return None;
    }
    let plugin = tauri_plugin_single_instance::Builder::new()
        .callback(|app, arguments, _folder| link::second_start(app, &arguments))
        .dbus_id(bus_name(arguments));
    Some(plugin.build())
}

/// The program's name on the session bus: one for each folder.
fn bus_name(arguments: &Arguments) -> String {
    let Some(folder) = &arguments.data_dir else { return IDENTIFIER.to_owned() };
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    format!("{IDENTIFIER}.folder{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn name(arguments: &[&str]) -> String {
        bus_name(&Arguments::try_parse_from([&["lanrage-desktop"], arguments].concat()).unwrap())
    }

    #[test]
    fn starts_with_one_folder_are_one_program_and_starts_with_another_are_another() {
        assert_eq!(name(&[]), name(&["--hidden"]));
        assert_eq!(name(&["--data-dir", "/a"]), name(&["lanrage://join/x", "--data-dir", "/a"]));
        assert_ne!(name(&["--data-dir", "/a"]), name(&["--data-dir", "/b"]));
        assert_ne!(name(&["--data-dir", "/a"]), name(&[]));
    }
}
