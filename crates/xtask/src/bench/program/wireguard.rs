use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Host, Process, Wire};

use super::{End, Prepared, Program, configure, folder, output_of, urgent, wait_until};

const PORT: u16 = 51_820;

/// A WireGuard of user space that `wg` configures through a socket.
#[derive(Debug)]
pub(super) struct WireGuard {
    program: Program,
    folder: PathBuf,
    public_keys: [String; 2],
}

impl WireGuard {
    pub(super) fn new(program: Program) -> Result<Self> {
        let folder = folder(program.name())?;
        let mut public_keys = [String::new(), String::new()];
        for end in [End::One, End::Two] {
            public_keys[end as usize] = make_key(&folder.join(end.name()))?;
        }
        Ok(Self { program, folder, public_keys })
    }
}

impl Prepared for WireGuard {
    fn start(&mut self, end: End, wire: &Wire) -> Result<Process> {
        let (host, other) = (end.host(wire), end.other());
        // Both ends see one folder of sockets.
        let device =
            Device { host, interface: format!("wg-{}", end.name()), key: self.folder.join(end.name()) };
        let mut process = device.start(self.program)?;
        device.add_peer(&self.public_keys[other as usize], other.address(), other.host(wire))?;
        configure(host, &device.interface, end.address())?;
        ensure!(process.is_running()?, "it ended; it said:\n{}", process.tail());
        Ok(process)
    }
}

/// Starts a program on a host and its friends, so that the host knows all of them, and each of them the host. Returns the
/// programs, and the address of each friend.
pub(in crate::bench) fn party(
    program: Program,
    host: &Host,
    friends: &[Host],
) -> Result<(Vec<Process>, Vec<Ipv4Addr>)> {
    let folder = folder(program.name())?;
    let hosts: Vec<&Host> = [host].into_iter().chain(friends).collect();
    let address = |at: usize| Ipv4Addr::from_bits(Ipv4Addr::new(10, 99, 0, 1).to_bits() + at as u32);
    let devices: Vec<_> = hosts
        .iter()
        .enumerate()
        .map(|(at, host)| Device { host, interface: format!("wg{at}"), key: folder.join(host.name()) })
        .collect();
    let keys: Vec<_> = devices.iter().map(|device| make_key(&device.key)).collect::<Result<_>>()?;
    let mut processes = Vec::new();
    for (at, device) in devices.iter().enumerate() {
        processes.push(device.start(program)?);
        let peers = if at == 0 { 1..devices.len() } else { 0..1 };
        for peer in peers {
            device.add_peer(&keys[peer], address(peer), hosts[peer])?;
        }
        configure(device.host, &device.interface, address(at))?;
    }
    Ok((processes, (1..devices.len()).map(address).collect()))
}

/// One end of a tunnel.
struct Device<'a> {
    host: &'a Host,
    interface: String,
    /// The file of its private key.
    key: PathBuf,
}

impl Device<'_> {
    /// Starts the program, until it has its port and its key.
    fn start(&self, program: Program) -> Result<Process> {
        let mut command = urgent(self.host, program.executable());
        command.arg("--foreground");
        if matches!(program, Program::Boringtun | Program::Gotatun) {
            // In a user namespace there is nobody else to become.
            command.arg("--disable-drop-privileges");
        }
        command.arg(&self.interface);
        let mut process = self.host.spawn(command)?;
        // A socket of an earlier round lies there still: one that answers is one that is used.
        let answers = || {
            let mut show = self.host.command("wg");
            show.args(["show", &self.interface, "public-key"]);
            show.output().is_ok_and(|output| output.status.success())
        };
        wait_until(&mut process, "answer to wg", answers)?;
        self.set(|set| set.args(["listen-port", &PORT.to_string(), "private-key"]).arg(&self.key))?;
        Ok(process)
    }

    fn add_peer(&self, key: &str, address: Ipv4Addr, at: &Host) -> Result<()> {
        let (allowed, endpoint) = (format!("{address}/32"), format!("{}:{PORT}", at.address()));
        self.set(|set| set.args(["peer", key, "allowed-ips", &allowed, "endpoint", &endpoint]))
    }

    fn set(&self, words: impl FnOnce(&mut Command) -> &mut Command) -> Result<()> {
        let mut set = self.host.command("wg");
        output_of(words(set.args(["set", &self.interface]))).map(drop)
    }
}

/// Writes a private key into a file, and returns the public one.
fn make_key(file: &Path) -> Result<String> {
    let key = output_of(Command::new("wg").arg("genkey")).context("package wireguard-tools")?;
    fs::write(file, key)?;
    let mut derive = Command::new("wg");
    derive.arg("pubkey").stdin(Stdio::from(fs::File::open(file)?));
    Ok(output_of(&mut derive)?.trim().to_owned())
}
