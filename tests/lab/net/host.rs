//! One machine of the lab: a network namespace with an address.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket},
    os::fd::AsFd,
    panic,
    process::Command,
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::ip;
use crate::Process;

/// What a program on a lab host still sees of the environment outside.
const KEPT_VARIABLES: [&str; 5] = ["HOME", "PATH", "RUST_BACKTRACE", "RUST_LOG", "TERM"];

/// How long [`Host::udp`]'s sockets wait for a datagram before they report that none came.
const RECEIVE_LIMIT: Duration = Duration::from_millis(500);

/// A machine of the lab. Cheap to clone; the machine itself stands until the world ends.
#[derive(Debug, Clone)]
pub struct Host {
    name: String,
    address: IpAddr,
    namespace: Arc<File>,
}

impl Host {
    /// Makes the namespace `name`, with no interface but the loopback.
    pub(crate) fn new(name: &str, address: IpAddr) -> Result<Self> {
        ip::run(&format!("netns add {name}"))?;
        let namespace = File::open(format!("/run/netns/{name}")).context("open the namespace")?;
        let host = Self { name: name.to_owned(), address, namespace: Arc::new(namespace) };
        // A machine that routes takes these from the one it stands on; none here may forward unless it is a router.
        host.set_sysctl("net/ipv4/ip_forward", "0")?;
        for (key, value) in [("accept_dad", "0"), ("router_solicitations", "0")] {
            // A kernel without IPv6 has no such switch, and no duplicate address detection to wait for either.
            let _ = host.set_sysctl(&format!("net/ipv6/conf/default/{key}"), value);
        }
        ip::batch(name, "link set lo up\n")?;
        Ok(host)
    }

    /// The host's name in the lab.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The host's address on its own segment; for a router, the outer one.
    #[must_use]
    pub fn ip(&self) -> IpAddr {
        self.address
    }

    /// The same of a host that has IPv4.
    ///
    /// # Panics
    /// If it has IPv6 alone.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        match self.address {
            IpAddr::V4(address) => address,
            IpAddr::V6(address) => panic!("{} has no IPv4 address but {address}", self.name),
        }
    }

    /// A command that runs `program` on this host, with a clean environment, in which programs speak English.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program).env_clear().env("LANG", "C.UTF-8");
        command.envs(KEPT_VARIABLES.iter().filter_map(|key| Some((key, env::var_os(key)?))));
        command
    }

    /// What nft(8) says to these words on this host.
    ///
    /// # Errors
    /// If it refuses.
    pub(crate) fn nft(&self, words: &[&str]) -> Result<Vec<u8>> {
        let output = self.command("nft").args(words).output()?;
        ensure!(output.status.success(), "nft: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(output.stdout)
    }

    /// Starts a command made by [`command`](Self::command); it is killed when the returned value is dropped.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn spawn(&self, command: Command) -> Result<Process> {
        Process::spawn(&self.name, command)
    }

    /// Runs `work` on a thread that stands on this host. Sockets made there stay there and can be used anywhere.
    ///
    /// # Errors
    /// What `work` returns, or if the thread cannot move.
    ///
    /// # Panics
    /// If `work` does.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let on_host = || {
            move_into_link_name_space(self.namespace.as_fd(), Some(LinkNameSpaceType::Network))
                .with_context(|| format!("move a thread to {}", self.name))?;
            work()
        };
        thread::scope(|scope| scope.spawn(on_host).join()).unwrap_or_else(|panic| panic::resume_unwind(panic))
    }

    /// A UDP socket on this host, bound to all its addresses; port 0 takes any. Receiving gives up after 500 ms.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn udp(&self, port: u16) -> Result<UdpSocket> {
        self.udp_of(Ipv4Addr::UNSPECIFIED.into(), port)
    }

    /// The same with IPv6.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn udp_v6(&self, port: u16) -> Result<UdpSocket> {
        self.udp_of(Ipv6Addr::UNSPECIFIED.into(), port)
    }

    fn udp_of(&self, all: IpAddr, port: u16) -> Result<UdpSocket> {
        self.enter(|| {
            let socket = UdpSocket::bind((all, port))
                .with_context(|| format!("bind UDP port {port} on {}", self.name))?;
            socket.set_read_timeout(Some(RECEIVE_LIMIT))?;
            if all.is_ipv4() {
                socket.set_broadcast(true)?;
            }
            Ok(socket)
        })
    }

    /// Whether `address` answers one ping within a second.
    ///
    /// # Errors
    /// If `ping` cannot be run.
    pub fn can_ping(&self, address: impl Into<IpAddr>) -> Result<bool> {
        let mut ping = self.command("ping");
        ping.args(["-n", "-q", "-c", "1", "-W", "1", &address.into().to_string()]);
        let output = ping.output().context("cannot run `ping` (package iputils-ping)")?;
        Ok(output.status.success())
    }

    /// How many bytes the host's interface has received and sent.
    ///
    /// # Errors
    /// If there is no such interface.
    pub fn traffic(&self, interface: &str) -> Result<u64> {
        // The file system of another namespace's interfaces cannot be seen from here, its processes' view can.
        let table = self.enter(|| Ok(std::fs::read_to_string("/proc/thread-self/net/dev")?))?;
        let line = table.lines().find_map(|line| line.trim().strip_prefix(&format!("{interface}:")));
        let fields: Vec<u64> = line
            .with_context(|| format!("{} has no {interface}", self.name))?
            .split_whitespace()
            .filter_map(|field| field.parse().ok())
            .collect();
        // Columns: eight of what was received, then eight of what was sent, bytes first.
        Ok(fields.first().zip(fields.get(8)).map_or(0, |(received, sent)| received + sent))
    }

    /// Writes a kernel setting of this host, named by its path under `/proc/sys`.
    pub(crate) fn set_sysctl(&self, key: &str, value: &str) -> Result<()> {
        self.enter(|| std::fs::write(format!("/proc/sys/{key}"), value).with_context(|| format!("set {key}")))
    }
}
