use std::{
    collections::BTreeSet,
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_nat::{
    relay_pool::{HOLDS, PeerRelayInfo, PoolOutput, PoolReceived, RelayPool, ResolvedRelay, StreamInput},
    turn::{AllocationId as RelaySocket, FiveTuple, Transport, TurnServer, TurnServerOutput},
};
use lanrage_party::{AllocationId, IdentityKey, PeerId, RelayTransport, facts::Cause, limits};

use crate::{
    input::{Clock, Input},
    turn::{
        wire::*,
        world::{self, REALM, client_address, credentials, server_address},
    },
};

/// Most that one input makes the pool ask for: a request per peer and its repetition on every hold.
const OUTPUTS: usize = HOLDS * 2 * lanrage_nat::turn::TURN_PEERS;

/// Forged relays, true ones that lie, and one that is honest.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut clock = Clock::start();
    let mut world = World::new(clock.now);
    while !input.is_empty() {
        world.step(&mut input, &mut clock);
        world.drain();
        // What hurries may be due at once, but not twice.
        if world.pool.poll_timeout().is_some_and(|due| due <= clock.now) {
            world.pool.handle_timeout(clock.now);
            world.drain();
            assert!(world.pool.poll_timeout().is_none_or(|due| due > clock.now), "the caller would spin");
        }
    }
}

struct World {
    pool: RelayPool,
    honest: TurnServer,
    /// What the pool has said and nobody has heard yet: over UDP, or by the stream of an allocation.
    pending: Vec<(Option<AllocationId>, SocketAddr, Vec<u8>)>,
    streams: Vec<AllocationId>,
    opened: BTreeSet<AllocationId>,
    sockets: u16,
}

impl World {
    fn new(now: Instant) -> Self {
        let mut world = Self {
            pool: RelayPool::new(now, [3; 32]),
            honest: world::server(now),
            pending: Vec::new(),
            streams: Vec::new(),
            opened: BTreeSet::new(),
            sockets: 0,
        };
        world.pool.set_relays(now, &[relay(0, vec![(RelayTransport::Udp, server_address())])]);
        world.pool.set_active(now, true);
        world.pool.set_peers(now, &[peer(1, vec![([192, 0, 2, 7], 4_000).into()])]);
        world
    }

    fn step(&mut self, input: &mut Input<'_>, clock: &mut Clock) {
        match input.below(14) {
            0 => {
                clock.advance(input);
                self.pool.handle_timeout(clock.now);
            }
            1 => {
                if let Some(due) = self.pool.poll_timeout() {
                    clock.now = clock.now.max(due);
                    self.pool.handle_timeout(clock.now);
                }
            }
            2 => self.pool.set_active(clock.now, input.flag()),
            3 => {
                let peers: Vec<_> = (0..input.below(80))
                    .map(|index| peer(index as u8, (0..input.below(4)).map(|_| input.address()).collect()))
                    .collect();
                self.pool.set_peers(clock.now, &peers);
            }
            4 => {
                let relays: Vec<_> = (0..input.below(24)).map(|_| offered(input)).collect();
                self.pool.set_relays(clock.now, &relays);
            }
            5 | 6 => self.deliver(clock.now, 0),
            7 => self.deliver(clock.now, input.u8()),
            8 => {
                let from = if input.flag() { server_address() } else { input.address() };
                self.datagram(clock.now, from, input.bytes());
            }
            9 => {
                let forged = self.forged(input);
                if let Some((via, from, forged)) = forged {
                    self.hear(clock.now, via, from, &forged);
                }
            }
            10 => {
                let datagram = if input.flag() {
                    channel_data(0x4000 + input.u16() % 8, input.bytes())
                } else {
                    let id = input.array();
                    let peer = input.address();
                    Message::new(DATA_INDICATION, id).peer(peer).data(input.bytes()).into_bytes()
                };
                self.datagram(clock.now, server_address(), &datagram);
            }
            11 => self.pool.handle_network_change(clock.now),
            12 => {
                let Some(latest) = self.streams.len().checked_sub(1 + input.below(8)) else { return };
                let id = self.streams[latest];
                let event = match input.below(3) {
                    0 => StreamInput::Connected,
                    1 => StreamInput::Message(input.bytes()),
                    _ => StreamInput::Closed { cause: &Cause::ConnectionClosed },
                };
                self.pool.handle_stream(clock.now, id, event);
            }
            _ => self.pool.set_busy(AllocationId(input.below(16) as u32), input.flag()),
        }
    }

    /// Gives everything that was said to the honest relay, and its answers to the pool, changed in one bit if
    /// `damage` is not zero. Whatever goes elsewhere is lost.
    fn deliver(&mut self, now: Instant, damage: u8) {
        for (via, to, bytes) in std::mem::take(&mut self.pending) {
            if to != server_address() {
                continue;
            }
            let transport = if via.is_some() { Transport::Stream } else { Transport::Udp };
            let tuple = FiveTuple { transport, client: client_address(), server: to };
            self.honest.handle_client_datagram(now, tuple, &bytes);
            while let Some(output) = self.honest.poll_output() {
                match output {
                    TurnServerOutput::Transmit { mut datagram, .. } => {
                        let at = usize::from(damage) * 7 % datagram.len();
                        datagram[at] ^= u8::from(damage != 0) << (damage % 8);
                        self.hear(now, via, to, &datagram);
                    }
                    TurnServerOutput::OpenRelay { allocation, .. } => self.open(now, allocation),
                    TurnServerOutput::CloseRelay { .. } => {}
                }
            }
        }
    }

    fn open(&mut self, now: Instant, socket: RelaySocket) {
        self.sockets = self.sockets.wrapping_add(1);
        let relayed = ([198, 51, 100, 1], 49_152 + self.sockets % 16_000).into();
        self.honest.handle_relay(now, socket, Ok(relayed));
    }

    /// A reply to the latest request as somebody would write it who knows our password, or does not.
    fn forged(&mut self, input: &mut Input<'_>) -> Option<(Option<AllocationId>, SocketAddr, Vec<u8>)> {
        let (via, to, request) = self.pending.pop()?;
        let class = input.pick(&[SUCCESS, ERROR]);
        let reply = Message::new(kind_of(&request)? | class, id_of(&request)?);
        let signed = input.flag();
        let reply = match input.below(3) {
            0 => reply.error(401).challenge(REALM, b"nonce"),
            _ => reply.attributes(input),
        };
        let reply = if signed { reply.sign(&credentials("ann"), REALM) } else { reply };
        Some((via, to, reply.into_bytes()))
    }

    fn hear(&mut self, now: Instant, via: Option<AllocationId>, from: SocketAddr, bytes: &[u8]) {
        match via {
            None => self.datagram(now, from, bytes),
            Some(id) => {
                let received = self.pool.handle_stream(now, id, StreamInput::Message(bytes));
                self.check(&received, bytes);
            }
        }
    }

    fn datagram(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
        let received = self.pool.handle_datagram(now, from, bytes);
        self.check(&received, bytes);
    }

    fn check(&self, received: &PoolReceived, bytes: &[u8]) {
        if let PoolReceived::Data { from, payload } = received {
            assert!(bytes.get(payload.clone()).is_some());
            let via = from.via.expect("a relayed payload came by an allocation");
            assert!(self.opened.contains(&via), "an allocation that can be used");
        }
    }

    fn drain(&mut self) {
        for (said, output) in std::iter::from_fn(|| self.pool.poll_output()).enumerate() {
            assert!(said < OUTPUTS);
            match output {
                PoolOutput::Transmit { to, bytes } => self.pending.push((None, to, bytes)),
                PoolOutput::StreamSend { allocation, bytes } => {
                    self.pending.push((Some(allocation), server_address(), bytes));
                }
                PoolOutput::StreamConnect { allocation, .. } => self.streams.push(allocation),
                PoolOutput::StreamClose { allocation } => self.streams.retain(|id| *id != allocation),
                PoolOutput::Opened { allocation, .. } => {
                    assert!(self.opened.insert(allocation), "opened once");
                }
                PoolOutput::Closed { allocation, .. } => {
                    assert!(self.opened.remove(&allocation), "closed once, and only what was open");
                }
                PoolOutput::Channel { allocation, .. } => assert!(self.opened.contains(&allocation)),
                _ => {}
            }
        }
        self.pending.drain(..self.pending.len().saturating_sub(64));
        assert!(self.opened.len() <= HOLDS && self.streams.len() <= HOLDS);
        assert!(self.pool.allocations().len() <= HOLDS && self.pool.relays().len() <= limits::RELAYS);
        assert!(self.pool.relayed_candidates().len() <= HOLDS);
    }
}

fn relay(name: usize, servers: Vec<(RelayTransport, SocketAddr)>) -> ResolvedRelay {
    ResolvedRelay {
        name: format!("relay {name}"),
        region: String::new(),
        load_percent: 0,
        servers,
        tls_name: "relay.example".to_owned(),
        credentials: credentials("ann"),
    }
}

fn offered(input: &mut Input<'_>) -> ResolvedRelay {
    use RelayTransport::{Tcp, Tls, Udp};
    let name = input.below(20);
    let servers = (0..input.below(6)).map(|_| {
        let transport = input.pick(&[Udp, Tcp, Tls]);
        (transport, if input.flag() { server_address() } else { input.address() })
    });
    let mut relay = relay(name, servers.collect());
    relay.load_percent = input.u8();
    relay
}

fn peer(index: u8, addresses: Vec<SocketAddr>) -> PeerRelayInfo {
    let identity: IdentityKey = "A".repeat(43).parse().expect("32 bytes of zeros in base64url");
    let mut id = PeerId::of(&identity).to_string();
    id.replace_range(..2, &format!("{index:02x}"));
    let peer = id.parse().expect("hexadecimal digits");
    PeerRelayInfo { peer, addresses, relay_rtts: vec![("relay 0".to_owned(), Duration::from_millis(20))] }
}
