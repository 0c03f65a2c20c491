//! One address cannot take what others need, however many connections and identities it has.

use std::net::SocketAddr;

use lanrage_control::protocol::{ClientMessage, ErrorCode, ServerMessage};
use lanrage_control_server::Server;
use tokio::{
    io::AsyncReadExt,
    net::{TcpSocket, TcpStream},
};

use crate::support::{Player, Raw, settings, start};

const ONE: [u8; 4] = [127, 0, 0, 1];
const ANOTHER: [u8; 4] = [127, 0, 0, 2];

/// Makes one party after the other, each with an identity of its own, until one is refused, and says how many there were.
async fn parties_until_refused(server: SocketAddr, address: [u8; 4], headers: &[(&'static str, &str)]) -> u8 {
    for number in 0..60 {
        let player = Player::new(100 + number);
        let mut raw = Raw::connect_from(address, server, headers).await.expect("a connection");
        raw.sign_in(&player.identity).await;
        let base = address[3].wrapping_mul(60);
        raw.send(ClientMessage::Request(player.create_another(base + number)).encode()).await;
        match raw.receive().await {
            Some(ServerMessage::Party { .. }) => {}
            Some(ServerMessage::Error(refusal)) => {
                assert_eq!(refusal.code, ErrorCode::AddressParties);
                assert!(refusal.party.is_some() && refusal.request.is_some());
                assert!(refusal.retry_after_ms.is_some_and(|wait| wait > 0));
                return number;
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("nothing was refused")
}

async fn makes_and_joins(server: SocketAddr, address: [u8; 4]) {
    let (ann, bob) = (Player::new(1), Player::new(2));
    let mut host = Raw::connect_from(address, server, &[]).await.expect("a connection");
    host.sign_in(&ann.identity).await;
    host.send(ClientMessage::Request(ann.create()).encode()).await;
    assert!(matches!(host.receive().await, Some(ServerMessage::Party { .. })));
    let mut guest = Raw::connect_from(address, server, &[]).await.expect("a connection");
    guest.sign_in(&bob.identity).await;
    guest.send(ClientMessage::Request(bob.join()).encode()).await;
    assert!(matches!(guest.receive().await, Some(ServerMessage::Party { .. })));
}

#[tokio::test]
async fn an_address_that_makes_party_after_party_is_refused_and_another_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let made = parties_until_refused(server.addr(), ONE, &[]).await;
    assert_eq!(made, 10);
    makes_and_joins(server.addr(), ANOTHER).await;
    server.shutdown().await;
}

#[tokio::test]
async fn silent_connections_make_room_for_who_says_who_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path());
    settings.limits.connections = 40;
    let server = Server::start(settings).await.unwrap();
    let mut silent = Vec::new();
    for n in 0..100_u8 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 1, n % 10], 0).into()).unwrap();
        silent.push(socket.connect(server.addr()).await.unwrap());
    }
    makes_and_joins(server.addr(), ONE).await;
    let mut first = silent.swap_remove(0);
    assert_eq!(first.read(&mut [0]).await.unwrap_or(0), 0, "the oldest of them had to leave");
    server.shutdown().await;
}

#[tokio::test]
async fn one_address_has_few_places_that_it_has_not_logged_in_for() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let mut silent = Vec::new();
    for _ in 0..17 {
        silent.push(TcpStream::connect(server.addr()).await.unwrap());
    }
    assert_eq!(
        silent[0].read(&mut [0]).await.unwrap_or(0),
        0,
        "the seventeenth takes the place of the first"
    );
    makes_and_joins(server.addr(), ONE).await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_proxy_that_is_trusted_says_for_whom_it_speaks_and_no_other_one_can() {
    let directory = tempfile::tempdir().unwrap();
    let mut trusting = settings(directory.path());
    trusting.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let server = Server::start(trusting).await.unwrap();
    let of = |n: u8| format!("10.0.0.1, 198.51.100.{n}");
    let first = of(1);
    assert_eq!(parties_until_refused(server.addr(), ONE, &[("x-forwarded-for", first.as_str())]).await, 10);
    let second = of(2);
    let mut raw =
        Raw::connect_from(ONE, server.addr(), &[("x-forwarded-for", second.as_str())]).await.unwrap();
    let player = Player::new(1);
    raw.sign_in(&player.identity).await;
    raw.send(ClientMessage::Request(player.create_another(250)).encode()).await;
    assert!(matches!(raw.receive().await, Some(ServerMessage::Party { .. })), "another client of the proxy");
    // Who is no proxy of ours can claim what it likes.
    let mut made = 0;
    for n in 0..14_u8 {
        let claimed = of(100 + n);
        let mut raw = Raw::connect_from(ANOTHER, server.addr(), &[("forwarded", &format!("for={claimed}"))])
            .await
            .unwrap();
        let player = Player::new(200 + n);
        raw.sign_in(&player.identity).await;
        raw.send(ClientMessage::Request(player.create_another(200 + n)).encode()).await;
        made += u8::from(matches!(raw.receive().await, Some(ServerMessage::Party { .. })));
    }
    assert_eq!(made, 10);
    server.shutdown().await;
}
