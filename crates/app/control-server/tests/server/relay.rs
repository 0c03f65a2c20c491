//! The relay on real sockets, with the real client.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use lanrage_control::{
    ControlEvent,
    protocol::{ClientMessage, ServerMessage},
};
use lanrage_control_server::{
    CertificateFiles, RegisteredRelay, RegisteredRelaySettings, RelayConfig, Server, ServerSettings,
    TlsListen,
};
use lanrage_nat::{
    stun::{self, Change, TransactionId},
    turn::{
        Framing, IpFamily, Received, RestSecret, StreamDecoder, Transport, TurnClient, TurnClientConfig,
        TurnCredentials, TurnEvent, TurnFailure, pad_for_stream,
    },
};
use lanrage_party::{RelayOffer, RelayTransport};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::support::{Client, Player, Raw, settings};

const SECRET: &str = "a secret of this test";
const PATIENCE: Duration = Duration::from_secs(20);

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server/data").join(file)
}

/// That of "localhost", which vouches for itself.
fn certificate() -> CertificateFiles {
    CertificateFiles {
        certificate: data("localhost.cert.pem"),
        key: data("localhost.key.pem"),
        is_awaited: false,
    }
}

/// A port that serves all that needs TCP.
pub(crate) fn https() -> TlsListen {
    TlsListen { listen: "127.0.0.1:0".parse().unwrap(), certificate: certificate() }
}

/// A connection that believes that certificate alone.
pub(crate) fn secured(mut stream: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(data("localhost.cert.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tls = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut stream).unwrap();
    }
    StreamOwned::new(tls, stream)
}

fn relay_config() -> RelayConfig {
    let mut config = RelayConfig::new(SECRET.to_owned().into());
    config.allowed_peers = vec!["127.0.0.0/8".parse().unwrap()];
    config.tls = Some(TlsListen { listen: "127.0.0.1:0".parse().unwrap(), certificate: certificate() });
    config
}

pub(crate) fn with_relay(directory: &Path, change: impl FnOnce(&mut RelayConfig)) -> ServerSettings {
    let mut config = relay_config();
    change(&mut config);
    let mut settings = settings(directory);
    settings.relay = Some(config);
    settings
}

async fn start(directory: &Path) -> Server {
    Server::start(with_relay(directory, |_| {})).await.unwrap()
}

pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn credentials(user: &str) -> TurnCredentials {
    RestSecret::new(SECRET).issue(user, unix_now() + 3_600)
}

enum Link {
    Udp(UdpSocket),
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A client of the relay on its socket.
pub(crate) struct End {
    link: Link,
    decoder: StreamDecoder,
    pub(crate) client: TurnClient,
    events: Vec<TurnEvent>,
    pub(crate) arrived: Vec<(SocketAddr, Vec<u8>)>,
    /// Every message that it sent.
    sent: Vec<Vec<u8>>,
}

impl End {
    pub(crate) fn connect(
        transport: RelayTransport,
        server: SocketAddr,
        credentials: TurnCredentials,
    ) -> Self {
        let brief = Some(Duration::from_millis(2));
        let stream = || {
            let stream = TcpStream::connect(server).unwrap();
            stream.set_read_timeout(brief).unwrap();
            stream.set_nodelay(true).unwrap();
            stream
        };
        let link = match transport {
            RelayTransport::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                socket.connect(server).unwrap();
                socket.set_read_timeout(brief).unwrap();
                Link::Udp(socket)
            }
            RelayTransport::Tcp => Link::Tcp(stream()),
            RelayTransport::Tls => {
                let secured = secured(stream());
                secured.sock.set_read_timeout(brief).unwrap();
                Link::Tls(Box::new(secured))
            }
        };
        let transport = if transport == RelayTransport::Udp { Transport::Udp } else { Transport::Stream };
        let config = TurnClientConfig { server, transport, credentials, family: IpFamily::V4 };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let client = TurnClient::new(Instant::now(), config, seed);
        let decoder = StreamDecoder::new();
        Self { link, decoder, client, events: Vec::new(), arrived: Vec::new(), sent: Vec::new() }
    }

    /// With an allocation.
    pub(crate) fn allocated(transport: RelayTransport, server: SocketAddr, user: &str) -> Self {
        let mut end = Self::connect(transport, server, credentials(user));
        end.run("allocation", |end| end.client.relayed_address().is_some());
        end
    }

    pub(crate) fn relayed(&self) -> SocketAddr {
        self.client.relayed_address().unwrap()
    }

    fn write(&mut self, bytes: &[u8]) {
        match &mut self.link {
            Link::Udp(socket) => drop(socket.send(bytes).unwrap()),
            Link::Tcp(stream) => stream.write_all(bytes).unwrap(),
            Link::Tls(stream) => stream.write_all(bytes).unwrap(),
        }
    }

    pub(crate) fn step(&mut self) {
        self.client.handle_timeout(Instant::now());
        while let Some((_, bytes)) = self.client.poll_transmit() {
            self.write(&bytes);
            self.sent.push(bytes);
        }
        let mut buffer = [0; 65_536];
        let read = match &mut self.link {
            Link::Udp(socket) => socket.recv(&mut buffer),
            Link::Tcp(stream) => stream.read(&mut buffer),
            Link::Tls(stream) => stream.read(&mut buffer),
        };
        match read {
            Ok(count) if matches!(self.link, Link::Udp(_)) => self.take(&buffer[..count]),
            Ok(count) => {
                assert_ne!(count, 0, "the server closed the stream");
                self.decoder.push(&buffer[..count]).unwrap();
                while let Some(message) = self.decoder.next_message().unwrap().map(<[u8]>::to_vec) {
                    self.take(&message);
                }
            }
            Err(error) => {
                let waiting = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
                assert!(waiting, "{error}");
            }
        }
        self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
    }

    fn take(&mut self, message: &[u8]) {
        let server = self.client.server();
        if let Received::Data { peer, payload } = self.client.handle_datagram(Instant::now(), server, message)
        {
            self.arrived.push((peer, message[payload].to_vec()));
        }
    }

    pub(crate) fn run(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            self.step();
            assert!(start.elapsed() < PATIENCE, "no {what}; {:?} {:?}", self.client.phase(), self.events);
        }
    }

    pub(crate) fn bind(&mut self, peer: SocketAddr) {
        self.client.add_peer(Instant::now(), peer).unwrap();
        let bound =
            |event: &TurnEvent| matches!(event, TurnEvent::PeerBound { peer: bound } if *bound == peer);
        self.run("channel", |end| end.events.iter().any(bound));
    }

    fn framed(&self, peer: SocketAddr, payload: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0; Framing::HEADROOM];
        buffer.extend(payload);
        buffer.extend([0; Framing::TAILROOM]);
        let range = Framing::HEADROOM..Framing::HEADROOM + payload.len();
        let mut datagram = self.client.framing(peer).unwrap().write(&mut buffer, range).unwrap();
        if !matches!(self.link, Link::Udp(_)) {
            datagram = pad_for_stream(&mut buffer, datagram).unwrap();
        }
        buffer[datagram].to_vec()
    }

    pub(crate) fn send(&mut self, peer: SocketAddr, payload: &[u8]) {
        let datagram = self.framed(peer, payload);
        self.write(&datagram);
    }

    fn failure(&mut self) -> TurnFailure {
        let failure = |event: &TurnEvent| match event {
            TurnEvent::Failed { failure, .. } => Some(*failure),
            _ => None,
        };
        self.run("failure", |end| end.events.iter().any(|event| failure(event).is_some()));
        self.events.iter().find_map(failure).unwrap()
    }
}

pub(crate) fn address_of(server: &Server, transport: RelayTransport) -> SocketAddr {
    match transport {
        RelayTransport::Udp => server.stun_addr(),
        RelayTransport::Tcp => server.turn_tcp_addr(),
        RelayTransport::Tls => server.turn_tls_addr(),
    }
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_pass_both_ways_whatever_way_a_client_reaches_its_relay() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = with_relay(directory.path(), |_| {});
    settings.https = Some(https());
    let server = Server::start(settings).await.unwrap();
    let own = [RelayTransport::Udp, RelayTransport::Tcp, RelayTransport::Tls];
    let own = own.map(|transport| (transport, address_of(&server, transport)));
    // Beside HTTP.
    let shared = [RelayTransport::Tcp, RelayTransport::Tls];
    let shared = shared.map(|transport| (transport, server.https_addr().unwrap()));
    for (transport, address) in own.into_iter().chain(shared) {
        let mut ann = End::allocated(transport, address, "ann");
        let mut bob = End::allocated(RelayTransport::Udp, address_of(&server, RelayTransport::Udp), "bob");
        let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (to_bob, to_ann, outside) = (bob.relayed(), ann.relayed(), stranger.local_addr().unwrap());
        ann.bind(to_bob);
        bob.bind(to_ann);
        ann.bind(outside);
        // Sizes that batches are broken up by, and that padding is needed for.
        let payloads: Vec<Vec<u8>> =
            [1_200, 1_200, 1_200, 3, 0, 1_201, 1_400, 7, 7, 5].iter().map(|n| vec![*n as u8; *n]).collect();
        for payload in &payloads {
            ann.send(to_bob, payload);
        }
        bob.run("payloads", |bob| bob.arrived.len() == payloads.len());
        assert!(bob.arrived.iter().all(|(from, _)| *from == to_ann));
        assert_eq!(
            bob.arrived.iter().map(|(_, bytes)| bytes.clone()).collect::<Vec<_>>(),
            payloads,
            "{transport:?}"
        );
        for payload in &payloads {
            bob.send(to_ann, payload);
        }
        ann.run("payloads", |ann| ann.arrived.len() == payloads.len());
        assert_eq!(
            ann.arrived.iter().map(|(_, bytes)| bytes.clone()).collect::<Vec<_>>(),
            payloads,
            "{transport:?}"
        );

        ann.send(outside, b"out");
        let mut buffer = [0; 16];
        stranger.set_read_timeout(Some(PATIENCE)).unwrap();
        let (count, from) = stranger.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..count], from), (&b"out"[..], to_ann));
        stranger.send_to(b"back", to_ann).unwrap();
        ann.run("answer", |ann| ann.arrived.last().unwrap() == &(outside, b"back".to_vec()));
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_client_is_offered_the_relay_with_credentials_that_work() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let mut client = Client::connect(&Player::new(1), server.addr());
    assert_eq!(client.until("relays", relays_in).await, [], "none for who is alone");
    let _friend = company(&mut client, &server).await;
    let relays = client.until("relays", offered).await;
    let [offer] = relays.as_slice() else { panic!("{relays:?}") };
    let ways: Vec<(RelayTransport, u16)> = offer.uris.iter().map(|uri| (uri.transport, uri.port)).collect();
    let expected = [RelayTransport::Udp, RelayTransport::Tcp, RelayTransport::Tls]
        .map(|transport| (transport, address_of(&server, transport).port()));
    assert_eq!(ways, expected);
    assert!(offer.uris.iter().all(|uri| uri.host == "127.0.0.1"), "where the server was reached");
    let half_a_day = unix_now() * 1_000 + 12 * 3_600_000;
    assert!(offer.credentials.expires_at.0.abs_diff(half_a_day) < 60_000);
    allocate_by(offer);

    client.plane.request_relays(lanrage_control::Now {
        instant: Instant::now(),
        wall: lanrage_party::UnixMillis(unix_now() * 1_000),
    });
    assert_eq!(client.until("relays again", relays_in).await.len(), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn the_relays_of_two_servers_have_names_of_their_own() {
    let mut names = Vec::new();
    for _ in 0..2 {
        let directory = tempfile::tempdir().unwrap();
        let server = start(directory.path()).await;
        let mut client = Client::connect(&Player::new(1), server.addr());
        let _friend = company(&mut client, &server).await;
        let relays = client.until("relays", offered).await;
        names.extend(relays.into_iter().map(|relay| relay.name));
        server.shutdown().await;
    }
    let [one, other] = names.as_slice() else { panic!("{names:?}") };
    assert_ne!(one, other);
}

/// Makes a party of two: Ann's `client`, and a friend.
async fn company(client: &mut Client, server: &Server) -> Raw {
    client.request(Player::new(1).create());
    client.party().await;
    let bob = Player::new(2);
    let mut friend = Raw::connect(server.addr()).await;
    friend.sign_in(&bob.identity).await;
    friend.send(ClientMessage::Request(bob.join()).encode()).await;
    assert!(matches!(friend.receive().await, Some(ServerMessage::Party { .. })));
    friend
}

/// Relays, if there are any.
fn offered(event: &ControlEvent) -> Option<Vec<RelayOffer>> {
    relays_in(event).filter(|relays| !relays.is_empty())
}

fn relays_in(event: &ControlEvent) -> Option<Vec<RelayOffer>> {
    match event {
        ControlEvent::Relays(relays) => Some(relays.clone()),
        _ => None,
    }
}

fn allocate_by(offer: &RelayOffer) {
    let uri = &offer.uris[0];
    let server = SocketAddr::new(uri.host.parse().unwrap(), uri.port);
    let username = offer.credentials.username.clone();
    let credentials = TurnCredentials { username, password: offer.credentials.password.reveal().to_owned() };
    End::connect(uri.transport, server, credentials)
        .run("allocation", |end| end.client.relayed_address().is_some());
}

#[tokio::test]
async fn who_has_no_right_to_the_relay_gets_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let server =
        Server::start(with_relay(directory.path(), |relay| relay.limits.allocations_per_user = 2)).await;
    let server = server.unwrap();
    let udp = address_of(&server, RelayTransport::Udp);
    let expired = RestSecret::new(SECRET).issue("ann", unix_now() - 1);
    let forged = RestSecret::new("another secret").issue("ann", unix_now() + 60);
    for credentials in [expired, forged] {
        let mut end = End::connect(RelayTransport::Udp, udp, credentials);
        assert_eq!(end.failure(), TurnFailure::Unauthorized);
    }
    let tcp = address_of(&server, RelayTransport::Tcp);
    let _first = End::allocated(RelayTransport::Udp, udp, "ann");
    let second = End::allocated(RelayTransport::Tcp, tcp, "ann");
    assert_eq!(End::connect(RelayTransport::Udp, udp, credentials("ann")).failure(), TurnFailure::Quota);
    End::allocated(RelayTransport::Udp, udp, "bob");

    drop(second);
    let mut third = End::connect(RelayTransport::Udp, udp, credentials("ann"));
    third.run("what the closed stream has freed", |end| end.client.relayed_address().is_some());
    server.shutdown().await;
}

#[tokio::test]
async fn what_was_overheard_or_forged_is_worth_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let udp = address_of(&server, RelayTransport::Udp);
    let mut ann = End::allocated(RelayTransport::Udp, udp, "ann");
    let mut bob = End::allocated(RelayTransport::Udp, udp, "bob");
    let (to_ann, to_bob) = (ann.relayed(), bob.relayed());
    ann.bind(to_bob);
    bob.bind(to_ann);

    let eve = UdpSocket::bind("127.0.0.1:0").unwrap();
    eve.connect(udp).unwrap();
    eve.set_read_timeout(Some(PATIENCE)).unwrap();
    for signed in ann.sent.iter().filter(|bytes| bytes.len() > 60) {
        eve.send(signed).unwrap();
        let mut answer = [0; 1_024];
        let count = eve.recv(&mut answer).unwrap();
        assert_eq!(answer[0] & 1, 1, "an error response: {:02x?}", &answer[..count]);
    }
    // ChannelData from elsewhere, and payload from who has no permission.
    eve.send(&ann.framed(to_bob, b"forged")).unwrap();
    eve.send_to_relayed(to_bob);
    ann.send(to_bob, b"true");
    bob.run("payload", |bob| !bob.arrived.is_empty());
    assert_eq!(bob.arrived, [(to_ann, b"true".to_vec())]);
    server.shutdown().await;
}

trait Unpermitted {
    fn send_to_relayed(&self, relayed: SocketAddr);
}

impl Unpermitted for UdpSocket {
    /// From another address than any that is permitted.
    fn send_to_relayed(&self, relayed: SocketAddr) {
        let other = UdpSocket::bind("127.0.0.2:0").unwrap();
        other.send_to(b"unpermitted", relayed).unwrap();
    }
}

#[tokio::test]
async fn nobody_reaches_the_relays_own_host_through_it() {
    let directory = tempfile::tempdir().unwrap();
    let server =
        Server::start(with_relay(directory.path(), |relay| relay.allowed_peers.clear())).await.unwrap();
    let mut ann = End::allocated(RelayTransport::Udp, address_of(&server, RelayTransport::Udp), "ann");
    for peer in ["127.0.0.1:22", "169.254.169.254:80", "0.0.0.0:1", "224.0.0.251:5353"] {
        let peer = peer.parse().unwrap();
        ann.client.add_peer(Instant::now(), peer).unwrap();
        ann.run("refusal", |ann| {
            ann.events.iter().any(
                |event| matches!(event, TurnEvent::PeerRefused { peer: refused, code: 403, .. } if *refused == peer),
            )
        });
        assert!(ann.client.framing(peer).is_none());
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_stream_of_something_else_is_closed() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    for transport in [RelayTransport::Tcp, RelayTransport::Tls] {
        for garbage in [&b"POST / HTTP/1.1\r\n\r\n"[..], &[0xFF; 4_096], &[0, 1, 0, 3, 0, 0, 0, 0, 0, 0]] {
            let mut stream = TcpStream::connect(address_of(&server, transport)).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(garbage).unwrap();
            let mut rest = Vec::new();
            match stream.read_to_end(&mut rest) {
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
            }
        }
        End::allocated(transport, address_of(&server, transport), "ann");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_costs_no_more_than_its_queue() {
    let directory = tempfile::tempdir().unwrap();
    let server =
        Server::start(with_relay(directory.path(), |relay| relay.limits.bytes_per_second = 0)).await.unwrap();
    let stats = server.relay_stats().unwrap();
    let mut slow = End::allocated(RelayTransport::Tcp, address_of(&server, RelayTransport::Tcp), "slow");
    let mut bob = End::allocated(RelayTransport::Udp, address_of(&server, RelayTransport::Udp), "bob");
    let (to_slow, to_bob) = (slow.relayed(), bob.relayed());
    slow.bind(to_bob);
    bob.bind(to_slow);
    let start = Instant::now();
    while stats.dropped() < 1_000 {
        for _ in 0..500 {
            bob.send(to_slow, &[7; 1_400]);
        }
        std::thread::sleep(Duration::from_millis(1));
        assert!(start.elapsed() < PATIENCE, "its queue never fills");
    }
    // Others notice nothing, and it gets what was queued, whole, once it reads on.
    let mut carl = End::allocated(RelayTransport::Udp, address_of(&server, RelayTransport::Udp), "carl");
    carl.bind(to_bob);
    bob.bind(carl.relayed());
    carl.send(to_bob, b"hello");
    bob.run("payload", |bob| !bob.arrived.is_empty());
    slow.run("what was queued", |slow| slow.arrived.len() > 100);
    assert!(slow.arrived.iter().all(|(from, bytes)| *from == to_bob && *bytes == [7; 1_400]));
    server.shutdown().await;
}

#[tokio::test]
async fn a_relay_of_its_own_process_registers_and_is_offered_and_used() {
    let directory = tempfile::tempdir().unwrap();
    let key = "a relay key of this test".to_owned();
    let mut server_settings = settings(&directory.path().join("server"));
    server_settings.relay_key = Some(key.clone().into());
    let server = Server::start(server_settings.clone()).await.unwrap();
    let mut client = Client::connect(&Player::new(1), server.addr());
    let friend = company(&mut client, &server).await;

    let relay = |name: &str, key: &str| RegisteredRelaySettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        stun_alternate: None,
        relay: relay_config(),
        control: format!("ws://{}", server.addr()).parse().unwrap(),
        key: key.to_owned().into(),
        name: name.into(),
        region: "eu".into(),
        host: "127.0.0.1".into(),
        data_dir: directory.path().join(name),
    };
    let _forged = RegisteredRelay::start(relay("forged", "another relay key")).unwrap();
    let north = RegisteredRelay::start(relay("north", &key)).unwrap();
    let relays = client.until("the new relay", offered).await;
    let [offer] = relays.as_slice() else { panic!("{relays:?}") };
    assert_eq!((offer.name.as_str(), offer.region.as_str()), ("north", "eu"));
    assert_eq!(offer.uris, north.uris("127.0.0.1"));
    allocate_by(offer);
    drop((client, friend));
    server.shutdown().await;

    server_settings.listen = "127.0.0.1:0".parse().unwrap();
    let server = Server::start(server_settings).await.unwrap();
    let mut client = Client::connect(&Player::new(1), server.addr());
    let relays = client.until("relays", relays_in).await;
    assert_eq!((relays.len(), relays[0].load_percent), (1, 100), "known, but not heard of yet");
    allocate_by(&relays[0]);
    server.shutdown().await;
}

#[tokio::test]
async fn a_stopped_server_frees_its_ports_at_once_whoever_is_connected() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let addresses =
        [RelayTransport::Udp, RelayTransport::Tcp].map(|transport| address_of(&server, transport));
    let _udp = End::allocated(RelayTransport::Udp, addresses[0], "ann");
    let mut tcp = End::allocated(RelayTransport::Tcp, addresses[1], "ann");
    let start = Instant::now();
    server.shutdown().await;
    assert!(start.elapsed() < Duration::from_secs(5));
    let Link::Tcp(stream) = &mut tcp.link else { unreachable!() };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(matches!(stream.read(&mut [0; 16]), Ok(0) | Err(_)), "closed");
    let mut again = with_relay(directory.path(), |_| {});
    again.stun_listen = Some(addresses[0]);
    let server = Server::start(again).await.unwrap();
    End::allocated(RelayTransport::Udp, addresses[0], "ann");
    server.shutdown().await;
}

#[tokio::test]
async fn with_a_second_address_every_way_of_rfc_5780_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings =
        with_relay(directory.path(), |relay| relay.addresses = vec!["127.0.0.1".parse().unwrap()]);
    settings.stun_listen = Some("0.0.0.0:0".parse().unwrap());
    settings.stun_alternate = Some("127.0.0.2".parse().unwrap());
    let server = Server::start(settings).await.unwrap();
    let port = server.stun_addr().unwrap().port();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let ask = |to: &str, change| {
        let request = stun::binding_request_for(TransactionId([9; 12]), change);
        client.send_to(&request, (to, port)).unwrap();
        let mut buffer = [0; 256];
        let (count, from) = client.recv_from(&mut buffer).unwrap();
        let answer = stun::parse(&buffer[..count]).unwrap();
        let stun::Message::BindingResponse { mapped, other, .. } = answer else { panic!("{answer:?}") };
        assert_eq!(mapped, client.local_addr().unwrap());
        (from, other.unwrap())
    };
    let (from, other) = ask("127.0.0.1", Change::NONE);
    assert_eq!((from.to_string(), other.ip().to_string()), (format!("127.0.0.1:{port}"), "127.0.0.2".into()));
    assert_ne!(other.port(), port);
    let both = ask("127.0.0.1", Change { ip: true, port: true }).0;
    assert_eq!(both, other);
    assert_eq!(ask("127.0.0.2", Change { ip: false, port: true }).0, other);
    let back = ask("127.0.0.2", Change { ip: true, port: false }).0;
    assert_eq!(back.to_string(), format!("127.0.0.1:{port}"));
    server.shutdown().await;
}

#[tokio::test]
async fn a_server_without_a_relay_answers_stun_and_no_turn() {
    let directory = tempfile::tempdir().unwrap();
    let server = crate::support::start(directory.path()).await;
    assert_eq!((server.relays(), server.turn_tcp_addr()), (false, None));
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(server.stun_addr().unwrap()).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let allocate = [&[0x00, 0x03, 0, 0, 0x21, 0x12, 0xA4, 0x42][..], &[1; 12]].concat();
    client.send(&allocate).unwrap();
    client.send(&stun::binding_request(TransactionId([2; 12]))).unwrap();
    let mut buffer = [0; 256];
    let count = client.recv(&mut buffer).unwrap();
    assert!(matches!(stun::parse(&buffer[..count]), Ok(stun::Message::BindingResponse { .. })));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_to_the_relay_make_room_for_who_logs_in() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let address = address_of(&server, RelayTransport::Tcp);
    let mut idle: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(address).unwrap()).collect();
    let end = End::allocated(RelayTransport::Tcp, address, "ann");
    assert_ne!(end.relayed().port(), 0);
    idle[0].set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(idle[0].read(&mut [0]).unwrap_or(0), 0, "the first had to leave");
    let stats = server.relay_stats().unwrap();
    assert!(stats.streams_turned_away() >= 184, "{}", stats.streams_turned_away());
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn private_networks_are_nobodys_business_unless_the_operator_says_so() {
    let private = ["10.9.0.8:5300", "192.168.1.1:8080", "172.16.0.1:2222", "100.64.0.1:5300"];
    for allowed in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let settings = with_relay(directory.path(), |relay| {
            relay.allow_private = allowed;
            // A machine that has no other address.
            relay.addresses = vec!["10.9.0.5".parse().unwrap()];
        });
        let server = Server::start(settings).await.unwrap();
        let address = address_of(&server, RelayTransport::Udp);
        let mut ann = End::allocated(RelayTransport::Udp, address, "ann");
        for peer in private {
            let peer = peer.parse().unwrap();
            if allowed {
                ann.bind(peer);
                continue;
            }
            ann.client.add_peer(Instant::now(), peer).unwrap();
            let refused = |event: &TurnEvent| matches!(event, TurnEvent::PeerRefused { peer: of, code: 403, .. } if *of == peer);
            ann.run("refusal", |ann| ann.events.iter().any(refused));
        }
        let bob = End::allocated(RelayTransport::Udp, address, "bob");
        assert_eq!(bob.relayed().ip(), "10.9.0.5".parse::<std::net::IpAddr>().unwrap());
        ann.bind(bob.relayed());
        server.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_gets_so_many_handshakes_and_another_one_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let address = address_of(&server, RelayTransport::Tls);
    let connect = |from: [u8; 4]| {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
        socket.connect(&address.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        stream
    };
    let mut many: Vec<TcpStream> = (0..1_000).map(|_| connect([127, 0, 0, 2])).collect();
    let last = many.last_mut().unwrap().read(&mut [0]);
    assert!(
        !last
            .as_ref()
            .is_err_and(|error| matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)),
        "closed at once: {last:?}"
    );
    assert_ne!(End::allocated(RelayTransport::Tls, address, "ann").relayed().port(), 0);
    server.shutdown().await;
}
