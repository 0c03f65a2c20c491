//! A server whose operator decides who makes parties there, who has a session, and what everybody is told.

use std::{fs, net::SocketAddr, path::Path};

use lanrage_control::{
    ControlEvent, DisconnectReason,
    protocol::{ClientMessage, ErrorCode, Nonce, Request, ServerMessage},
};
use lanrage_control_server::{AccessFiles, AdminAnswer, AdminRequest, Server, ServerSettings, ask};
use lanrage_party::{AccessKey, Announcement};

use crate::support::{Client, Player, Raw, party, refused, settings};

const KEY: &str = "the-key-of-the-clan";

fn with_access(directory: &Path, files: AccessFiles) -> ServerSettings {
    let mut settings = settings(directory);
    settings.metrics = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    settings.access = files;
    settings
}

async fn asked(directory: &Path, request: AdminRequest) -> AdminAnswer {
    let directory = directory.to_owned();
    tokio::task::spawn_blocking(move || ask(&directory, &request).unwrap()).await.unwrap()
}

/// A session, and the nonce that its proofs are made for.
async fn session(player: &Player, server: &Server) -> (Raw, Nonce) {
    let mut raw = Raw::connect(server.addr()).await;
    raw.prove(&player.identity, &player.identity, "localhost:1").await;
    let Some(ServerMessage::Welcome { nonce: Some(nonce), .. }) = raw.receive().await else {
        panic!("no welcome")
    };
    (raw, nonce)
}

async fn answer(raw: &mut Raw, request: Request) -> Result<(), ErrorCode> {
    raw.send(ClientMessage::Request(request).encode()).await;
    loop {
        match raw.receive().await.expect("an answer") {
            ServerMessage::Party { .. } => return Ok(()),
            ServerMessage::Error(refusal) => return Err(refusal.code),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_private_server_who_has_the_key_makes_parties_and_friends_come_by_the_link() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("access.key");
    fs::write(&file, KEY).unwrap();
    let data = directory.path().join("data");
    let files = AccessFiles { key: Some(file.clone()), allowed: None };
    let server = Server::start(with_access(&data, files)).await.unwrap();
    let metrics = server.metrics_addr().unwrap();
    let (ann, bob, eve) = (Player::new(1), Player::new(2), Player::new(3));
    let key = AccessKey::new(KEY).unwrap();
    let guess = AccessKey::new("the-key-of-the-clam").unwrap();

    let (mut stranger, nonce) = session(&eve, &server).await;
    let wanted = eve.create_another(9);
    assert_eq!(answer(&mut stranger, wanted.clone()).await, Err(ErrorCode::AccessNeeded));
    // More often than one address may make parties: what is mistyped counts for none of them.
    for _ in 0..30 {
        let guessed = wanted.clone().with_access(&guess, &nonce, &eve.id());
        assert_eq!(answer(&mut stranger, guessed).await, Err(ErrorCode::AccessWrong));
    }
    let old = Nonce::from_random([7; 32]);
    let overheard = wanted.clone().with_access(&key, &old, &eve.id());
    assert_eq!(answer(&mut stranger, overheard).await, Err(ErrorCode::AccessWrong), "of another session");
    assert_eq!(refused(metrics, "no_access").await, 32);

    let (mut host, nonce) = session(&ann, &server).await;
    let made = ann.create().with_access(&key, &nonce, &ann.id());
    assert_eq!(answer(&mut host, made).await, Ok(()));
    let (mut friend, _) = session(&bob, &server).await;
    assert_eq!(answer(&mut friend, bob.join()).await, Ok(()), "by the link alone");
    // Whose party is known takes it up again whatever the key is by now.
    assert_eq!(answer(&mut host, ann.create()).await, Ok(()));

    fs::write(&file, "another-key-of-the-clan").unwrap();
    assert_eq!(asked(&data, AdminRequest::Reload).await, AdminAnswer::Done);
    let (mut late, nonce) = session(&eve, &server).await;
    let made = wanted.clone().with_access(&key, &nonce, &eve.id());
    assert_eq!(answer(&mut late, made).await, Err(ErrorCode::AccessWrong), "it is another key");
    fs::write(&file, "short").unwrap();
    let told = asked(&data, AdminRequest::Reload).await;
    assert!(matches!(told, AdminAnswer::Failed { .. }), "{told:?}");
    let another = AccessKey::new("another-key-of-the-clan").unwrap();
    let made = wanted.with_access(&another, &nonce, &eve.id());
    assert_eq!(answer(&mut late, made).await, Ok(()), "what cannot be read changes nothing");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_shows_its_key_by_itself_and_only_who_stands_on_a_list_needs_none() {
    let directory = tempfile::tempdir().unwrap();
    let (ann, bob) = (Player::new(1), Player::new(2));
    let list = directory.path().join("allowed");
    fs::write(&list, format!("{} # Ann\n", ann.id())).unwrap();
    let key = directory.path().join("access.key");
    let files = AccessFiles { key: Some(key.clone()), allowed: Some(list) };
    let server = Server::start(with_access(&directory.path().join("data"), files)).await.unwrap();
    let mut listed = Client::connect(&ann, server.addr());
    listed.request(ann.create());
    listed.party().await;

    let mut client = Client::connect(&bob, server.addr());
    client.request(bob.create_another(9));
    let refused = |event: &ControlEvent| match event {
        ControlEvent::Refused { refusal, retry_at } => Some((refusal.code, retry_at.is_some())),
        _ => None,
    };
    assert_eq!(client.until("refusal", refused).await, (ErrorCode::AccessNeeded, true));
    // Made by the server, and given to the player.
    client.plane.set_access(AccessKey::new(&fs::read_to_string(key).unwrap()));
    client.request(bob.create_another(9));
    client.party().await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_banned_is_out_at_once_and_after_a_restart_until_the_ban_is_lifted() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(with_access(directory.path(), AccessFiles::default())).await.unwrap();
    let (ann, eve) = (Player::new(1), Player::new(3));
    let (mut host, _) = session(&ann, &server).await;
    assert_eq!(answer(&mut host, ann.create()).await, Ok(()));
    let (mut banned, _) = session(&eve, &server).await;
    assert_eq!(answer(&mut banned, eve.join()).await, Ok(()));

    assert_eq!(asked(directory.path(), AdminRequest::Ban { peer: eve.id() }).await, AdminAnswer::Done);
    let told = async {
        loop {
            match banned.receive().await {
                Some(ServerMessage::Error(refusal)) => break refusal.code,
                Some(_) => {}
                None => panic!("closed without a word"),
            }
        }
    };
    assert_eq!(told.await, ErrorCode::Banned);
    let AdminAnswer::Members { members } =
        asked(directory.path(), AdminRequest::Members { party: party() }).await
    else {
        panic!("no members")
    };
    assert_eq!(members.len(), 1, "the host alone");
    server.shutdown().await;

    let server = Server::start(with_access(directory.path(), AccessFiles::default())).await.unwrap();
    let mut client = Client::connect(&eve, server.addr());
    let reason = |event: &ControlEvent| match event {
        ControlEvent::Disconnected { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    assert_eq!(client.until("end", reason).await, DisconnectReason::Refused(ErrorCode::Banned));
    assert_eq!(refused(server.metrics_addr().unwrap(), "banned").await, 1);
    let bans = asked(directory.path(), AdminRequest::Bans).await;
    assert_eq!(bans, AdminAnswer::Bans { peers: vec![eve.id()] });
    assert_eq!(asked(directory.path(), AdminRequest::Unban { peer: eve.id() }).await, AdminAnswer::Done);
    let (mut back, _) = session(&eve, &server).await;
    assert_eq!(answer(&mut back, eve.join()).await, Ok(()));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_announces_is_read_by_who_is_there_and_by_who_comes() {
    let directory = tempfile::tempdir().unwrap();
    let announced = |event: &ControlEvent| match event {
        ControlEvent::Announcement(text) => Some(text.as_ref().map(ToString::to_string)),
        _ => None,
    };
    let server = Server::start(with_access(directory.path(), AccessFiles::default())).await.unwrap();
    let mut there = Client::connect(&Player::new(1), server.addr());
    there.until("session", |event| matches!(event, ControlEvent::Connected { .. }).then_some(())).await;
    let announce = AdminRequest::Announce { text: Announcement::lossy("Maintenance\u{202E} at\n20:00") };
    let text = "Maintenance at 20:00".to_owned();
    let answer = asked(directory.path(), announce).await;
    assert_eq!(answer, AdminAnswer::Announced { text: Announcement::lossy(&text) });
    assert_eq!(there.until("announcement", announced).await, Some(text.clone()));
    server.shutdown().await;

    let server = Server::start(with_access(directory.path(), AccessFiles::default())).await.unwrap();
    let mut newcomer = Client::connect(&Player::new(2), server.addr());
    assert_eq!(newcomer.until("announcement", announced).await, Some(text));
    let nothing = AdminRequest::Announce { text: None };
    assert_eq!(asked(directory.path(), nothing).await, AdminAnswer::Announced { text: None });
    assert_eq!(newcomer.until("end of it", announced).await, None);
    server.shutdown().await;
}

#[tokio::test]
async fn a_device_has_no_more_parties_than_the_operator_lets_it_have() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = with_access(directory.path(), AccessFiles::default());
    settings.registry.parties_per_host = 2;
    settings.registry.peers_per_party = 2;
    settings.sources.parties = 4;
    let server = Server::start(settings).await.unwrap();
    let players = [1, 2, 3, 4].map(Player::new);
    let (mut host, _) = session(&players[0], &server).await;
    assert_eq!(answer(&mut host, players[0].create()).await, Ok(()));
    assert_eq!(answer(&mut host, players[0].create_another(8)).await, Ok(()));
    let third = players[0].create_another(9);
    assert_eq!(answer(&mut host, third).await, Err(ErrorCode::DeviceParties));
    let (mut guest, _) = session(&players[1], &server).await;
    assert_eq!(answer(&mut guest, players[1].join()).await, Ok(()));
    let (mut guest, _) = session(&players[2], &server).await;
    assert_eq!(answer(&mut guest, players[2].join()).await, Err(ErrorCode::PartyFull));
    let (mut other, _) = session(&players[3], &server).await;
    assert_eq!(answer(&mut other, players[3].create_another(10)).await, Ok(()));
    let more = players[3].create_another(11);
    assert_eq!(answer(&mut other, more).await, Err(ErrorCode::AddressParties), "the fifth of this address");
    let metrics = server.metrics_addr().unwrap();
    for cause in ["parties_per_device", "new_parties", "party_full"] {
        assert_eq!(refused(metrics, cause).await, 1, "{cause}");
    }
    server.shutdown().await;
}
