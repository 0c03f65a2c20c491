//! Players for tests of the server: the real client state machine over a real WebSocket.

use std::{net::SocketAddr, path::Path, time::Duration};

use futures_util::{SinkExt, StreamExt};
use lanrage_base::clock::now;
use lanrage_control::{
    ControlEvent, LinkAction, LinkEvent, RemoteControlPlane, RemoteSettings,
    protocol::{
        ClientMessage, PROTOCOL_VERSION, PartySnapshot, Request, ServerMessage, SessionMessage, prove_message,
    },
};
use lanrage_control_server::{Server, ServerSettings};
use lanrage_link::websocket;
use lanrage_party::{
    DeviceIdentity, DoorPrivateKey, Ipam, Name, NatType, PEER_PROTOCOL, PartyId, PartySecret, PeerId,
    PeerRecord, SealedSignal, SignalKey, SignedRecord, Subnet, VirtualIp, WireGuardPrivateKey,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};

/// Long enough for a machine that does much else; what is waited for comes in milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server on loopback, on free ports.
pub(crate) fn settings(directory: &Path) -> ServerSettings {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    ServerSettings::new(any, Some(any), directory)
}

/// What a server answers to HTTP.
pub(crate) async fn get(server: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// What the program says when it is ready.
#[cfg(unix)]
pub(crate) async fn ready(program: &mut tokio::process::Child) -> serde_json::Value {
    use tokio::io::{AsyncBufReadExt, BufReader};

    let mut ready = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut ready).await.unwrap();
    serde_json::from_str(&ready).unwrap()
}

pub(crate) async fn start(directory: &Path) -> Server {
    Server::start(settings(directory)).await.expect("the server starts")
}

pub(crate) fn party() -> PartyId {
    PartyId::from_random([1; 16])
}

/// The key of the party's door.
pub(crate) fn door_key() -> DoorPrivateKey {
    PartySecret::from_random([9; 32]).door_key(0)
}

/// A player's half of what both know.
pub(crate) struct Player {
    pub(crate) identity: DeviceIdentity,
    wireguard: WireGuardPrivateKey,
    sequence: u64,
    protocol: u16,
}

impl Player {
    pub(crate) fn new(seed: u8) -> Self {
        let wireguard = WireGuardPrivateKey::from_random([seed; 32]);
        Self { identity: DeviceIdentity::from_seed(&[seed; 32]), wireguard, sequence: 1, protocol: 1 }
    }

    /// One whose program signs all that it says.
    pub(crate) fn signing(seed: u8) -> Self {
        Self { protocol: PEER_PROTOCOL, ..Self::new(seed) }
    }

    pub(crate) fn id(&self) -> PeerId {
        self.identity.peer_id()
    }

    pub(crate) fn lease(&self) -> VirtualIp {
        Ipam::new(party(), Subnet::DEFAULT).lease(self.id()).unwrap()
    }

    pub(crate) fn record(&self) -> SignedRecord {
        self.record_in(party())
    }

    fn record_in(&self, party: PartyId) -> SignedRecord {
        let record = PeerRecord {
            party,
            identity: self.identity.public(),
            wireguard_key: self.wireguard.public(),
            virtual_ip: self.lease(),
            name: Name::new("Ann").unwrap(),
            protocol: self.protocol,
            epoch: 0,
            sequence: self.sequence,
        };
        record.sign(&self.identity, &PartySecret::from_random([9; 32]))
    }

    pub(crate) fn create(&self) -> Request {
        Request::CreateParty {
            party: party(),
            name: Name::new("LAN").unwrap(),
            subnet: Subnet::DEFAULT,
            record: self.record(),
            nat_type: NatType::PortRestrictedCone,
            door: None,
            proof: None,
            access: None,
        }
    }

    /// A party of its own, another one for each number.
    pub(crate) fn create_another(&self, number: u8) -> Request {
        let party = PartyId::from_random([number; 16]);
        match self.create() {
            Request::CreateParty { name, subnet, nat_type, .. } => Request::CreateParty {
                party,
                name,
                subnet,
                record: self.record_in(party),
                nat_type,
                door: None,
                proof: None,
                access: None,
            },
            other => other,
        }
    }

    pub(crate) fn join(&self) -> Request {
        Request::JoinParty {
            party: party(),
            record: self.record(),
            nat_type: NatType::Unknown,
            door: None,
            proof: None,
        }
    }

    pub(crate) fn seal(&self, to: &Self, message: &[u8]) -> SealedSignal {
        self.key(to).seal(message, [7; 24]).unwrap()
    }

    pub(crate) fn open(&self, from: &Self, signal: &SealedSignal) -> Vec<u8> {
        self.key(from).open(signal).unwrap()
    }

    fn key(&self, other: &Self) -> SignalKey {
        SignalKey::new(&PartySecret::from_random([9; 32]), &self.wireguard, &other.wireguard.public())
    }
}

/// A [`RemoteControlPlane`] on its WebSocket.
pub(crate) struct Client {
    pub(crate) plane: RemoteControlPlane,
    actions: mpsc::Sender<LinkAction>,
    events: mpsc::Receiver<LinkEvent>,
    _link: JoinSet<()>,
}

impl Client {
    pub(crate) fn connect(player: &Player, server: SocketAddr) -> Self {
        let endpoint = format!("ws://{server}").parse().unwrap();
        let settings = RemoteSettings::new(endpoint, 1);
        let plane = RemoteControlPlane::new(settings, player.identity.clone(), now());
        let (actions, inbox) = mpsc::channel(websocket::ACTIONS);
        let (outbox, events) = mpsc::channel(websocket::EVENTS);
        let mut link = JoinSet::new();
        link.spawn(websocket::run_link(inbox, outbox));
        Self { plane, actions, events, _link: link }
    }

    pub(crate) fn request(&mut self, request: Request) {
        self.plane.request(now(), request);
    }

    /// Runs the client until an event is what is waited for.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(&ControlEvent) -> Option<T>,
    ) -> T {
        let mut seen = Vec::new();
        let run = async {
            loop {
                while let Some(action) = self.plane.poll_transmit() {
                    self.actions.send(action).await.unwrap();
                }
                while let Some(event) = self.plane.poll_event() {
                    if let Some(found) = wanted(&event) {
                        return found;
                    }
                    seen.push(event);
                }
                let wake = self.plane.poll_timeout().expect("a running plane has a next time");
                tokio::select! {
                    event = self.events.recv() => self.plane.handle_link(now(), event.unwrap()),
                    () = tokio::time::sleep_until(wake.into()) => self.plane.handle_timeout(now()),
                }
            }
        };
        match timeout(PATIENCE, run).await {
            Ok(found) => found,
            Err(_) => panic!("no {what}; seen: {seen:#?}"),
        }
    }

    pub(crate) async fn party(&mut self) -> PartySnapshot {
        self.until("party", |event| match event {
            ControlEvent::Party(snapshot) => Some(snapshot.clone()),
            _ => None,
        })
        .await
    }
}

/// What a server's port for its operator answers.
pub(crate) async fn read_metrics(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// How often a server has refused something for this cause.
pub(crate) async fn refused(metrics: SocketAddr, cause: &str) -> u64 {
    let answer = read_metrics(metrics).await;
    let prefix = format!("lanrage_refused_total{{cause=\"{cause}\"}} ");
    let count = answer.lines().find_map(|line| line.strip_prefix(&prefix));
    count.unwrap_or_else(|| panic!("no {cause}: {answer}")).parse().unwrap()
}

/// A WebSocket without the client's manners.
pub(crate) struct Raw(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Raw {
    pub(crate) async fn connect(server: SocketAddr) -> Self {
        Self(tokio_tungstenite::connect_async(format!("ws://{server}/v1/session")).await.unwrap().0)
    }

    /// The same from another address of this machine, or through a proxy with these headers.
    pub(crate) async fn connect_from(
        address: [u8; 4],
        server: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Option<Self> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((address, 0).into()).unwrap();
        let stream = socket.connect(server).await.unwrap();
        let mut request = format!("ws://{server}/v1/session").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let stream = MaybeTlsStream::Plain(stream);
        tokio_tungstenite::client_async(request, stream).await.ok().map(|(socket, _)| Self(socket))
    }

    pub(crate) async fn send(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.unwrap();
    }

    /// The next message; `None` once the server has closed.
    pub(crate) async fn receive(&mut self) -> Option<ServerMessage> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("an answer or the end") {
                Some(Ok(Message::Text(text))) => return Some(ServerMessage::parse(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Says hello and answers the challenge, with whatever identity signs it.
    pub(crate) async fn prove(&mut self, claimed: &DeviceIdentity, signer: &DeviceIdentity, authority: &str) {
        self.hello(claimed).await;
        let Some(ServerMessage::Challenge { nonce, .. }) = self.receive().await else {
            panic!("no challenge")
        };
        let signature = signer.sign(&prove_message(&nonce, authority));
        let prove = SessionMessage::Prove { authority: authority.into(), signature };
        self.send(ClientMessage::Session(prove).encode()).await;
    }

    pub(crate) async fn hello(&mut self, identity: &DeviceIdentity) {
        let hello = SessionMessage::Hello {
            protocol: PROTOCOL_VERSION,
            client_version: "test".into(),
            identity: identity.public(),
            session: None,
            if_absent: false,
            nonce: None,
        };
        self.send(ClientMessage::Session(hello).encode()).await;
    }

    pub(crate) async fn sign_in(&mut self, identity: &DeviceIdentity) {
        self.prove(identity, identity, "localhost:1").await;
        assert!(matches!(self.receive().await, Some(ServerMessage::Welcome { has_page: true, .. })));
    }
}
