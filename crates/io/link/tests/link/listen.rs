//! A party without a server: friends connect to the host's own app, over real sockets.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use lanrage_base::clock::now;
use lanrage_control::{
    ControlEvent, ControlPlane, GuestEvent, LinkAction, LinkEvent, LocalControlPlane, RemoteControlPlane,
    RemoteSettings,
    protocol::{
        CLIENT_FRAME_BYTES, Change, ClientMessage, ErrorCode, PROTOCOL_VERSION, Request, ServerMessage,
        SessionMessage, prove_message,
    },
};
use lanrage_link::{
    listen::{ACTIONS, EVENTS, GuestListener, ListenSettings, run_listener},
    websocket,
};
use lanrage_party::NatType;
use tokio::{
    io::AsyncReadExt,
    net::{TcpSocket, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

use crate::support::*;

/// Long enough for a machine that does much else; what is waited for comes in milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ann's app: her control plane, listening.
struct Host {
    plane: LocalControlPlane,
    address: SocketAddr,
    guests: mpsc::Receiver<GuestEvent>,
    actions: mpsc::Sender<lanrage_control::GuestAction>,
    _tasks: JoinSet<()>,
}

impl Host {
    async fn start(change: impl FnOnce(&mut ListenSettings)) -> Self {
        let mut settings = ListenSettings::on(([127, 0, 0, 1], 0).into());
        change(&mut settings);
        let listener = GuestListener::bind(settings).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (events, guests) = mpsc::channel(EVENTS);
        let (actions, inbox) = mpsc::channel(ACTIONS);
        let mut tasks = JoinSet::new();
        tasks.spawn(run_listener(listener, events, inbox));
        let mut plane = LocalControlPlane::new(id(1), now());
        plane.request(now(), create(record(1, 1, 1)));
        Self { plane, address, guests, actions, _tasks: tasks }
    }

    /// Runs the app while something else happens.
    async fn during<T>(&mut self, what: impl Future<Output = T>) -> T {
        tokio::pin!(what);
        loop {
            self.act();
            let wake = self.plane.poll_timeout().unwrap();
            tokio::select! {
                done = &mut what => return done,
                event = self.guests.recv() => self.plane.handle_guest(now(), event.unwrap()),
                () = tokio::time::sleep_until(wake.into()) => self.plane.handle_timeout(now()),
            }
        }
    }

    /// Runs the app until something is true of it.
    async fn until(&mut self, what: &str, mut wanted: impl FnMut(&mut LocalControlPlane) -> bool) {
        let run = async {
            while !wanted(&mut self.plane) {
                self.act();
                let wake = self.plane.poll_timeout().unwrap();
                tokio::select! {
                    event = self.guests.recv() => self.plane.handle_guest(now(), event.unwrap()),
                    () = tokio::time::sleep_until(wake.into()) => self.plane.handle_timeout(now()),
                }
            }
            self.act();
        };
        assert!(timeout(PATIENCE, run).await.is_ok(), "no {what}");
    }

    fn act(&mut self) {
        while let Some(action) = self.plane.poll_guest() {
            self.actions.try_send(action).expect("the listener always takes at once");
        }
    }
}

/// A friend's app.
struct Friend {
    plane: RemoteControlPlane,
    actions: mpsc::Sender<LinkAction>,
    events: mpsc::Receiver<LinkEvent>,
    _link: JoinSet<()>,
}

impl Friend {
    fn new(n: u8, host: SocketAddr) -> Self {
        let settings = RemoteSettings::new(format!("ws://{host}").parse().unwrap(), u64::from(n) << 32);
        let plane = RemoteControlPlane::new(settings, identity(n), now());
        let (actions, inbox) = mpsc::channel(websocket::ACTIONS);
        let (outbox, events) = mpsc::channel(websocket::EVENTS);
        let mut link = JoinSet::new();
        link.spawn(websocket::run_link(inbox, outbox));
        Self { plane, actions, events, _link: link }
    }

    async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&ControlEvent) -> Option<T>) -> T {
        let run = async {
            loop {
                while let Some(action) = self.plane.poll_transmit() {
                    self.actions.send(action).await.unwrap();
                }
                while let Some(event) = self.plane.poll_event() {
                    if let Some(found) = wanted(&event) {
                        return found;
                    }
                }
                let wake = self.plane.poll_timeout().unwrap();
                tokio::select! {
                    event = self.events.recv() => self.plane.handle_link(now(), event.unwrap()),
                    () = tokio::time::sleep_until(wake.into()) => self.plane.handle_timeout(now()),
                }
            }
        };
        timeout(PATIENCE, run).await.unwrap_or_else(|_| panic!("no {what}"))
    }

    async fn party(&mut self) -> lanrage_control::protocol::PartySnapshot {
        self.until("party", |event| match event {
            ControlEvent::Party(snapshot) => Some(snapshot.clone()),
            _ => None,
        })
        .await
    }
}

/// A WebSocket without a client's manners.
struct Raw(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Raw {
    async fn connect(host: SocketAddr) -> Self {
        Self(connect_async(format!("ws://{host}/v1/session")).await.unwrap().0)
    }

    async fn send(&mut self, message: impl Into<Message>) {
        // A connection that is being closed may refuse it.
        let _ = self.0.send(message.into()).await;
    }

    async fn receive(&mut self) -> Option<ServerMessage> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("an answer or the end") {
                Some(Ok(Message::Text(text))) => return Some(ServerMessage::parse(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    async fn code(&mut self) -> ErrorCode {
        match self.receive().await {
            Some(ServerMessage::Error(refusal)) => refusal.code,
            other => panic!("expected an error, got {other:?}"),
        }
    }

    async fn prove(&mut self, n: u8, authority: &str) -> Option<ServerMessage> {
        let hello = SessionMessage::Hello {
            protocol: PROTOCOL_VERSION,
            client_version: "test".into(),
            identity: identity(n).public(),
            session: None,
            if_absent: false,
            nonce: None,
        };
        self.send(ClientMessage::Session(hello).encode()).await;
        let Some(ServerMessage::Challenge { nonce, .. }) = self.receive().await else {
            panic!("no challenge")
        };
        let signature = identity(n).sign(&prove_message(&nonce, authority));
        let prove = SessionMessage::Prove { authority: authority.into(), signature };
        self.send(ClientMessage::Session(prove).encode()).await;
        self.receive().await
    }
}

#[tokio::test]
async fn two_friends_meet_in_the_hosts_app_without_any_server() {
    let mut host = Host::start(|_| {}).await;
    let address = host.address;
    let (mut bob, mut carl) = (Friend::new(2, address), Friend::new(3, address));
    bob.plane.request(now(), join(record(2, 2, 1)));
    carl.plane.request(now(), join(record(3, 3, 1)));
    let seen = host
        .during(async {
            bob.party().await;
            carl.party().await
        })
        .await;
    assert_eq!(seen.host, id(1));
    let truth = host.plane.party(&party(1)).unwrap();
    assert_eq!(truth.peers.len(), 3);
    assert!(truth.peers.iter().all(|peer| peer.online));

    let request = Request::Signal { party: party(1), to: id(3), signal: sealed(2, 3) };
    bob.plane.request(now(), request);
    let to_host = Request::Signal { party: party(1), to: id(1), signal: sealed(2, 1) };
    bob.plane.request(now(), to_host);
    let nothing = |_: &ControlEvent| None::<()>;
    let carried = async {
        tokio::select! {
            () = bob.until("end", nothing) => unreachable!("it waits for nothing"),
            from = carl.until("signal", |event| match event {
                ControlEvent::Signal { from, signal, .. } => Some((*from, signal.clone())),
                _ => None,
            }) => from,
        }
    };
    assert_eq!(host.during(carried).await, (id(2), sealed(2, 3)));
    let mut told = Vec::new();
    host.until("signal to the host", |plane| {
        told.extend(std::iter::from_fn(|| plane.poll_event()));
        told.iter().any(|event| matches!(event, ControlEvent::Signal { from, .. } if *from == id(2)))
    })
    .await;
    assert!(told.iter().any(|event| {
        matches!(event, ControlEvent::Change { change: Change::PeerJoined { entry }, .. } if entry.peer() == id(3))
    }));

    drop(bob);
    host.until("absence of Bob", |plane| !plane.party(&party(1)).unwrap().peers[1].online).await;
    host.plane.stop_guests(now());
    host.act();
    assert_eq!(host.plane.guests(), 0);
    let gone = carl.until("goodbye", |event| match event {
        ControlEvent::Disconnected { reason, .. } => Some(reason.to_string()),
        _ => None,
    });
    assert!(host.during(gone).await.contains("the server is stopping"));
}

#[tokio::test]
async fn strangers_get_a_code_or_a_closed_connection_and_the_party_goes_on() {
    let mut host = Host::start(|settings| {
        settings.limits.connections = 2;
        settings.limits.hello = Duration::from_millis(300);
    })
    .await;
    let address = host.address;
    let mine = address.to_string();
    let elsewhere = connect_async(format!("ws://{address}/elsewhere")).await;
    assert!(elsewhere.is_err(), "another path");

    let abuse = async {
        let mut silent = Raw::connect(address).await;
        assert_eq!(silent.code().await, ErrorCode::NotAuthenticated, "no hello");
        assert_eq!(silent.receive().await, None);

        let mut relayed = Raw::connect(address).await;
        let answer = relayed.prove(2, "evil.example:1").await;
        assert!(matches!(answer, Some(ServerMessage::Error(r)) if r.code == ErrorCode::WrongServer));

        let mut ann = Raw::connect(address).await;
        let answer = ann.prove(1, &mine).await;
        assert!(
            matches!(answer, Some(ServerMessage::Error(r)) if r.code == ErrorCode::Replaced),
            "Ann is at home"
        );

        let mut bob = Raw::connect(address).await;
        assert!(matches!(bob.prove(2, &mine).await, Some(ServerMessage::Welcome { .. })));
        bob.send("}{").await;
        assert_eq!(bob.code().await, ErrorCode::BadFrame);
        bob.send("x".repeat(CLIENT_FRAME_BYTES + 1)).await;
        assert_eq!(bob.code().await, ErrorCode::TooLarge, "answered");
        let own = record_in(party(2), 2, lanrage_party::VirtualIp([10, 66, 0, 2].into()), 1);
        bob.send(ClientMessage::Request(create(own)).encode()).await;
        assert_eq!(bob.code().await, ErrorCode::TooManyParties, "only Ann makes parties here");
        bob.send(vec![0_u8; 10]).await;
        assert_eq!(bob.code().await, ErrorCode::BadFrame, "not text");
        assert_eq!(bob.receive().await, None);

        let mut large = Raw::connect(address).await;
        assert!(matches!(large.prove(2, &mine).await, Some(ServerMessage::Welcome { .. })));
        large.send("x".repeat(1 << 20)).await;
        while large.receive().await.is_some() {}

        let (mut first, mut second) = (Raw::connect(address).await, Raw::connect(address).await);
        assert!(matches!(first.prove(2, &mine).await, Some(ServerMessage::Welcome { .. })));
        assert!(matches!(second.prove(3, &mine).await, Some(ServerMessage::Welcome { .. })));
        assert!(connect_async(format!("ws://{address}/v1/session")).await.is_err(), "full");
        first.send(r#"{"type":"heartbeat"}"#).await;
        assert_eq!(first.receive().await, Some(ServerMessage::Alive));
    };
    timeout(PATIENCE, Box::pin(host.during(abuse))).await.unwrap();
    assert_eq!(host.plane.party(&party(1)).unwrap().peers.len(), 1);
}

#[tokio::test]
async fn a_guest_that_takes_nothing_for_a_while_keeps_its_connection_and_learns_the_newest() {
    let mut host = Host::start(|_| {}).await;
    let address = host.address;
    let mut slow = Raw::connect(address).await;
    let greeted = async {
        assert!(matches!(slow.prove(2, &address.to_string()).await, Some(ServerMessage::Welcome { .. })));
        slow.send(ClientMessage::Request(join(record(2, 2, 1))).encode()).await;
        assert!(matches!(slow.receive().await, Some(ServerMessage::Party { .. })));
    };
    host.during(greeted).await;
    // All at once: more than wait for one guest.
    for n in 0..1_001 {
        let nat_type = Some(if n % 2 == 0 { NatType::Open } else { NatType::Symmetric });
        host.plane.request(now(), Request::UpdatePeer { party: party(1), record: None, nat_type });
        host.act();
    }
    let newest = host.plane.party(&party(1)).unwrap().revision;
    let caught_up = async {
        loop {
            match slow.receive().await {
                Some(ServerMessage::Delta { revision, .. }) if revision == newest => return,
                Some(ServerMessage::Delta { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    host.during(caught_up).await;
    assert_eq!(host.plane.guests(), 1);
}

#[tokio::test]
async fn a_web_page_is_no_guest() {
    let mut host = Host::start(|_| {}).await;
    let url = format!("ws://{}/v1/session", host.address);
    let page = |origin: Option<&'static str>| {
        let mut request = url.as_str().into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        Box::pin(connect_async(request))
    };
    for origin in ["https://example.org", "http://127.0.0.1", "null"] {
        let refused = host.during(timeout(PATIENCE, page(Some(origin)))).await.unwrap();
        match refused {
            Err(Error::Http(response)) => assert_eq!(response.status(), 403, "{origin}"),
            other => panic!("{origin}: {other:?}"),
        }
    }
    assert!(host.during(timeout(PATIENCE, page(None))).await.unwrap().is_ok());
}

#[tokio::test]
async fn one_device_of_the_lan_takes_not_all_places() {
    let mut host = Host::start(|_| {}).await;
    let address = host.address;
    let from = |last: u8| async move {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, last], 0).into()).unwrap();
        socket.connect(address).await.unwrap()
    };
    let mut many = Vec::new();
    for _ in 0..40 {
        many.push(host.during(from(2)).await);
    }
    // The last ones are closed at once; the first have time to say who they are.
    for stream in &mut many[32..] {
        let heard = host.during(timeout(PATIENCE, stream.read(&mut [0]))).await.expect("no end");
        assert!(matches!(heard, Ok(0) | Err(_)), "{heard:?}");
    }
    let first = many[0].try_read(&mut [0]).unwrap_err();
    assert_eq!(first.kind(), ErrorKind::WouldBlock, "the first is still there");
    let url = format!("ws://{address}/v1/session");
    let other = async { client_async(url, from(3).await).await };
    assert!(host.during(timeout(PATIENCE, other)).await.unwrap().is_ok());
}
