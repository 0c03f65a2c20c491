//! `lanrage open`: the window, in front.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use lanrage_engine::LocalClient;
use serde::Serialize;
use tokio::time::sleep;

use crate::{
    arguments::Target,
    failure::{Failure, because},
    output::Output,
    say::person,
};

/// The window's program, as packages call it.
const PROGRAM: &str = if cfg!(windows) { "lanrage-desktop.exe" } else { "lanrage-desktop" };
/// For so long a second start of it lets the first one know and ends; one that runs on is the first.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(50);

/// What a script reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "window", rename_all = "snake_case")]
enum Opened {
    /// It was there and is in front now.
    Raised,
    /// It was started.
    Started,
    /// It was started, and cannot show the party of a LANrage that runs without it.
    BesideAnother,
}

pub(crate) async fn open(target: &Target) -> Result<(), Failure> {
    let refuse = |key: &str| Err(Failure::NoWindow(person().say(key)));
    if !has_screen() {
        return refuse("terminal-no-screen");
    }
    let Some(program) = find(env::current_exe().ok().as_deref(), env::var_os("PATH")) else {
        return refuse("terminal-no-window");
    };
    let folder = target.data_dir();
    let is_running = match lanrage_engine::Engine::data_dir(folder.clone()) {
        Ok(folder) => LocalClient::connect(&folder).await.is_ok(),
        Err(error) => return Err(error.into()),
    };
    let mut command = Command::new(&program);
    if let Some(folder) = &folder {
        command.arg("--data-dir").arg(std::path::absolute(folder).unwrap_or_else(|_| folder.clone()));
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C on this terminal is not meant for it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let not_opened = |error: std::io::Error| {
        let facts = [("path", program.display().to_string().into()), because(&error)];
        Failure::NoWindow(person().say_with("terminal-window-not-started", facts))
    };
    let mut window = command.spawn().map_err(not_opened)?;
    let mut ended = None;
    for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
        ended = window.try_wait().map_err(not_opened)?;
        if ended.is_some() {
            break;
        }
        sleep(LOOK).await;
    }
    let opened =
        judge(ended, is_running).ok_or_else(|| Failure::NoWindow(person().say("terminal-window-ended")))?;
    let words = match opened {
        Opened::Raised => "terminal-window-raised",
        Opened::Started => "terminal-window-started",
        Opened::BesideAnother => "terminal-window-beside",
    };
    Output { json: target.json }.write(&(person().say(words) + "\n"), &opened);
    Ok(())
}

/// What became of the start; `None` if there is no window.
fn judge(ended: Option<ExitStatus>, was_running: bool) -> Option<Opened> {
    match ended {
        Some(status) => status.success().then_some(Opened::Raised),
        None if was_running => Some(Opened::BesideAnother),
        None => Some(Opened::Started),
    }
}

/// Whether there is a screen that a window could be on.
fn has_screen() -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || is_set("WAYLAND_DISPLAY") || is_set("DISPLAY")
}

/// The window's program: beside this one, or where the system has programs.
fn find(own: Option<&Path>, path: Option<std::ffi::OsString>) -> Option<PathBuf> {
    let beside = own.and_then(Path::parent).map(Path::to_owned);
    let folders = path.iter().flat_map(|path| env::split_paths(path).collect::<Vec<_>>());
    beside.into_iter().chain(folders).map(|folder| folder.join(PROGRAM)).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_start_that_ends_well_has_raised_the_window_and_one_that_stays_is_it() {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(judge(Some(ExitStatus::from_raw(0)), true), Some(Opened::Raised));
        assert_eq!(judge(Some(ExitStatus::from_raw(256)), true), None);
        assert_eq!(judge(None, false), Some(Opened::Started));
        assert_eq!(judge(None, true), Some(Opened::BesideAnother));
    }
}
