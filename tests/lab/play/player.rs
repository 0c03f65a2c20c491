//! A player: the real command line, running on a host of the lab.

use std::{
    ffi::{OsStr, OsString},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Deserializer, Value};

use crate::{Host, Process, expected::Path as Way, program, stage};

/// How long a player may take to make a party or to leave it.
const COMMAND_LIMIT: Duration = Duration::from_secs(20);

/// How long it may take until all have heard of what one has done.
const STATE_LIMIT: Duration = Duration::from_secs(30);

/// Somebody in the party.
#[derive(Debug)]
pub struct Player {
    host: Host,
    name: &'static str,
    /// What starts `lanrage` on the host.
    starter: Vec<OsString>,
    data: PathBuf,
    program: Process,
}

impl Player {
    /// Starts a player that makes a party.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn create(host: &Host, name: &'static str, party: &str, control: &str) -> Result<Self> {
        Self::start(host, name, &["create", "--party-name", party, "--control", control])
    }

    /// The same with another `lanrage` than the one that was built, if one is given, as [`Player::join_with`] has it.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn create_with(
        host: &Host,
        name: &'static str,
        starter: Option<Vec<OsString>>,
        data: PathBuf,
        party: &str,
        control: &str,
    ) -> Result<Self> {
        let words = ["create", "--party-name", party, "--control", control];
        Self::start_with(host, name, starter.unwrap_or_else(built), data, &words)
    }

    /// Starts a player that makes a party without a server.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn create_without_server(host: &Host, name: &'static str, party: &str) -> Result<Self> {
        Self::start(host, name, &["create", "--party-name", party])
    }

    /// The same with another `lanrage` than the one that was built, as [`Player::join_with`] has it.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn create_alone_with(
        host: &Host,
        name: &'static str,
        starter: Vec<OsString>,
        party: &str,
    ) -> Result<Self> {
        Self::start_with(host, name, starter, stage::data_folder(name)?, &["create", "--party-name", party])
    }

    /// Changes a setting of a player, whether it is running or not.
    ///
    /// # Errors
    /// If it is refused.
    pub fn choose(host: &Host, name: &str, key: &str, value: &str) -> Result<()> {
        let mut command = host.command(program("lanrage"));
        command.args(["settings", "set", key, value, "--data-dir"]).arg(stage::data_folder(name)?);
        let output = command.output().context("lanrage")?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{key} = {value}: {}, {}", output.status, words.trim());
        Ok(())
    }

    /// Opens a player's window, and makes a party in it. What a second `lanrage` is told goes to the first.
    ///
    /// # Errors
    /// If the window does not answer or refuses.
    pub fn create_in_window(host: &Host, name: &'static str, party: &str, window: Command) -> Result<Self> {
        let program = host.spawn(window)?;
        let player =
            Self { host: host.clone(), name, starter: built(), data: stage::data_folder(name)?, program };
        player.wait_until_running()?;
        let mut command = player.command(&["create", "--party-name", party]);
        let output = command.output()?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "no party was made in the window: {}", words.trim());
        Ok(player)
    }

    /// Waits until the program answers.
    ///
    /// # Errors
    /// If it does not within twenty seconds.
    pub fn wait_until_running(&self) -> Result<()> {
        let deadline = Instant::now() + COMMAND_LIMIT;
        while let Err(reason) = self.status() {
            ensure!(Instant::now() < deadline, "{reason:#}; the program said:\n{}", self.tail());
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Starts a player's program, and nothing else.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start_alone(host: &Host, name: &'static str) -> Result<Self> {
        Self::start(host, name, &["run"])
    }

    /// Starts a player that opens a link.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn join(host: &Host, name: &'static str, link: String) -> Result<Self> {
        Self::start(host, name, &["join", &link])
    }

    /// The same with another `lanrage` than the one that was built: `starter` is the program that is run on the host,
    /// with its first words. It keeps what it keeps in `data`.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn join_with(
        host: &Host,
        name: &'static str,
        starter: Vec<OsString>,
        data: PathBuf,
        link: &str,
    ) -> Result<Self> {
        Self::start_with(host, name, starter, data, &["join", link])
    }

    fn start(host: &Host, name: &'static str, words: &[&str]) -> Result<Self> {
        Self::start_with(host, name, built(), stage::data_folder(name)?, words)
    }

    fn start_with(
        host: &Host,
        name: &'static str,
        starter: Vec<OsString>,
        data: PathBuf,
        words: &[&str],
    ) -> Result<Self> {
        let mut command = lanrage(host, &starter, words, &data);
        command.args(["--name", name]);
        Ok(Self { host: host.clone(), name, starter, data, program: host.spawn(command)? })
    }

    /// Kills the player's program, without a word of warning, and starts LANrage again with nothing but what is on
    /// the disk. Returns the time of the new start.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn kill_and_restart(&mut self) -> Result<Instant> {
        self.program.kill()?;
        let started = Instant::now();
        self.start_again()?;
        Ok(started)
    }

    /// Starts LANrage again, which has ended, with nothing but what is on the disk.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start_again(&mut self) -> Result<()> {
        self.program = self.host.spawn(self.command(&["run"]))?;
        Ok(())
    }

    /// The same by other words than before, as [`Player::join_with`] has them.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start_again_with(&mut self, starter: Vec<OsString>) -> Result<()> {
        self.starter = starter;
        self.start_again()
    }

    /// Kills the player's program, without a word of warning.
    ///
    /// # Errors
    /// If it is not there to be killed.
    pub fn kill(&mut self) -> Result<()> {
        self.program.kill()
    }

    /// How long after its start the program has seen its first friend connected, as it says itself.
    ///
    /// # Errors
    /// If it ends or `limit` passes first.
    pub fn wait_until_connected(&self, limit: Duration) -> Result<Duration> {
        self.program.wait_for("connected friend", limit, |line| {
            let event: Value = serde_json::from_str(line).ok()?;
            let since_start = event["since_start_ms"].as_f64().filter(|_| event["event"] == "connected")?;
            Some(Duration::from_secs_f64(since_start / 1e3))
        })
    }

    /// Tells this player's LANrage something that it may refuse.
    pub(super) fn tell(&self, words: &[&str]) -> Result<()> {
        let output = self.command(words).output().context("lanrage")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{} of {}: {}, {}",
            words.join(" "),
            self.name,
            output.status,
            said.trim()
        );
        Ok(())
    }

    pub(super) fn command(&self, words: &[&str]) -> Command {
        lanrage(&self.host, &self.starter, words, &self.data)
    }

    /// Whether the player's program runs.
    ///
    /// # Errors
    /// If the kernel does not say.
    pub fn is_running(&mut self) -> Result<bool> {
        self.program.is_running()
    }

    /// The player's host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The player's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The last lines of the player's output.
    #[must_use]
    pub fn tail(&self) -> String {
        self.program.tail()
    }

    /// The link of the party that this player has made.
    ///
    /// # Errors
    /// If none is made within twenty seconds.
    pub fn link(&self) -> Result<String> {
        self.wait_until_running()?;
        let deadline = Instant::now() + COMMAND_LIMIT;
        loop {
            if let Some(link) = self.status()?["party"]["invitation"].as_str() {
                return Ok(link.to_owned());
            }
            ensure!(
                Instant::now() < deadline,
                "no party was made; player {} said:\n{}",
                self.name,
                self.tail()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The link of a party without a server, once friends can find this player by it: the first one may be made before its
    /// addresses are known.
    ///
    /// # Errors
    /// If there is none after twenty seconds.
    pub fn own_link(&self) -> Result<String> {
        self.program.wait_for("word that the party is made", COMMAND_LIMIT, |line| {
            line.contains("\"created\"").then_some(())
        })?;
        self.addressed_link()
    }

    /// The same of a party that is made already.
    ///
    /// # Errors
    /// If there is none after twenty seconds.
    pub fn addressed_link(&self) -> Result<String> {
        let deadline = Instant::now() + COMMAND_LIMIT;
        loop {
            let link = self.link()?;
            if names_a_host(&link) {
                return Ok(link);
            }
            ensure!(
                Instant::now() < deadline,
                "the link of player {} names no address; it said:\n{}",
                self.name,
                self.tail()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What `lanrage status` says.
    ///
    /// # Errors
    /// If it fails.
    pub fn status(&self) -> Result<Value> {
        let output = self.command(&["status"]).output()?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`lanrage status` of player {}: {}", self.name, words.trim());
        serde_json::from_slice(&output.stdout).context("`lanrage status --json` wrote no JSON")
    }

    /// Waits until what this player says is as it should be.
    ///
    /// # Errors
    /// If it is not within half a minute.
    pub fn wait_until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<()> {
        self.wait_within(STATE_LIMIT, what, is_so)
    }

    /// The same for so long at most.
    ///
    /// # Errors
    /// If it is not so then.
    pub fn wait_within(&self, limit: Duration, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            let status = self.status();
            if status.as_ref().is_ok_and(&is_so) {
                return Ok(());
            }
            if Instant::now() > deadline {
                let said = status.map(|said| said["party"].to_string());
                bail!("not so: {what}; {} said:\n{}\n{said:?}", self.name, self.tail());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Decides something about the party: the words of `lanrage party`.
    ///
    /// # Errors
    /// If it is refused.
    pub fn decide(&self, words: &[&str]) -> Result<()> {
        self.tell(&[&["party"], words].concat())
    }

    /// Says something to the party.
    ///
    /// # Errors
    /// If it is refused.
    pub fn say(&self, words: &[&str]) -> Result<()> {
        self.tell(&[&["chat"], words].concat())
    }

    /// Runs `lanrage` with these words as a person in English does: the code with which it ends, and what it writes.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn run(&self, words: &[&str]) -> Result<(Option<i32>, String)> {
        let mut command = self.host.command(&self.starter[0]);
        command.args(&self.starter[1..]).args(words).arg("--data-dir").arg(&self.data);
        let output = command.env("LC_ALL", "C").output().context("lanrage")?;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    /// Asks whether everybody is ready, or answers that: the words of `lanrage ready`.
    ///
    /// # Errors
    /// If it is refused.
    pub fn ready(&self, words: &[&str]) -> Result<()> {
        self.tell(&[&["ready"], words].concat())
    }

    /// Says something of games: the words of `lanrage games`.
    ///
    /// # Errors
    /// If it is refused.
    pub fn know_games(&self, words: &[&str]) -> Result<()> {
        self.tell(&[&["games"], words].concat())
    }

    /// Says what friends reach of this player's computer.
    ///
    /// # Errors
    /// If it is refused.
    pub fn say_shield(&self, words: &[&str]) -> Result<()> {
        self.tell(&[&["shield"], words].concat())
    }

    /// Starts the game that a friend hosts, with this search path.
    ///
    /// # Errors
    /// If it is refused.
    pub fn join_game(&self, friend: &str, path: &OsStr) -> Result<()> {
        let mut command = self.command(&["games", "join", friend]);
        let output = command.env("PATH", path).output().context("lanrage")?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`lanrage games join` of player {}: {}", self.name, words.trim());
        Ok(())
    }

    /// Why a game is not seen: the words of `lanrage games why`.
    ///
    /// # Errors
    /// If it is refused.
    pub fn explain(&self, words: &[&str]) -> Result<Value> {
        Self::explained(self.command(&[&["games", "why"], words].concat()))
    }

    /// The same with this folder first on the search path.
    ///
    /// # Errors
    /// If it is refused.
    pub fn explain_with(&self, words: &[&str], folder: &Path) -> Result<Value> {
        let mut path = OsString::from(folder);
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = self.command(&[&["games", "why"], words].concat());
        command.env("PATH", path);
        Self::explained(command)
    }

    fn explained(mut command: Command) -> Result<Value> {
        let output = command.output().context("lanrage")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`lanrage games why`: {}, {}", output.status, said.trim());
        serde_json::from_slice(&output.stdout).context("`lanrage games why --json` wrote no JSON")
    }

    /// A link as `lanrage invite` makes it with these words, and its number where it is a limited one.
    ///
    /// # Errors
    /// If it is refused.
    pub fn invite(&self, words: &[&str]) -> Result<(String, Option<String>)> {
        let output = self.command(&[&["invite"], words].concat()).output().context("lanrage")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "no link of {}: {}, {}", self.name, output.status, said.trim());
        let made: Value = serde_json::from_slice(&output.stdout)?;
        let link = made["link"].as_str().context("a link")?.to_owned();
        Ok((link, made["serial"].as_str().map(ToOwned::to_owned)))
    }

    /// Waits until the program has ended by itself; what it said.
    ///
    /// # Errors
    /// If it runs on for longer than `limit`.
    pub fn wait_for_end(&self, limit: Duration) -> Result<String> {
        self.program.wait_for_end(limit)
    }

    /// What `lanrage status` shows a person.
    ///
    /// # Errors
    /// If it fails.
    pub fn shown_status(&self) -> Result<String> {
        let mut command = self.host.command(&self.starter[0]);
        command.args(&self.starter[1..]).args(["status", "--data-dir"]).arg(&self.data);
        let output = command.output()?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`lanrage status` of player {}: {}", self.name, words.trim());
        Ok(String::from_utf8(output.stdout)?)
    }

    /// What `lanrage doctor` says, whatever it thinks of it.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn doctor(&self) -> Result<String> {
        let output = self.command(&["doctor"]).output()?;
        Ok(String::from_utf8(output.stdout)?)
    }

    /// This player's address on the virtual LAN, once the adapter can be used.
    ///
    /// # Errors
    /// If it cannot be, or not within `limit`.
    pub fn wait_for_address(&self, limit: Duration) -> Result<Ipv4Addr> {
        self.wait_until_running()?;
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

    /// The link, once the control server knows the party too, so that whoever opens it is not told to wait.
    ///
    /// # Errors
    /// If that is not so within `limit`.
    pub fn registered_link(&self, limit: Duration) -> Result<String> {
        let link = self.link()?;
        let deadline = Instant::now() + limit;
        while !self.has_control_server()? {
            ensure!(
                Instant::now() < deadline,
                "player {} has no control server; it said:\n{}",
                self.name,
                self.tail()
            );
            thread::sleep(Duration::from_millis(20));
        }
        Ok(link)
    }

    /// How the first friend is connected, if it is.
    ///
    /// # Errors
    /// If the player does not answer.
    pub fn path_to_friend(&self) -> Result<Option<Way>> {
        Ok(way(&self.status()?["party"]["peers"][0]))
    }

    /// How the friend of this name is connected, if it is.
    ///
    /// # Errors
    /// If the player does not answer.
    pub fn path_to(&self, name: &str) -> Result<Option<Way>> {
        Ok(friend_in(&self.status()?, name).and_then(way))
    }

    /// Whether there is a friend, connected without a relay.
    ///
    /// # Errors
    /// If the player is in no party or does not answer.
    pub fn has_direct_friend(&self) -> Result<bool> {
        let status = self.status()?;
        let friends = status["party"]["peers"].as_array().context("no party in the status")?;
        Ok(friends
            .iter()
            .any(|friend| friend["state"] == "connected" && friend["connection_type"] == "direct"))
    }

    /// Waits until the player and a friend are connected without a relay, as each of them sees it.
    ///
    /// # Errors
    /// If they are not in time, or one does not answer.
    pub fn wait_until_direct(&self, friend: &Self, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        while !(self.has_direct_friend()? && friend.has_direct_friend()?) {
            ensure!(
                Instant::now() < deadline,
                "the players did not connect directly; {} said:\n{}\n{} said:\n{}",
                self.name(),
                self.tail(),
                friend.name(),
                friend.tail()
            );
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// The player's program.
    #[must_use]
    pub fn program(&self) -> &Process {
        &self.program
    }

    /// Whether the player is in session with its control server.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn has_control_server(&self) -> Result<bool> {
        Ok(self.status()?["control"]["state"] == "connected")
    }

    /// Ends the player's program as the end of its user's session would: the party is kept.
    ///
    /// # Errors
    /// If it does not end well.
    pub fn stop(&mut self) -> Result<()> {
        let status = self.program.terminate(COMMAND_LIMIT)?;
        ensure!(status.success(), "player {} stopped with {status}; it said:\n{}", self.name, self.tail());
        Ok(())
    }

    /// Leaves the party for good, as `lanrage leave` does.
    ///
    /// # Errors
    /// If it is refused.
    pub fn leave_for_good(&self) -> Result<()> {
        self.tell(&["leave"])
    }

    /// Ends the player as Ctrl-C would.
    ///
    /// # Errors
    /// If it does not end well.
    pub fn leave(&mut self) -> Result<()> {
        let status = self.program.interrupt(COMMAND_LIMIT)?;
        ensure!(status.success(), "player {} left with {status}; it said:\n{}", self.name, self.tail());
        Ok(())
    }
}

/// How a friend is connected, if it is.
fn way(friend: &Value) -> Option<Way> {
    let is_connected = friend["state"] == "connected" || friend["state"] == "degraded";
    friend["connection_type"].as_str().filter(|_| is_connected).and_then(Way::from_word)
}

/// The friend of this name in a player's status.
#[must_use]
pub fn friend_in<'a>(status: &'a Value, name: &str) -> Option<&'a Value> {
    status["party"]["peers"].as_array()?.iter().find(|friend| friend["name"] == name)
}

/// How many friends a player has a path to, by its status.
#[must_use]
pub fn connected_friends(status: &Value) -> usize {
    let peers = status["party"]["peers"].as_array();
    peers.into_iter().flatten().filter(|peer| peer["state"] == "connected").count()
}

/// Waits until each has a path to so many friends.
///
/// # Errors
/// If that takes longer than `limit`.
pub fn all_meet(players: &[&Player], friends: usize, limit: Duration) -> Result<()> {
    let begun = Instant::now();
    players.iter().try_for_each(|player| {
        let left = limit.saturating_sub(begun.elapsed());
        player.wait_within(left, &format!("{friends} friends are met"), |said| {
            connected_friends(said) == friends
        })
    })
}

/// Whether a link says where its party can be found.
#[must_use]
pub fn names_a_host(link: &str) -> bool {
    !addresses_of(link).is_empty()
}

/// Where a link says that its party can be found.
pub(super) fn addresses_of(link: &str) -> Vec<SocketAddr> {
    let code = link.rsplit('/').next().unwrap_or_default();
    // Text, between a version and a check.
    let content = BASE64URL_NOPAD.decode(code.as_bytes()).unwrap_or_default();
    let text = String::from_utf8_lossy(&content);
    let said = text.find('{').and_then(|at| Deserializer::from_str(&text[at..]).into_iter::<Value>().next());
    let Some(Ok(said)) = said else { return Vec::new() };
    let named = said["u"].as_array().into_iter().flatten();
    named.filter_map(|address| address.as_str()?.parse().ok()).collect()
}

/// The `lanrage` that was built.
fn built() -> Vec<OsString> {
    vec![program("lanrage").into()]
}

/// A `lanrage` on this host, with this data folder.
fn lanrage(host: &Host, starter: &[OsString], words: &[&str], data: &Path) -> Command {
    let mut command = host.command(&starter[0]);
    command.args(&starter[1..]).args(words).args(["--json", "--data-dir"]).arg(data);
    command
}

#[cfg(test)]
mod tests {
    use super::{addresses_of, names_a_host};

    #[test]
    fn a_link_that_names_no_address_leads_nowhere() {
        let link = |content: &str| {
            let content = [b"\x01", content.as_bytes(), b"\xe2\x9a"].concat();
            format!("lanrage://join/{}", data_encoding::BASE64URL_NOPAD.encode(&content))
        };
        assert!(names_a_host(&link(r#"{"i":"37","c":[],"u":["192.168.77.2:45777"]}"#)));
        let two = link(r#"{"u":["[2001:db8::7]:5000","203.0.113.5:1"],"i":"37"}"#);
        assert_eq!(addresses_of(&two).len(), 2);
        assert!(!names_a_host(&link(r#"{"i":"37","c":[]}"#)));
        assert!(!names_a_host("lanrage://join/!"));
    }
}
