//! The lab in which two players meet.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::{Host, Lab, Lan, Player, Process, networks::HOME, program};

mod neighbourhood;
pub mod ways;

pub use neighbourhood::Neighbourhood;

/// Where a control server listens.
pub const CONTROL_PORT: u16 = 8787;
/// Where its STUN server and relay do.
pub const STUN_PORT: u16 = 3478;

/// How long the control server may take to answer for the first time.
const SERVER_LIMIT: Duration = Duration::from_secs(20);

/// Hosts in public, from 203.0.113.5 on, whose players meet by the link alone: they look in no public store and ask nobody where they
/// are seen.
///
/// # Errors
/// If they cannot be built, or a setting is refused.
pub fn hosts_by_link<const N: usize>(lab: &mut Lab, names: [&str; N]) -> Result<[Host; N]> {
    let hosts = names.iter().zip(5..).map(|(name, last)| lab.public_host(name, last));
    let hosts: Vec<Host> = hosts.collect::<Result<_>>()?;
    lab.settle()?;
    for host in &hosts {
        Player::choose(host, host.name(), "find_friends", "link")?;
        Player::choose(host, host.name(), "stun_servers", "")?;
    }
    hosts.try_into().ok().context("as many hosts as names")
}

/// A control server in public, and a player in each of two homes.
#[derive(Debug)]
pub struct Stage {
    /// All of it.
    pub lab: Lab,
    /// The control server's host, in public.
    pub server: Host,
    /// Player one's network.
    pub home_of_one: Lan,
    /// Player two's network.
    pub home_of_two: Lan,
    /// Player one's host.
    pub one: Host,
    /// Player two's host.
    pub two: Host,
}

impl Stage {
    /// Builds it, and waits until packets pass.
    ///
    /// # Errors
    /// If the lab cannot be built here.
    pub fn build() -> Result<Self> {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let home_of_one = lab.lan(HOME)?;
        let home_of_two = lab.lan(HOME)?;
        let one = lab.host(&home_of_one, "one")?;
        let two = lab.host(&home_of_two, "two")?;
        lab.settle()?;
        Ok(Self { lab, server, home_of_one, home_of_two, one, two })
    }

    /// The control server's address for clients.
    #[must_use]
    pub fn control_url(&self) -> String {
        control_url(&self.server.address().to_string())
    }

    /// Starts the control server and waits until it is healthy.
    ///
    /// # Errors
    /// If it is not within twenty seconds.
    pub fn start_control_server(&self) -> Result<Process> {
        start_server(&self.server, &[])
    }
}

/// Starts a server on `host` that answers STUN alone, and says where: nobody is told that there is a server.
///
/// # Errors
/// As those of [`start_server`].
pub fn start_stun(host: &Host) -> Result<(Process, String)> {
    let process = start_server(host, &["--no-relay".to_owned()])?;
    Ok((process, format!("{}:{STUN_PORT}", host.address())))
}

/// The address for clients of a server on a host.
#[must_use]
pub fn control_url(host: &str) -> String {
    format!("ws://{host}:{CONTROL_PORT}")
}

/// Starts `lanrage-server` on `host`, on its usual ports, with these more words, and waits until it is healthy.
///
/// # Errors
/// If it is not within twenty seconds.
pub fn start_server(host: &Host, words: &[String]) -> Result<Process> {
    start_server_by(host, host.command(program("lanrage-server")), words)
}

/// The same for a server that may open so many files at most, sockets included.
///
/// # Errors
/// If it is not healthy within twenty seconds.
pub fn start_server_with_files(host: &Host, files: u32) -> Result<Process> {
    let mut command = host.command("prlimit");
    command.arg(format!("--nofile={files}:{files}")).arg(program("lanrage-server"));
    start_server_by(host, command, &[])
}

fn start_server_by(host: &Host, mut command: Command, words: &[String]) -> Result<Process> {
    command.args(words).arg("--data-dir").arg(data_folder(host.name())?);
    let mut server = host.spawn(command)?;
    let address = SocketAddr::from((host.address(), CONTROL_PORT));
    let deadline = Instant::now() + SERVER_LIMIT;
    while let Err(reason) = host.enter(|| ask_health(address)) {
        let alive = server.is_running()? && Instant::now() < deadline;
        ensure!(alive, "the server does not answer ({reason:#}); it said:\n{}", server.tail());
        thread::sleep(Duration::from_millis(20));
    }
    Ok(server)
}

fn ask_health(address: SocketAddr) -> Result<()> {
    let limit = Some(Duration::from_secs(1));
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(limit)?;
    write!(connection, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "it is not healthy: {answer}");
    Ok(())
}

/// A folder for somebody's state, in memory, gone with the world.
///
/// # Errors
/// If it cannot be made.
pub fn data_folder(owner: &str) -> Result<PathBuf> {
    let folder = Path::new("/run/lanrage").join(owner);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}
