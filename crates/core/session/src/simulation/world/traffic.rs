//! Datagrams on their way, and the packets of games inside them.

use std::{net::SocketAddr, time::Duration};

use lanrage_nat::{
    stun,
    turn::{FiveTuple, Transport},
};
use lanrage_party::{PeerId, is_knock};
use lanrage_testnet::{Flight, INTERNET, Node};

use super::{CONTROL, DATAGRAMS, Event, TICK, World, trace};
use crate::{
    Input,
    simulation::{
        data_plane::{Effects, Inner, PLAINTEXT, is_sealed},
        host::{Host, Wanted},
        relay::{PORT, Sent},
    },
};

impl World {
    pub(super) fn tick(&mut self, index: usize) {
        self.after(TICK, Event::Tick { host: index });
        if self.hosts[index].asleep {
            return;
        }
        let effects = self.hosts[index].plane.tick(self.clock.elapsed(), &mut self.vault);
        self.follow(index, effects);
        let moved: Vec<PeerId> = std::mem::take(&mut self.hosts[index].moved).into_iter().collect();
        if !moved.is_empty() {
            self.input(index, Input::Traffic(moved));
        }
    }

    /// A game of one host's sends to another.
    pub(in crate::simulation) fn play(&mut self, from: usize, to: usize) {
        let id = self.hosts[to].id;
        if self.hosts[from].asleep || !self.hosts[from].plane.has_peer(&id) {
            return;
        }
        let mut payload = PLAINTEXT.to_vec();
        payload.extend([from as u8, to as u8]);
        self.hosts[from].moved.insert(id);
        let effects = self.hosts[from].plane.packet(self.clock.elapsed(), &id, payload, &mut self.vault);
        self.follow(from, effects);
    }

    /// A game packet came out of the tunnel: it must be from who its lease says.
    pub(super) fn delivered(&mut self, index: usize, peer: PeerId, inner: &Inner) {
        let [.., from, to] = inner.payload[..] else { violation!("a packet without an origin: {inner:?}") };
        let sender = &self.hosts[usize::from(from)];
        if sender.id != peer || usize::from(to) != index {
            violation!("host {index} got {inner:?} in the name of {peer:?}");
        }
        let claimed = sender.lease();
        let receiver = &mut self.hosts[index];
        let believed = receiver.party().and_then(|party| {
            party.connections.connections().get(&peer).map(|connection| connection.record.virtual_ip)
        });
        if claimed.is_some_and(|claimed| claimed != inner.source) && believed != Some(inner.source) {
            violation!("host {index} got a packet from {:?}, which is not {peer:?}'s lease", inner.source);
        }
        let rulings = receiver.party().map(|party| &party.membership.rulings);
        if rulings.is_some_and(|rulings| rulings.standing(&peer).is_some() && !rulings.admits(&peer)) {
            violation!("host {index} got a packet from host {from}, of whom it knows that it is out");
        }
        receiver.moved.insert(peer);
        *receiver.received.entry(usize::from(from)).or_default() += 1;
    }

    pub(super) fn follow(&mut self, index: usize, effects: Effects) {
        let Effects { datagrams, messages, events, packets } = effects;
        for (peer, inner) in packets {
            self.delivered(index, peer, &inner);
        }
        for (to, bytes) in datagrams {
            self.transmit(index, to, bytes);
        }
        for (allocation, bytes) in messages {
            self.stream_up(index, allocation, bytes);
        }
        if !events.is_empty() {
            self.hosts[index].inputs.extend(events.into_iter().map(Input::Tunnel));
            self.settle(index, Wanted::default());
        }
    }

    /// Like [`Self::follow`], for what a session's own outputs cause: the events wait for their turn.
    pub(super) fn follow_output(&mut self, index: usize, effects: Effects) {
        let Effects { datagrams, messages, events, packets } = effects;
        self.hosts[index].inputs.extend(events.into_iter().map(Input::Tunnel));
        self.follow(index, Effects { datagrams, messages, events: Default::default(), packets });
    }

    /// Whether a cut lies between a host and an address.
    fn is_cut_off(&self, index: usize, to: SocketAddr) -> bool {
        let is_there = |host: &Host| host.place.is_some_and(|(_, address)| address == to.ip());
        let other = self.hosts.iter().position(is_there);
        other.is_some_and(|other| self.far.contains(&index) != self.far.contains(&other))
    }

    /// A host's socket sends.
    pub(super) fn transmit(&mut self, index: usize, to: SocketAddr, bytes: Vec<u8>) {
        check_outside(index, to, &bytes);
        self.datagrams += 1;
        if self.hosts[index].count_datagram(self.clock.elapsed()) > DATAGRAMS {
            violation!("host {index} sends without end, now to {to}");
        }
        let host = &self.hosts[index];
        if host.plane.is_relay_only() && !self.is_server(to) {
            violation!("host {index} hides its address, and sends to {to}");
        }
        let Some((realm, address)) = host.place.filter(|_| !host.offline) else { return };
        if self.is_cut_off(index, to) {
            return;
        }
        let flight = Flight { realm, from: SocketAddr::new(address, host.port()), to };
        let latency = host.latency;
        if self.rng.chance(5) {
            let at = self.rng.below(16);
            if self.overheard.len() < 16 {
                self.overheard.push((to, bytes.clone()));
            } else {
                self.overheard[at] = (to, bytes.clone());
            }
        }
        self.launch(flight, bytes, latency);
    }

    pub(super) fn launch(&mut self, flight: Flight, bytes: Vec<u8>, latency: Duration) {
        let from = flight.realm;
        let outward = self.internet.outward(self.clock.elapsed(), flight, bytes.len(), &mut self.rng);
        let flight = match outward {
            Ok(flight) => flight,
            Err(why) => {
                trace!(self, "lost: {} to {}: {why}", flight.from, flight.to);
                return;
            }
        };
        let local = flight.realm == from && from != INTERNET;
        if !local && self.rng.chance(self.loss) {
            return;
        }
        let mut delay = if local { Duration::from_millis(1) } else { latency + Duration::from_millis(4) };
        delay += Duration::from_micros(self.rng.word() % 1_000);
        if self.rng.chance(self.late) {
            delay += self.rng.millis(5..150);
        }
        if self.rng.chance(self.doubled) {
            let again = delay + self.rng.millis(0..50);
            self.after(again, Event::Arrival { flight, bytes: bytes.clone() });
        }
        self.after(delay, Event::Arrival { flight, bytes });
    }

    /// Somebody sends again what was overheard, under another address.
    pub(in crate::simulation) fn replay(&mut self) {
        if self.overheard.is_empty() {
            return;
        }
        let (to, bytes) = self.overheard[self.rng.below(self.overheard.len())].clone();
        let stranger = SocketAddr::from(([198, 51, 100, self.rng.below(250) as u8], 4_000));
        let flight = Flight { realm: INTERNET, from: stranger, to };
        self.launch(flight, bytes, Duration::from_millis(9));
    }

    pub(super) fn arrive(&mut self, flight: Flight, bytes: Vec<u8>) {
        let (node, flight) = match self.internet.inward(self.clock.elapsed(), flight, bytes.len()) {
            Ok(arrived) => arrived,
            Err(why) => {
                trace!(self, "lost: {} to {}: {why}", flight.from, flight.to);
                return;
            }
        };
        match node {
            Node::Host(index) => {
                let host = &mut self.hosts[index];
                if host.offline || host.asleep || flight.to.port() != host.port() {
                    return;
                }
                let effects = host.plane.arrived(self.clock.elapsed(), flight.from, bytes, &mut self.vault);
                self.follow(index, effects);
            }
            Node::Server(CONTROL) => {
                if self.control.up
                    && flight.to.port() == PORT
                    && let Some(answer) = stun::answer(&bytes, flight.from)
                {
                    let back = Flight { realm: INTERNET, from: flight.to, to: flight.from };
                    self.launch(back, answer, Duration::from_millis(5));
                }
            }
            Node::Server(server) => {
                let relay = server - 1;
                let now = self.time().instant;
                let sent = if flight.to.port() == PORT {
                    let tuple =
                        FiveTuple { transport: Transport::Udp, client: flight.from, server: flight.to };
                    self.relays[relay].client(now, tuple, &bytes)
                } else {
                    self.relays[relay].peer(now, flight.to.port(), flight.from, &bytes)
                };
                self.relay_sends(relay, sent);
            }
            Node::Router(_) => unreachable!("routers pass on"),
        }
    }

    pub(super) fn relay_sends(&mut self, relay: usize, sent: Vec<Sent>) {
        let latency = Duration::from_millis(3 + 10 * relay as u64);
        for sent in sent {
            match sent {
                Sent::ToPeer { from, to, bytes } => {
                    self.launch(Flight { realm: INTERNET, from, to }, bytes, latency);
                }
                Sent::ToClient { tuple, bytes } if tuple.transport == Transport::Udp => {
                    let flight = Flight { realm: INTERNET, from: tuple.server, to: tuple.client };
                    self.launch(flight, bytes, latency);
                }
                Sent::ToClient { tuple, bytes } => {
                    let stream = self.streams.iter_mut().find(|(_, stream)| stream.tuple == tuple);
                    if let Some((id, stream)) = stream {
                        stream.down_at =
                            stream.down_at.max(self.clock.elapsed() + latency + Duration::from_millis(20));
                        let (id, at) = (*id, stream.down_at);
                        self.at(at, Event::StreamDown { stream: id, bytes });
                    }
                }
            }
        }
    }
}

/// What leaves a host is sealed, or STUN, or either behind a channel's number.
pub(super) fn check_outside(index: usize, to: SocketAddr, bytes: &[u8]) {
    let inner = match bytes {
        [0x40..=0x4F, _, _, _, inner @ ..] => inner,
        bytes => bytes,
    };
    let sees_plaintext = inner.windows(PLAINTEXT.len()).any(|window| window == PLAINTEXT);
    if sees_plaintext || !(is_sealed(inner) || stun::is_stun(inner) || is_knock(inner)) {
        violation!("host {index} sends {to} what is neither sealed nor STUN: {bytes:02x?}");
    }
}
