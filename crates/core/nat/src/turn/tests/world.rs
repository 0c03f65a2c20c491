//! A small internet: one TURN server, clients, and peers who only receive. Deterministic; time only moves in
//! [`World::run_for`] and [`World::run_until`].

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_testnet::{Clock, Rng};
pub(super) use lanrage_testnet::{Link, World as _};

use crate::turn::{
    AllocationId, FiveTuple, Framing, IpFamily, PeerFilter, Received, RelayFailed, RelayFamilies, RestSecret,
    Transport, TurnClient, TurnClientConfig, TurnCredentials, TurnEvent, TurnLimits, TurnServer,
    TurnServerConfig, TurnServerOutput,
};

pub(super) const SERVER: &str = "198.51.100.1:3478";
pub(super) const RELAY_IP: &str = "198.51.100.1";
pub(super) const REALM: &str = "relay.test";
/// The time of day when the world begins.
pub(super) const UNIX: u64 = 1_800_000_000;
/// One way between any two.
const DELAY: Duration = Duration::from_millis(10);

pub(super) fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn secret() -> RestSecret {
    RestSecret::new("a shared secret")
}

/// Credentials that are good for two days.
pub(super) fn credentials(id: &str) -> TurnCredentials {
    secret().issue(id, UNIX + 2 * 86_400)
}

pub(super) fn server_config() -> TurnServerConfig {
    TurnServerConfig {
        realm: REALM.to_owned(),
        families: RelayFamilies { v4: true, v6: false },
        peers: PeerFilter::default().own_host(["198.51.100.1/32".parse().unwrap()]),
        limits: TurnLimits::default(),
    }
}

/// A payload that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) from: SocketAddr,
    pub(super) payload: Vec<u8>,
}

pub(super) struct Member {
    pub(super) address: SocketAddr,
    pub(super) client: TurnClient,
    pub(super) events: Vec<TurnEvent>,
    pub(super) arrivals: Vec<Arrival>,
    /// All that it sent to the server, in order.
    pub(super) sent: Vec<Vec<u8>>,
}

pub(super) struct World {
    pub(super) clock: Clock<Datagram>,
    pub(super) link: Link,
    rng: Rng,
    pub(super) server: TurnServer,
    pub(super) members: Vec<Member>,
    /// What came to addresses that are nobody's.
    pub(super) strangers: Vec<(SocketAddr, Arrival)>,
    pub(super) server_down: bool,
    pub(super) no_sockets: bool,
    relays: BTreeMap<SocketAddr, AllocationId>,
    next_port: u16,
    /// No two clients have the same transaction ids.
    next_seed: u8,
}

#[derive(Clone)]
pub(super) struct Datagram {
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

impl World {
    pub(super) fn new(config: TurnServerConfig) -> Self {
        let clock = Clock::new();
        Self {
            server: TurnServer::new(clock.now(), UNIX, config, secret(), [1; 32]),
            members: Vec::new(),
            strangers: Vec::new(),
            server_down: false,
            no_sockets: false,
            relays: BTreeMap::new(),
            next_port: 50_000,
            next_seed: 10,
            clock,
            link: Link::default(),
            rng: Rng::new(1),
        }
    }

    /// With a client for each of these user ids, at 203.0.113.1:1000, 203.0.113.2:1000 and so on.
    pub(super) fn with_clients(config: TurnServerConfig, users: &[&str]) -> Self {
        let mut world = Self::new(config);
        for user in users {
            world.add_client(credentials(user));
        }
        world
    }

    pub(super) fn seeded(mut self, seed: u64) -> Self {
        self.rng = Rng::new(seed);
        self
    }

    pub(super) fn add_client(&mut self, credentials: TurnCredentials) -> usize {
        let index = self.members.len();
        let config = TurnClientConfig {
            server: addr(SERVER),
            transport: Transport::Udp,
            credentials,
            family: IpFamily::V4,
        };
        self.next_seed += 1;
        self.members.push(Member {
            address: SocketAddr::from(([203, 0, 113, u8::try_from(index + 1).unwrap()], 1000)),
            client: TurnClient::new(self.clock.now(), config, [self.next_seed; 32]),
            events: Vec::new(),
            arrivals: Vec::new(),
            sent: Vec::new(),
        });
        self.drain();
        index
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) fn client(&mut self, index: usize) -> &mut TurnClient {
        &mut self.members[index].client
    }

    pub(super) fn relayed(&self, index: usize) -> SocketAddr {
        self.members[index].client.relayed_address().expect("an allocation")
    }

    pub(super) fn events(&mut self, index: usize) -> Vec<TurnEvent> {
        std::mem::take(&mut self.members[index].events)
    }

    pub(super) fn arrivals(&mut self, index: usize) -> Vec<Arrival> {
        std::mem::take(&mut self.members[index].arrivals)
    }

    /// Forgets everything, as a server that was killed and started again.
    pub(super) fn restart_server(&mut self, config: TurnServerConfig) {
        let unix = UNIX + self.clock.elapsed().as_secs();
        self.server = TurnServer::new(self.clock.now(), unix, config, secret(), [2; 32]);
        self.relays.clear();
    }

    /// Lets a client send to a peer through its relay. False if it cannot now.
    pub(super) fn send(&mut self, index: usize, peer: SocketAddr, payload: &[u8]) -> bool {
        let Some(framing) = self.members[index].client.framing(peer) else {
            return false;
        };
        let (mut buffer, range) = buffer(payload);
        let datagram = framing.write(&mut buffer, range).unwrap();
        let from = self.members[index].address;
        self.fly(from, addr(SERVER), buffer[datagram].to_vec());
        true
    }

    /// Puts a datagram into the network.
    pub(super) fn fly(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        self.clock.send(self.link, DELAY, &mut self.rng, Datagram { from, to, bytes });
    }

    pub(super) fn run_for(&mut self, duration: Duration) {
        self.pass(duration);
    }

    /// Until something is the case; returns how long it took.
    pub(super) fn run_until(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) -> Duration {
        let start = self.clock.now();
        assert!(self.run_to(start + limit, done), "not within {limit:?}");
        self.clock.now() - start
    }
}

impl lanrage_testnet::World for World {
    type Event = Datagram;

    fn clock(&mut self) -> &mut Clock<Datagram> {
        &mut self.clock
    }

    fn timeout(&self) -> Option<Instant> {
        let members = self.members.iter().filter_map(|member| member.client.poll_timeout());
        members.chain(self.server.poll_timeout()).min()
    }

    fn handle_timeout(&mut self) {
        let now = self.clock.now();
        self.members.iter_mut().for_each(|member| member.client.handle_timeout(now));
        self.server.handle_timeout(now);
    }

    fn drain(&mut self) {
        let mut sent = Vec::new();
        for member in &mut self.members {
            while let Some((to, bytes)) = member.client.poll_transmit() {
                member.sent.push(bytes.clone());
                sent.push((member.address, to, bytes));
            }
            member.events.extend(std::iter::from_fn(|| member.client.poll_event()));
        }
        while let Some(output) = self.server.poll_output() {
            match output {
                TurnServerOutput::Transmit { tuple, datagram } => {
                    sent.push((tuple.server, tuple.client, datagram))
                }
                TurnServerOutput::OpenRelay { allocation, family, .. } => {
                    assert_eq!(family, IpFamily::V4);
                    if self.no_sockets {
                        self.server.handle_relay(self.clock.now(), allocation, Err(RelayFailed::Capacity));
                        continue;
                    }
                    let relayed = SocketAddr::new(RELAY_IP.parse().unwrap(), self.next_port);
                    self.next_port += 1;
                    self.relays.insert(relayed, allocation);
                    self.server.handle_relay(self.clock.now(), allocation, Ok(relayed));
                }
                TurnServerOutput::CloseRelay { allocation } => {
                    let before = self.relays.len();
                    self.relays.retain(|_, other| *other != allocation);
                    assert_eq!(self.relays.len() + 1, before, "a socket is closed once");
                }
            }
        }
        for (from, to, bytes) in sent {
            self.fly(from, to, bytes);
        }
        assert_eq!(self.relays.len(), self.server.stats().allocations, "no socket without allocation");
    }

    fn handle(&mut self, Datagram { from, to, bytes }: Datagram) {
        if to == addr(SERVER) {
            if self.server_down {
                return;
            }
            let tuple = FiveTuple { transport: Transport::Udp, client: from, server: to };
            if let Some(out) = self.server.handle_client_datagram(self.clock.now(), tuple, &bytes) {
                let relayed = *self.relays.iter().find(|(_, id)| **id == out.allocation).unwrap().0;
                self.fly(relayed, out.peer, bytes[out.payload].to_vec());
            }
        } else if let Some(allocation) = self.relays.get(&to).copied() {
            if self.server_down {
                return;
            }
            let (mut buffer, range) = buffer(&bytes);
            let wrapped =
                self.server.handle_peer_datagram(self.clock.now(), allocation, from, &mut buffer, range);
            if let Some(out) = wrapped {
                self.fly(out.tuple.server, out.tuple.client, buffer[out.datagram].to_vec());
            }
        } else if let Some(member) = self.members.iter_mut().find(|member| member.address == to) {
            if let Received::Data { peer, payload } =
                member.client.handle_datagram(self.clock.now(), from, &bytes)
            {
                member.arrivals.push(Arrival { from: peer, payload: bytes[payload].to_vec() });
            }
        } else {
            self.strangers.push((to, Arrival { from, payload: bytes }));
        }
    }
}

/// A payload with room around it, and where it is.
pub(super) fn buffer(payload: &[u8]) -> (Vec<u8>, std::ops::Range<usize>) {
    let mut buffer = vec![0; Framing::HEADROOM];
    buffer.extend(payload);
    buffer.extend([0; Framing::TAILROOM]);
    (buffer, Framing::HEADROOM..Framing::HEADROOM + payload.len())
}
