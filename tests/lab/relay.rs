//! Relays that are processes of their own.

use anyhow::Result;

use crate::{Host, Process, program, stage};

/// What relays show to be let into the server's list.
const KEY: &str = "the lab's registration key";

/// The environment variable through which a server and its relays learn the key.
const KEY_VARIABLE: &str = "LANRAGE_RELAY_KEY";

/// Starts a relay on `host` that registers with the control server at `control`.
///
/// # Errors
/// If it cannot be started.
pub(crate) fn start(host: &Host, control: &str) -> Result<Process> {
    let mut command = host.command(program("lanrage-server"));
    command.args(["relay", "--register", control, "--name", host.name()]).env(KEY_VARIABLE, KEY);
    command.arg("--data-dir").arg(stage::data_folder(host.name())?);
    host.spawn(command)
}
