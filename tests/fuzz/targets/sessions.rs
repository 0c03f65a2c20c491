use std::collections::BTreeMap;

use lanrage_control::{
    LinkAction, LinkClosed, LinkEvent, LinkId, Now, RemoteControlPlane, RemoteSettings,
    protocol::{ClientMessage, ServerMessage},
    registry::{Registry, RegistrySettings},
    session::{
        ConnectionId, ConnectionLimits, Hub, HubOutput, Proven, ServerSession, SessionOutput, SessionRandom,
    },
};
use lanrage_party::{DeviceIdentity, UnixMillis};

use crate::input::{Clock, Input};

/// The time of day of the beginning.
const START: UnixMillis = UnixMillis(1_800_000_000_000);

/// Frames of clients, to a server with a session for each of them and one registry behind: half of them have proven who
/// they are.
pub(crate) fn server(data: &[u8]) {
    let mut input = Input::new(data);
    let mut clock = Clock::start();
    let mut hub = Hub::new(Registry::new(RegistrySettings::default(), START), Vec::new());
    let mut sessions: BTreeMap<u64, ServerSession> = BTreeMap::new();
    while !input.is_empty() {
        let connection = input.below(4) as u64;
        let session = sessions.entry(connection).or_insert_with(|| {
            let random = SessionRandom::from_random([connection as u8; 64]);
            if connection.is_multiple_of(2) {
                hub.connect(ConnectionId(connection), proven(connection as u8), START);
            }
            ServerSession::new(ConnectionLimits::default(), Vec::new(), random, clock.now)
        });
        match input.below(6) {
            0 => {
                clock.advance(&mut input);
                session.handle_timeout(clock.now);
            }
            1 => session.handle_token(clock.now, false),
            2 => {
                hub.disconnected(ConnectionId(connection), START);
                sessions.remove(&connection);
                continue;
            }
            3 => hub.sweep(START.plus(u64::from(input.u16()) * 60_000)),
            _ => {
                let text = String::from_utf8_lossy(input.bytes()).into_owned();
                session.handle_frame(clock.now, &text);
                // Whoever has proven nothing is heard by its session alone.
                if connection.is_multiple_of(2)
                    && let Ok(ClientMessage::Request(request)) = ClientMessage::parse(&text)
                {
                    hub.request(ConnectionId(connection), request, START);
                }
            }
        }
        for output in std::iter::from_fn(|| session.poll_output()) {
            match output {
                SessionOutput::Send(message) => readable(&message),
                SessionOutput::Proven(_) | SessionOutput::Request(_) => panic!("a signature was forged"),
                _ => {}
            }
        }
        while let Some(output) = hub.poll_output() {
            if let HubOutput::Send { message, .. } = output {
                readable(&message);
            }
        }
        hub.take_changes();
    }
}

/// Frames of a server, to a client that has said who it is.
pub(crate) fn client(data: &[u8]) {
    let mut input = Input::new(data);
    let mut clock = Clock::start();
    let now = |clock: &Clock| Now { instant: clock.now, wall: START };
    let settings = RemoteSettings::new("ws://play.example".parse().expect("an address"), 7);
    let mut plane = RemoteControlPlane::new(settings, DeviceIdentity::from_seed(&[1; 32]), now(&clock));
    let mut link: Option<LinkId> = None;
    while !input.is_empty() {
        while let Some(action) = plane.poll_transmit() {
            match action {
                LinkAction::Dial { link: new, .. } => link = Some(new),
                LinkAction::Send(frame) => assert!(ClientMessage::parse(&frame).is_ok(), "{frame}"),
                LinkAction::Close => link = None,
            }
        }
        while plane.poll_event().is_some() {}
        match (input.below(8), link) {
            (0, _) => {
                clock.advance(&mut input);
                plane.handle_timeout(now(&clock));
            }
            (1, _) => plane.handle_network_change(now(&clock)),
            (2, _) => plane.request_relays(now(&clock)),
            (3, Some(link)) => plane.handle_link(now(&clock), LinkEvent::Closed(link, LinkClosed::Ended)),
            (4, Some(link)) => plane.handle_link(now(&clock), LinkEvent::Opened(link)),
            (5, _) => {
                let text = String::from_utf8_lossy(input.bytes());
                if let Ok(ClientMessage::Request(request)) = ClientMessage::parse(&text) {
                    plane.request(now(&clock), request);
                }
            }
            (_, Some(link)) => {
                let text = String::from_utf8_lossy(input.bytes()).into_owned();
                plane.handle_link(now(&clock), LinkEvent::Frame(link, text));
            }
            _ => {}
        }
    }
}

/// What a server says, a client reads.
fn readable(message: &ServerMessage) {
    assert_eq!(ServerMessage::parse(&message.encode()).as_ref(), Ok(message));
}

fn proven(index: u8) -> Proven {
    Proven {
        peer: DeviceIdentity::from_seed(&[index; 32]).peer_id(),
        protocol: 1,
        token: lanrage_control::protocol::SessionToken::from_random([index; 32]),
        resumed: false,
        if_absent: false,
        nonce: lanrage_control::protocol::Nonce::from_random([index; 32]),
        bound: true,
    }
}
