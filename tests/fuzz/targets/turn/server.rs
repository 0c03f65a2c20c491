use std::{collections::BTreeSet, net::SocketAddr, time::Instant};

use lanrage_nat::{
    stun,
    turn::{
        AllocationId, FiveTuple, Framing, PortWish, RelayFailed, ToPeer, Transport, TurnServer,
        TurnServerOutput,
    },
};

use super::{
    wire::*,
    world::{self, LIMITS, REALM, UNIX, credentials, server_address},
};
use crate::input::{Clock, Input};

/// Two users at three addresses, friends and foes, who say what they like: without credentials, with valid ones,
/// and what others said before.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut clock = Clock::start();
    let mut world = World::new(clock.now);
    while !input.is_empty() {
        world.step(&mut input, &mut clock);
        world.drain();
    }
}

struct World {
    server: TurnServer,
    nonces: [Vec<u8>; 3],
    /// Sockets that are to be opened.
    asked: Vec<AllocationId>,
    open: BTreeSet<AllocationId>,
    last: Vec<u8>,
    ids: u8,
}

impl World {
    fn new(now: Instant) -> Self {
        let server = world::server(now);
        let (asked, open) = (Vec::new(), BTreeSet::new());
        let mut world = Self { server, nonces: Default::default(), asked, open, last: Vec::new(), ids: 0 };
        for client in 0..3 {
            world.login(now, client);
        }
        world
    }

    /// A request without credentials gives the nonce.
    fn login(&mut self, now: Instant, client: usize) {
        let request = Message::new(ALLOCATE, [0xA0; 12]).udp().into_bytes();
        assert_eq!(self.server.handle_client_datagram(now, tuple(client), &request), None);
        for output in std::iter::from_fn(|| self.server.poll_output()) {
            if let TurnServerOutput::Transmit { datagram, .. } = output
                && let Some(nonce) = nonce_of(&datagram)
            {
                self.nonces[client] = nonce.to_vec();
            }
        }
    }

    fn step(&mut self, input: &mut Input<'_>, clock: &mut Clock) {
        let client = input.below(3);
        match input.below(16) {
            0 => self.client_sends(clock.now, client, input.bytes().to_vec()),
            1 => {
                let kind = input.pick(&[ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND, 0x001]);
                let request = self.message(kind).attributes(input);
                self.client_asks(clock.now, client, request);
            }
            2 => {
                let request = self.message(ALLOCATE).udp().attributes(input);
                self.client_asks(clock.now, client, request);
            }
            3 => {
                let request =
                    self.message(CHANNEL_BIND).channel(0x4000 + input.u16() % 8).peer(input.address());
                self.client_asks(clock.now, client, request);
            }
            4 => {
                let request = self.message(CREATE_PERMISSION).peer(input.address()).peer(input.address());
                self.client_asks(clock.now, client, request);
            }
            5 => {
                let request = self.message(REFRESH).lifetime(u32::from(input.u16()));
                self.client_asks(clock.now, client, request);
            }
            6 => {
                let datagram = channel_data(0x4000 + input.u16() % 8, input.bytes());
                self.client_sends(clock.now, client, datagram);
            }
            7 => {
                let indication = self.message(SEND_INDICATION).peer(input.address()).data(input.bytes());
                self.client_sends(clock.now, client, indication.attributes(input).into_bytes());
            }
            8 => self.client_sends(clock.now, client, self.last.clone()),
            9 => {
                let mut damaged = self.last.clone();
                let at = usize::from(input.u16()) % damaged.len().max(1);
                if let Some(byte) = damaged.get_mut(at) {
                    *byte ^= input.u8();
                }
                self.client_sends(clock.now, client, damaged);
            }
            10 => self.socket(input, clock.now),
            11 => self.peer_sends(input, clock.now),
            12 => {
                clock.advance(input);
                self.server.handle_timeout(clock.now);
                let due = self.server.poll_timeout();
                assert!(due.is_none_or(|due| due > clock.now), "nothing that was due is left");
            }
            13 => self.server.handle_client_gone(tuple(client)),
            14 => self.server.set_unix_time(clock.now, UNIX + u64::from(input.u16()) * 10),
            _ => self.login(clock.now, client),
        }
    }

    fn message(&mut self, kind: u16) -> Message {
        self.ids = self.ids.wrapping_add(1);
        Message::new(kind, [self.ids; 12])
    }

    fn client_asks(&mut self, now: Instant, client: usize, request: Message) {
        let credentials = credentials(if client == 2 { "bob" } else { "ann" });
        let signed = request.login(&credentials, REALM, &self.nonces[client]).sign(&credentials, REALM);
        self.client_sends(now, client, signed.into_bytes());
    }

    fn client_sends(&mut self, now: Instant, client: usize, datagram: Vec<u8>) {
        let tuple = tuple(client);
        if let Some(ToPeer { allocation, peer, payload }) =
            self.server.handle_client_datagram(now, tuple, &datagram)
        {
            assert!(self.open.contains(&allocation) && self.server.has_allocation(&tuple));
            assert!(!peer.ip().is_loopback() && !peer.ip().is_multicast() && !peer.ip().is_unspecified());
            assert!(datagram.get(payload).is_some());
        }
        self.last = datagram;
    }

    /// A socket was opened, or could not be.
    fn socket(&mut self, input: &mut Input<'_>, now: Instant) {
        let Some(allocation) = self.asked.pop() else { return };
        let opened = if input.flag() {
            Err(RelayFailed::Capacity)
        } else {
            self.open.insert(allocation);
            Ok(([198, 51, 100, 1], 50_000 + u16::from(input.u8())).into())
        };
        self.server.handle_relay(now, allocation, opened);
    }

    fn peer_sends(&mut self, input: &mut Input<'_>, now: Instant) {
        let index = input.below(LIMITS.allocations);
        let Some(allocation) = self.open.iter().nth(index).copied() else { return };
        let (from, payload) = (input.address(), input.bytes());
        let mut buffer = vec![0; Framing::HEADROOM];
        buffer.extend(payload);
        buffer.extend([0; Framing::TAILROOM]);
        let range = Framing::HEADROOM..Framing::HEADROOM + payload.len();
        if let Some(out) = self.server.handle_peer_datagram(now, allocation, from, &mut buffer, range) {
            assert!(self.server.has_allocation(&out.tuple));
            assert!(buffer[out.datagram].ends_with(payload) || payload.len() % 4 != 0);
        }
    }

    fn drain(&mut self) {
        let mut said = 0;
        while let Some(output) = self.server.poll_output() {
            match output {
                TurnServerOutput::Transmit { datagram, .. } => {
                    said += 1;
                    assert!(stun::is_stun(&datagram) && datagram.len() <= stun::MESSAGE_BYTES);
                }
                TurnServerOutput::OpenRelay { allocation, port, .. } => {
                    self.asked.push(allocation);
                    if let PortWish::Pair(above) = port {
                        self.asked.push(above);
                    }
                }
                TurnServerOutput::CloseRelay { allocation } => {
                    assert!(self.open.remove(&allocation), "closed once, and only what was open");
                }
            }
        }
        assert!(said <= 1, "one answer at most to one datagram");
        let stats = self.server.stats();
        assert!(stats.allocations <= LIMITS.allocations);
        assert_eq!(stats.allocations == 0, self.server.poll_timeout().is_none());
    }
}

fn tuple(client: usize) -> FiveTuple {
    let (transport, address): (_, SocketAddr) = match client {
        0 => (Transport::Udp, ([203, 0, 113, 1], 1_000).into()),
        1 => (Transport::Stream, ([203, 0, 113, 1], 1_000).into()),
        _ => (Transport::Udp, ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 9], 1_000).into()),
    };
    FiveTuple { transport, client: address, server: server_address() }
}
