use lanrage_control::protocol::{
    CLIENT_FRAME_BYTES, Change, ClientMessage, ErrorCode, FrameError, Nonce, PROTOCOL_VERSION, Refusal,
    RelayRegistration, Request, ServerMessage, SessionMessage, SessionToken, StunEndpoint, prove_message,
};
use lanrage_party::{NatType, limits};
use proptest::prelude::*;

use crate::support::*;

fn client_messages() -> Vec<ClientMessage> {
    let identity = identity(1);
    let signature = identity.sign(b"x");
    let token = SessionToken::from_random([4; 32]);
    let hello = |session| SessionMessage::Hello {
        protocol: PROTOCOL_VERSION,
        client_version: "1".into(),
        identity: identity.public(),
        session,
        if_absent: false,
        nonce: None,
    };
    let update = |record, nat_type| Request::UpdatePeer { party: party(1), record, nat_type };
    let session = [
        hello(None),
        hello(Some(token)),
        SessionMessage::Prove { authority: "a:1".into(), signature },
        SessionMessage::Heartbeat,
        SessionMessage::GetRelays,
        SessionMessage::RegisterRelay(relay_registration(1, "north", 10)),
    ];
    let requests = [
        create(record(1, 1, 1)),
        join(record(1, 1, 1)),
        Request::LeaveParty { party: party(1), leave: None },
        update(Some(record(1, 1, 1)), None),
        update(None, Some(NatType::Open)),
        signal(1, 2),
        Request::GetParty { party: party(1), proof: None },
    ];
    let requests = requests.into_iter().map(ClientMessage::Request);
    session.into_iter().map(ClientMessage::Session).chain(requests).collect()
}

fn server_messages() -> Vec<ServerMessage> {
    let snapshot = party_of(3).party(&party(1)).unwrap();
    let entry = snapshot.peers[0].clone();
    let changes = [
        Change::PeerJoined { entry: entry.clone() },
        Change::PeerUpdated { entry },
        Change::PeerLeft { peer: id(1), leave: None },
        Change::PeerOnline { peer: id(1), online: true },
        Change::HostChanged { host: id(1) },
    ];
    let refusal =
        Refusal { taken: vec![record(1, 1, 1).claimed().virtual_ip], ..ErrorCode::LeaseTaken.into() };
    let mut messages = vec![
        ServerMessage::Challenge { nonce: Nonce::from_random([3; 32]), server: None },
        ServerMessage::Welcome {
            session: SessionToken::from_random([4; 32]),
            protocol: PROTOCOL_VERSION,
            heartbeat_interval_ms: 30_000,
            server_time: START,
            nonce: Some(Nonce::from_random([5; 32])),
            has_page: true,
            stun: vec![StunEndpoint { host: String::new(), port: 3478 }],
            relays: vec![relay_offer("turn::3478")],
        },
        ServerMessage::Relays { relays: vec![relay_offer("turns:[2001:db8::1]:443")] },
        ServerMessage::Party { snapshot },
        ServerMessage::Signal { party: party(1), from: id(1), signal: sealed(1, 2) },
        ServerMessage::Left { party: party(1) },
        ServerMessage::Alive,
        ServerMessage::Error(
            refusal.retry_after(5).about(lanrage_control::protocol::RequestKind::JoinParty, party(1)),
        ),
    ];
    messages.extend(changes.map(|change| ServerMessage::Delta { party: party(1), revision: 9, change }));
    messages
}

#[test]
fn a_relay_offer_that_is_broken_costs_no_more_than_itself() {
    let good = r#"{"name":"a","uris":["turn:a:1","quic:a:2"],"credentials":{"username":"u","password":"p","expires_at":1},"new":1}"#;
    let nameless = good.replace(r#""name":"a""#, r#""name":"""#);
    let elsewhere = good.replace("turn:a:1", "quic:a:1");
    let frame = |offers: &[&str]| format!(r#"{{"type":"relays","relays":[{}],"new":1}}"#, offers.join(","));
    let Ok(ServerMessage::Relays { relays }) =
        ServerMessage::parse(&frame(&[&nameless, good, "7", &elsewhere]))
    else {
        panic!("relays")
    };
    let [offer] = relays.as_slice() else { panic!("{relays:?}") };
    assert_eq!((offer.name.as_str(), offer.uris.len(), offer.region.as_str()), ("a", 1, ""));
    let Ok(ServerMessage::Relays { relays }) = ServerMessage::parse(&frame(&[good; 40])) else { panic!() };
    assert_eq!(relays.len(), limits::RELAYS);
}

#[test]
fn a_welcome_of_a_server_older_than_relays_has_none() {
    let welcome = server_messages()[1].encode();
    let mut welcome: serde_json::Value = serde_json::from_str(&welcome).unwrap();
    welcome.as_object_mut().unwrap().remove("relays").unwrap();
    let Ok(ServerMessage::Welcome { relays, .. }) = ServerMessage::parse(&welcome.to_string()) else {
        panic!()
    };
    assert_eq!(relays, []);
}

#[test]
fn a_welcome_of_a_server_older_than_the_page_has_none() {
    let welcome = server_messages()[1].encode();
    let older = welcome.replace(r#""has_page":true,"#, "");
    assert_ne!(older, welcome);
    let read = |text: &str| match ServerMessage::parse(text) {
        Ok(ServerMessage::Welcome { has_page, .. }) => has_page,
        other => panic!("{other:?}"),
    };
    assert_eq!((read(&welcome), read(&older)), (true, false));
}

#[test]
fn a_relay_that_registers_beyond_the_limits_is_refused() {
    let changes: [fn(&mut RelayRegistration); 6] = [
        |relay| relay.name = String::new(),
        |relay| relay.region = "x".repeat(65),
        |relay| relay.uris.clear(),
        |relay| relay.uris = vec![relay.uris[0].clone(); 5],
        |relay| relay.uris[0].host.clear(),
        |relay| relay.load_percent = 101,
    ];
    for change in changes {
        let mut relay = relay_registration(1, "north", 0);
        change(&mut relay);
        let frame = ClientMessage::Session(SessionMessage::RegisterRelay(relay)).encode();
        assert!(matches!(ClientMessage::parse(&frame), Err(FrameError::Malformed(_))), "{frame}");
    }
}

#[test]
fn every_message_survives_its_journey() {
    for message in client_messages() {
        assert_eq!(ClientMessage::parse(&message.encode()), Ok(message));
    }
    for message in server_messages() {
        assert_eq!(ServerMessage::parse(&message.encode()), Ok(message));
    }
}

#[test]
fn what_a_newer_protocol_adds_is_ignored_or_named() {
    let frame = r#"{"type":"leave_party","party":"01010101010101010101010101010101","why":{"a":[1]}}"#;
    let leave = Request::LeaveParty { party: party(1), leave: None };
    assert_eq!(ClientMessage::parse(frame), Ok(ClientMessage::Request(leave)));
    assert_eq!(ClientMessage::parse(r#"{"type":"dance"}"#), Err(FrameError::UnknownType("dance".into())));
    assert_eq!(ServerMessage::parse(r#"{"type":"dance"}"#), Err(FrameError::UnknownType("dance".into())));
    let delta = format!(
        r#"{{"type":"delta","party":"{}","revision":2,"change":{{"kind":"peer_promoted","peer":1}}}}"#,
        party(1)
    );
    let unknown = ServerMessage::Delta { party: party(1), revision: 2, change: Change::Unknown };
    assert_eq!(ServerMessage::parse(&delta), Ok(unknown));
    let Ok(ServerMessage::Error(refusal)) = ServerMessage::parse(r#"{"type":"error","code":"too_blue"}"#)
    else {
        panic!("an unknown code is still an error");
    };
    assert_eq!(refusal.code, ErrorCode::Unknown);
}

#[test]
fn sizes_are_bounded_in_both_directions() {
    let long = format!(r#"{{"type":"heartbeat","x":"{}"}}"#, "x".repeat(CLIENT_FRAME_BYTES));
    assert_eq!(ClientMessage::parse(&long), Err(FrameError::TooLarge));
    let long = format!(r#"{{"type":"alive","x":"{}"}}"#, "x".repeat(limits::CONTROL_FRAME_BYTES));
    assert_eq!(ServerMessage::parse(&long), Err(FrameError::TooLarge));
    let mut snapshot = party_of(1).party(&party(1)).unwrap();
    snapshot.peers = vec![snapshot.peers[0].clone(); limits::PEERS_PER_PARTY];
    let full = ServerMessage::Party { snapshot: snapshot.clone() };
    assert!(full.encode().len() * 4 <= limits::CONTROL_FRAME_BYTES, "a full party fits four times");
    assert!(ServerMessage::parse(&full.encode()).is_ok());
    snapshot.peers.push(snapshot.peers[0].clone());
    assert!(ServerMessage::parse(&ServerMessage::Party { snapshot }.encode()).is_err());
    let chatty = format!(r#"{{"type":"error","code":"internal","detail":"{}"}}"#, "ä".repeat(10_000));
    let Ok(ServerMessage::Error(refusal)) = ServerMessage::parse(&chatty) else { panic!("an error") };
    assert!(refusal.detail.len() <= 256);
    for message in client_messages() {
        assert!(message.encode().len() * 2 <= CLIENT_FRAME_BYTES);
    }
}

#[test]
fn a_proof_is_bound_to_one_nonce_and_one_server() {
    let [a, b] = [1, 2].map(|n| Nonce::from_random([n; 32]));
    assert_ne!(prove_message(&a, "x:1"), prove_message(&b, "x:1"));
    assert_ne!(prove_message(&a, "x:1"), prove_message(&a, "y:1"));
    assert!(!format!("{:?}", SessionToken::from_random([7; 32])).contains('7'), "tokens are not printed");
}

/// A valid frame with one character changed, removed or doubled: nearer to the parsers' depths than noise.
fn damaged(frames: Vec<String>) -> impl Strategy<Value = String> {
    let frame = proptest::sample::select(frames);
    (frame, any::<prop::sample::Index>(), any::<u8>(), 0..3_u8).prop_map(|(frame, at, byte, how)| {
        let mut bytes = frame.into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => bytes.truncate(at),
            _ => {
                bytes.remove(at);
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

proptest! {
    #[test]
    fn any_text_is_a_message_or_an_error(text in ".{0,300}") {
        let _ = (ClientMessage::parse(&text), ServerMessage::parse(&text));
    }

    #[test]
    fn a_damaged_frame_is_a_message_or_an_error(
        client in damaged(client_messages().iter().map(ClientMessage::encode).collect()),
        server in damaged(server_messages().iter().map(ServerMessage::encode).collect()),
    ) {
        if let Ok(message) = ClientMessage::parse(&client) {
            prop_assert!(ClientMessage::parse(&message.encode()) == Ok(message));
        }
        if let Ok(message) = ServerMessage::parse(&server) {
            prop_assert!(ServerMessage::parse(&message.encode()).is_ok());
        }
    }
}
