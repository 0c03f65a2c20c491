use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use lanrage_lab::{Process, Wire};

use super::{End, MTU, Prepared, folder, output_of, urgent, wait_until};

/// tinc 1.0, as its manual's example.
#[derive(Debug)]
pub(super) struct Tinc {
    folder: PathBuf,
}

impl Tinc {
    pub(super) fn new(wire: &Wire) -> Result<Self> {
        let folder = folder("tinc")?;
        for end in [End::One, End::Two] {
            let own = folder.join(end.name());
            fs::create_dir_all(own.join("hosts"))?;
            let (name, other) = (end.name(), end.other().name());
            fs::write(
                own.join("tinc.conf"),
                format!("Name = {name}\nConnectTo = {other}\nInterface = tun0\nAddressFamily = ipv4\n"),
            )?;
            let host = format!("Address = {}\nSubnet = {}/32\n", end.host(wire).address(), end.address());
            fs::write(own.join("hosts").join(name), host)?;
            let up = format!(
                "#!/bin/sh\nip address add {}/24 dev $INTERFACE\nip link set $INTERFACE mtu {MTU} up\n",
                end.address()
            );
            fs::write(own.join("tinc-up"), up)?;
            fs::set_permissions(own.join("tinc-up"), fs::Permissions::from_mode(0o755))?;
            let mut generate = Command::new("tincd");
            generate.arg("-c").arg(&own).args(["-K", "2048"]).stdin(Stdio::null());
            output_of(&mut generate).context("package tinc")?;
        }
        for end in [End::One, End::Two] {
            let known = |of: End| folder.join(of.name()).join("hosts").join(end.name());
            fs::copy(known(end), known(end.other()))?;
        }
        Ok(Self { folder })
    }
}

impl Prepared for Tinc {
    fn start(&mut self, end: End, wire: &Wire) -> Result<Process> {
        let host = end.host(wire);
        let mut command = urgent(host, daemon());
        command.arg("-c").arg(self.folder.join(end.name())).args(["-D", "-d", "1", "--pidfile"]);
        command.arg(self.folder.join(format!("{}.pid", end.name())));
        let mut process = host.spawn(command)?;
        wait_until(&mut process, "adapter", || host.traffic("tun0").is_ok())?;
        Ok(process)
    }
}

/// It lies where only root's search path leads.
fn daemon() -> &'static Path {
    let usual = Path::new("/usr/sbin/tincd");
    if usual.exists() { usual } else { Path::new("tincd") }
}
