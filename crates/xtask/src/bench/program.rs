//! The programs that are compared, and how each is set up: as its users would, with one MTU for all.

pub(crate) mod ours;
mod wireguard;

use std::{
    fs,
    net::{Ipv4Addr, SocketAddrV4},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use lanrage_lab::{
    Host, Process, Wire,
    echo::{self, Echo},
    stage,
};

pub(crate) use self::ours::Ours;
pub(super) use self::wireguard::party as wireguard_party;
use crate::{
    project,
    setup::{self, Tool},
    shell,
};

/// How long a program may take until packets pass.
const START_LIMIT: Duration = Duration::from_secs(30);
/// The MTU of every tunnel, which is WireGuard's on an Ethernet.
const MTU: u16 = 1420;
/// Where the first packet is echoed.
const ECHO_PORT: u16 = 7777;

/// A program that makes a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Program {
    /// LANrage itself
    Ours,
    /// LANrage with everything open to friends, and no games watched; measured only where it is asked for
    OursOpen,
    /// No tunnel: what the cable and the traffic's own tools can do
    Raw,
    WireguardGo,
    Boringtun,
    Gotatun,
}

/// One of the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    One,
    Two,
}

impl End {
    fn host(self, wire: &Wire) -> &Host {
        match self {
            Self::One => &wire.one,
            Self::Two => &wire.two,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two => "two",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::One => Self::Two,
            Self::Two => Self::One,
        }
    }

    /// The address in a tunnel whose addresses can be chosen.
    fn address(self) -> Ipv4Addr {
        match self {
            Self::One => Ipv4Addr::new(10, 99, 0, 1),
            Self::Two => Ipv4Addr::new(10, 99, 0, 2),
        }
    }
}

/// A program whose keys and files for both ends are made.
trait Prepared {
    /// Starts it on one end, until its adapter is configured.
    fn start(&mut self, end: End, wire: &Wire) -> Result<Process>;

    /// The address of an end, once it is started.
    fn address(&self, end: End) -> Ipv4Addr {
        end.address()
    }
}

/// A tunnel that carries packets. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Tunnel {
    pub(crate) processes: Vec<Process>,
    /// The addresses of the two ends, in the tunnel.
    pub(crate) addresses: [Ipv4Addr; 2],
    /// From the start of one end, while the other stands, to the first echo.
    pub(crate) start: Option<Duration>,
}

impl Program {
    pub(crate) const ALL: [Self; 6] =
        [Self::Ours, Self::OursOpen, Self::Raw, Self::WireguardGo, Self::Boringtun, Self::Gotatun];

    /// What it is called, in tables and in `--only`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursOpen => "ours-open",
            Self::Raw => "raw",
            Self::WireguardGo => "wireguard-go",
            Self::Boringtun => "boringtun",
            Self::Gotatun => "gotatun",
        }
    }

    /// Whether ours is compared with it.
    pub(crate) fn is_rival(self) -> bool {
        !matches!(self, Self::Ours | Self::Raw)
    }

    /// Whether it is measured where none is chosen.
    pub(crate) fn is_usual(self) -> bool {
        self != Self::OursOpen
    }

    /// What it is installed with, where that is crates.io.
    pub(crate) fn tool(self) -> Option<Tool> {
        match self {
            Self::Boringtun => Some(setup::BORINGTUN),
            Self::Gotatun => Some(setup::GOTATUN),
            _ => None,
        }
    }

    fn executable(self) -> PathBuf {
        let installed = |name: &str| project::tools().join("bin").join(name);
        match self {
            Self::Ours | Self::OursOpen => release("lanrage"),
            Self::Raw => PathBuf::new(),
            Self::WireguardGo => "wireguard-go".into(),
            Self::Boringtun => installed("boringtun-cli"),
            Self::Gotatun => installed("gotatun"),
        }
    }

    /// What it says of its version, on this machine; nothing if it is not here.
    pub(crate) fn version(self) -> Option<String> {
        if self == Self::Raw {
            return Some(String::new());
        }
        let output = Command::new(self.executable()).arg("--version").stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        // Some go on with what they were built with.
        let words = text.lines().next()?.split(['[', '(']).next()?.trim();
        (!words.is_empty()).then(|| words.to_owned())
    }

    fn prepare(self) -> Result<Box<dyn Prepared>> {
        Ok(match self {
            Self::Ours | Self::OursOpen => Box::new(Ours::new(self == Self::OursOpen)),
            Self::Raw => anyhow::bail!("there is nothing to start"),
            Self::WireguardGo | Self::Boringtun | Self::Gotatun => Box::new(wireguard::WireGuard::new(self)?),
        })
    }

    /// Starts it on both ends, until a packet has come back.
    ///
    /// # Errors
    /// If that takes more than half a minute.
    pub(crate) fn start(self, wire: &Wire) -> Result<Tunnel> {
        if self == Self::Raw {
            let addresses = [wire.one.address(), wire.two.address()];
            return Ok(Tunnel { processes: Vec::new(), addresses, start: None });
        }
        let mut prepared = self.prepare()?;
        let two = prepared.start(End::Two, wire)?;
        let begun = Instant::now();
        let one = prepared.start(End::One, wire)?;
        let addresses = [prepared.address(End::One), prepared.address(End::Two)];
        let _echo = Echo::start(wire.two.udp(ECHO_PORT)?)?;
        let first = echo::await_first(
            &wire.one.udp(0)?,
            SocketAddrV4::new(addresses[1], ECHO_PORT),
            b"the first packet",
            START_LIMIT,
        )
        .with_context(|| format!("end one said:\n{}end two said:\n{}", one.tail(), two.tail()))?;
        Ok(Tunnel { processes: vec![one, two], addresses, start: Some(first.duration_since(begun)) })
    }
}

/// A program as `cargo build --release` leaves it.
pub(crate) fn release(name: &str) -> PathBuf {
    project::target().join("release").join(name)
}

/// A command on a host, at a raised priority where that is allowed: what everybody else does on the machine must
/// disturb as little as it can.
pub(crate) fn urgent(host: &Host, program: impl AsRef<Path>) -> Command {
    let mut command = if is_root() {
        let mut nice = host.command("nice");
        nice.args(["-n", "-5"]).arg(program.as_ref());
        nice
    } else {
        host.command(program.as_ref())
    };
    command.stdin(Stdio::null());
    command
}

fn is_root() -> bool {
    shell::ask(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// A fresh folder for a program's files.
fn folder(name: &str) -> Result<PathBuf> {
    let folder = stage::data_folder(&format!("bench-{name}"))?;
    // Of an earlier round.
    fs::remove_dir_all(&folder)?;
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Runs a command to its end and returns what it wrote.
fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start `{}`", shell::words(command)))?;
    let problem = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{}` failed: {}", shell::words(command), problem.trim());
    Ok(String::from_utf8(output.stdout)?)
}

/// Waits until `is_there`, while the program runs.
fn wait_until(process: &mut Process, what: &str, mut is_there: impl FnMut() -> bool) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while !is_there() {
        let alive = process.is_running()? && Instant::now() < deadline;
        ensure!(alive, "there is no {what}; the program said:\n{}", process.tail());
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Gives an adapter its address and the common MTU.
fn configure(host: &Host, interface: &str, address: Ipv4Addr) -> Result<()> {
    let mut ip = host.command("ip");
    ip.args(["address", "add", &format!("{address}/24"), "dev", interface]);
    output_of(&mut ip)?;
    let mut ip = host.command("ip");
    ip.args(["link", "set", interface, "mtu", &MTU.to_string(), "up"]);
    output_of(&mut ip).map(drop)
}
