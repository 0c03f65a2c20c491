//! A small internet: relays that are real servers, pools, and peers that only receive. Deterministic; time only moves
//! in [`World::run_for`] and [`World::run_until`].

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_party::{AllocationId, PeerId, RelayTransport, facts::Cause};
use lanrage_testnet::{Clock, Link, Rng, World as _};

use crate::{
    relay_pool::{
        AllocationView, PeerRelayInfo, PoolOutput, PoolReceived, RelayPool, ResolvedRelay, StreamInput,
    },
    turn::{
        self, FiveTuple, Framing, IpFamily, PeerFilter, RelayFamilies, RestSecret, Transport, TurnLimits,
        TurnServer, TurnServerConfig, TurnServerOutput,
    },
};

/// The time of day when the world begins.
const UNIX: u64 = 1_800_000_000;
const UDP_PORT: u16 = 3_478;
const TLS_PORT: u16 = 443;

pub(super) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(super) fn peer_id(index: usize) -> PeerId {
    format!("{index:032x}").parse().unwrap()
}

fn secret() -> RestSecret {
    RestSecret::new("a shared secret")
}

pub(super) struct Relay {
    pub(super) name: String,
    pub(super) ip: IpAddr,
    pub(super) down: bool,
    pub(super) udp_blocked: bool,
    pub(super) load_percent: u8,
    /// Where it sends all who want an allocation (300, RFC 8489 §10).
    pub(super) redirects_to: Option<SocketAddr>,
    pub(super) with_streams: bool,
    /// Where it speaks TLS, best first.
    pub(super) tls_ports: Vec<u16>,
    /// Ports of its streams at which a firewall swallows everything.
    pub(super) closed_ports: Vec<u16>,
    /// From every pool, there and back.
    pub(super) rtt: Duration,
    server: TurnServer,
    sockets: BTreeMap<SocketAddr, turn::AllocationId>,
    next_port: u16,
    pub(super) binding_requests: usize,
    /// Connections that stand.
    streams: BTreeMap<SocketAddr, AllocationId>,
}

pub(super) struct World {
    pub(super) clock: Clock<Flying>,
    /// The way to and from every relay.
    pub(super) link: Link,
    rng: Rng,
    pub(super) relays: Vec<Relay>,
    pub(super) pool: RelayPool,
    /// Where the pool's datagrams come from.
    pub(super) address: SocketAddr,
    /// For so long the pool's router keeps a port that nothing leaves by; then it gives the next.
    pub(super) forgets_after: Option<Duration>,
    used_at: Instant,
    /// What the pool said but for datagrams, with the milliseconds since the start.
    pub(super) said: Vec<(u128, PoolOutput)>,
    /// Payloads that came to the pool by Data indications and ChannelData.
    pub(super) arrivals: Vec<(lanrage_party::Remote, Vec<u8>)>,
    /// What came to addresses that are nobody's.
    pub(super) strangers: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    pub(super) offered: Vec<usize>,
    pub(super) credentials_until: u64,
    channels: BTreeMap<(AllocationId, SocketAddr), u16>,
    streams: BTreeMap<AllocationId, (usize, SocketAddr, u16)>,
    next_stream_port: u16,
    pub(super) wakeups: u64,
}

#[derive(Clone)]
pub(super) enum Flying {
    Datagram { from: SocketAddr, to: SocketAddr, bytes: Vec<u8> },
    Connected(AllocationId),
    Refused(AllocationId),
    ToServer { relay: usize, client: SocketAddr, bytes: Vec<u8> },
    ToPool { allocation: AllocationId, bytes: Vec<u8> },
}

fn config(ip: IpAddr) -> TurnServerConfig {
    TurnServerConfig {
        realm: "relay.test".to_owned(),
        families: RelayFamilies { v4: ip.is_ipv4(), v6: ip.is_ipv6() },
        peers: PeerFilter::default().own_host([ip.into()]),
        limits: TurnLimits::default(),
    }
}

impl World {
    /// With relays at these round trips, in milliseconds, that are all offered; there is a party.
    pub(super) fn new(rtts: &[u64]) -> Self {
        let mut world = Self::idle(rtts);
        world.pool.set_active(world.now(), true);
        world
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) fn idle(rtts: &[u64]) -> Self {
        let clock = Clock::new();
        let now = clock.now();
        let relays = rtts.iter().enumerate().map(|(index, rtt)| {
            let ip = IpAddr::from([198, 51, 100, u8::try_from(index).unwrap() + 1]);
            Relay {
                name: format!("relay {index}"),
                ip,
                down: false,
                udp_blocked: false,
                load_percent: 0,
                redirects_to: None,
                with_streams: false,
                tls_ports: vec![TLS_PORT],
                closed_ports: vec![],
                rtt: ms(*rtt),
                server: TurnServer::new(now, UNIX, config(ip), secret(), [index as u8; 32]),
                sockets: BTreeMap::new(),
                next_port: 50_000,
                binding_requests: 0,
                streams: BTreeMap::new(),
            }
        });
        let mut world = Self {
            clock,
            link: Link::default(),
            rng: Rng::new(1),
            relays: relays.collect(),
            pool: RelayPool::new(now, [7; 32]),
            address: addr("203.0.113.1:1000"),
            forgets_after: None,
            used_at: now,
            said: vec![],
            arrivals: vec![],
            strangers: vec![],
            offered: (0..rtts.len()).collect(),
            credentials_until: UNIX + 2 * 86_400,
            channels: BTreeMap::new(),
            streams: BTreeMap::new(),
            next_stream_port: 20_000,
            wakeups: 0,
        };
        world.offer();
        world
    }

    /// With addresses for TCP and TLS as well.
    pub(super) fn with_streams(mut self) -> Self {
        self.relays.iter_mut().for_each(|relay| relay.with_streams = true);
        self.offer();
        self
    }

    /// Tells the pool what is offered.
    pub(super) fn offer(&mut self) {
        let offers: Vec<ResolvedRelay> = self.offered.iter().map(|index| self.offer_of(*index)).collect();
        self.pool.set_relays(self.clock.now(), &offers);
    }

    fn offer_of(&self, index: usize) -> ResolvedRelay {
        let relay = &self.relays[index];
        let mut servers = vec![(RelayTransport::Udp, SocketAddr::new(relay.ip, UDP_PORT))];
        if relay.with_streams {
            servers.push((RelayTransport::Tcp, SocketAddr::new(relay.ip, UDP_PORT)));
            let at = |port: &u16| (RelayTransport::Tls, SocketAddr::new(relay.ip, *port));
            servers.extend(relay.tls_ports.iter().map(at));
        }
        ResolvedRelay {
            name: relay.name.clone(),
            region: format!("region {index}"),
            load_percent: relay.load_percent,
            servers,
            tls_name: "relay.test".to_owned(),
            credentials: secret().issue("ann", self.credentials_until),
        }
    }

    /// Forgets everything, as a server that was killed and started again.
    pub(super) fn restart(&mut self, index: usize) {
        let unix = UNIX + self.clock.elapsed().as_secs();
        let relay = &mut self.relays[index];
        relay.server = TurnServer::new(self.clock.now(), unix, config(relay.ip), secret(), [99; 32]);
        relay.sockets.clear();
    }

    /// Forgets everything, and forbids these addresses from now on, as coturn with `denied-peer-ip` does.
    pub(super) fn forbid(&mut self, index: usize, addresses: &str) {
        self.restart(index);
        let mut config = config(self.relays[index].ip);
        config.peers = config.peers.own_host([addresses.parse().unwrap()]);
        let unix = UNIX + self.clock.elapsed().as_secs();
        self.relays[index].server = TurnServer::new(self.clock.now(), unix, config, secret(), [98; 32]);
    }

    /// A peer with these addresses, that says it is so many milliseconds from these relays.
    pub(super) fn peer(&self, index: usize, addresses: &[&str], rtts: &[(usize, u64)]) -> PeerRelayInfo {
        PeerRelayInfo {
            peer: peer_id(index),
            addresses: addresses.iter().map(|text| addr(text)).collect(),
            relay_rtts: rtts
                .iter()
                .map(|(relay, rtt)| (self.relays[*relay].name.clone(), ms(*rtt)))
                .collect(),
        }
    }

    pub(super) fn allocation(&self, relay: usize) -> Option<AllocationView> {
        let mut allocations = self.pool.allocations();
        allocations.retain(|allocation| allocation.relay == self.relays[relay].name && !allocation.retiring);
        assert!(allocations.len() <= 1, "{allocations:?}");
        allocations.pop()
    }

    /// The relays with an allocation that is not being replaced.
    pub(super) fn held(&self) -> Vec<usize> {
        (0..self.relays.len()).filter(|relay| self.allocation(*relay).is_some()).collect()
    }

    /// Allocations as the servers see them.
    pub(super) fn served(&self) -> Vec<usize> {
        self.relays.iter().map(|relay| relay.server.stats().allocations).collect()
    }

    pub(super) fn said(&mut self) -> Vec<PoolOutput> {
        std::mem::take(&mut self.said).into_iter().map(|(_, output)| output).collect()
    }

    pub(super) fn channel(&self, allocation: AllocationId, peer: SocketAddr) -> Option<u16> {
        self.channels.get(&(allocation, peer)).copied()
    }

    pub(super) fn channels(&self) -> usize {
        self.channels.len()
    }

    /// What a peer, or anyone, sends to an address.
    pub(super) fn fly(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.clock.after(ms(5), Flying::Datagram { from, to, bytes: bytes.to_vec() });
    }

    /// Carries a datagram between the pool and a relay, half a round trip long.
    fn carry(&mut self, relay: usize, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        if !self.relays[relay].udp_blocked {
            let delay = self.relays[relay].rtt / 2;
            self.clock.send(self.link, delay, &mut self.rng, Flying::Datagram { from, to, bytes });
        }
    }

    pub(super) fn run_for(&mut self, duration: Duration) {
        self.pass(duration);
    }

    /// Until something is the case; returns how long it took.
    pub(super) fn run_until(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) -> Duration {
        let start = self.clock.now();
        let is_done = self.run_to(start + limit, done);
        assert!(is_done, "not within {limit:?}: {:#?}", self.pool.relays());
        self.clock.now() - start
    }

    fn relay_at(&self, address: SocketAddr) -> Option<usize> {
        self.relays.iter().position(|relay| relay.ip == address.ip())
    }

    fn handle_pool(&mut self, output: PoolOutput) {
        match &output {
            PoolOutput::Transmit { to, bytes } => {
                let relay = self.relay_at(*to).expect("a pool sends to relays only");
                let unused = self.now() - std::mem::replace(&mut self.used_at, self.clock.now());
                if self.forgets_after.is_some_and(|limit| unused >= limit) {
                    self.address.set_port(self.address.port() + 1);
                }
                self.carry(relay, self.address, *to, bytes.clone());
                return;
            }
            PoolOutput::StreamConnect { allocation, server, server_name, .. } => {
                assert_eq!(server_name, "relay.test");
                let relay = self.relay_at(*server).unwrap();
                self.next_stream_port += 1;
                let client = SocketAddr::new(self.address.ip(), self.next_stream_port);
                self.streams.insert(*allocation, (relay, client, server.port()));
                if self.is_closed(*allocation) {
                    return self.say(output);
                }
                let reachable = !self.relays[relay].down;
                let connected =
                    if reachable { Flying::Connected(*allocation) } else { Flying::Refused(*allocation) };
                self.clock.after(self.relays[relay].rtt, connected);
            }
            PoolOutput::StreamSend { allocation, bytes } => {
                let (relay, client, _) = self.streams[allocation];
                if self.is_closed(*allocation) {
                    return;
                }
                assert!(self.relays[relay].streams.contains_key(&client), "sent before it stood");
                let delay = self.relays[relay].rtt / 2;
                self.clock.after(delay, Flying::ToServer { relay, client, bytes: bytes.clone() });
                return;
            }
            PoolOutput::StreamClose { allocation } => {
                let (relay, client, _) = self.streams.remove(allocation).expect("closed once");
                self.relays[relay].streams.remove(&client);
                // Its last words are on their way; the end follows them.
                self.clock
                    .after(self.relays[relay].rtt / 2, Flying::ToServer { relay, client, bytes: vec![] });
            }
            PoolOutput::Channel { allocation, peer, channel: Some(channel) } => {
                self.channels.insert((*allocation, *peer), *channel);
            }
            PoolOutput::Channel { allocation, peer, channel: None } => {
                assert!(self.channels.remove(&(*allocation, *peer)).is_some());
            }
            PoolOutput::Closed { allocation, .. } => {
                self.channels.retain(|(other, _), _| other != allocation);
            }
            _ => {}
        }
        self.say(output);
    }

    fn say(&mut self, output: PoolOutput) {
        self.said.push((self.clock.elapsed().as_millis(), output));
    }

    /// Whether a firewall swallows what a stream carries.
    fn is_closed(&self, stream: AllocationId) -> bool {
        let stream = self.streams.get(&stream);
        stream.is_some_and(|(relay, _, port)| self.relays[*relay].closed_ports.contains(port))
    }

    fn handle_server(&mut self, index: usize, output: TurnServerOutput) {
        let now = self.clock.now();
        match output {
            TurnServerOutput::Transmit { tuple, datagram } => match tuple.transport {
                Transport::Udp => self.carry(index, tuple.server, tuple.client, datagram),
                Transport::Stream => self.send_pool(index, tuple.client, datagram),
            },
            TurnServerOutput::OpenRelay { allocation, family, .. } => {
                let relay = &mut self.relays[index];
                assert_eq!(family, IpFamily::of(relay.ip));
                let relayed = SocketAddr::new(relay.ip, relay.next_port);
                relay.next_port += 1;
                relay.sockets.insert(relayed, allocation);
                relay.server.handle_relay(now, allocation, Ok(relayed));
            }
            TurnServerOutput::CloseRelay { allocation } => {
                self.relays[index].sockets.retain(|_, other| *other != allocation);
            }
        }
    }

    fn send_pool(&mut self, index: usize, client: SocketAddr, bytes: Vec<u8>) {
        if let Some(allocation) = self.relays[index].streams.get(&client).copied()
            && !self.is_closed(allocation)
        {
            self.clock.after(self.relays[index].rtt / 2, Flying::ToPool { allocation, bytes });
        }
    }

    fn serve(&mut self, relay: usize, tuple: FiveTuple, bytes: &[u8]) {
        if crate::stun::parse(bytes).is_ok() {
            self.relays[relay].binding_requests += 1;
        }
        if let Some(alternate) = self.relays[relay].redirects_to
            && let Some(answer) = redirection(bytes, alternate)
        {
            match tuple.transport {
                Transport::Udp => self.carry(relay, tuple.server, tuple.client, answer),
                Transport::Stream => self.send_pool(relay, tuple.client, answer),
            }
            return;
        }
        if let Some(out) = self.relays[relay].server.handle_client_datagram(self.clock.now(), tuple, bytes) {
            let sockets = &self.relays[relay].sockets;
            let relayed = *sockets.iter().find(|(_, id)| **id == out.allocation).unwrap().0;
            self.strangers.push((relayed, out.peer, bytes[out.payload].to_vec()));
        }
    }

    fn arrive_datagram(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if to == self.address {
            if let PoolReceived::Data { from, payload } =
                self.pool.handle_datagram(self.clock.now(), from, bytes)
            {
                self.arrivals.push((from, bytes[payload].to_vec()));
            }
            return;
        }
        let Some(relay) = self.relay_at(to).filter(|relay| !self.relays[*relay].down) else { return };
        if to.port() == UDP_PORT {
            let tuple = FiveTuple { transport: Transport::Udp, client: from, server: to };
            self.serve(relay, tuple, bytes);
        } else if let Some(allocation) = self.relays[relay].sockets.get(&to).copied() {
            let mut buffer = vec![0; Framing::HEADROOM];
            buffer.extend(bytes);
            let payload = Framing::HEADROOM..buffer.len();
            buffer.extend([0; Framing::TAILROOM]);
            let server = &mut self.relays[relay].server;
            let Some(out) =
                server.handle_peer_datagram(self.clock.now(), allocation, from, &mut buffer, payload)
            else {
                return;
            };
            let bytes = buffer[out.datagram].to_vec();
            match out.tuple.transport {
                Transport::Udp => self.carry(relay, out.tuple.server, out.tuple.client, bytes),
                Transport::Stream => self.send_pool(relay, out.tuple.client, bytes),
            }
        }
    }
}

/// The answer 300 (Try Alternate) to an Allocate request (RFC 8489 §14.8, §14.15).
fn redirection(request: &[u8], alternate: SocketAddr) -> Option<Vec<u8>> {
    let (kind, rest) = request.split_first_chunk::<2>()?;
    let cookie_and_id = rest.get(2..18).filter(|_| *kind == [0, 3])?;
    let IpAddr::V4(ip) = alternate.ip() else { return None };
    let error_code = [0, 9, 0, 4, 0, 0, 3, 0];
    let server =
        [[0x80, 0x23, 0, 8, 0, 1].as_slice(), &alternate.port().to_be_bytes(), &ip.octets()].concat();
    Some([[1, 0x13, 0, 20].as_slice(), cookie_and_id, &error_code, &server].concat())
}

impl lanrage_testnet::World for World {
    type Event = Flying;

    fn clock(&mut self) -> &mut Clock<Flying> {
        &mut self.clock
    }

    fn drain(&mut self) {
        while let Some(output) = self.pool.poll_output() {
            self.handle_pool(output);
        }
        for index in 0..self.relays.len() {
            while let Some(output) = self.relays[index].server.poll_output() {
                self.handle_server(index, output);
            }
        }
    }

    fn timeout(&self) -> Option<Instant> {
        let servers = self.relays.iter().filter_map(|relay| relay.server.poll_timeout());
        servers.chain(self.pool.poll_timeout()).min()
    }

    fn handle_timeout(&mut self) {
        let now = self.clock.now();
        if self.pool.poll_timeout().is_some_and(|at| at <= now) {
            self.wakeups += 1;
            self.pool.handle_timeout(now);
        }
        self.relays.iter_mut().for_each(|relay| relay.server.handle_timeout(now));
    }

    fn handle(&mut self, flying: Flying) {
        match flying {
            Flying::Datagram { from, to, bytes } => self.arrive_datagram(from, to, &bytes),
            Flying::Connected(allocation) => {
                let Some((relay, client, _)) = self.streams.get(&allocation).copied() else { return };
                self.relays[relay].streams.insert(client, allocation);
                self.pool.handle_stream(self.clock.now(), allocation, StreamInput::Connected);
            }
            Flying::Refused(allocation) => {
                if self.streams.remove(&allocation).is_some() {
                    let closed = StreamInput::Closed { cause: &Cause::TooSlow };
                    self.pool.handle_stream(self.clock.now(), allocation, closed);
                }
            }
            Flying::ToServer { relay, client, bytes } => {
                if self.relays[relay].down {
                    return;
                }
                let server = SocketAddr::new(self.relays[relay].ip, UDP_PORT);
                let tuple = FiveTuple { transport: Transport::Stream, client, server };
                match bytes.is_empty() {
                    true => self.relays[relay].server.handle_client_gone(tuple),
                    false => self.serve(relay, tuple, &bytes),
                }
            }
            Flying::ToPool { allocation, bytes } => {
                let now = self.clock.now();
                let received = self.pool.handle_stream(now, allocation, StreamInput::Message(&bytes));
                if let PoolReceived::Data { from, payload } = received {
                    self.arrivals.push((from, bytes[payload].to_vec()));
                }
            }
        }
    }
}
