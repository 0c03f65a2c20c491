//! Our pool of relays against coturns that redirect, forbid and restart, on the loopback.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use lanrage_nat::relay_pool::{PeerRelayInfo, PoolOutput, RelayPool, RelayState, ResolvedRelay};
use lanrage_party::{AllocationId, PeerId, RelayTransport, facts::RelayFault};

use crate::coturn::{Coturn, LIMIT, credentials, peer};

/// A pool with its socket, and a friend.
struct Shell {
    socket: UdpSocket,
    pool: RelayPool,
    friend: SocketAddr,
    relayed: BTreeMap<AllocationId, SocketAddr>,
    bound: Option<AllocationId>,
}

fn friend_id() -> PeerId {
    "00000000000000000000000000000001".parse().unwrap()
}

impl Shell {
    /// Coturns by their names.
    fn new(relays: &[&Coturn], friend: SocketAddr) -> Self {
        let now = Instant::now();
        let offer = |(index, coturn): (usize, &&Coturn)| ResolvedRelay {
            name: index.to_string(),
            region: String::new(),
            load_percent: 0,
            servers: vec![(RelayTransport::Udp, coturn.address)],
            tls_name: String::new(),
            credentials: credentials("ann"),
        };
        let mut pool = RelayPool::new(now, [7; 32]);
        pool.set_relays(now, &relays.iter().enumerate().map(offer).collect::<Vec<_>>());
        let info = PeerRelayInfo { peer: friend_id(), addresses: vec![friend], relay_rtts: Vec::new() };
        pool.set_peers(now, &[info]);
        pool.set_active(now, true);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        Self { socket, pool, friend, relayed: BTreeMap::new(), bound: None }
    }

    fn drain(&mut self) {
        while let Some(output) = self.pool.poll_output() {
            match output {
                PoolOutput::Transmit { to, bytes } => _ = self.socket.send_to(&bytes, to).unwrap(),
                PoolOutput::Opened { allocation, relayed, .. } => {
                    _ = self.relayed.insert(allocation, relayed)
                }
                PoolOutput::Closed { allocation, .. } => {
                    self.relayed.remove(&allocation);
                    self.bound.take_if(|bound| *bound == allocation);
                }
                PoolOutput::Channel { allocation, peer, channel } if peer == self.friend => {
                    self.bound = channel.map(|_| allocation);
                }
                _ => {}
            }
        }
    }

    fn run_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let limit = Instant::now() + 2 * LIMIT;
        let mut buffer = [0; 2_048];
        loop {
            self.drain();
            if done(self) {
                return;
            }
            let now = Instant::now();
            assert!(now < limit, "{what}: {:?}", self.pool.relays());
            let wake_up = self.pool.poll_timeout().unwrap_or(limit).min(limit);
            let pause = wake_up.saturating_duration_since(now).max(Duration::from_millis(1));
            self.socket.set_read_timeout(Some(pause)).unwrap();
            match self.socket.recv_from(&mut buffer) {
                Ok((length, from)) => {
                    self.pool.handle_datagram(Instant::now(), from, &buffer[..length]);
                }
                // A relay that is gone is "port unreachable" here.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.pool.handle_timeout(Instant::now());
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn a_coturn_that_sends_us_to_another_is_served_by_that_one() {
    let second = Coturn::start(&[]);
    let first = Coturn::start(&[&format!("--alternate-server={}", second.address)]);
    let (_socket, friend) = peer();
    let mut shell = Shell::new(&[&first], friend);
    shell.run_until("a channel", |shell| shell.bound.is_some());
    assert_eq!(shell.pool.alternates().collect::<Vec<_>>(), [second.address]);
}

#[test]
fn a_coturn_that_forbids_a_friend_is_told_and_the_next_one_tried() {
    let forbidding = || Coturn::start(&["--denied-peer-ip=192.0.2.0-192.0.2.255"]);
    let (first, second, third) = (forbidding(), forbidding(), Coturn::start(&[]));
    let friend = "192.0.2.7:4000".parse().unwrap();
    let mut shell = Shell::new(&[&first, &second], friend);
    let refusal = RelayState::Failed { reason: RelayFault::RelayRefusesFriends, retry_at: None };
    shell.run_until("refusals", |shell| shell.pool.relays().iter().all(|relay| relay.state == refusal));
    assert!(shell.pool.refuses(&friend_id()));
    let mut shell = Shell::new(&[&first, &second, &third], friend);
    shell.run_until("a channel by the third", |shell| shell.bound.is_some());
    assert!(!shell.pool.refuses(&friend_id()));
}

#[test]
fn a_coturn_that_was_started_again_is_allocated_on_anew() {
    let mut coturn = Coturn::start(&[]);
    let (_socket, friend) = peer();
    let mut shell = Shell::new(&[&coturn], friend);
    shell.run_until("a channel", |shell| shell.bound.is_some());
    let before = shell.bound;
    before.into_iter().for_each(|id| shell.pool.set_busy(id, true));
    coturn.restart();
    shell.run_until("another channel", |shell| shell.bound.is_some() && shell.bound != before);
    assert_eq!(shell.relayed.len(), 1);
}
