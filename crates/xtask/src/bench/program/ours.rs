use std::{net::Ipv4Addr, time::Duration};

use anyhow::{Context, Result};
use lanrage_lab::{Host, Process, Wire};
use serde_json::Value;

use super::{End, Prepared, folder, release, urgent};

/// How long a player may take to be in a party.
const PARTY_LIMIT: Duration = Duration::from_secs(20);

/// The product itself: a party that its maker hosts, on one LAN with whoever joins.
#[derive(Debug)]
pub(crate) struct Ours {
    link: String,
    addresses: [Ipv4Addr; 2],
}

impl Ours {
    pub(super) fn new() -> Self {
        Self { link: String::new(), addresses: [Ipv4Addr::UNSPECIFIED; 2] }
    }

    /// Makes a party on `host`. Returns its link, and the player's address in it.
    ///
    /// # Errors
    /// If there is none after twenty seconds.
    pub(crate) fn create(host: &Host) -> Result<(Process, String, Ipv4Addr)> {
        let player = start(host, &["create"])?;
        let (event, address) = in_party(&player, "created")?;
        let link = event["link"].as_str().context("a party without a link")?.to_owned();
        Ok((player, link, address))
    }

    /// Joins the party of `link` on `host`.
    ///
    /// # Errors
    /// If it is not in it after twenty seconds.
    pub(crate) fn join(host: &Host, link: &str) -> Result<(Process, Ipv4Addr)> {
        let player = start(host, &["join", link])?;
        let (_, address) = in_party(&player, "joined")?;
        Ok((player, address))
    }
}

impl Prepared for Ours {
    fn start(&mut self, end: End, wire: &Wire) -> Result<Process> {
        let host = end.host(wire);
        match end {
            End::Two => {
                let (player, link, address) = Self::create(host)?;
                self.link = link;
                self.addresses[1] = address;
                Ok(player)
            }
            End::One => {
                let (player, address) = Self::join(host, &self.link)?;
                self.addresses[0] = address;
                Ok(player)
            }
        }
    }

    fn address(&self, end: End) -> Ipv4Addr {
        self.addresses[end as usize]
    }
}

fn start(host: &Host, words: &[&str]) -> Result<Process> {
    let mut command = urgent(host, release("lanrage"));
    command.args(words).args(["--json", "--name", host.name(), "--data-dir"]);
    command.arg(folder(&format!("ours-{}", host.name()))?);
    host.spawn(command)
}

fn in_party(player: &Process, event: &str) -> Result<(Value, Ipv4Addr)> {
    player.wait_for(event, PARTY_LIMIT, |line| {
        let said: Value = serde_json::from_str(line).ok()?;
        let address = said["virtual_ip"].as_str()?.parse().ok()?;
        (said["event"] == event).then_some((said, address))
    })
}
