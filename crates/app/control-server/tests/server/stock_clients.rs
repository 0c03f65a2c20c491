//! Clients of other people against our relay: coturn's own, and the ICE agent aioice.

use std::{
    net::UdpSocket,
    path::{Path, PathBuf},
    time::Duration,
};

use lanrage_control_server::{RelayConfig, Server};
use lanrage_nat::turn::RestSecret;
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

use crate::{relay::unix_now, support::settings};

const SECRET: &str = "a secret of this test";
/// Longer than any of them takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// Of coturn's client, and what each says at least.
const CLIENTS: u32 = 2;
const MESSAGES: u32 = 10;

async fn relay() -> (Server, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let mut config = RelayConfig::new(SECRET.to_owned().into());
    config.allowed_peers = vec!["127.0.0.0/8".parse().unwrap()];
    config.limits.allocations_per_user = 100;
    let mut settings = settings(directory.path());
    settings.relay = Some(config);
    (Server::start(settings).await.unwrap(), directory)
}

/// Sends everything back that comes to a port and the one above, until the test ends.
fn echo() -> u16 {
    let pair = || {
        let first = UdpSocket::bind("127.0.0.1:0").ok()?;
        let above = first.local_addr().ok()?.port().checked_add(1)?;
        Some([first, UdpSocket::bind(("127.0.0.1", above)).ok()?])
    };
    let sockets = std::iter::repeat_with(pair).flatten().next().unwrap();
    let port = sockets[0].local_addr().unwrap().port();
    for socket in sockets {
        std::thread::spawn(move || {
            let mut buffer = [0; 2_048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let _ = socket.send_to(&buffer[..length], from);
            }
        });
    }
    port
}

async fn output(command: &mut Command) -> String {
    let run = command.kill_on_drop(true).output();
    let done = timeout(PATIENCE, run).await.expect("it ends").expect("it starts");
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{:?} ended with {}:\n{said}", command.as_std(), done.status);
    said
}

#[tokio::test]
async fn coturns_own_client_is_served_whatever_it_asks_for() {
    let (server, _directory) = relay().await;
    let port = server.stun_addr().unwrap().port().to_string();
    let echo = echo().to_string();
    let (clients, messages) = (CLIENTS.to_string(), MESSAGES.to_string());
    // By default it asks for an even port and the one above, and binds channels.
    let peer = ["-e", "127.0.0.1", "-r", &echo];
    for (what, options) in [
        ("a pair of ports, channels", &peer[..]),
        ("one port, channels", &[&["-c"], &peer[..]].concat()),
        ("indications", &[&["-s"], &peer[..]].concat()),
        ("over TCP", &[&["-t"], &peer[..]].concat()),
        ("over TCP, indications", &[&["-t", "-s"], &peer[..]].concat()),
        ("a family by name", &[&["-X"], &peer[..]].concat()),
        ("client to client", &["-y"][..]),
        ("client to client, indications", &["-y", "-s"]),
        ("client to client over TCP", &["-y", "-t"]),
    ] {
        let mut client = Command::new("turnutils_uclient");
        client.args(["-u", "ann", "-W", SECRET, "-p", &port, "-m", &clients, "-l", "170", "-n", &messages]);
        let said = output(client.args(options).arg("127.0.0.1")).await;
        assert!(said.contains("Total lost packets 0 "), "{what}:\n{said}");
        let (sent, received) = (last_count(&said, "tot_send_msgs="), last_count(&said, "tot_recv_msgs="));
        assert!(sent == received && sent >= CLIENTS * MESSAGES, "{what}: {received} of {sent}\n{said}");
    }
}

/// The number behind the last `name` in what it said.
fn last_count(said: &str, name: &str) -> u32 {
    let digits = said.rsplit(name).next().unwrap_or_default();
    digits.split(|sign: char| !sign.is_ascii_digit()).next().unwrap_or_default().parse().unwrap_or(0)
}

/// Where `cargo xtask setup` puts packages of Python.
fn python_packages() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools/python")
}

#[tokio::test]
async fn two_agents_of_aioice_reach_each_other_by_their_relayed_addresses_alone() {
    let (server, _directory) = relay().await;
    let port = server.stun_addr().unwrap().port().to_string();
    assert!(python_packages().exists(), "aioice is missing: run `cargo xtask setup`");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server/data/ice_agents.py");
    let credentials = RestSecret::new(SECRET).issue("ann", unix_now() + 3_600);
    for transport in ["udp", "tcp"] {
        let mut agents = Command::new("python3");
        agents.env("PYTHONPATH", python_packages()).env("PYTHONDONTWRITEBYTECODE", "1").arg(&script);
        agents.args(["127.0.0.1", &port, transport, &credentials.username, &credentials.password]);
        let said = output(&mut agents).await;
        assert!(said.contains("both heard"), "{transport}:\n{said}");
    }
}
