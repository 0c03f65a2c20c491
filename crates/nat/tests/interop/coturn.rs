//! Our client against coturn, on the loopback.

use std::{
    io::ErrorKind,
    net::{SocketAddr, UdpSocket},
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use lanrage_nat::turn::{
    Framing, IpFamily, Received, RestSecret, TurnClient, TurnClientConfig, TurnCredentials, TurnEvent,
    TurnFailure,
};

/// No test waits longer for anything.
const LIMIT: Duration = Duration::from_secs(15);
const SECRET: &str = "a shared secret";

/// A running coturn, killed at the end.
struct Coturn {
    process: Child,
    address: SocketAddr,
}

impl Coturn {
    fn start(options: &[&str]) -> Self {
        // Free now; nobody else asks for ports on this address in the next moment.
        let address = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap();
        let process = Command::new("turnserver")
            .args(["-n", "--no-cli", "--no-tcp", "--no-tls", "--no-dtls", "--log-file=stdout", "--pidfile="])
            .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers"])
            .args(["--use-auth-secret", "--realm=relay.test", "--userdb=/nonexistent"])
            .arg(format!("--static-auth-secret={SECRET}"))
            .arg(format!("--listening-port={}", address.port()))
            .args(options)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs coturn's turnserver in the path (Debian: apt-get install coturn)");
        Self { process, address }
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

fn credentials(id: &str) -> TurnCredentials {
    let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    RestSecret::new(SECRET).issue(id, unix + 3_600)
}

impl Shell {
    fn new(server: SocketAddr, credentials: TurnCredentials) -> Self {
        Self::on(UdpSocket::bind("127.0.0.1:0").unwrap(), server, credentials, [7; 32])
    }

    fn on(socket: UdpSocket, server: SocketAddr, credentials: TurnCredentials, seed: [u8; 32]) -> Self {
        let config = TurnClientConfig { server, credentials, family: IpFamily::V4 };
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
fn peer() -> (UdpSocket, SocketAddr) {
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
    let mut wrong = credentials("ann");
    wrong.password.push('x');
    let mut shell = Shell::new(coturn.address, wrong);
    shell.run_until(|shell| !shell.events.is_empty());
    assert!(
        matches!(shell.events[..], [TurnEvent::Failed { failure: TurnFailure::Unauthorized, .. }]),
        "{:?}",
        shell.events,
    );
    shell.client.set_credentials(Instant::now(), credentials("ann"));
    shell.allocate();
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
