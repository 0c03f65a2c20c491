//! The control server's package on the same machine: installed, set up by a command, run as its unit says, used, and purged.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Host, Player, Process, throwaway::Throwaway};

use super::{DATA, PATIENCE, as_user, install, made, read, say, setting, wait_for};
use crate::dist::server::NAME;

/// As systemd makes it for the unit.
const STATE: &str = "/var/lib/lanrage-server";

pub(super) fn run(machine: &Throwaway, host: &Host) -> Result<()> {
    let package = made("debug", &format!("{NAME}_{}_", env!("CARGO_PKG_VERSION")), "deb")?;
    install(machine, host, &package)?;

    let address = host.address().to_string();
    let told = machine.run(host, &[NAME, "init", "--host", &address])?;
    let url = format!("ws://{address}:8787");
    ensure!(told.contains(&url), "where players go is not told: {told}");
    machine
        .run(host, &["install", "--directory", "--owner", NAME, "--group", NAME, "--mode", "700", STATE])?;
    let server = start(machine, host)?;
    wait_for("the server", || {
        Ok(machine.run(host, &[NAME, "admin", "parties", "--data-dir", STATE]).is_ok())
    })
    .with_context(|| {
        format!(
            "it said:
{}",
            server.tail()
        )
    })?;
    let mut player = Player::create_with(
        host,
        "served",
        Some(as_user(machine, "lanrage")),
        Path::new("/").join(DATA),
        "Served",
        &url,
    )?;
    player.registered_link(PATIENCE)?;
    let parties = machine.run(host, &[NAME, "admin", "parties", "--data-dir", STATE])?;
    ensure!(parties.contains("Served"), "the operator is not told of the party: {parties}");
    let database = machine.place(Path::new(STATE)).join("control.db");
    let mode = fs::metadata(&database)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "its database can be read by others: {mode:o}");
    player.leave()?;
    drop(server);

    machine.run(host, &["apt-get", "remove", "--yes", NAME])?;
    ensure!(database.exists(), "the removal took the operator's data");
    machine.run(host, &["rm", "--recursive", STATE])?;
    machine.run(host, &["apt-get", "purge", "--yes", NAME])?;
    for path in ["/usr/bin/lanrage-server", "/etc/lanrage"] {
        ensure!(!machine.place(Path::new(path)).exists(), "the purge left {path}");
    }
    say("The server's package: set up by one command, run as its unit says, used by a player, purged");
    Ok(())
}

/// The installed server, as its unit has it run.
fn start(machine: &Throwaway, host: &Host) -> Result<Process> {
    let unit = read(&machine.root().join("usr/lib/systemd/system/lanrage-server.service"))?;
    let user = setting(&unit, "User")?;
    let mut command = host.command("chroot");
    command.arg(machine.root()).args(["setpriv", "--clear-groups", "--no-new-privs"]);
    let capabilities = "-all,+net_bind_service";
    command.args([format!("--reuid={user}"), format!("--regid={user}")]);
    command.args(["bounding-set", "inh-caps", "ambient-caps"].map(|set| format!("--{set}={capabilities}")));
    command.args(setting(&unit, "ExecStart")?.split(' '));
    host.spawn(command)
}
