//! Relays that are processes of their own, and register with the control server.

use std::{fs, path::PathBuf};

use anyhow::Result;

use crate::{Host, Process, program, stage};

/// Starts a relay on `host` that registers with the control server at `control`.
///
/// # Errors
/// If it cannot be started.
pub(crate) fn start(host: &Host, control: &str) -> Result<Process> {
    let mut command = host.command(program("lanrage-server"));
    command.args(["relay", "--register", control, "--host", &host.address().to_string()]);
    command.arg("--relay-key-file").arg(key_file()?);
    command.arg("--data-dir").arg(stage::data_folder(host.name())?);
    host.spawn(command)
}

/// The words that let a control server take such relays, and relay nothing itself.
///
/// # Errors
/// If the key cannot be written.
pub(crate) fn server_of_others() -> Result<Vec<String>> {
    let words = ["--no-relay", "--relay-key-file"].map(str::to_owned);
    Ok(words.into_iter().chain([key_file()?.display().to_string()]).collect())
}

/// The file with the key that server and relays share.
fn key_file() -> Result<PathBuf> {
    let file = stage::data_folder("relay-key")?.join("key");
    if !file.exists() {
        fs::write(&file, "a key that every machine of the lab can read\n")?;
    }
    Ok(file)
}
