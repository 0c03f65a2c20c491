//! A login is for one server, whatever it is called: client and server against each other, and somebody between them.

use std::time::{Duration, Instant};

use lanrage_control::{
    ControlEvent, DisconnectReason, LinkAction, LinkEvent, LinkId, Now, RemoteControlPlane, RemoteSettings,
    protocol::{
        ClientMessage, ErrorCode, Nonce, PROTOCOL_VERSION, ServerMessage, ServerProof, SessionMessage,
        SessionToken,
    },
    registry::{Registry, RegistrySettings},
    session::{
        ConnectionId, ConnectionLimits, Hub, HubOutput, Proven, ServerSession, SessionOutput, SessionRandom,
    },
};
use lanrage_party::{DeviceIdentity, ServerId, challenge_message};

use crate::support::*;

/// The keys of the real server, and of one that wants to pass logins on to it.
const REAL: u8 = 200;
const HOSTILE: u8 = 201;

fn key(n: u8) -> ServerId {
    ServerId::of(&identity(n).public())
}

fn clock() -> Now {
    Now { instant: Instant::now(), wall: START }
}

/// The client of peer 2, which dials a server that is called the same for everybody.
struct Client {
    plane: RemoteControlPlane,
    now: Now,
    link: Option<LinkId>,
    events: Vec<ControlEvent>,
}

impl Client {
    fn meaning(server: Option<ServerId>) -> Self {
        let mut settings = RemoteSettings::new("ws://server.example".parse().unwrap(), 1);
        settings.server = server;
        let now = clock();
        let plane = RemoteControlPlane::new(settings, identity(2), now);
        Self { plane, now, link: None, events: Vec::new() }
    }

    /// What it says now, and what it thinks.
    fn says(&mut self) -> Vec<SessionMessage> {
        let mut said = Vec::new();
        while let Some(action) = self.plane.poll_transmit() {
            match action {
                LinkAction::Dial { link, .. } => {
                    self.link = Some(link);
                    self.plane.handle_link(self.now, LinkEvent::Opened(link));
                }
                LinkAction::Send(text) => match ClientMessage::parse(&text).unwrap() {
                    ClientMessage::Session(message) => said.push(message),
                    ClientMessage::Request(_) => {}
                },
                LinkAction::Close => {}
            }
        }
        self.events.extend(std::iter::from_fn(|| self.plane.poll_event()));
        said
    }

    fn hears(&mut self, message: &ServerMessage) -> Vec<SessionMessage> {
        let link = self.link.expect("it has dialled");
        self.plane.handle_link(self.now, LinkEvent::Frame(link, message.encode()));
        self.says()
    }

    fn refused(&self) -> Option<Option<ServerId>> {
        self.events.iter().find_map(|event| match event {
            ControlEvent::Disconnected { reason: DisconnectReason::OtherServer { shown }, .. } => {
                Some(*shown)
            }
            _ => None,
        })
    }
}

fn server(key: Option<u8>) -> ServerSession {
    let random = SessionRandom::from_random([5; 64]);
    let session = ServerSession::new(ConnectionLimits::default(), Vec::new(), random, Instant::now());
    match key {
        Some(key) => session.with_key(identity(key)),
        None => session,
    }
}

fn takes(session: &mut ServerSession, message: &SessionMessage) -> Vec<SessionOutput> {
    session.handle_frame(Instant::now(), &ClientMessage::Session(message.clone()).encode());
    std::iter::from_fn(|| session.poll_output()).collect()
}

fn challenge(outputs: &[SessionOutput]) -> (Nonce, Option<ServerProof>) {
    match outputs {
        [SessionOutput::Send(ServerMessage::Challenge { nonce, server })] => (*nonce, *server),
        other => panic!("no challenge: {other:?}"),
    }
}

fn proven(outputs: &[SessionOutput]) -> &Proven {
    match outputs {
        [SessionOutput::Proven(proven)] => proven,
        other => panic!("not let in: {other:?}"),
    }
}

fn only<T>(mut said: Vec<T>) -> T {
    assert_eq!(said.len(), 1);
    said.remove(0)
}

#[test]
fn a_client_logs_in_to_the_server_that_it_means_and_says_nothing_to_another() {
    for (meant, answers, is_let_in) in [
        (Some(REAL), Some(REAL), true),
        (None, Some(REAL), true),
        (None, None, true),
        (Some(REAL), Some(HOSTILE), false),
        (Some(REAL), None, false),
    ] {
        let mut client = Client::meaning(meant.map(key));
        let mut session = server(answers);
        let hello = only(client.says());
        let (nonce, server) = challenge(&takes(&mut session, &hello));
        let said = client.hears(&ServerMessage::Challenge { nonce, server });
        if is_let_in {
            let outputs = takes(&mut session, &only(said));
            assert_eq!(proven(&outputs).bound, answers.is_some(), "{meant:?} {answers:?}");
        } else {
            assert_eq!(said, [], "{meant:?} {answers:?}");
            assert_eq!(client.refused(), Some(answers.map(key)));
        }
    }
}

#[test]
fn a_server_that_wants_no_proof_has_to_show_its_key_all_the_same() {
    let welcome = ServerMessage::Welcome {
        session: SessionToken::from_random([4; 32]),
        protocol: PROTOCOL_VERSION,
        heartbeat_interval_ms: 30_000,
        server_time: START,
        nonce: None,
        has_page: false,
        stun: Vec::new(),
        relays: Vec::new(),
    };
    let mut client = Client::meaning(Some(key(REAL)));
    client.says();
    client.hears(&welcome);
    assert_eq!((client.plane.is_connected(), client.refused()), (false, Some(None)));
    // One that cannot sign for this connection has no key, whatever it claims.
    let mut client = Client::meaning(Some(key(REAL)));
    client.says();
    let nonce = Nonce::from_random([5; 32]);
    let message = challenge_message(nonce.as_bytes(), &[0; 32], &id(2));
    let replayed = ServerProof { key: identity(REAL).public(), signature: identity(REAL).sign(&message) };
    assert_eq!(client.hears(&ServerMessage::Challenge { nonce, server: Some(replayed) }), []);
    assert_eq!(client.refused(), Some(None));
}

#[test]
fn a_token_is_not_shown_before_the_server_has_shown_its_key() {
    let mut client = Client::meaning(None);
    let mut session = server(Some(REAL));
    let (nonce, proof) = challenge(&takes(&mut session, &only(client.says())));
    let prove = only(client.hears(&ServerMessage::Challenge { nonce, server: proof }));
    let token = proven(&takes(&mut session, &prove)).token.clone();
    client.hears(&ServerMessage::Welcome {
        session: token,
        protocol: PROTOCOL_VERSION,
        heartbeat_interval_ms: 30_000,
        server_time: START,
        nonce: Some(nonce),
        has_page: false,
        stun: Vec::new(),
        relays: Vec::new(),
    });
    assert_eq!(client.plane.server(), Some(key(REAL)));
    assert!(client.plane.mean(key(REAL)) && !client.plane.mean(key(HOSTILE)));
    let link = client.link.unwrap();
    client.plane.handle_link(client.now, LinkEvent::Closed(link, lanrage_control::LinkClosed::Ended));
    client.now.instant += Duration::from_secs(5);
    client.plane.handle_timeout(client.now);
    let hello = only(client.says());
    assert!(matches!(hello, SessionMessage::Hello { session: None, .. }), "{hello:?}");
}

/// The proof that peer 2 makes for a server which passes the real one's challenge on: with its own key, or with none.
fn passed_on(real: &mut ServerSession, shows: Option<&DeviceIdentity>) -> SessionMessage {
    let mut client = Client::meaning(None);
    let hello = only(client.says());
    let SessionMessage::Hello { nonce: Some(theirs), .. } = &hello else { panic!("{hello:?}") };
    let (nonce, _) = challenge(&takes(real, &hello));
    let server = shows.map(|key| {
        let message = challenge_message(nonce.as_bytes(), theirs.as_bytes(), &id(2));
        ServerProof { key: key.public(), signature: key.sign(&message) }
    });
    only(client.hears(&ServerMessage::Challenge { nonce, server }))
}

#[test]
fn a_login_that_a_hostile_server_passes_on_is_not_good_at_the_real_one() {
    let mut real = server(Some(REAL));
    let proof = passed_on(&mut real, Some(&identity(HOSTILE)));
    let outputs = takes(&mut real, &proof);
    let [SessionOutput::Send(ServerMessage::Error(refusal)), SessionOutput::Close] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(refusal.code, ErrorCode::BadSignature);
}

/// Who is told what when peer 2 comes in with an old kind of proof, and has a record of this protocol.
fn comes_unbound(protocol_signs: bool) -> Vec<HubOutput> {
    let mut registry = Registry::new(RegistrySettings::default(), START);
    let record = if protocol_signs { signing_record(2, 2, 1) } else { record(2, 2, 1) };
    registry.handle(id(2), create(record), START);
    said(&mut registry);
    let mut hub = Hub::new(registry, Vec::new());
    let mut real = server(Some(REAL));
    // The hostile server passes for an older one.
    let proof = passed_on(&mut real, None);
    let proven = proven(&takes(&mut real, &proof)).clone();
    assert!(!proven.bound);
    hub.connect(ConnectionId(1), proven, START);
    std::iter::from_fn(|| hub.poll_output()).collect()
}

#[test]
fn nobody_passes_for_an_older_server_towards_a_player_whose_program_is_known_to_bind_its_logins() {
    let outputs = comes_unbound(true);
    assert!(
        matches!(&outputs[..], [HubOutput::Close { refusal, .. }] if refusal.code == ErrorCode::WrongServer),
        "{outputs:?}"
    );
    let outputs = comes_unbound(false);
    assert!(
        matches!(&outputs[..], [HubOutput::Send { message: ServerMessage::Welcome { .. }, .. }]),
        "an older program: {outputs:?}"
    );
}
