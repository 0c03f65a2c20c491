use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use lanrage_lab::{Process, Wire};

use super::{End, MTU, Prepared, folder, output_of, urgent, wait_until};

const PORT: u16 = 4242;

/// Nebula: certificates of a common authority.
#[derive(Debug)]
pub(super) struct Nebula {
    folder: PathBuf,
}

impl Nebula {
    pub(super) fn new(wire: &Wire) -> Result<Self> {
        let folder = folder("nebula")?;
        let certify = |words: &[&str]| {
            output_of(Command::new("nebula-cert").args(words).current_dir(&folder)).context("package nebula")
        };
        certify(&["ca", "-name", "bench"])?;
        for end in [End::One, End::Two] {
            let address = format!("{}/24", end.address());
            certify(&["sign", "-name", end.name(), "-ip", &address])?;
            let other = end.other();
            let (files, name) = (folder.display(), end.name());
            let config = format!(
                "pki: {{ ca: {files}/ca.crt, cert: {files}/{name}.crt, key: {files}/{name}.key }}\n\
                 static_host_map: {{ \"{}\": [\"{}:{PORT}\"] }}\n\
                 lighthouse: {{ am_lighthouse: false, hosts: [] }}\n\
                 listen: {{ host: 0.0.0.0, port: {PORT} }}\n\
                 tun: {{ dev: nebula1, mtu: {MTU} }}\n\
                 firewall:\n  outbound: [{{ port: any, proto: any, host: any }}]\n  \
                 inbound: [{{ port: any, proto: any, host: any }}]\n",
                other.address(),
                other.host(wire).address(),
            );
            fs::write(config_file(&folder, end), config)?;
        }
        Ok(Self { folder })
    }
}

impl Prepared for Nebula {
    fn start(&mut self, end: End, wire: &Wire) -> Result<Process> {
        let host = end.host(wire);
        let mut command = urgent(host, "nebula");
        command.arg("-config").arg(config_file(&self.folder, end));
        let mut process = host.spawn(command)?;
        wait_until(&mut process, "adapter", || host.traffic("nebula1").is_ok())?;
        Ok(process)
    }
}

fn config_file(folder: &Path, end: End) -> PathBuf {
    folder.join(format!("{}.yaml", end.name()))
}
