//! Whatever a stranger sends: a coded error or a closed connection, and the server goes on.

use crate::support::{Player, Raw, settings, start};
use lanrage_base::bucket::Rate;
use lanrage_control::protocol::{
    CLIENT_FRAME_BYTES, ClientMessage, ErrorCode, RequestKind, ServerMessage, SessionMessage,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

async fn code(raw: &mut Raw) -> ErrorCode {
    match raw.receive().await {
        Some(ServerMessage::Error(refusal)) => refusal.code,
        other => panic!("expected an error, got {other:?}"),
    }
}

#[tokio::test]
async fn frames_that_are_no_messages_get_a_code_and_the_connection_stays() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let ann = Player::new(1);
    let mut raw = Raw::connect(server.addr()).await;
    raw.sign_in(&ann.identity).await;
    for (frame, expected) in [
        (r#"{"type":"teleport"}"#.to_owned(), ErrorCode::UnknownMessage),
        ("}{".to_owned(), ErrorCode::BadFrame),
        (r#"{"type":"leave_party"}"#.to_owned(), ErrorCode::BadFrame),
        (r#"{"type":"leave_party","party":"xyz"}"#.to_owned(), ErrorCode::BadFrame),
        ("[".repeat(5_000), ErrorCode::BadFrame),
        (format!(r#"{{"type":"heartbeat","x":"{}"}}"#, "x".repeat(CLIENT_FRAME_BYTES)), ErrorCode::TooLarge),
    ] {
        raw.send(frame).await;
        assert_eq!(code(&mut raw).await, expected);
    }
    raw.send(r#"{"type":"heartbeat","of_the_future":[1]}"#).await;
    assert_eq!(raw.receive().await, Some(ServerMessage::Alive), "unknown fields are ignored");
    server.shutdown().await;
}

#[tokio::test]
async fn what_is_larger_than_any_frame_or_not_text_ends_that_connection_alone() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let (ann, bob) = (Player::new(1), Player::new(2));
    let mut calm = Raw::connect(server.addr()).await;
    calm.sign_in(&ann.identity).await;
    for message in [Message::text("x".repeat(1 << 20)), Message::binary(vec![0; 10])] {
        let mut raw = Raw::connect(server.addr()).await;
        raw.sign_in(&bob.identity).await;
        let _ = futures_util::SinkExt::send(&mut raw.0, message).await;
        while raw.receive().await.is_some() {}
    }
    calm.send(r#"{"type":"heartbeat"}"#).await;
    assert_eq!(calm.receive().await, Some(ServerMessage::Alive));
    server.shutdown().await;
}

#[tokio::test]
async fn nobody_comes_in_under_another_name_or_without_one() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path());
    settings.names = vec!["lan.example.org:443".into()];
    let server = lanrage_control_server::Server::start(settings).await.unwrap();
    let (ann, eve) = (Player::new(1), Player::new(66));

    let mut raw = Raw::connect(server.addr()).await;
    raw.prove(&ann.identity, &eve.identity, "lan.example.org:443").await;
    assert_eq!(code(&mut raw).await, ErrorCode::BadSignature);
    assert_eq!(raw.receive().await, None, "closed");

    let mut raw = Raw::connect(server.addr()).await;
    raw.prove(&ann.identity, &ann.identity, "evil.example.org:443").await;
    assert_eq!(code(&mut raw).await, ErrorCode::WrongServer, "a challenge that was passed on");

    let mut raw = Raw::connect(server.addr()).await;
    raw.send(ClientMessage::Request(ann.create()).encode()).await;
    let Some(ServerMessage::Error(refusal)) = raw.receive().await else { panic!("no error") };
    assert_eq!(
        (refusal.code, refusal.request),
        (ErrorCode::NotAuthenticated, Some(RequestKind::CreateParty))
    );

    let mut raw = Raw::connect(server.addr()).await;
    raw.prove(&eve.identity, &eve.identity, "LAN.example.org:443").await;
    assert!(matches!(raw.receive().await, Some(ServerMessage::Welcome { .. })));
    raw.send(ClientMessage::Request(ann.create()).encode()).await;
    assert_eq!(code(&mut raw).await, ErrorCode::BadSignature, "a record of somebody else");
    server.shutdown().await;
}

#[tokio::test]
async fn a_session_resumes_without_a_challenge_and_only_for_its_own_peer() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let (ann, eve) = (Player::new(1), Player::new(66));
    let mut raw = Raw::connect(server.addr()).await;
    raw.prove(&ann.identity, &ann.identity, "localhost:1").await;
    let Some(ServerMessage::Welcome { session, .. }) = raw.receive().await else { panic!("no welcome") };
    drop(raw);
    let hello = |player: &Player| {
        let hello = SessionMessage::Hello {
            protocol: 1,
            client_version: String::new(),
            identity: player.identity.public(),
            session: Some(session.clone()),
            if_absent: false,
            nonce: None,
        };
        ClientMessage::Session(hello).encode()
    };
    let mut raw = Raw::connect(server.addr()).await;
    raw.send(hello(&ann)).await;
    assert!(matches!(raw.receive().await, Some(ServerMessage::Welcome { .. })));
    let mut raw = Raw::connect(server.addr()).await;
    raw.send(hello(&eve)).await;
    assert!(matches!(raw.receive().await, Some(ServerMessage::Challenge { .. })), "stolen, and worthless");
    server.shutdown().await;
    let stored = std::fs::read(directory.path().join("control.db")).unwrap();
    let token = serde_json::to_string(&session).unwrap();
    let token = token.trim_matches('"').as_bytes();
    assert!(!stored.windows(token.len()).any(|part| part == token), "only its hash is stored");
}

#[tokio::test]
async fn a_flood_is_refused_and_then_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path());
    settings.limits.frames = Rate { burst: 10, per_second: 1 };
    settings.limits.refused = 20;
    let server = lanrage_control_server::Server::start(settings).await.unwrap();
    let mut raw = Raw::connect(server.addr()).await;
    raw.sign_in(&Player::new(1).identity).await;
    for _ in 0..40 {
        let beat = Message::text(r#"{"type":"heartbeat"}"#);
        if futures_util::SinkExt::send(&mut raw.0, beat).await.is_err() {
            break;
        }
    }
    let mut answers = Vec::new();
    while let Some(answer) = raw.receive().await {
        answers.push(answer);
    }
    let limited =
        |m: &&ServerMessage| matches!(m, ServerMessage::Error(r) if r.code == ErrorCode::RateLimited);
    assert!(answers.iter().filter(limited).count() >= 20, "{answers:?}");
    server.shutdown().await;
}

#[tokio::test]
async fn who_says_no_hello_is_shown_the_door() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path());
    settings.limits.hello = std::time::Duration::from_millis(100);
    let server = lanrage_control_server::Server::start(settings).await.unwrap();
    let mut raw = Raw::connect(server.addr()).await;
    assert_eq!(code(&mut raw).await, ErrorCode::NotAuthenticated);
    assert_eq!(raw.receive().await, None);
    let mut slow = TcpStream::connect(server.addr()).await.unwrap();
    slow.write_all(b"GET /v1/sess").await.unwrap();
    let mut answer = Vec::new();
    let _ = slow.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 2"), "a header that never ends");
    server.shutdown().await;
}

#[tokio::test]
async fn a_full_server_turns_connections_away() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path());
    settings.limits.connections = 1;
    let server = lanrage_control_server::Server::start(settings).await.unwrap();
    let mut raw = Raw::connect(server.addr()).await;
    raw.sign_in(&Player::new(1).identity).await;
    let second = tokio_tungstenite::connect_async(format!("ws://{}/v1/session", server.addr())).await;
    assert!(second.is_err());
    raw.send(r#"{"type":"heartbeat"}"#).await;
    assert_eq!(raw.receive().await, Some(ServerMessage::Alive));
    server.shutdown().await;
}

#[tokio::test]
async fn a_client_of_an_older_protocol_gets_a_code_that_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let mut raw = Raw::connect(server.addr()).await;
    raw.send(r#"{"type":"hello","protocol":0,"who":"a field of another age"}"#).await;
    assert_eq!(code(&mut raw).await, ErrorCode::ProtocolVersion);
    assert_eq!(raw.receive().await, None, "closed");
    server.shutdown().await;
}

#[tokio::test]
async fn pings_of_a_client_that_reads_nothing_end_its_connection_instead_of_filling_memory() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let upgrade = format!(
        "GET /v1/session HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.addr()
    );
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    // A masked ping with 125 bytes (RFC 6455 §5.2), whose mask is zero.
    let mut ping = vec![0x89, 0x80 | 125, 0, 0, 0, 0];
    ping.extend([b'A'; 125]);
    // It may be closed before all of them are sent.
    let _ = stream.write_all(&ping.repeat(1_000)).await;
    let mut answered = Vec::new();
    let end =
        tokio::time::timeout(std::time::Duration::from_secs(20), stream.read_to_end(&mut answered)).await;
    assert!(end.is_ok(), "the server closes the connection");
    let pongs = answered.windows(2).filter(|frame| *frame == [0x8a, 125]).count();
    assert!(pongs < 200, "{pongs} of 1,000 pings were answered");
    server.shutdown().await;
}
