//! The server's process, which is this one's child.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use tempfile::TempDir;

/// `/proc` counts processor time in hundredths of a second on every Linux of today (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;
/// Descriptors of each process: one for a member, and some for itself.
const DESCRIPTORS: u64 = 200_000;

/// A running server. Killed when dropped.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    address: SocketAddr,
    _data: TempDir,
}

/// Lets this process, and so its child, open as many files as it may.
pub(crate) fn raise_limit() {
    let before = getrlimit(Resource::Nofile);
    let more = Rlimit { current: Some(DESCRIPTORS), maximum: Some(DESCRIPTORS) };
    if before.maximum.is_none_or(|most| most >= DESCRIPTORS) || setrlimit(Resource::Nofile, more).is_err() {
        // Only root may have more than the system's administrator has set.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: before.maximum, maximum: before.maximum });
    }
}

impl ServerProcess {
    /// Starts one with room for so many members, on loopback and in a directory of its own.
    pub(crate) fn start(program: &Path, members: usize) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut command = Command::new(program);
        command.args(["--listen", "127.0.0.1:0", "--stun", "127.0.0.1:0", "--json"]);
        command.arg("--connections").arg((members + 100).to_string()).arg("--data-dir").arg(data.path());
        command.env("RUST_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| program.display().to_string())?;
        let output = child.stdout.take();
        // From here on it is killed with the value.
        let mut server = Self { child, address: ([127, 0, 0, 1], 0).into(), _data: data };
        let mut line = String::new();
        BufReader::new(output.context("no output")?).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line).context("the server does not start")?;
        server.address = ready["listen"].as_str().context("no address")?.parse()?;
        Ok(server)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Processor time so far, the kernel's on its behalf included.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = stat.rsplit_once(')').context("no such process")?;
        let ticks: Vec<u64> =
            fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
        Ok(ticks.iter().sum::<u64>() as f64 / TICKS_PER_SECOND)
    }

    /// What it holds in memory now. What the kernel holds for its sockets is not in it.
    pub(crate) fn memory_bytes(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the server has ended")?;
        let kibibytes: u64 = line.split_whitespace().next().context("no number")?.parse()?;
        Ok(kibibytes << 10)
    }

    /// Kills it.
    pub(crate) fn stop(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}
