use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Process, Wire};

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
    pub(super) fn new(program: Program, wire: &Wire) -> Result<Self> {
        let folder = folder(program.name())?;
        let mut public_keys = [String::new(), String::new()];
        for end in [End::One, End::Two] {
            let mut generate = end.host(wire).command("wg");
            let key = output_of(generate.arg("genkey")).context("package wireguard-tools")?;
            let file = key_file(&folder, end);
            fs::write(&file, key)?;
            let mut derive = Command::new("wg");
            derive.arg("pubkey").stdin(Stdio::from(fs::File::open(file)?));
            public_keys[end as usize] = output_of(&mut derive)?.trim().to_owned();
        }
        Ok(Self { program, folder, public_keys })
    }
}

impl Prepared for WireGuard {
    fn start(&mut self, end: End, wire: &Wire) -> Result<Process> {
        let host = end.host(wire);
        // Both ends see one folder of sockets.
        let interface = format!("wg-{}", end.name());
        let mut command = urgent(host, self.program.executable());
        command.arg("--foreground");
        if matches!(self.program, Program::Boringtun | Program::Gotatun) {
            // In a user namespace there is nobody else to become.
            command.arg("--disable-drop-privileges");
        }
        command.arg(&interface);
        let mut process = host.spawn(command)?;
        // A socket of an earlier round lies there still: one that answers is one that is used.
        let answers = || {
            let mut show = host.command("wg");
            show.args(["show", &interface, "public-key"]);
            show.output().is_ok_and(|output| output.status.success())
        };
        wait_until(&mut process, "answer to wg", answers)?;
        let other = end.other();
        let mut set = host.command("wg");
        set.args(["set", &interface, "listen-port", &PORT.to_string(), "private-key"]);
        set.arg(key_file(&self.folder, end));
        set.args([
            "peer",
            &self.public_keys[other as usize],
            "allowed-ips",
            &format!("{}/32", other.address()),
        ]);
        set.args(["endpoint", &format!("{}:{PORT}", other.host(wire).address())]);
        output_of(&mut set)?;
        configure(host, &interface, end)?;
        ensure!(process.is_running()?, "it ended; it said:\n{}", process.tail());
        Ok(process)
    }
}

fn key_file(folder: &Path, end: End) -> PathBuf {
    folder.join(end.name())
}
