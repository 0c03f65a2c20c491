use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use lanrage_nat::{
    stun,
    turn::{
        AllocationId, FiveTuple, Framing, PeerFilter, RelayFamilies, RestSecret, TurnLimits, TurnServer,
        TurnServerConfig, TurnServerOutput,
    },
};
use lanrage_testnet::Rng;

use super::data_plane::{PLAINTEXT, is_sealed};

/// STUN's and TURN's port.
pub(super) const PORT: u16 = 3_478;

/// A relay: the product's core, with sockets that are numbers.
#[derive(Debug)]
pub(super) struct RelayServer {
    pub(super) name: String,
    pub(super) ip: IpAddr,
    server: Option<TurnServer>,
    sockets: BTreeMap<u16, AllocationId>,
    ports: BTreeMap<AllocationId, u16>,
    rng: Rng,
}

/// What a relay sends.
#[derive(Debug)]
pub(super) enum Sent {
    ToClient { tuple: FiveTuple, bytes: Vec<u8> },
    ToPeer { from: SocketAddr, to: SocketAddr, bytes: Vec<u8> },
}

impl RelayServer {
    pub(super) fn new(index: usize, ip: IpAddr, rng: Rng) -> Self {
        let name = format!("relay{index}");
        Self { name, ip, server: None, sockets: BTreeMap::new(), ports: BTreeMap::new(), rng }
    }

    /// The secret that it shares with the control server.
    pub(super) fn secret(&self) -> String {
        format!("the secret of {}", self.name)
    }

    pub(super) const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.ip, PORT)
    }

    /// Starts with nothing in memory.
    pub(super) fn start(&mut self, now: Instant, unix: u64) {
        let config = TurnServerConfig {
            realm: "sim".to_owned(),
            families: RelayFamilies { v4: true, v6: false },
            peers: PeerFilter::default().deny(PeerFilter::private_networks()).own_host([self.ip.into()]),
            limits: TurnLimits::default(),
        };
        let secret = RestSecret::new(self.secret());
        self.server = Some(TurnServer::new(now, unix, config, secret, self.rng.bytes()));
        self.sockets.clear();
        self.ports.clear();
    }

    pub(super) fn stop(&mut self) {
        self.server = None;
    }

    pub(super) const fn is_up(&self) -> bool {
        self.server.is_some()
    }

    /// Allocations now.
    pub(super) fn allocations(&self) -> usize {
        self.server.as_ref().map_or(0, |server| server.stats().allocations)
    }

    /// A message of a client's, or STUN.
    pub(super) fn client(&mut self, now: Instant, tuple: FiveTuple, bytes: &[u8]) -> Vec<Sent> {
        let Some(server) = &mut self.server else { return Vec::new() };
        let mut sent = Vec::new();
        if let Some(out) = server.handle_client_datagram(now, tuple, bytes) {
            let port = *self.ports.get(&out.allocation).expect("a socket for each allocation");
            let payload = &bytes[out.payload];
            check_payload(payload);
            let from = SocketAddr::new(self.ip, port);
            sent.push(Sent::ToPeer { from, to: out.peer, bytes: payload.to_vec() });
        }
        self.drain(now, &mut sent);
        sent
    }

    /// A datagram at a relayed address.
    pub(super) fn peer(&mut self, now: Instant, port: u16, from: SocketAddr, bytes: &[u8]) -> Vec<Sent> {
        let mut sent = Vec::new();
        let (Some(server), Some(allocation)) = (&mut self.server, self.sockets.get(&port)) else {
            return sent;
        };
        let payload = Framing::HEADROOM..Framing::HEADROOM + bytes.len();
        let mut buffer = vec![0; payload.end + Framing::TAILROOM];
        buffer[payload.clone()].copy_from_slice(bytes);
        if let Some(out) = server.handle_peer_datagram(now, *allocation, from, &mut buffer, payload) {
            sent.push(Sent::ToClient { tuple: out.tuple, bytes: buffer[out.datagram].to_vec() });
        }
        self.drain(now, &mut sent);
        sent
    }

    /// A client's stream is over.
    pub(super) fn gone(&mut self, now: Instant, tuple: FiveTuple) {
        if let Some(server) = &mut self.server {
            server.handle_client_gone(tuple);
            self.drain(now, &mut Vec::new());
        }
    }

    pub(super) fn timeout(&mut self, now: Instant) {
        if let Some(server) = &mut self.server {
            server.handle_timeout(now);
            self.drain(now, &mut Vec::new());
        }
    }

    fn drain(&mut self, now: Instant, sent: &mut Vec<Sent>) {
        let Some(server) = &mut self.server else { return };
        while let Some(output) = server.poll_output() {
            match output {
                TurnServerOutput::Transmit { tuple, datagram } => {
                    sent.push(Sent::ToClient { tuple, bytes: datagram });
                }
                TurnServerOutput::OpenRelay { allocation, .. } => {
                    let port = loop {
                        let port = 50_000 + self.rng.below(10_000) as u16;
                        if !self.sockets.contains_key(&port) {
                            break port;
                        }
                    };
                    self.sockets.insert(port, allocation);
                    self.ports.insert(allocation, port);
                    server.handle_relay(now, allocation, Ok(SocketAddr::new(self.ip, port)));
                }
                TurnServerOutput::CloseRelay { allocation } => {
                    if let Some(port) = self.ports.remove(&allocation) {
                        self.sockets.remove(&port);
                    }
                }
            }
        }
        if self.sockets.len() != server.stats().allocations {
            violation!("{}: {} sockets for {:?}", self.name, self.sockets.len(), server.stats());
        }
    }
}

/// What a relay sees of what it carries: nothing but what is sealed, and punches.
fn check_payload(payload: &[u8]) {
    let sees_plaintext = payload.windows(PLAINTEXT.len()).any(|window| window == PLAINTEXT);
    if sees_plaintext || !(is_sealed(payload) || stun::is_stun(payload)) {
        violation!("a relay carries what is not sealed: {payload:02x?}");
    }
}
