use std::time::Duration;

use lanrage_control::{
    ControlEvent, DisconnectReason, LinkAction, LinkClosed, LinkEvent, Now, RemoteControlPlane,
    RemoteSettings,
    protocol::{
        Change, ClientMessage, ErrorCode, OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION, PartySnapshot, Refusal,
        Request, ServerMessage, SessionMessage, SessionToken, StunEndpoint,
    },
};
use lanrage_party::{NatType, facts::Cause};
use proptest::prelude::*;

use crate::{support::*, world::World};

const SECOND: Duration = Duration::from_secs(1);

/// A world with Ann (peer 1) who hosts and Bob (peer 2) who joined.
fn two() -> World {
    let mut world = World::new();
    let (ann, bob) = (world.add(1), world.add(2));
    world.request(ann, create(record(1, 1, 1)));
    world.request(bob, join(record(2, 2, 1)));
    world
}

fn truth(world: &World) -> Option<PartySnapshot> {
    world.registry.party(&party(1))
}

fn disconnects(world: &World, client: usize) -> Vec<&DisconnectReason> {
    let mut reasons = Vec::new();
    for event in &world.clients[client].events {
        if let ControlEvent::Disconnected { reason, .. } = event {
            reasons.push(reason);
        }
    }
    reasons
}

#[test]
fn a_client_proves_itself_and_is_told_where_stun_is() {
    let mut world = World::new();
    let ann = world.add(1);
    let stun = vec![StunEndpoint { host: "server.example".into(), port: 3478 }];
    let relays = vec![relay_offer("turn:server.example:3478")];
    let expected =
        [ControlEvent::Connected { stun, server_time: START, server: None }, ControlEvent::Relays(relays)];
    assert_eq!(world.clients[ann].events, expected);
    assert!(world.clients[ann].plane.is_connected());
}

#[test]
fn a_client_that_asks_for_relays_gets_them_with_their_hosts() {
    let mut world = World::new();
    let ann = world.add(1);
    world.clients[ann].events.clear();
    let now = world.now;
    world.clients[ann].plane.request_relays(now);
    world.settle();
    let relays = vec![relay_offer("turn:elsewhere.example:3478")];
    assert_eq!(world.clients[ann].events, [ControlEvent::Relays(relays)]);
}

#[test]
fn both_see_the_same_party_by_events_alone() {
    let world = two();
    for client in &world.clients {
        assert_eq!(client.view(), truth(&world));
    }
    assert!(truth(&world).unwrap().peers.iter().all(|peer| peer.online));
}

#[test]
fn a_lost_connection_is_made_again_at_once_and_the_membership_with_it() {
    let mut world = two();
    world.cut(1);
    world.settle();
    assert_eq!(disconnects(&world, 1), [&DisconnectReason::Link(LinkClosed::Ended)]);
    assert!(!truth(&world).unwrap().peers[1].online, "away at once, and still a member");
    world.pass(Duration::from_millis(250));
    assert!(truth(&world).unwrap().peers[1].online);
    assert_eq!(world.clients[1].view(), truth(&world));
    assert_eq!(world.clients[0].view(), truth(&world));
}

#[test]
fn a_server_that_lost_everything_gets_the_party_back_under_the_same_ids() {
    let mut world = two();
    let before = truth(&world).unwrap();
    world.crash(true);
    world.pass(100 * SECOND);
    assert_eq!(truth(&world), None);
    world.up = true;
    world.pass(60 * SECOND);
    let after = truth(&world).expect("the host has created it again");
    assert_eq!((after.party, after.host, after.subnet), (before.party, before.host, before.subnet));
    let records = |of: &PartySnapshot| of.peers.iter().map(|peer| peer.record.clone()).collect::<Vec<_>>();
    assert_eq!(records(&after), records(&before));
    for client in &world.clients {
        assert_eq!(client.view().as_ref(), Some(&after));
    }
}

#[test]
fn a_guest_that_is_back_before_the_host_waits_for_it() {
    let mut world = two();
    world.crash(true);
    world.up = true;
    world.clients[0].plane.stop();
    world.pass(60 * SECOND);
    let waiting = world.clients[1].events.iter().rev().find_map(|event| match event {
        ControlEvent::Refused { refusal, retry_at } => Some((refusal.code, retry_at.is_some())),
        _ => None,
    });
    assert_eq!(waiting, Some((ErrorCode::UnknownParty, true)), "and says so");
    let host = world.add(1);
    world.request(host, create(record(1, 1, 1)));
    world.pass(31 * SECOND);
    assert_eq!(truth(&world).unwrap().peers.len(), 2);
}

#[test]
fn tries_are_spread_and_never_further_apart_than_thirty_seconds() {
    let mut world = World::new();
    world.add(1);
    world.add(2);
    world.crash(false);
    let lost = world.clients[0].dials.len();
    world.pass(600 * SECOND);
    let dials = &world.clients[0].dials[lost..];
    let waits: Vec<Duration> = dials.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits[0] <= SECOND / 2 && waits.iter().all(|wait| *wait <= 30 * SECOND), "{waits:?}");
    assert!(waits.len() < 60, "not a flood: {}", waits.len());
    assert_ne!(world.clients[0].dials[lost..], world.clients[1].dials[lost..], "not in step");
    let reason = DisconnectReason::Link(LinkClosed::Unreachable(Cause::NoAddress));
    assert!(disconnects(&world, 0).contains(&&reason));
}

#[test]
fn a_server_that_is_back_has_the_players_of_a_party_within_ten_seconds_however_often_it_died() {
    for outage in [1, 7, 40, 200, 600, 3_600] {
        let mut world = two();
        // A session that lasts only seconds ends no series of failures.
        for _ in 0..5 {
            world.crash(false);
            world.pass(20 * SECOND);
            world.up = true;
            world.pass(9 * SECOND);
        }
        world.crash(false);
        let lost: Vec<usize> = world.clients.iter().map(|client| client.dials.len()).collect();
        world.pass(outage * SECOND);
        world.up = true;
        world.pass(8 * SECOND);
        for (client, lost) in world.clients.iter().zip(lost) {
            assert!(client.plane.is_connected(), "{outage} s");
            let tries = client.dials.len() - lost;
            assert!(tries as u32 <= outage / 4 + 6, "not a flood: {tries} in {outage} s");
        }
        let last = |client: usize| world.clients[client].dials.last().copied();
        assert_ne!(last(0), last(1), "not in step");
    }
}

#[test]
fn a_network_change_skips_the_wait() {
    let mut world = two();
    world.crash(false);
    world.pass(300 * SECOND);
    world.up = true;
    let now = world.now;
    world.clients[0].plane.handle_network_change(now);
    world.settle();
    assert!(world.clients[0].plane.is_connected());
}

#[test]
fn a_dead_connection_is_noticed_by_a_heartbeat_and_soon_after_a_network_change_or_a_doubt() {
    type Ask = fn(&mut RemoteControlPlane, Now);
    let asks: [(Ask, Duration); 3] = [
        (|_, _| {}, 41 * SECOND),
        (RemoteControlPlane::handle_network_change, 3 * SECOND),
        (RemoteControlPlane::doubt, 3 * SECOND),
    ];
    for (ask, limit) in asks {
        let mut world = two();
        world.clients[1].dead = true;
        let now = world.now;
        ask(&mut world.clients[1].plane, now);
        world.pass(limit);
        assert_eq!(disconnects(&world, 1), [&DisconnectReason::Silent]);
        assert!(world.clients[1].plane.is_connected(), "and made again");
        assert_eq!(world.clients[1].view(), truth(&world));
    }
}

#[test]
fn a_living_connection_survives_a_network_change_and_a_day_of_heartbeats() {
    let mut world = two();
    let now = world.now;
    world.clients[1].plane.handle_network_change(now);
    world.pass(24 * 3_600 * SECOND);
    assert_eq!(world.clients[1].dials.len(), 1);
    let beats =
        |message: &&ClientMessage| matches!(message, ClientMessage::Session(SessionMessage::Heartbeat));
    assert_eq!(world.clients[1].sent.iter().filter(beats).count(), 1 + 24 * 120);
}

#[test]
fn a_gap_in_the_revisions_fetches_the_party_once() {
    let mut world = two();
    let update = |nat_type| Request::UpdatePeer { party: party(1), record: None, nat_type: Some(nat_type) };
    world.lose = 1;
    world.request(1, update(NatType::Symmetric));
    assert_ne!(world.clients[0].view(), truth(&world), "the delta is lost");
    world.request(1, update(NatType::Open));
    assert_eq!(world.clients[0].view(), truth(&world));
    let asked = world.clients[0]
        .sent
        .iter()
        .filter(|message| matches!(message, ClientMessage::Request(Request::GetParty { .. })));
    assert_eq!(asked.count(), 1);
}

#[test]
fn an_unknown_change_fetches_the_party_and_unknown_messages_are_ignored() {
    let mut world = two();
    let before = world.clients[0].events.len();
    world.inject(0, r#"{"type":"dance"}"#);
    assert_eq!(world.clients[0].events.len(), before);
    let revision = truth(&world).unwrap().revision + 1;
    let delta = ServerMessage::Delta { party: party(1), revision, change: Change::Unknown };
    world.inject(0, &delta.encode());
    assert_eq!(world.clients[0].view(), truth(&world));
    assert!(matches!(world.clients[0].events.last(), Some(ControlEvent::Party(_))));
    world.inject(0, "not a message");
    assert_eq!(disconnects(&world, 0), [&DisconnectReason::NotAServer]);
}

#[test]
fn a_refusal_that_a_repetition_cannot_mend_ends_the_membership() {
    let mut world = two();
    let eve = world.add(3);
    world.request(eve, join(record(3, 2, 1)));
    let refused = world.clients[eve].events.last().cloned();
    let Some(ControlEvent::Refused { refusal, retry_at: None }) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.code, ErrorCode::LeaseTaken);
    let sent = world.clients[eve].sent.len();
    world.cut(eve);
    world.pass(20 * SECOND);
    let again = &world.clients[eve].sent[sent..];
    assert!(!again.iter().any(|message| matches!(message, ClientMessage::Request(_))), "{again:?}");
    world.request(eve, join(record(3, 3, 2)));
    assert_eq!(world.clients[eve].view(), truth(&world), "the next address is free");
}

#[test]
fn what_is_asked_while_there_is_no_server_is_said_when_there_is_one() {
    let mut world = two();
    world.crash(false);
    world.request(
        1,
        Request::UpdatePeer { party: party(1), record: Some(record(2, 2, 2)), nat_type: Some(NatType::Open) },
    );
    world.request(0, Request::LeaveParty { party: party(1), leave: None });
    world.up = true;
    world.pass(31 * SECOND);
    let party = truth(&world).unwrap();
    assert_eq!(party.peers.len(), 1, "Ann has left");
    assert_eq!((&party.peers[0].record, party.peers[0].nat_type), (&record(2, 2, 2), NatType::Open));
    assert_eq!(world.clients[0].view(), None);
    assert_eq!(world.clients[1].view(), Some(party));
}

#[test]
fn a_replaced_client_does_not_throw_the_other_one_out() {
    let mut world = two();
    world.inject(0, &ServerMessage::Error(Refusal::new(ErrorCode::Replaced)).encode());
    let dials = world.clients[0].dials.len();
    world.pass(29 * SECOND);
    assert_eq!(world.clients[0].dials.len(), dials);
    assert_eq!(disconnects(&world, 0), [&DisconnectReason::Refused(ErrorCode::Replaced)]);
}

#[test]
fn who_leaves_and_joins_again_in_one_breath_is_a_member_in_the_end() {
    let mut world = two();
    let now = world.now;
    let leave = Request::LeaveParty { party: party(1), leave: None };
    // Nothing is answered before all of it is asked.
    for request in [leave.clone(), join(record(2, 3, 2)), leave, join(record(2, 4, 3))] {
        world.clients[1].plane.request(now, request);
    }
    world.settle();
    assert_eq!(truth(&world).unwrap().peers[1].record, record(2, 4, 3));
    assert_eq!(world.clients[1].view(), truth(&world));
    let left = world.clients[1].events.iter().filter(|event| matches!(event, ControlEvent::Left { .. }));
    assert_eq!(left.count(), 0, "each leaving was overtaken");
}

#[test]
fn a_refusal_of_what_was_asked_before_does_not_end_what_was_asked_since() {
    let mut world = two();
    let eve = world.add(3);
    let now = world.now;
    for request in [join(record(3, 2, 1)), join(record(3, 5, 2))] {
        world.clients[eve].plane.request(now, request);
    }
    world.settle();
    assert_eq!(world.clients[eve].view(), truth(&world));
    assert_eq!(truth(&world).unwrap().peers.len(), 3);
    world.cut(eve);
    world.pass(SECOND);
    assert!(truth(&world).unwrap().peers[2].online, "it is kept registered");
}

#[test]
fn a_host_whose_party_was_inherited_comes_back_as_a_member() {
    let mut world = two();
    world.cut(0);
    // As after thirty days.
    let now = world.now.wall;
    world.registry.handle(id(1), Request::LeaveParty { party: party(1), leave: None }, now);
    world.pass(SECOND);
    let party = truth(&world).unwrap();
    assert_eq!((party.host, party.peers.len()), (id(2), 2));
    for client in &world.clients {
        assert_eq!(client.view(), truth(&world));
    }
    let refused = world.clients[0].events.iter().any(|event| matches!(event, ControlEvent::Refused { .. }));
    assert!(!refused, "which nobody has to be asked about");
}

#[test]
fn a_server_of_another_protocol_is_given_up_and_tried_again_later() {
    for protocol in [OLDEST_PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1] {
        let now = Now { instant: std::time::Instant::now(), wall: START };
        let settings = RemoteSettings::new("ws://server.example".parse().unwrap(), 1);
        let mut plane = RemoteControlPlane::new(settings, identity(1), now);
        let Some(LinkAction::Dial { link, .. }) = plane.poll_transmit() else { panic!("it dials") };
        plane.handle_link(now, LinkEvent::Opened(link));
        let welcome = ServerMessage::Welcome {
            nonce: None,
            has_page: false,
            session: SessionToken::from_random([1; 32]),
            protocol,
            heartbeat_interval_ms: 30_000,
            server_time: START,
            stun: Vec::new(),
            relays: Vec::new(),
        };
        plane.handle_link(now, LinkEvent::Frame(link, welcome.encode()));
        let Some(ControlEvent::Disconnected { reason, retry_at }) = plane.poll_event() else { panic!() };
        assert_eq!(reason, DisconnectReason::Refused(ErrorCode::ProtocolVersion));
        assert_eq!(retry_at, now.instant + 30 * SECOND);
    }
}

#[test]
fn a_server_that_has_forgotten_who_plays_with_whom_takes_no_relay_away() {
    let mut now = Now { instant: std::time::Instant::now(), wall: START };
    let settings = RemoteSettings::new("ws://server.example".parse().unwrap(), 1);
    let mut plane = RemoteControlPlane::new(settings, identity(1), now);
    let mut welcomed = |relays: Vec<lanrage_party::RelayOffer>| {
        let link = loop {
            match plane.poll_transmit() {
                Some(LinkAction::Dial { link, .. }) => break link,
                Some(_) => {}
                None => {
                    now.instant = plane.poll_timeout().unwrap();
                    plane.handle_timeout(now);
                }
            }
        };
        plane.handle_link(now, LinkEvent::Opened(link));
        let welcome = ServerMessage::Welcome {
            nonce: None,
            has_page: false,
            session: SessionToken::from_random([1; 32]),
            protocol: PROTOCOL_VERSION,
            heartbeat_interval_ms: 30_000,
            server_time: START,
            stun: Vec::new(),
            relays,
        };
        plane.handle_link(now, LinkEvent::Frame(link, welcome.encode()));
        let told: Vec<usize> = std::iter::from_fn(|| plane.poll_event())
            .filter_map(
                |event| if let ControlEvent::Relays(relays) = event { Some(relays.len()) } else { None },
            )
            .collect();
        plane.handle_link(now, LinkEvent::Closed(link, LinkClosed::Ended));
        told
    };
    assert_eq!(welcomed(Vec::new()), [0]);
    assert_eq!(welcomed(vec![relay_offer("turn:server.example:3478")]), [1]);
    assert_eq!(welcomed(Vec::new()), [] as [usize; 0]);
}

#[test]
fn events_of_an_earlier_connection_change_nothing() {
    let mut world = two();
    let old = world.clients[0].link.unwrap();
    world.cut(0);
    world.pass(SECOND);
    let now = world.now;
    let plane = &mut world.clients[0].plane;
    plane.handle_link(now, LinkEvent::Closed(old, LinkClosed::TimedOut));
    plane.handle_link(now, LinkEvent::Frame(old, "nonsense".into()));
    assert!(plane.is_connected());
}

#[test]
fn a_stopped_client_closes_its_connection_and_stays_silent() {
    let mut world = two();
    world.clients[0].plane.stop();
    assert_eq!(world.clients[0].plane.poll_transmit(), Some(LinkAction::Close));
    assert_eq!(world.clients[0].plane.poll_timeout(), None);
    let now = world.now;
    world.clients[0].plane.handle_network_change(now);
    assert_eq!(world.clients[0].plane.poll_transmit(), None);
}

/// Frames of a server that lies, or of something that is none.
fn frame() -> impl Strategy<Value = String> {
    let change = prop_oneof![
        Just(Change::PeerLeft { peer: id(1), leave: None }),
        Just(Change::HostChanged { host: id(5) }),
        Just(Change::Unknown),
    ];
    prop_oneof![
        ".{0,80}",
        (0_u64..8, change).prop_map(|(revision, change)| {
            let revision = if revision == 7 { u64::MAX } else { revision };
            let delta = ServerMessage::Delta { party: party(1), revision, change };
            delta.encode().replace("unknown", "of_the_future")
        }),
        any::<u64>().prop_map(|revision| {
            let mut snapshot = party_of(2).party(&party(1)).unwrap();
            snapshot.revision = revision;
            ServerMessage::Party { snapshot }.encode()
        }),
        any::<u64>().prop_map(|n| {
            let codes = [ErrorCode::UnknownParty, ErrorCode::Replaced, ErrorCode::Internal, ErrorCode::RateLimited];
            let refusal = Refusal::new(codes[n as usize % 4]).retry_after(n);
            let kind = lanrage_control::protocol::RequestKind::JoinParty;
            ServerMessage::Error(refusal.about(kind, party(1))).encode()
        }),
        any::<u64>().prop_map(|n| {
            format!(r#"{{"type":"welcome","session":"{}","protocol":1,"heartbeat_interval_ms":{n},"server_time":{n}}}"#,
                "A".repeat(43))
        }),
        Just(r#"{"type":"alive"}"#.to_owned()),
        Just(ServerMessage::Left { party: party(1) }.encode()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_server_says_the_client_neither_panics_nor_spins_nor_forgets_to_come_back(
        frames in proptest::collection::vec((frame(), 0_u64..40), 1..30),
    ) {
        let mut world = two();
        for (frame, seconds) in frames {
            world.inject(1, &frame);
            world.pass(Duration::from_secs(seconds));
        }
        world.cut(1);
        world.request(1, join(record(2, 2, 1)));
        world.pass(61 * SECOND);
        prop_assert!(world.clients[1].plane.is_connected());
        prop_assert!(truth(&world).unwrap().peers.iter().any(|peer| peer.peer() == id(2) && peer.online));
    }
}
