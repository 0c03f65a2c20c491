//! Our server's core against the client of `turn-client-proto`, under a virtual clock.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_nat::turn::{
    AllocationId, FiveTuple, Framing, PeerFilter, RelayFamilies, RestSecret, Transport, TurnLimits,
    TurnServer, TurnServerConfig, TurnServerOutput,
};
use turn_client_proto::{
    api::{Transmit, TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet},
    prelude::*,
    stun::Instant as OtherInstant,
    types::{TransportType, TurnCredentials},
    udp::TurnClientUdp,
};

const SERVER: &str = "198.51.100.1:3478";
const CLIENT: &str = "203.0.113.1:1000";
const RELAYED: &str = "198.51.100.1:50000";
const PEER: &str = "192.0.2.7:4000";
const UNIX: u64 = 1_800_000_000;

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// The other's client, our server, and a network without delay.
struct World {
    client: TurnClientUdp,
    server: TurnServer,
    start: Instant,
    passed: Duration,
    allocation: Option<AllocationId>,
    events: Vec<TurnEvent>,
    /// What the peer got, and what the client got from the peer.
    at_peer: Vec<Vec<u8>>,
    at_client: Vec<Vec<u8>>,
}

impl World {
    fn new(limits: TurnLimits) -> Self {
        let secret = RestSecret::new("a shared secret");
        let issued = secret.issue("ann", UNIX + 86_400);
        let config = TurnServerConfig {
            realm: "relay.test".to_owned(),
            families: RelayFamilies { v4: true, v6: false },
            peers: PeerFilter::default(),
            limits,
        };
        let start = Instant::now();
        let credentials = TurnCredentials::new(&issued.username, &issued.password);
        Self {
            client: TurnClientUdp::allocate(addr(CLIENT), addr(SERVER), TurnConfig::new(credentials)),
            server: TurnServer::new(start, UNIX, config, secret, [1; 32]),
            start,
            passed: Duration::ZERO,
            allocation: None,
            events: Vec::new(),
            at_peer: Vec::new(),
            at_client: Vec::new(),
        }
    }

    fn now(&self) -> Instant {
        self.start + self.passed
    }

    fn other_now(&self) -> OtherInstant {
        OtherInstant::ZERO + self.passed
    }

    /// Until nobody has anything to do before `end`.
    fn run_for(&mut self, duration: Duration) {
        let end = self.passed + duration;
        loop {
            self.exchange();
            let TurnPollRet::WaitUntil(at) = self.client.poll(self.other_now()) else {
                break;
            };
            let at = Duration::from_nanos(u64::try_from(at.as_nanos()).unwrap_or(0));
            let ours = self.server.poll_timeout().map(|at| at - self.start);
            let next = ours.map_or(at, |ours| ours.min(at)).max(self.passed + Duration::from_millis(1));
            if next > end {
                break;
            }
            self.passed = next;
            let now = self.now();
            self.server.handle_timeout(now);
        }
        self.passed = end;
        self.exchange();
    }

    fn exchange(&mut self) {
        let _ = self.client.poll(self.other_now());
        let mut to_server = VecDeque::new();
        loop {
            while let Some(transmit) = self.client.poll_transmit(self.other_now()) {
                assert_eq!(transmit.to, addr(SERVER));
                to_server.push_back(transmit.data.to_vec());
            }
            while let Some(event) = self.client.poll_event() {
                self.events.push(event);
            }
            let Some(datagram) = to_server.pop_front() else {
                return;
            };
            self.serve(&datagram);
        }
    }

    fn serve(&mut self, datagram: &[u8]) {
        let tuple = FiveTuple { transport: Transport::Udp, client: addr(CLIENT), server: addr(SERVER) };
        let now = self.now();
        if let Some(out) = self.server.handle_client_datagram(now, tuple, datagram) {
            assert_eq!(out.peer, addr(PEER));
            self.at_peer.push(datagram[out.payload].to_vec());
        }
        while let Some(output) = self.server.poll_output() {
            match output {
                TurnServerOutput::Transmit { datagram, .. } => self.deliver(datagram),
                TurnServerOutput::OpenRelay { allocation, .. } => {
                    self.allocation = Some(allocation);
                    self.server.handle_relay(now, allocation, Ok(addr(RELAYED)));
                }
                TurnServerOutput::CloseRelay { .. } => self.allocation = None,
            }
        }
    }

    fn deliver(&mut self, datagram: Vec<u8>) {
        let transmit = Transmit::new(datagram, TransportType::Udp, addr(SERVER), addr(CLIENT));
        match self.client.recv(transmit, self.other_now()) {
            TurnRecvRet::PeerData(data) => {
                assert_eq!(data.peer, addr(PEER));
                self.at_client.push(data.data().to_vec());
            }
            TurnRecvRet::Handled => {}
            other => panic!("{other:?}"),
        }
    }

    fn send(&mut self, payload: &[u8]) {
        let now = self.other_now();
        let sent = self.client.send_to(TransportType::Udp, addr(PEER), payload.to_vec(), now).unwrap();
        self.serve(&sent.unwrap().build().data);
    }

    fn peer_sends(&mut self, payload: &[u8]) {
        let mut buffer = vec![0; Framing::HEADROOM];
        buffer.extend(payload);
        buffer.extend([0; Framing::TAILROOM]);
        let range = Framing::HEADROOM..Framing::HEADROOM + payload.len();
        let (now, id) = (self.now(), self.allocation.unwrap());
        let out = self.server.handle_peer_datagram(now, id, addr(PEER), &mut buffer, range);
        self.deliver(buffer[out.expect("permitted").datagram].to_vec());
    }

    fn allocated(limits: TurnLimits) -> Self {
        let mut world = Self::new(limits);
        world.run_for(Duration::from_secs(1));
        assert!(
            matches!(world.events[..], [TurnEvent::AllocationCreated(TransportType::Udp, relayed)] if relayed == addr(RELAYED)),
            "{:?}",
            world.events,
        );
        world.events.clear();
        world
    }
}

#[test]
fn it_allocates_permits_and_sends_in_indications() {
    let mut world = World::allocated(TurnLimits::default());
    let now = world.other_now();
    world.client.create_permission(TransportType::Udp, addr(PEER).ip(), now).unwrap();
    world.run_for(Duration::from_secs(1));
    assert!(matches!(world.events[..], [TurnEvent::PermissionCreated(..)]), "{:?}", world.events);
    for length in 0..9 {
        world.send(&vec![7; length]);
        world.peer_sends(&vec![8; length]);
    }
    assert_eq!(world.at_peer, (0..9).map(|length| vec![7; length]).collect::<Vec<_>>());
    assert_eq!(world.at_client, (0..9).map(|length| vec![8; length]).collect::<Vec<_>>());
}

#[test]
fn it_binds_a_channel_and_keeps_everything_for_hours() {
    let mut world = World::allocated(TurnLimits::default());
    let now = world.other_now();
    world.client.bind_channel(TransportType::Udp, addr(PEER), now).unwrap();
    world.run_for(Duration::from_secs(1));
    assert!(
        world.events.iter().any(|event| matches!(event, TurnEvent::ChannelCreated(..))),
        "{:?}",
        world.events
    );
    for _ in 0..12 {
        // Longer than any lifetime, and in all longer than a nonce is taken.
        world.run_for(Duration::from_secs(1_000));
        world.send(b"ping");
        world.peer_sends(b"pong");
    }
    assert_eq!((world.at_peer.len(), world.at_client.len()), (12, 12));
    assert_eq!(world.server.stats().allocated, 1, "it never had to begin anew");
    assert_eq!(world.server.stats().refused, 0);

    let now = world.other_now();
    world.client.delete(now).unwrap();
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.server.stats().allocations, 0);
}

#[test]
fn it_understands_our_refusals() {
    let mut world = World::new(TurnLimits { allocations_per_user: 0, ..TurnLimits::default() });
    world.run_for(Duration::from_secs(1));
    assert!(matches!(world.events[..], [TurnEvent::AllocationCreateFailed(_)]), "{:?}", world.events);

    let mut world = World::allocated(TurnLimits::default());
    let now = world.other_now();
    world.client.create_permission(TransportType::Udp, "127.0.0.1".parse().unwrap(), now).unwrap();
    world.run_for(Duration::from_secs(1));
    assert!(matches!(world.events[..], [TurnEvent::PermissionCreateFailed(..)]), "{:?}", world.events);
}
