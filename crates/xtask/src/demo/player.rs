//! A player: the real command line, running on a host of the lab.

use std::{
    net::Ipv4Addr,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use lanrage_lab::{Host, Process};
use serde_json::Value;

use super::stage;
use crate::project;

/// How long a player may take to make a party or to leave it.
const COMMAND_LIMIT: Duration = Duration::from_secs(20);

/// Somebody in the party.
#[derive(Debug)]
pub(crate) struct Player {
    host: Host,
    name: &'static str,
    data: PathBuf,
    program: Process,
}

impl Player {
    /// Starts a player that makes a party.
    pub(crate) fn create(host: &Host, name: &'static str, party: &str, control: &str) -> Result<Self> {
        Self::start(host, name, &["create", "--party-name", party, "--control", control])
    }

    /// Starts a player that opens a link.
    pub(crate) fn join(host: &Host, name: &'static str, link: String) -> Result<Self> {
        Self::start(host, name, &["join", &link])
    }

    fn start(host: &Host, name: &'static str, words: &[&str]) -> Result<Self> {
        let data = stage::data_folder(name)?;
        let mut command = host.command(project::program("lanrage"));
        command.args(words).args(["--name", name, "--json", "--data-dir"]).arg(&data);
        Ok(Self { host: host.clone(), name, data, program: host.spawn(command)? })
    }

    /// The player's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The last lines of the player's output.
    pub(crate) fn tail(&self) -> String {
        self.program.tail()
    }

    /// The link of the party that this player has made.
    pub(crate) fn link(&self) -> Result<String> {
        self.program.wait_for("invitation link", COMMAND_LIMIT, |line| {
            let event: Value = serde_json::from_str(line).ok()?;
            let created = event["event"] == "created";
            created.then(|| event["link"].as_str().map(str::to_owned)).flatten()
        })
    }

    /// What `lanrage status` says.
    pub(crate) fn status(&self) -> Result<Value> {
        let mut command = self.host.command(project::program("lanrage"));
        let output = command.args(["status", "--json", "--data-dir"]).arg(&self.data).output()?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`lanrage status` of player {}: {}", self.name, words.trim());
        serde_json::from_slice(&output.stdout).context("`lanrage status --json` wrote no JSON")
    }

    /// This player's address on the virtual LAN, once the adapter can be used.
    pub(crate) fn wait_for_address(&self, limit: Duration) -> Result<Ipv4Addr> {
        let deadline = Instant::now() + limit;
        loop {
            let status = self.status()?;
            let address = status["party"]["virtual_ip"].as_str().and_then(|text| text.parse().ok());
            match (status["adapter"]["state"].as_str(), address) {
                (Some("open"), Some(address)) => return Ok(address),
                (Some("unavailable"), _) => {
                    bail!("player {} has no adapter: {}", self.name, status["adapter"])
                }
                _ if Instant::now() >= deadline => {
                    bail!("player {} got no address within {limit:?}: {status}", self.name)
                }
                _ => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Whether there is a friend, connected without a relay.
    pub(crate) fn has_direct_friend(&self) -> Result<bool> {
        let status = self.status()?;
        let friends = status["party"]["peers"].as_array().context("no party in the status")?;
        Ok(friends
            .iter()
            .any(|friend| friend["state"] == "connected" && friend["connection_type"] == "direct"))
    }

    /// Ends the player as Ctrl-C would.
    pub(crate) fn leave(&mut self) -> Result<()> {
        let status = self.program.interrupt(COMMAND_LIMIT)?;
        ensure!(status.success(), "player {} left with {status}; it said:\n{}", self.name, self.tail());
        Ok(())
    }
}
