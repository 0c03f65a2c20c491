use std::{
    fs,
    net::Ipv4Addr,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use lanrage_lab::{Host, Process, Wire, names_a_host, stage};
use serde_json::Value;

use super::{End, Prepared, output_of, release, urgent};

/// How long a player may take to be in a party.
const PARTY_LIMIT: Duration = Duration::from_secs(20);

/// The product itself: a party that its maker hosts, on one LAN with whoever joins.
#[derive(Debug)]
pub(crate) struct Ours {
    /// Whether friends reach everything, and no games are watched.
    is_open: bool,
    link: String,
    addresses: [Ipv4Addr; 2],
}

impl Ours {
    pub(super) fn new(is_open: bool) -> Self {
        Self { is_open, link: String::new(), addresses: [Ipv4Addr::UNSPECIFIED; 2] }
    }

    /// Makes a party on `host`. Returns its link, and the player's address in it.
    ///
    /// # Errors
    /// If there is none after twenty seconds.
    pub(crate) fn create(host: &Host, is_open: bool) -> Result<(Process, String, Ipv4Addr)> {
        let player = start(host, is_open, &["create"])?;
        let address = in_party(&player, "created")?;
        let deadline = Instant::now() + PARTY_LIMIT;
        loop {
            // The first link may be made before the host's addresses are known.
            let mut status = host.command(release("lanrage"));
            status.args(["status", "--json", "--data-dir"]).arg(data_folder(host)?);
            let answer: Value = serde_json::from_str(&output_of(&mut status)?)?;
            match answer["party"]["invitation"].as_str() {
                Some(link) if names_a_host(link) => return Ok((player, link.to_owned(), address)),
                _ => ensure!(
                    Instant::now() < deadline,
                    "the host's link names no address; it said:\n{}",
                    player.tail()
                ),
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Joins the party of `link` on `host`.
    ///
    /// # Errors
    /// If it is not in it after twenty seconds.
    pub(crate) fn join(host: &Host, is_open: bool, link: &str) -> Result<(Process, Ipv4Addr)> {
        let player = start(host, is_open, &["join", link])?;
        let address = in_party(&player, "joined")?;
        Ok((player, address))
    }
}

impl Prepared for Ours {
    fn start(&mut self, end: End, wire: &Wire) -> Result<Process> {
        let host = end.host(wire);
        match end {
            End::Two => {
                let (player, link, address) = Self::create(host, self.is_open)?;
                self.link = link;
                self.addresses[1] = address;
                Ok(player)
            }
            End::One => {
                let (player, address) = Self::join(host, self.is_open, &self.link)?;
                self.addresses[0] = address;
                Ok(player)
            }
        }
    }

    fn address(&self, end: End) -> Ipv4Addr {
        self.addresses[end as usize]
    }
}

/// Starts it with nothing left of an earlier round. If it is open, friends reach everything, and no games are watched.
fn start(host: &Host, is_open: bool, words: &[&str]) -> Result<Process> {
    fs::remove_dir_all(data_folder(host)?)?;
    if is_open {
        choose_shields(host, false)?;
    }
    let mut command = urgent(host, release("lanrage"));
    command.args(words).args(["--json", "--name", host.name(), "--data-dir"]);
    command.arg(data_folder(host)?);
    host.spawn(command)
}

/// Whether friends reach only what this user's programs listen on, and games are watched, as usual; or everything, and none.
pub(crate) fn choose_shields(host: &Host, are_up: bool) -> Result<()> {
    let settings = [("shield", "open"), ("share_games", "no")];
    for (key, value) in settings {
        let mut choose = host.command(release("lanrage"));
        let words = if are_up { vec!["reset", key] } else { vec!["set", key, value] };
        choose.arg("settings").args(words).arg("--data-dir").arg(data_folder(host)?);
        output_of(&mut choose)?;
    }
    Ok(())
}

fn data_folder(host: &Host) -> Result<PathBuf> {
    stage::data_folder(&format!("bench-ours-{}", host.name()))
}

fn in_party(player: &Process, event: &str) -> Result<Ipv4Addr> {
    player.wait_for(event, PARTY_LIMIT, |line| {
        let said: Value = serde_json::from_str(line).ok()?;
        let address = said["virtual_ip"].as_str()?.parse().ok()?;
        (said["event"] == event).then_some(address)
    })
}
