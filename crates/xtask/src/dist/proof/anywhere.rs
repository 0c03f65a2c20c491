//! The archive on the same machine once its `/usr` cannot be written: set up by its script, used through the helper, set up
//! again under the running party, and taken away.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Stage, throwaway::Throwaway};

use super::{Evening, Helper, USER, as_user, continuous_ping, end_ping, made, say, traces};
use crate::dist::anywhere::{PLACE, UNITS};

/// Where the player unpacks it.
const DOWNLOADS: &str = "/home/player/Downloads";

pub(super) fn run(machine: &Throwaway, stage: &Stage) -> Result<()> {
    let host = &stage.two;
    let archive = machine.bring(&made("debug", "lanrage-linux-", "tar.gz")?)?;
    let archive = archive.to_str().context("a name that is text")?;
    machine.run(host, &["install", "--directory", "--owner", USER, DOWNLOADS])?;
    machine.run(host, &["tar", "--extract", "--file", archive, "--directory", DOWNLOADS])?;
    let setup = format!("{DOWNLOADS}/lanrage-{}/setup", env!("CARGO_PKG_VERSION"));
    machine.seal("/usr")?;
    ensure!(machine.run(host, &["touch", "/usr/x"]).is_err(), "/usr can be written");
    let before = machine.changes()?;

    let refused = machine.run(host, &[&setup, "install", "--user", "nobody-here"]);
    ensure!(refused.is_err() && machine.changes()? == before, "it is set up for a user that is not there");
    let install = [&setup, "install", "--user", USER];
    machine.run(host, &install)?;
    machine.run(
        host,
        &["desktop-file-validate", &format!("/home/{USER}/.local/share/applications/lanrage.desktop")],
    )?;
    let helper = Helper::start(machine, host, UNITS)?;
    let starter = as_user(machine, &format!("/home/{USER}/.local/bin/lanrage"));
    let evening = Evening::begin(stage, ["anywhere", "here"], starter)?;

    let ping = continuous_ping(host, evening.friend)?;
    machine.run(host, &install)?;
    drop(helper);
    let helper = Helper::start(machine, host, UNITS)?;
    let answered = end_ping(ping)?;
    for mut player in [evening.two, evening.one] {
        player.leave()?;
    }
    drop(helper);
    machine.run(host, &[&format!("{PLACE}/setup"), "remove"])?;
    let after = machine.changes()?;
    let left: Vec<_> = traces::differing(&before, &after)
        .filter(|path| !path.starts_with(Path::new("/home").join(USER)))
        .map(|path| path.display().to_string())
        .collect();
    ensure!(left.is_empty(), "it left, took or changed:\n{}", left.join("\n"));
    for trace in [
        "run/lanrage",
        "home/player/.local/bin/lanrage",
        "home/player/.local/share/applications/lanrage.desktop",
    ] {
        ensure!(std::fs::symlink_metadata(machine.root().join(trace)).is_err(), "it left /{trace}");
    }
    say(&format!(
        "The archive, where /usr cannot be written: set up, used through the helper, set up again under a party ({answered}), gone"
    ));
    Ok(())
}
