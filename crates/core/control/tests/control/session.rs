//! The server's side of a connection, and of all of them together.

use std::time::{Duration, Instant};

use lanrage_control::{
    protocol::{
        ClientMessage, ErrorCode, Nonce, OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION, Refusal, ServerMessage,
        SessionMessage, SessionToken, negotiate, prove_message,
    },
    session::{
        ConnectionId, ConnectionLimits, Hub, HubOutput, Proven, ServerSession, SessionOutput, SessionRandom,
    },
};
use proptest::prelude::*;

use crate::support::*;

fn session(names: &[&str], now: Instant) -> ServerSession {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    ServerSession::new(ConnectionLimits::default(), names, SessionRandom::from_random([5; 64]), now)
}

fn outputs(session: &mut ServerSession) -> Vec<SessionOutput> {
    std::iter::from_fn(|| session.poll_output()).collect()
}

fn hello(token: Option<SessionToken>) -> String {
    let hello = SessionMessage::Hello {
        protocol: PROTOCOL_VERSION,
        client_version: "test".into(),
        identity: identity(2).public(),
        session: token,
        if_absent: false,
        nonce: None,
    };
    ClientMessage::Session(hello).encode()
}

/// Answers the challenge among the outputs as peer `signer`.
fn answer(outputs: &[SessionOutput], signer: u8, authority: &str) -> String {
    let [SessionOutput::Send(ServerMessage::Challenge { nonce, .. })] = outputs else {
        panic!("{outputs:?}")
    };
    let signature = identity(signer).sign(&prove_message(nonce, authority));
    ClientMessage::Session(SessionMessage::Prove { authority: authority.into(), signature }).encode()
}

/// The refusal among the outputs, which have to end the session.
fn ended(outputs: &[SessionOutput]) -> &Refusal {
    match outputs {
        [SessionOutput::Send(ServerMessage::Error(refusal)), SessionOutput::Close] => refusal,
        other => panic!("expected the end, got {other:?}"),
    }
}

#[test]
fn an_older_client_is_told_its_version_is_not_spoken_whatever_its_hello_looks_like() {
    let old = OLDEST_PROTOCOL_VERSION - 1;
    for frame in [
        hello(None).replace(&format!(r#""protocol":{PROTOCOL_VERSION}"#), &format!(r#""protocol":{old}"#)),
        format!(r#"{{"type":"hello","protocol":{old}}}"#),
        format!(r#"{{"type":"hello","name":"of another age","protocol":{old},"identity":7}}"#),
    ] {
        let now = Instant::now();
        let mut session = session(&[], now);
        session.handle_frame(now, &frame);
        let outputs = outputs(&mut session);
        let refusal = ended(&outputs);
        assert_eq!(refusal.code, ErrorCode::ProtocolVersion, "{frame}");
        assert!(refusal.detail.contains(&format!("the client speaks version {old}")), "{}", refusal.detail);
    }
    let now = Instant::now();
    let mut session = session(&[], now);
    session.handle_frame(now, &format!(r#"{{"type":"hello","protocol":{PROTOCOL_VERSION}}}"#));
    let outputs = outputs(&mut session);
    assert!(
        matches!(outputs.as_slice(), [SessionOutput::Send(ServerMessage::Error(refusal))]
        if refusal.code == ErrorCode::BadFrame),
        "a broken hello of today is only broken"
    );
}

#[test]
fn a_newer_client_is_spoken_to_in_the_servers_version() {
    assert_eq!(negotiate(PROTOCOL_VERSION + 5), Some(PROTOCOL_VERSION));
    let now = Instant::now();
    let mut session = session(&[], now);
    let newer = PROTOCOL_VERSION + 5;
    let frame =
        hello(None).replace(&format!(r#""protocol":{PROTOCOL_VERSION}"#), &format!(r#""protocol":{newer}"#));
    session.handle_frame(now, &frame);
    let proof = answer(&outputs(&mut session), 2, "x:1");
    session.handle_frame(now, &proof);
    let outputs = outputs(&mut session);
    assert!(matches!(outputs.as_slice(), [SessionOutput::Proven(proven)]
        if proven.peer == id(2) && proven.protocol == PROTOCOL_VERSION && !proven.resumed));
}

#[test]
fn only_a_proof_or_a_good_token_lets_anybody_in() {
    let now = Instant::now();
    let token = SessionToken::from_random([9; 32]);
    for good in [true, false] {
        let mut session = session(&[], now);
        session.handle_frame(now, &hello(Some(token.clone())));
        let asked = SessionOutput::CheckToken { peer: id(2), token: token.clone() };
        assert_eq!(outputs(&mut session), [asked]);
        session.handle_frame(now, r#"{"type":"heartbeat"}"#);
        let early = outputs(&mut session);
        assert!(matches!(early.as_slice(), [SessionOutput::Send(ServerMessage::Error(refusal))]
            if refusal.code == ErrorCode::NotAuthenticated));
        session.handle_token(now, good);
        let outputs = outputs(&mut session);
        match outputs.as_slice() {
            [SessionOutput::Proven(proven)] => assert!(good && proven.resumed && proven.token == token),
            [SessionOutput::Send(ServerMessage::Challenge { .. })] => assert!(!good),
            other => panic!("{other:?}"),
        }
        session.handle_token(now, true);
        assert_eq!(session.poll_output(), None, "asked once, answered once");
    }
    for (signer, authority, code) in
        [(3, "lan.example:1", ErrorCode::BadSignature), (2, "evil.example:1", ErrorCode::WrongServer)]
    {
        let mut session = session(&["lan.example:1"], now);
        session.handle_frame(now, &hello(None));
        let proof = answer(&outputs(&mut session), signer, authority);
        session.handle_frame(now, &proof);
        let outputs = outputs(&mut session);
        assert_eq!(ended(&outputs).code, code);
        session.handle_frame(now, &hello(None));
        assert_eq!(session.poll_output(), None, "it is over");
    }
}

#[test]
fn silence_ends_a_session_before_and_after_the_welcome() {
    let start = Instant::now();
    let mut session = session(&[], start);
    assert_eq!(session.poll_timeout(), Some(start + Duration::from_secs(10)));
    session.handle_frame(start, &hello(None));
    let proof = answer(&outputs(&mut session), 2, "x:1");
    let later = start + Duration::from_secs(9);
    session.handle_frame(later, &proof);
    outputs(&mut session);
    assert_eq!(session.poll_timeout(), Some(later + Duration::from_secs(90)));
    session.handle_frame(later + Duration::from_secs(60), "}{");
    outputs(&mut session);
    let due = session.poll_timeout().unwrap();
    assert_eq!(due, later + Duration::from_secs(150), "anything is a sign of life");
    session.handle_timeout(due - Duration::from_millis(1));
    assert_eq!(session.poll_output(), None);
    session.handle_timeout(due);
    let said = outputs(&mut session);
    assert_eq!(ended(&said).code, ErrorCode::TimedOut);
    assert_eq!(session.poll_timeout(), None);
}

fn proven(n: u8, if_absent: bool) -> Proven {
    let token = SessionToken::from_random([n; 32]);
    Proven {
        peer: id(n),
        protocol: PROTOCOL_VERSION,
        token,
        resumed: false,
        if_absent,
        bound: true,
        nonce: Nonce::from_random([n; 32]),
    }
}

fn closed(hub: &mut Hub) -> Vec<(ConnectionId, ErrorCode)> {
    std::iter::from_fn(|| hub.poll_output())
        .filter_map(|output| match output {
            HubOutput::Close { connection, refusal } => Some((connection, refusal.code)),
            HubOutput::Send { .. } => None,
        })
        .collect()
}

#[test]
fn the_later_connection_wins_unless_it_asks_not_to_and_the_earlier_one_has_no_say_any_more() {
    let mut hub = Hub::new(empty(), Vec::new());
    let [first, second, third, fourth] = [1, 2, 3, 4].map(ConnectionId);
    hub.connect(first, proven(1, false), START);
    hub.request(first, create(record(1, 1, 1)), START);
    hub.connect(second, proven(1, false), START);
    assert_eq!(closed(&mut hub), [(first, ErrorCode::Replaced)]);
    hub.request(second, create(record(1, 1, 1)), START);
    hub.connect(third, proven(1, true), START);
    assert_eq!(closed(&mut hub), [(third, ErrorCode::Replaced)]);
    for dead in [first, third] {
        hub.request(
            dead,
            lanrage_control::protocol::Request::LeaveParty { party: party(1), leave: None },
            START,
        );
        hub.disconnected(dead, START);
    }
    assert!(hub.registry().party(&party(1)).unwrap().peers[0].online);
    hub.disconnected(second, START);
    assert!(!hub.registry().party(&party(1)).unwrap().peers[0].online);
    hub.connect(fourth, proven(1, true), START);
    assert_eq!(closed(&mut hub), [], "nobody is there");
}

proptest! {
    #[test]
    fn whatever_a_stranger_sends_nothing_of_it_leaves_the_session_before_a_proof(
        frames in proptest::collection::vec(
            prop_oneof![
                ".{0,60}",
                Just(hello(None)),
                Just(hello(Some(SessionToken::from_random([1; 32])))),
                Just(ClientMessage::Session(SessionMessage::Heartbeat).encode()),
                Just(ClientMessage::Request(join(record(2, 2, 1))).encode()),
                Just(answer(
                    &[SessionOutput::Send(ServerMessage::Challenge {
                        nonce: lanrage_control::protocol::Nonce::from_random([6; 32]), server: None })],
                    2,
                    "x:1",
                )),
            ],
            0..40,
        ),
    ) {
        let now = Instant::now();
        let mut session = session(&[], now);
        for frame in frames {
            session.handle_frame(now, &frame);
            for output in outputs(&mut session) {
                let harmless = matches!(
                    output,
                    SessionOutput::Send(_) | SessionOutput::CheckToken { .. } | SessionOutput::Close
                );
                prop_assert!(harmless, "{output:?}");
                if matches!(output, SessionOutput::CheckToken { .. }) {
                    session.handle_token(now, false);
                }
            }
        }
    }
}

#[test]
fn a_few_pings_cost_a_frame_each_and_a_flood_of_them_ends_the_session() {
    let now = Instant::now();
    let mut session = session(&[], now);
    for second in 0..60 {
        session.handle_ping(now + Duration::from_secs(second));
    }
    assert_eq!(outputs(&mut session), [], "one a second is as it should be");
    let burst = ConnectionLimits::default().pings.burst;
    let later = now + Duration::from_secs(3_600);
    (0..burst).for_each(|_| session.handle_ping(later));
    assert_eq!(outputs(&mut session), []);
    session.handle_ping(later);
    assert_eq!(ended(&outputs(&mut session)).code, ErrorCode::RateLimited);
}

#[test]
fn pings_are_no_way_around_the_limit_of_frames() {
    let now = Instant::now();
    let mut session = session(&[], now);
    let frames = ConnectionLimits::default().frames.burst;
    (0..frames).for_each(|_| session.handle_frame(now, "}{"));
    outputs(&mut session);
    session.handle_ping(now);
    assert_eq!(ended(&outputs(&mut session)).code, ErrorCode::RateLimited);
}
