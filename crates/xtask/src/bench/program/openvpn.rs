use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};
use lanrage_lab::{Process, Wire};

use super::{End, MTU, Prepared, folder, output_of, urgent, wait_until};

/// OpenVPN from point to point: each end knows the fingerprint of the other's certificate.
#[derive(Debug)]
pub(super) struct OpenVpn {
    folder: PathBuf,
    fingerprints: [String; 2],
}

impl OpenVpn {
    pub(super) fn new() -> Result<Self> {
        let folder = folder("openvpn")?;
        let mut fingerprints = [String::new(), String::new()];
        for end in [End::One, End::Two] {
            let name = end.name();
            let openssl = |words: &str| {
                let mut command = Command::new("openssl");
                output_of(command.args(words.split(' ')).current_dir(&folder)).context("package openssl")
            };
            openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={name} \
                 -keyout {name}.key -out {name}.crt"
            ))?;
            let line = openssl(&format!("x509 -in {name}.crt -noout -fingerprint -sha256"))?;
            let (_, fingerprint) = line.trim().split_once('=').context("no fingerprint")?;
            fingerprint.clone_into(&mut fingerprints[end as usize]);
        }
        Ok(Self { folder, fingerprints })
    }
}

impl Prepared for OpenVpn {
    fn start(&mut self, end: End, wire: &Wire) -> Result<Process> {
        let (host, other) = (end.host(wire), end.other());
        let mut command = urgent(host, "openvpn");
        command.args(["--dev", "tun0", "--proto", "udp", "--port", "1194", "--tun-mtu", &MTU.to_string()]);
        command.args(["--remote", &other.host(wire).address().to_string()]);
        command.args(["--ifconfig", &end.address().to_string(), &other.address().to_string()]);
        for (option, ending) in [("--cert", "crt"), ("--key", "key")] {
            command.arg(option).arg(self.folder.join(format!("{}.{ending}", end.name())));
        }
        command.args(["--peer-fingerprint", &self.fingerprints[other as usize]]);
        match end {
            End::One => command.arg("--tls-client"),
            End::Two => command.args(["--tls-server", "--dh", "none"]),
        };
        let mut process = host.spawn(command)?;
        wait_until(&mut process, "adapter", || host.traffic("tun0").is_ok())?;
        Ok(process)
    }
}
