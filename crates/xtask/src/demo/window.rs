//! Player one's window, where there is a screen to show it on.

use std::{env, process::Command};

use anyhow::Result;
use lanrage_lab::{Stage, program, stage};

use crate::{
    setup::{self, Setup},
    shell::{self, cargo, npm},
};

/// The desktop app's binary.
const PROGRAM: &str = "lanrage-desktop";

/// What a window needs to know of the session outside, whose language it speaks.
const SESSION_VARIABLES: [&str; 9] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
];

/// Builds the desktop app, if there is a display.
pub(crate) fn build(setup: Setup) -> Result<()> {
    if !has_display() {
        return Ok(());
    }
    setup.packages(&[setup::BUILD])?;
    setup.node_packages()?;
    shell::run(&mut npm(&["run", "build"]))?;
    shell::run(&mut cargo(&["build", "--package", "lanrage"]))
}

/// A command that opens player one's window, which then is player one; with the address of a control server, if one is used.
pub(crate) fn command(stage: &Stage, control: Option<&str>) -> Result<Command> {
    let mut command = stage.one.command(program(PROGRAM));
    command.envs(SESSION_VARIABLES.iter().filter_map(|key| Some((key, env::var_os(key)?))));
    command.arg("--data-dir").arg(stage::data_folder("one")?);
    command.args(control.into_iter().flat_map(|url| ["--control", url]));
    Ok(command)
}

/// Whether there is a display to open a window on.
pub(crate) fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|key| env::var_os(key).is_some_and(|value| !value.is_empty()))
}
