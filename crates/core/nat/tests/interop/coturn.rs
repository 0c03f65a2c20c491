//! Our client against coturn, on the loopback.

use std::{
    io::ErrorKind,
    net::{SocketAddr, UdpSocket},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant, SystemTime},
};

use lanrage_nat::{
    Aspect, FilteringBehaviour, MappingBehaviour, NatBehaviour, NatBehaviourConfig, NatBehaviourTest,
    NatOutcome, stun,
    turn::{
        Framing, IpFamily, Received, RestSecret, Transport, TurnClient, TurnClientConfig, TurnCredentials,
        TurnEvent, TurnFailure,
    },
};

/// No test waits longer for anything.
pub(super) const LIMIT: Duration = Duration::from_secs(15);
const SECRET: &str = "a shared secret";

/// Ports that each coturn gets: one to listen on, one beside it, the others for relays. They lie below those that the
/// system gives to sockets without a port, which other tests have.
const PORTS: u16 = 20;

/// A running coturn, killed at the end.
pub(super) struct Coturn {
    process: Child,
    pub(super) address: SocketAddr,
    options: Vec<String>,
}

impl Coturn {
    pub(super) fn start(options: &[&str]) -> Self {
        Self::start_on(free_ports(), options.iter().map(|option| (*option).to_owned()).collect())
    }

    fn start_on(port: u16, options: Vec<String>) -> Self {
        let process = Command::new("turnserver")
            .args(["-n", "--no-cli", "--no-tcp", "--no-tls", "--no-dtls", "--log-file=stdout", "--pidfile="])
            .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers"])
            .args(["--use-auth-secret", "--realm=relay.test", "--userdb=/nonexistent"])
            .arg(format!("--static-auth-secret={SECRET}"))
            .arg(format!("--listening-port={port}"))
            .args([format!("--min-port={}", port + 2), format!("--max-port={}", port + PORTS - 1)])
            .args(&options)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs coturn's turnserver in the path (Debian: apt-get install coturn)");
        let coturn = Self { process, address: ([127, 0, 0, 1], port).into(), options };
        coturn.wait_until_it_answers();
        coturn
    }

    /// Kills it, and starts it again on the same port: it knows nothing of before.
    pub(super) fn restart(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it runs");
        let again = Self::start_on(self.address.port(), std::mem::take(&mut self.options));
        *self = again;
    }

    fn wait_until_it_answers(&self) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let begun = Instant::now();
        while begun.elapsed() < LIMIT {
            socket.send_to(&stun::binding_request(stun::TransactionId([1; 12])), self.address).unwrap();
            if socket.recv_from(&mut [0; 100]).is_ok() {
                return;
            }
        }
        panic!("coturn does not answer on {}", self.address);
    }
}

/// The first of [`PORTS`] ports that no other test of this run has, and most likely nobody else.
fn free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 12_000 + u16::try_from(std::process::id() % 900).unwrap() * PORTS;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) * PORTS;
        assert!(port < 32_000, "no free ports");
        if (port..port + PORTS).all(|port| UdpSocket::bind(("127.0.0.1", port)).is_ok()) {
            return port;
        }
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client with its socket.
struct Shell {
    socket: UdpSocket,
    client: TurnClient,
    events: Vec<TurnEvent>,
    data: Vec<(SocketAddr, Vec<u8>)>,
}

pub(super) fn credentials(id: &str) -> TurnCredentials {
    let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    RestSecret::new(SECRET).issue(id, unix + 3_600)
}

impl Shell {
    fn new(server: SocketAddr, credentials: TurnCredentials) -> Self {
        Self::on(UdpSocket::bind("127.0.0.1:0").unwrap(), server, credentials, [7; 32])
    }

    fn on(socket: UdpSocket, server: SocketAddr, credentials: TurnCredentials, seed: [u8; 32]) -> Self {
        let config =
            TurnClientConfig { server, transport: Transport::Udp, credentials, family: IpFamily::V4 };
        let client = TurnClient::new(Instant::now(), config, seed);
        Self { socket, client, events: Vec::new(), data: Vec::new() }
    }

    fn run_until(&mut self, done: impl Fn(&Self) -> bool) {
        let limit = Instant::now() + LIMIT;
        let mut buffer = [0; 2_048];
        loop {
            while let Some((to, datagram)) = self.client.poll_transmit() {
                self.socket.send_to(&datagram, to).unwrap();
            }
            self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
            if done(self) {
                return;
            }
            let now = Instant::now();
            assert!(now < limit, "nothing for {LIMIT:?}; {:?}, {:?}", self.client.phase(), self.events);
            let wake_up = self.client.poll_timeout().unwrap_or(limit).min(limit);
            let pause = wake_up.saturating_duration_since(now).max(Duration::from_millis(1));
            self.socket.set_read_timeout(Some(pause)).unwrap();
            match self.socket.recv_from(&mut buffer) {
                Ok((length, from)) => {
                    let received = self.client.handle_datagram(Instant::now(), from, &buffer[..length]);
                    if let Received::Data { peer, payload } = received {
                        self.data.push((peer, buffer[payload].to_vec()));
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.client.handle_timeout(Instant::now());
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn allocate(&mut self) -> SocketAddr {
        self.run_until(|shell| shell.client.relayed_address().is_some());
        self.client.relayed_address().unwrap()
    }

    fn send(&self, peer: SocketAddr, payload: &[u8]) {
        let mut buffer = vec![0; Framing::HEADROOM];
        buffer.extend(payload);
        buffer.extend([0; Framing::TAILROOM]);
        let range = Framing::HEADROOM..Framing::HEADROOM + payload.len();
        let datagram = self.client.framing(peer).unwrap().write(&mut buffer, range).unwrap();
        self.socket.send_to(&buffer[datagram], self.client.server()).unwrap();
    }

    fn is_bound(&self, peer: SocketAddr) -> bool {
        self.client.framing(peer).is_some_and(|framing| framing.is_channel())
    }
}

/// A peer on the loopback.
pub(super) fn peer() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

fn receive(socket: &UdpSocket) -> (SocketAddr, Vec<u8>) {
    let mut buffer = [0; 2_048];
    let (length, from) = socket.recv_from(&mut buffer).unwrap();
    (from, buffer[..length].to_vec())
}

#[test]
fn payload_goes_both_ways_in_indications_and_on_a_channel() {
    let coturn = Coturn::start(&[]);
    let mut shell = Shell::new(coturn.address, credentials("ann"));
    let (socket, peer) = peer();
    let relayed = shell.allocate();
    assert!(matches!(
        shell.events[..],
        [TurnEvent::Allocated { mapped: Some(mapped), .. }] if mapped == shell.socket.local_addr().unwrap()
    ));

    shell.client.add_peer(Instant::now(), peer).unwrap();
    let (to, request) = shell.client.poll_transmit().unwrap();
    shell.socket.send_to(&request, to).unwrap();
    assert!(!shell.is_bound(peer));
    shell.send(peer, b"in an indication");
    assert_eq!(receive(&socket), (relayed, b"in an indication".to_vec()));
    shell.run_until(|shell| shell.is_bound(peer));

    for length in [0, 1, 2, 3, 4, 1_200] {
        let payload = vec![7; length];
        shell.send(peer, &payload);
        assert_eq!(receive(&socket), (relayed, payload.clone()));
        socket.send_to(&payload, relayed).unwrap();
        shell.run_until(|shell| !shell.data.is_empty());
        assert_eq!(shell.data.pop(), Some((peer, payload)));
    }
    // From another port of the permitted address: no channel, so a Data indication.
    let (other, other_address) = self::peer();
    other.send_to(b"hello", relayed).unwrap();
    shell.run_until(|shell| !shell.data.is_empty());
    assert_eq!(shell.data.pop(), Some((other_address, b"hello".to_vec())));
}

#[test]
fn an_allocation_is_refreshed_with_a_new_nonce_and_given_back() {
    let coturn = Coturn::start(&["--stale-nonce=1", "--user-quota=1"]);
    let mut shell = Shell::new(coturn.address, credentials("ann"));
    let relayed = shell.allocate();
    let begun = Instant::now();
    shell.events.clear();
    // Every check is a Refresh; the nonce is stale after the first second.
    while begun.elapsed() < Duration::from_millis(2_500) {
        shell.client.check(Instant::now());
        let before = shell.client.poll_timeout().unwrap();
        shell.run_until(|shell| {
            shell.client.poll_timeout().is_some_and(|at| at > before + Duration::from_secs(5))
        });
    }
    assert_eq!((shell.client.relayed_address(), &shell.events[..]), (Some(relayed), &[][..]));

    // The quota is one: a second allocation is refused until the first is given back.
    let mut second = Shell::new(coturn.address, credentials("ann"));
    second.run_until(|shell| !shell.events.is_empty());
    assert!(
        matches!(second.events[..], [TurnEvent::Failed { failure: TurnFailure::Quota, .. }]),
        "{:?}",
        second.events
    );
    shell.client.close(Instant::now());
    shell.run_until(|shell| shell.events.contains(&TurnEvent::Closed));
    second.allocate();
}

#[test]
fn a_second_life_on_the_same_port_frees_what_the_first_left() {
    let coturn = Coturn::start(&[]);
    let credentials = credentials("ann");
    let mut first = Shell::new(coturn.address, credentials.clone());
    first.allocate();
    let mut second = Shell::on(first.socket, coturn.address, credentials, [8; 32]);
    second.allocate();
    // coturn frees a port only about two seconds after it was told to.
    let (last, before) = second.events.split_last().unwrap();
    assert!(matches!(last, TurnEvent::Allocated { .. }), "{:?}", second.events);
    for event in before {
        assert!(matches!(event, TurnEvent::Failed { failure: TurnFailure::Occupied, .. }), "{event:?}");
    }
}

#[test]
fn wrong_credentials_are_unauthorized_until_there_are_right_ones() {
    let coturn = Coturn::start(&[]);
    // Of the same name: coturn keeps the first one that a port has tried, for a minute.
    let right = credentials("ann");
    let mut shell =
        Shell::new(coturn.address, TurnCredentials { password: "wrong".to_owned(), ..right.clone() });
    shell.run_until(|shell| !shell.events.is_empty());
    assert!(
        matches!(shell.events[..], [TurnEvent::Failed { failure: TurnFailure::Unauthorized, .. }]),
        "{:?}",
        shell.events,
    );
    shell.client.set_credentials(Instant::now(), right);
    shell.allocate();
}

#[test]
fn newer_credentials_do_not_disturb_an_allocation() {
    let coturn = Coturn::start(&[]);
    let mut shell = Shell::new(coturn.address, credentials("ann"));
    let relayed = shell.allocate();
    shell.events.clear();
    let (_socket, peer) = peer();
    // Another name, and coturn takes only the first one within an allocation (441).
    shell.client.set_credentials(Instant::now(), credentials("ann-renewed"));
    shell.client.check(Instant::now());
    shell.client.add_peer(Instant::now(), peer).unwrap();
    shell.run_until(|shell| shell.is_bound(peer));
    shell.client.close(Instant::now());
    shell.run_until(|shell| {
        shell.client.relayed_address() != Some(relayed) && shell.client.poll_timeout().is_none()
    });
    assert_eq!(shell.events, [TurnEvent::PeerBound { peer }, TurnEvent::Closed]);
}

#[test]
fn a_peer_that_coturn_forbids_is_refused() {
    let coturn = Coturn::start(&["--denied-peer-ip=192.0.2.0-192.0.2.255"]);
    let mut shell = Shell::new(coturn.address, credentials("ann"));
    shell.allocate();
    shell.events.clear();
    let peer = "192.0.2.7:4000".parse().unwrap();
    shell.client.add_peer(Instant::now(), peer).unwrap();
    shell.run_until(|shell| !shell.events.is_empty());
    assert!(
        matches!(shell.events[..], [TurnEvent::PeerRefused { peer: refused, code: 403, .. }] if refused == peer),
        "{:?}",
        shell.events,
    );
}

#[test]
fn the_behaviour_test_finds_no_nat_on_the_loopback() {
    // With two addresses coturn speaks RFC 5780.
    let coturn = Coturn::start(&["--listening-ip=127.0.0.2", "--relay-ip=127.0.0.2"]);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let local = socket.local_addr().unwrap();
    let [filtering, mapping] = [Aspect::Filtering, Aspect::Mapping].map(|aspect| {
        let (server, further_servers) = (coturn.address, Vec::new());
        find_out(&socket, NatBehaviourConfig { aspect, server, further_servers, local: vec![local] })
    });
    assert_eq!(mapping.mapped, local);
    assert_eq!(mapping.mapping, MappingBehaviour::NoTranslation);
    assert_eq!(filtering.filtering, FilteringBehaviour::EndpointIndependent, "it answers from elsewhere");
}

fn find_out(socket: &UdpSocket, config: NatBehaviourConfig) -> NatBehaviour {
    let mut test = NatBehaviourTest::new(Instant::now(), config, [7; 32]);
    let mut buffer = [0; 1_280];
    let outcome = loop {
        while let Some((to, datagram)) = test.poll_transmit() {
            socket.send_to(&datagram, to).unwrap();
        }
        if let Some(outcome) = test.outcome() {
            break outcome;
        }
        let pause = test.poll_timeout().unwrap().saturating_duration_since(Instant::now());
        socket.set_read_timeout(Some(pause.max(Duration::from_millis(1)))).unwrap();
        match socket.recv_from(&mut buffer) {
            Ok((length, from)) => _ = test.handle_datagram(Instant::now(), from, &buffer[..length]),
            Err(_) => test.handle_timeout(Instant::now()),
        }
    };
    let NatOutcome::Measured(behaviour) = outcome else { panic!("{outcome:?}") };
    behaviour
}
