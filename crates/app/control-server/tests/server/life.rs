//! From ready to ended: what a service manager is told, and what players notice.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    os::unix::net::UnixDatagram,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use lanrage_control::protocol::{ClientMessage, ErrorCode, ServerMessage};
use lanrage_control_server::Server;
use lanrage_nat::turn::RestSecret;
use lanrage_party::RelayTransport;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::{
    relay::{End, address_of, unix_now, with_relay},
    support::{Player, Raw, get, ready},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// The program, and what it said when it was ready.
struct Program {
    child: Child,
    ready: serde_json::Value,
}

impl Program {
    async fn start(directory: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lanrage-server"))
            .args(["--json", "--listen", "127.0.0.1:0", "--stun", "127.0.0.1:0", "--data-dir"])
            .arg(directory)
            .args(arguments)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let ready = ready(&mut child).await;
        Self { child, ready }
    }

    fn address(&self, name: &str) -> SocketAddr {
        self.ready[name].as_str().unwrap().parse().unwrap()
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    async fn ended_well(&mut self) {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        assert!(status.success(), "{status}");
    }
}

/// What a service manager hears.
struct Manager(UnixDatagram);

impl Manager {
    fn listen(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    fn hear(&self) -> String {
        let mut buffer = [0; 4_096];
        let count = loop {
            match self.0.recv(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                heard => break heard.expect("a word of the program"),
            }
        };
        String::from_utf8(buffer[..count].to_vec()).unwrap()
    }

    /// What comes once everything before it is read.
    fn hear_until(&self, wanted: &str) -> String {
        loop {
            let heard = self.hear();
            if heard.lines().any(|line| line == wanted) {
                return heard;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_manager_hears_how_the_program_is_from_ready_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("manager");
    let manager = Manager::listen(&path);
    let variables = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "200000")];
    let data = directory.path().join("data");
    let mut program = Program::start(&data, &variables, &[]).await;
    assert!(manager.hear().starts_with("READY=1\n"), "the first of all");
    let alive = manager.hear_until("WATCHDOG=1");
    assert!(alive.contains("STATUS=parties: 0, players online: 0, relay places in use: 0\n"), "{alive}");

    let ann = Player::new(1);
    let mut host = Raw::connect(program.address("listen")).await;
    host.sign_in(&ann.identity).await;
    host.send(ClientMessage::Request(ann.create()).encode()).await;
    assert!(matches!(host.receive().await, Some(ServerMessage::Party { .. })));
    manager.hear_until("STATUS=parties: 1, players online: 1, relay places in use: 0");

    program.signal(Signal::HUP);
    let reloading = manager.hear_until("RELOADING=1");
    let stamp = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    assert!(stamp.is_some_and(|stamp| stamp.parse::<u64>().is_ok_and(|stamp| stamp > 0)), "{reloading}");
    manager.hear_until("READY=1");

    // A stopped process says nothing, which is how a manager knows.
    program.signal(Signal::STOP);
    manager.0.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut buffer = [0; 4_096];
    let quiet = loop {
        match manager.0.recv(&mut buffer) {
            // What became of the program is a signal to this one.
            Err(error) if error.kind() != ErrorKind::Interrupted => break error,
            _ => {}
        }
    };
    assert_eq!(quiet.kind(), ErrorKind::WouldBlock);
    manager.0.set_read_timeout(Some(PATIENCE)).unwrap();
    program.signal(Signal::CONT);
    manager.hear_until("WATCHDOG=1");

    program.signal(Signal::TERM);
    let stopping = manager.hear_until("STOPPING=1");
    assert!(stopping.contains("EXTEND_TIMEOUT_USEC=45000000\n"), "{stopping}");
    program.ended_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_plays_by_the_relay_plays_on_while_the_server_sends_everybody_elsewhere() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(with_relay(directory.path(), |_| {})).await.unwrap();
    let ann = Player::new(1);
    let mut session = Raw::connect(server.addr()).await;
    session.sign_in(&ann.identity).await;
    let udp = address_of(&server, RelayTransport::Udp);
    let [mut one, mut other] = ["ann", "bob"].map(|user| End::allocated(RelayTransport::Udp, udp, user));
    let (to_one, to_other) = (one.relayed(), other.relayed());
    one.bind(to_other);
    other.bind(to_one);
    // The numbers are a second old.
    let stats = server.relay_stats().unwrap();
    let start = Instant::now();
    while stats.allocations() < 2 {
        assert!(start.elapsed() < PATIENCE, "two allocations");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(get(server.addr(), "/readyz").await.starts_with("HTTP/1.1 200"));

    let mut drained = Box::pin(server.drain(Duration::from_secs(3_600)));
    assert!(tokio::time::timeout(Duration::ZERO, &mut drained).await.is_err());
    let Some(ServerMessage::Error(told)) = session.receive().await else { panic!("nothing was said") };
    assert_eq!(told.code, ErrorCode::Stopping);
    assert!(told.retry_after_ms.is_some_and(|pause| pause >= 1_000), "{told:?}");
    assert!(session.receive().await.is_none(), "it is closed");
    let mut late = Raw::connect(server.addr()).await;
    let Some(ServerMessage::Error(told)) = late.receive().await else { panic!("nothing was said") };
    assert_eq!(told.code, ErrorCode::Stopping, "nobody new is let in");
    assert!(get(server.addr(), "/readyz").await.starts_with("HTTP/1.1 503"));
    assert!(get(server.addr(), "/healthz").await.starts_with("HTTP/1.1 200"), "it works");

    for turn in 1..=20 {
        one.send(to_other, b"a move");
        other.run("a move", |other| other.arrived.len() == turn);
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut drained).await.is_err(), "it has ended");
    }
    for end in [&mut one, &mut other] {
        end.client.close(Instant::now());
        (0..20).for_each(|_| end.step());
    }
    tokio::time::timeout(PATIENCE, drained).await.expect("nobody is relayed any more");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_program_ends_when_nobody_is_relayed_or_its_time_is_up_or_it_is_stopped_again() {
    let directory = tempfile::tempdir().unwrap();
    for (seconds, is_stopped_again) in [("1", false), ("3600", true)] {
        let mut program = Program::start(directory.path(), &[], &["--drain-seconds", seconds]).await;
        let secret = std::fs::read_to_string(directory.path().join("relay.secret")).unwrap();
        let credentials = RestSecret::new(secret.trim()).issue("ann", unix_now() + 3_600);
        let mut end = End::connect(RelayTransport::Udp, program.address("stun"), credentials);
        end.run("allocation", |end| end.client.relayed_address().is_some());
        let asked = |what: &str| {
            let mut admin = Command::new(env!("CARGO_BIN_EXE_lanrage-server"));
            admin.args(["admin", what, "--json", "--data-dir"]).arg(directory.path());
            async move {
                let told = admin.output().await.unwrap();
                assert!(told.status.success(), "{told:?}");
                serde_json::from_slice::<serde_json::Value>(&told.stdout).unwrap()
            }
        };
        let start = Instant::now();
        while asked("status").await["status"]["allocations"] != 1 {
            assert!(start.elapsed() < PATIENCE, "one allocation");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if is_stopped_again {
            program.signal(Signal::TERM);
            let start = Instant::now();
            while asked("status").await["status"]["is_draining"] != true {
                assert!(start.elapsed() < PATIENCE, "it drains");
            }
            assert!(program.child.try_wait().unwrap().is_none(), "somebody is relayed");
            program.signal(Signal::TERM);
        } else {
            assert_eq!(asked("drain").await["type"], "draining");
        }
        program.ended_well().await;
    }
}
