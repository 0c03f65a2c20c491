//! The server's main path: real clients, real sockets, a real database.

use crate::support::{Client, Player, Raw, door_key, party, refused, settings, start};
use lanrage_control::{
    ControlEvent,
    protocol::{Change, ClientMessage, ErrorCode, Request, ServerMessage},
};
use lanrage_control_server::Server;
use lanrage_party::Leave;

#[tokio::test]
async fn two_players_see_each_other_and_a_signal_arrives_unopened() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let (ann, bob) = (Player::new(1), Player::new(2));

    let mut host = Client::connect(&ann, server.addr());
    let stun = host
        .until("welcome", |event| match event {
            ControlEvent::Connected { stun, .. } => Some(stun.clone()),
            _ => None,
        })
        .await;
    assert_eq!((stun[0].host.as_str(), stun[0].port), ("127.0.0.1", server.stun_addr().unwrap().port()));
    host.request(ann.create());
    assert_eq!(host.party().await.host, ann.id());

    let mut guest = Client::connect(&bob, server.addr());
    guest.request(bob.join());
    let seen = guest.party().await;
    assert_eq!(seen.peers.iter().map(|peer| peer.peer()).collect::<Vec<_>>(), [ann.id(), bob.id()]);
    assert_eq!(seen.peers[0].record, ann.record());
    host.until("guest", |event| match event {
        ControlEvent::Change { change: Change::PeerJoined { entry }, .. } => {
            (entry.peer() == bob.id() && entry.online).then_some(())
        }
        _ => None,
    })
    .await;

    let signal = bob.seal(&ann, b"candidates");
    guest.request(Request::Signal { party: party(), to: ann.id(), signal });
    guest.request(Request::GetParty { party: party(), proof: None });
    guest.party().await;
    let arrived = host
        .until("signal", |event| match event {
            ControlEvent::Signal { from, signal, .. } if *from == bob.id() => Some(signal.clone()),
            _ => None,
        })
        .await;
    assert_eq!(ann.open(&bob, &arrived), b"candidates");

    drop(guest);
    host.until("absence", |event| match event {
        ControlEvent::Change { change: Change::PeerOnline { peer, online: false }, .. } => {
            (*peer == bob.id()).then_some(())
        }
        _ => None,
    })
    .await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_restart_loses_no_party_and_its_members_come_back_by_themselves() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let address = server.addr();
    let (ann, bob) = (Player::new(1), Player::new(2));
    let mut host = Client::connect(&ann, address);
    host.request(ann.create());
    let before = host.party().await;
    let mut guest = Client::connect(&bob, address);
    guest.request(bob.join());
    guest.party().await;
    server.shutdown().await;

    let mut again = settings(directory.path());
    again.listen = address;
    let server = Server::start(again).await.unwrap();
    let after = guest.party().await;
    assert_eq!((after.host, after.created_at), (ann.id(), before.created_at), "it is the same party");
    let records: Vec<_> = after.peers.iter().map(|peer| peer.record.clone()).collect();
    assert_eq!(records, [ann.record(), bob.record()], "with the same members and addresses");
    let back = host.party().await;
    assert!(back.peers.iter().any(|peer| peer.peer() == ann.id() && peer.online));
    server.shutdown().await;
}

#[tokio::test]
async fn a_server_that_lost_its_database_learns_the_party_anew_under_the_same_ids() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = start(first.path()).await;
    let address = server.addr();
    let (ann, bob) = (Player::new(1), Player::new(2));
    let mut host = Client::connect(&ann, address);
    host.request(ann.create());
    host.party().await;
    let mut guest = Client::connect(&bob, address);
    guest.request(bob.join());
    guest.party().await;
    server.shutdown().await;

    let mut again = settings(second.path());
    again.listen = address;
    let server = Server::start(again).await.unwrap();
    assert_eq!(host.party().await.host, ann.id());
    let after = guest.party().await;
    let records: Vec<_> = after.peers.iter().map(|peer| peer.record.clone()).collect();
    assert_eq!(records, [ann.record(), bob.record()]);
    server.shutdown().await;
}

#[tokio::test]
async fn a_second_connection_of_the_same_player_replaces_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let ann = Player::new(1);
    let mut first = Client::connect(&ann, server.addr());
    first.request(ann.create());
    first.party().await;
    let mut second = Client::connect(&ann, server.addr());
    second.request(ann.create());
    assert_eq!(second.party().await.peers.len(), 1);
    first
        .until("replacement", |event| match event {
            ControlEvent::Disconnected { reason, .. } => {
                (reason.to_string().contains("connected from elsewhere")).then_some(())
            }
            _ => None,
        })
        .await;
    second.request(Request::GetParty { party: party(), proof: None });
    assert!(second.party().await.peers[0].online, "the first one's end does not mark the player away");
    server.shutdown().await;
}

#[tokio::test]
async fn members_that_flood_another_one_with_signals_do_not_cut_it_off() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let (ann, bob) = (Player::new(1), Player::new(2));
    let mut victim = Raw::connect(server.addr()).await;
    victim.sign_in(&ann.identity).await;
    victim.send(ClientMessage::Request(ann.create()).encode()).await;
    let friend = async |player: &Player| {
        let mut raw = Raw::connect(server.addr()).await;
        raw.sign_in(&player.identity).await;
        raw.send(ClientMessage::Request(player.join()).encode()).await;
        assert!(matches!(raw.receive().await, Some(ServerMessage::Party { .. })));
        raw
    };
    let mut friends = Vec::new();
    for seed in 3..7 {
        let eve = Player::new(seed);
        let mut raw = friend(&eve).await;
        let signal = eve.seal(&ann, &[seed; 3_000]);
        for _ in 0..240 {
            let request = Request::Signal { party: party(), to: ann.id(), signal: signal.clone() };
            raw.send(ClientMessage::Request(request).encode()).await;
        }
        // Answered behind all of them.
        raw.send(r#"{"type":"heartbeat"}"#).await;
        while raw.receive().await.expect("a connection") != ServerMessage::Alive {}
        friends.push(raw);
    }
    let mut calm = friend(&bob).await;
    let request = Request::Signal { party: party(), to: ann.id(), signal: bob.seal(&ann, b"candidates") };
    calm.send(ClientMessage::Request(request).encode()).await;
    loop {
        match victim.receive().await.expect("nobody cuts the victim off") {
            ServerMessage::Signal { from, .. } if from == bob.id() => break,
            _ => {}
        }
    }
    server.shutdown().await;
}

#[tokio::test]
async fn who_asks_for_the_whole_party_again_and_again_is_told_to_wait() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let ann = Player::new(1);
    let mut raw = Raw::connect(server.addr()).await;
    raw.sign_in(&ann.identity).await;
    raw.send(ClientMessage::Request(ann.create()).encode()).await;
    assert!(matches!(raw.receive().await, Some(ServerMessage::Party { .. })));
    for _ in 0..200 {
        raw.send(ClientMessage::Request(Request::GetParty { party: party(), proof: None }).encode()).await;
    }
    let (mut sent, mut refused) = (0, 0);
    while sent + refused < 200 {
        match raw.receive().await.expect("an answer to each") {
            ServerMessage::Party { .. } => sent += 1,
            ServerMessage::Error(refusal) => {
                assert_eq!((refusal.code, refusal.party), (ErrorCode::RateLimited, Some(party())));
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!((16..100).contains(&sent), "{sent}");
    server.shutdown().await;
}

/// Whoever knows the 32 digits of a party's id, and not its secret.
#[tokio::test]
async fn strangers_with_a_partys_id_learn_nothing_and_take_no_place_and_the_invited_come_in() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path());
    settings.metrics = Some("127.0.0.1:0".parse().unwrap());
    let server = Server::start(settings.clone()).await.unwrap();
    let (ann, bob) = (Player::new(1), Player::new(2));
    let mut host = Client::connect(&ann, server.addr());
    host.plane.hold_door(party(), door_key());
    let mut create = ann.create();
    if let Request::CreateParty { door, .. } = &mut create {
        *door = Some(door_key().public());
    }
    host.request(create);
    host.party().await;
    for n in 0..70 {
        let eve = Player::new(100 + n);
        let mut raw = Raw::connect(server.addr()).await;
        raw.sign_in(&eve.identity).await;
        for request in [eve.join(), Request::GetParty { party: party(), proof: None }] {
            raw.send(ClientMessage::Request(request).encode()).await;
            let answer = raw.receive().await;
            let Some(ServerMessage::Error(refusal)) = answer else { panic!("{answer:?}") };
            assert_eq!(refusal.code, ErrorCode::DoorClosed);
        }
    }
    assert_eq!(refused(server.metrics_addr().unwrap(), "door_closed").await, 140);
    drop(host);
    server.shutdown().await;

    // The door is kept, and the friend has the key.
    let server = Server::start(settings).await.unwrap();
    let mut raw = Raw::connect(server.addr()).await;
    let eve = Player::new(6);
    raw.sign_in(&eve.identity).await;
    raw.send(ClientMessage::Request(eve.join()).encode()).await;
    assert!(matches!(raw.receive().await, Some(ServerMessage::Error(_))));
    let mut guest = Client::connect(&bob, server.addr());
    guest.plane.hold_door(party(), door_key());
    guest.request(bob.join());
    assert_eq!(guest.party().await.peers.len(), 2);
    server.shutdown().await;
}

/// Passes on what a victim of another server's says, and then speaks in its name.
#[tokio::test]
async fn whoever_carries_a_players_session_ends_no_membership_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path());
    settings.metrics = Some("127.0.0.1:0".parse().unwrap());
    let server = Server::start(settings).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = directory.path().join("server.key").metadata().unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }
    let ann = Player::signing(1);
    let mut raw = Raw::connect(server.addr()).await;
    raw.sign_in(&ann.identity).await;
    raw.send(ClientMessage::Request(ann.create()).encode()).await;
    assert!(matches!(raw.receive().await, Some(ServerMessage::Party { .. })));
    let word = |signer: &Player| Leave::sign(&signer.identity, &party(), 2);
    for leave in [None, Some(word(&Player::new(2)))] {
        raw.send(ClientMessage::Request(Request::LeaveParty { party: party(), leave }).encode()).await;
        let answer = raw.receive().await;
        assert!(
            matches!(&answer, Some(ServerMessage::Error(refusal)) if refusal.code == ErrorCode::UnsignedLeave),
            "{answer:?}"
        );
    }
    assert_eq!(refused(server.metrics_addr().unwrap(), "unsigned_leave").await, 2);
    // A login that was made for a server without a key is not this server's any more.
    let mut passed_on = Raw::connect(server.addr()).await;
    passed_on.prove(&ann.identity, &ann.identity, "another.example:1").await;
    let answer = passed_on.receive().await;
    assert!(
        matches!(&answer, Some(ServerMessage::Error(refusal)) if refusal.code == ErrorCode::WrongServer),
        "{answer:?}"
    );
    assert_eq!(refused(server.metrics_addr().unwrap(), "bad_proof").await, 1);
    // The player's own client proves itself to this server, and leaves.
    let mut client = Client::connect(&ann, server.addr());
    let shown = client
        .until("welcome", |event| match event {
            ControlEvent::Connected { server, .. } => Some(*server),
            _ => None,
        })
        .await;
    assert!(shown.is_some(), "the server has a key");
    let leave = Some(word(&ann));
    client.request(Request::LeaveParty { party: party(), leave });
    client.until("leaving", |event| matches!(event, ControlEvent::Left { .. }).then_some(())).await;
    server.shutdown().await;
}
