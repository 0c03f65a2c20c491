//! What stands around the parties: health, STUN, storage, start and stop.

use std::net::SocketAddr;

use crate::support::{Client, Player, Raw, get, party, settings, start};
use lanrage_control::protocol::{ClientMessage, ErrorCode, Request, ServerMessage};
use lanrage_control_server::{Server, ServerError};
use lanrage_nat::stun::{self, TransactionId};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tokio::net::{TcpStream, UdpSocket};

async fn database(directory: &std::path::Path) -> DatabaseConnection {
    let path = directory.join("control.db");
    Database::connect(format!("sqlite://{}", path.display())).await.unwrap()
}

#[tokio::test]
async fn healthz_says_ok_and_other_paths_do_not_exist() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let health = get(server.addr(), "/healthz").await;
    assert!(health.starts_with("HTTP/1.1 200") && health.contains(r#"{"status":"ok"}"#), "{health}");
    assert!(get(server.addr(), "/etc/passwd").await.starts_with("HTTP/1.1 404"));
    assert!(get(server.addr(), "/v1/session").await.starts_with("HTTP/1.1 4"), "not a WebSocket");
    server.shutdown().await;
}

#[tokio::test]
async fn stun_tells_a_client_its_own_address_over_both_families_of_one_socket() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path());
    settings.stun_listen = Some("[::]:0".parse().unwrap());
    let server = Server::start(settings).await.unwrap();
    let port = server.stun_addr().unwrap().port();
    for local in ["127.0.0.1:0", "[::1]:0"] {
        let client = UdpSocket::bind(local).await.unwrap();
        let mine = client.local_addr().unwrap();
        client.connect((mine.ip(), port)).await.unwrap();
        client.send(b"not STUN").await.unwrap();
        let id = TransactionId([5; 12]);
        client.send(&stun::binding_request(id)).await.unwrap();
        let mut buffer = [0; 256];
        let length = tokio::time::timeout(std::time::Duration::from_secs(20), client.recv(&mut buffer));
        let length = length.await.expect("an answer").unwrap();
        let answer = stun::parse(&buffer[..length]).unwrap();
        let other = match answer {
            stun::Message::BindingResponse { id: of, mapped, other } if of == id && mapped == mine => other,
            other => panic!("{other:?}"),
        };
        let other = other.expect("the second port, to find out about routers");
        assert!(other.ip() == mine.ip() && other.port() != port, "{other}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn while_the_disk_takes_nothing_who_is_there_goes_on_and_nothing_new_is_let_in() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let (ann, bob, carl) = (Player::new(1), Player::new(2), Player::new(3));
    let connect = async |player: &Player| {
        let mut raw = Raw::connect(server.addr()).await;
        raw.sign_in(&player.identity).await;
        raw
    };
    let mut host = connect(&ann).await;
    host.send(ClientMessage::Request(ann.create()).encode()).await;
    assert!(matches!(host.receive().await, Some(ServerMessage::Party { .. })));
    let mut guest = connect(&bob).await;
    guest.send(ClientMessage::Request(bob.join()).encode()).await;
    assert!(matches!(guest.receive().await, Some(ServerMessage::Party { .. })));

    let other = database(directory.path()).await;
    for table in ["parties", "peers"] {
        let full = format!(
            "CREATE TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END"
        );
        other.execute_unprepared(&full).await.unwrap();
    }
    let mut stranger = connect(&carl).await;
    for request in [carl.join(), carl.create_another(9), carl.join()] {
        stranger.send(ClientMessage::Request(request.clone()).encode()).await;
        let Some(ServerMessage::Error(refusal)) = stranger.receive().await else { panic!("acknowledged") };
        assert_eq!(
            (refusal.code, refusal.request, refusal.party),
            (ErrorCode::Internal, Some(request.kind()), Some(request.party()))
        );
        assert!(refusal.retry_after_ms.is_some());
    }
    assert!(get(server.addr(), "/healthz").await.starts_with("HTTP/1.1 503"));
    let signal = Request::Signal { party: party(), to: ann.id(), signal: bob.seal(&ann, b"candidates") };
    guest.send(ClientMessage::Request(signal).encode()).await;
    while !matches!(host.receive().await.expect("nobody is sent off"), ServerMessage::Signal { .. }) {}
    // Who is a member comes back, and who leaves is gone.
    drop(guest);
    let mut guest = connect(&bob).await;
    guest.send(ClientMessage::Request(bob.join()).encode()).await;
    assert!(matches!(guest.receive().await, Some(ServerMessage::Party { .. })));
    guest.send(ClientMessage::Request(Request::LeaveParty { party: party(), leave: None }).encode()).await;
    while !matches!(guest.receive().await.expect("a connection"), ServerMessage::Left { .. }) {}

    for table in ["parties", "peers"] {
        other.execute_unprepared(&format!("DROP TRIGGER full_{table}")).await.unwrap();
    }
    loop {
        stranger.send(ClientMessage::Request(carl.join()).encode()).await;
        match stranger.receive().await {
            Some(ServerMessage::Party { snapshot }) => {
                assert_eq!(snapshot.peers.len(), 2, "the host, and who has just come");
                break;
            }
            Some(ServerMessage::Error(refusal)) => assert_eq!(refusal.code, ErrorCode::Internal),
            other => panic!("{other:?}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(get(server.addr(), "/healthz").await.starts_with("HTTP/1.1 200"));
    server.shutdown().await;
    // What waited was written.
    let server = start(directory.path()).await;
    let mut host = Raw::connect(server.addr()).await;
    host.sign_in(&ann.identity).await;
    host.send(ClientMessage::Request(ann.create()).encode()).await;
    let Some(ServerMessage::Party { snapshot }) = host.receive().await else { panic!("no party") };
    assert_eq!(snapshot.peers.len(), 2);
    server.shutdown().await;
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_server_keeps_is_its_owners_alone_also_where_an_earlier_one_left_it_open() {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    start(&directory).await.shutdown().await;
    std::fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(directory.join("control.db"), Permissions::from_mode(0o644)).unwrap();
    let server = start(&directory).await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_damaged_row_is_left_out_and_its_peer_registers_again() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let (ann, bob) = (Player::new(1), Player::new(2));
    let mut host = Client::connect(&ann, server.addr());
    host.request(ann.create());
    host.party().await;
    let mut guest = Client::connect(&bob, server.addr());
    guest.request(bob.join());
    guest.party().await;
    drop((host, guest));
    server.shutdown().await;
    let other = database(directory.path()).await;
    let damage = format!("UPDATE peers SET record = 'x' WHERE peer_id = '{}'", bob.id());
    other.execute_unprepared(&damage).await.unwrap();
    other.close().await.unwrap();

    let server = start(directory.path()).await;
    let mut guest = Client::connect(&bob, server.addr());
    guest.request(bob.join());
    assert_eq!(guest.party().await.peers.len(), 2);
    server.shutdown().await;
}

#[tokio::test]
async fn a_start_that_cannot_work_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let error = Server::start(settings(directory.path())).await.unwrap_err();
    assert!(matches!(error, ServerError::InUse(_)), "{error}");

    let elsewhere = tempfile::tempdir().unwrap();
    let mut taken = settings(elsewhere.path());
    taken.listen = server.addr();
    let error = Server::start(taken).await.unwrap_err();
    assert!(error.to_string().contains("another program uses this port"), "{error}");

    let file = elsewhere.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Server::start(settings(&file)).await.unwrap_err();
    assert!(matches!(error, ServerError::DataDir { .. }), "{error}");

    let broken = tempfile::tempdir().unwrap();
    std::fs::write(broken.path().join("control.db"), [7; 4_096]).unwrap();
    let error = Server::start(settings(broken.path())).await.unwrap_err();
    assert!(matches!(error, ServerError::Database { .. }), "{error}");

    server.shutdown().await;
}

/// The program itself, with so few descriptors that its usual number of places would use them up.
#[cfg(unix)]
#[tokio::test]
async fn a_server_with_few_descriptors_promises_fewer_places_and_never_runs_out_of_them() {
    use std::process::Stdio;

    let directory = tempfile::tempdir().unwrap();
    let mut server = tokio::process::Command::new("sh")
        .args(["-c", r#"ulimit -n 256; exec "$0" "$@""#, env!("CARGO_BIN_EXE_lanrage-server")])
        .args(["--json", "--listen", "127.0.0.1:0", "--stun", "127.0.0.1:0", "--data-dir"])
        .arg(directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let ready = crate::support::ready(&mut server).await;
    let address = |name: &str| ready[name].as_str().unwrap().parse::<SocketAddr>().unwrap();
    let mut silent = Vec::new();
    for _ in 0..400 {
        silent.push(TcpStream::connect(address("listen")).await.unwrap());
        silent.push(TcpStream::connect(address("turn_tcp")).await.unwrap());
    }
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    client.connect(address("stun")).await.unwrap();
    client.send(&stun::binding_request(TransactionId([5; 12]))).await.unwrap();
    let mut buffer = [0; 256];
    let answered = tokio::time::timeout(std::time::Duration::from_secs(20), client.recv(&mut buffer));
    answered.await.expect("STUN is answered").unwrap();
    server.start_kill().unwrap();
    let log = server.wait_with_output().await.unwrap().stderr;
    let log = String::from_utf8_lossy(&log);
    assert!(log.contains("too few files for all places"), "{log}");
    assert!(!log.contains("accepted") && !log.contains("accept connections"), "{log}");
}
