//! The data plane with WireGuard's rules, without its cryptography.
//!
//! What is sealed stands in the [`Vault`]; on the wire there is only the number of its place. So nothing outside can be
//! plaintext unless somebody put it there past the tunnel, and who sealed a packet is known for certain. The rules
//! are those of the data plane and boringtun below it: the last two initiations count, an initiation's time must grow,
//! a session is up for the passive side at its first message, eight sessions a peer, and their timers.

mod peer;
mod relays;
mod vault;

pub(super) use vault::{Inner, PLAINTEXT, Vault, is_sealed};

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::Duration,
};

use lanrage_party::{
    AllocationId, ForwardedPair, LocalEnd, PeerConfig, PeerId, Remote, TunnelEvent, VirtualIp, WireGuardKey,
    initiates, is_knock,
    limits::{CHANNELS, OPEN_ALLOCATIONS, PENDING_PACKETS},
};

use self::{
    peer::{Attempt, Peer, REJECT_AFTER, SESSIONS, Session, Times, slot},
    relays::{Relay, Ways, send},
    vault::{Sealed, message, word},
};

/// What handling something leaves to do.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) datagrams: Vec<(SocketAddr, Vec<u8>)>,
    pub(super) messages: Vec<(AllocationId, Vec<u8>)>,
    pub(super) events: VecDeque<TunnelEvent>,
    /// Game packets for the device.
    pub(super) packets: Vec<(PeerId, Inner)>,
}

#[derive(Debug, Default)]
pub(super) struct DataPlane {
    local: Option<Local>,
    peers: BTreeMap<PeerId, Peer>,
    ways: Ways,
    next_index: u32,
    last_stamp: u64,
}

#[derive(Debug)]
struct Local {
    key: WireGuardKey,
    ip: VirtualIp,
}

impl DataPlane {
    pub(super) fn enter(&mut self, end: &LocalEnd) {
        self.local = Some(Local { key: end.private_key.public(), ip: end.virtual_ip });
        self.peers.clear();
        self.ways.forwarded.clear();
    }

    pub(super) fn leave(&mut self) {
        self.local = None;
        self.peers.clear();
        self.ways.forwarded.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.local.is_none() && self.peers.is_empty() && self.ways.relays.is_empty()
    }

    pub(super) fn has_peer(&self, id: &PeerId) -> bool {
        self.peers.contains_key(id)
    }

    pub(super) fn add_peer(&mut self, config: PeerConfig) {
        let Some(local) = &self.local else { return };
        if self.peers.get(&config.id).is_some_and(|known| known.config == config) {
            return;
        }
        self.next_index += 1;
        let active = initiates(&local.key, &config.public_key);
        let peer = Peer {
            index: self.next_index,
            active,
            path: None,
            remotes: VecDeque::new(),
            sessions: Default::default(),
            next_session: 0,
            current: None,
            unconfirmed: [None; SESSIONS],
            established: None,
            attempts: [None; 2],
            attempting_since: Duration::ZERO,
            expired: false,
            seen_stamp: 0,
            pending: VecDeque::new(),
            times: Times::default(),
            config,
        };
        self.peers.insert(peer.config.id, peer);
    }

    pub(super) fn remove_peer(&mut self, id: &PeerId) {
        self.peers.remove(id);
    }

    pub(super) fn set_path(&mut self, id: &PeerId, to: Option<Remote>) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.path = to;
        }
    }

    pub(super) fn open_allocation(&mut self, id: AllocationId, server: Option<SocketAddr>) {
        if self.ways.relays.len() >= OPEN_ALLOCATIONS || self.ways.relays.iter().any(|relay| relay.id == id) {
            violation!("the data plane cannot open {id:?}: {:?}", self.ways.relays);
        }
        self.ways.relays.push(Relay { id, server, channels: Vec::new() });
    }

    pub(super) fn close_allocation(&mut self, id: AllocationId) {
        self.ways.relays.retain(|relay| relay.id != id);
    }

    pub(super) fn set_forwarding(&mut self, pairs: Vec<ForwardedPair>) {
        self.ways.forwarded = pairs;
    }

    pub(super) fn set_channel(&mut self, id: AllocationId, peer: SocketAddr, channel: Option<u16>) {
        let Some(relay) = self.ways.relays.iter_mut().find(|relay| relay.id == id) else {
            // The real one answers false; nothing may hang on it.
            return;
        };
        relay.channels.retain(|(address, number)| *address != peer && Some(*number) != channel);
        relay.channels.extend(channel.map(|number| (peer, number)));
        if relay.channels.len() > CHANNELS {
            violation!("more than {CHANNELS} channels");
        }
    }

    pub(super) fn initiate(
        &mut self,
        now: Duration,
        id: &PeerId,
        targets: &[Remote],
        vault: &mut Vault,
    ) -> Effects {
        let mut effects = Effects::default();
        let Some(peer) = self.peers.get_mut(id).filter(|peer| peer.active) else { return effects };
        let Some(local) = &self.local else { return effects };
        let bytes = peer.initiation(now, local, &mut self.last_stamp, vault);
        for target in targets {
            send(&self.ways, *target, bytes.clone(), &mut effects);
        }
        effects
    }

    /// False without a live session.
    pub(super) fn probe(
        &mut self,
        now: Duration,
        id: &PeerId,
        to: Remote,
        payload: Vec<u8>,
        vault: &mut Vault,
    ) -> Effects {
        let mut effects = Effects::default();
        let (Some(local), Some(peer)) = (&self.local, self.peers.get_mut(id)) else { return effects };
        let inner = Inner { source: local.ip, destination: peer.config.virtual_ip, probe: true, payload };
        if let Some(bytes) = peer.seal(now, local, Some(inner), vault) {
            send(&self.ways, to, bytes, &mut effects);
        }
        effects
    }

    /// A game's packet.
    pub(super) fn packet(
        &mut self,
        now: Duration,
        id: &PeerId,
        payload: Vec<u8>,
        vault: &mut Vault,
    ) -> Effects {
        let mut effects = Effects::default();
        let (Some(local), Some(peer)) = (&self.local, self.peers.get_mut(id)) else { return effects };
        let inner = Inner { source: local.ip, destination: peer.config.virtual_ip, probe: false, payload };
        let to = peer.destination();
        if peer.is_live(now)
            && let Some(to) = to
        {
            if let Some(bytes) = peer.seal(now, local, Some(inner), vault) {
                send(&self.ways, to, bytes, &mut effects);
            }
            return effects;
        }
        if peer.pending.len() >= PENDING_PACKETS {
            peer.pending.pop_front();
        }
        peer.pending.push_back(inner);
        if peer.active
            && peer.attempts[0].is_none()
            && let Some(to) = to
        {
            let bytes = peer.initiation(now, local, &mut self.last_stamp, vault);
            send(&self.ways, to, bytes, &mut effects);
        }
        effects
    }

    pub(super) fn datagram(&self, to: Remote, bytes: Vec<u8>) -> Effects {
        let mut effects = Effects::default();
        match to.via {
            None => effects.datagrams.push((to.address, bytes)),
            Some(_) => send(&self.ways, to, bytes, &mut effects),
        }
        effects
    }

    /// Exchanges nothing with peers but by relays from now on, or by any way.
    pub(super) const fn set_relay_only(&mut self, only: bool) {
        self.ways.only = only;
    }

    /// Whether nothing goes to peers but by a relay.
    pub(super) const fn is_relay_only(&self) -> bool {
        self.ways.only
    }

    /// The sessions' timers.
    pub(super) fn tick(&mut self, now: Duration, vault: &mut Vault) -> Effects {
        let mut effects = Effects::default();
        let Some(local) = &self.local else { return effects };
        for peer in self.peers.values_mut() {
            if let Some(bytes) = peer.tick(now, local, &mut self.last_stamp, vault)
                && let Some(to) = peer.destination()
            {
                send(&self.ways, to, bytes, &mut effects);
            }
        }
        effects
    }

    /// A datagram of the socket.
    pub(super) fn arrived(
        &mut self,
        now: Duration,
        from: SocketAddr,
        bytes: Vec<u8>,
        vault: &mut Vault,
    ) -> Effects {
        if !bytes.first().is_some_and(|first| (0x40..0x50).contains(first)) {
            return self.receive(now, from.into(), bytes, vault);
        }
        if let Some(onward) = self.ways.forward(from, &bytes) {
            return Effects { datagrams: vec![onward], ..Effects::default() };
        }
        let at_server = self.ways.relays.iter().rev().filter(|relay| relay.server == Some(from));
        let remote = at_server.filter_map(|relay| relay.remote(&bytes)).next();
        match (remote, bytes.get(4..)) {
            (Some(remote), Some(data)) => self.receive(now, remote, data.to_vec(), vault),
            _ => Effects::default(),
        }
    }

    /// ChannelData of an allocation's stream.
    pub(super) fn arrived_by_stream(
        &mut self,
        now: Duration,
        id: AllocationId,
        bytes: &[u8],
        vault: &mut Vault,
    ) -> Effects {
        let relay = self.ways.relays.iter().find(|relay| relay.id == id);
        match relay.and_then(|relay| relay.remote(bytes)) {
            Some(remote) => {
                let len = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
                self.receive(now, remote, bytes[4..4 + len].to_vec(), vault)
            }
            None => Effects::default(),
        }
    }

    /// A datagram, unwrapped.
    pub(super) fn receive(
        &mut self,
        now: Duration,
        from: Remote,
        bytes: Vec<u8>,
        vault: &mut Vault,
    ) -> Effects {
        let mut effects = Effects::default();
        if is_knock(&bytes) {
            if from.via.is_none() && self.local.is_some() {
                effects.events.push_back(TunnelEvent::Knock { from: from.address, bytes });
            }
            return effects;
        }
        if !is_sealed(&bytes) {
            // What a relay says in STUN's name is dropped, as the real one does.
            if from.via.is_none() {
                effects.events.push_back(TunnelEvent::Datagram { from, bytes });
            }
            return effects;
        }
        if self.ways.only && from.via.is_none() {
            return effects;
        }
        let _ = self.sealed(now, from, &bytes, vault, &mut effects);
        effects
    }

    fn sealed(
        &mut self,
        now: Duration,
        from: Remote,
        bytes: &[u8],
        vault: &mut Vault,
        effects: &mut Effects,
    ) -> Option<()> {
        let local = self.local.as_ref()?;
        let (receiver, other) = (word(bytes, 4)?, word(bytes, 8)?);
        let place = u64::from_le_bytes(*bytes.get(12..)?.first_chunk()?);
        let sealed = vault.get(place)?;
        match (bytes[0], sealed) {
            (1, Sealed::Initiation { from: initiator, to, preshared, stamp }) => {
                let peer = self.peers.values_mut().find(|peer| peer.config.public_key == *initiator)?;
                if *to != local.key
                    || peer.config.preshared_key.expose() != preshared
                    || *stamp <= peer.seen_stamp
                {
                    return None;
                }
                peer.seen_stamp = *stamp;
                let index = peer.take_index();
                let id = vault.seal(Sealed::Response { to: place });
                peer.sessions[slot(index)] = Some(Session::new(id, index, other, now));
                peer.unconfirmed[slot(index)] = Some(index);
                peer.attempts = [None, peer.attempts[0].or(peer.attempts[1])];
                peer.expired = false;
                peer.times.established = now;
                peer.times.received = now;
                peer.times.sent = now;
                peer.times.is_initiator = false;
                send(&self.ways, from, message(2, other, index, id, 92), effects);
            }
            (2, Sealed::Response { to }) => {
                let peer = self.peers.values_mut().find(|peer| peer.index == receiver >> 8)?;
                let is_it = |attempt: &Option<Attempt>| {
                    attempt.is_some_and(|a| a.index == receiver && a.sealed == *to)
                };
                let attempt = peer.attempts.iter_mut().find(|attempt| is_it(attempt))?;
                *attempt = None;
                peer.sessions[slot(receiver)] = Some(Session::new(place, receiver, other, now));
                peer.current = Some(receiver);
                peer.unconfirmed[slot(receiver)] = None;
                peer.established = Some(receiver);
                peer.expired = false;
                peer.times.established = now;
                peer.times.received = now;
                peer.times.is_initiator = true;
                peer.note(from);
                // The keepalive that confirms it goes back where the response came from.
                if let Some(bytes) = peer.seal(now, local, None, vault) {
                    send(&self.ways, from, bytes, effects);
                }
                let id = peer.config.id;
                effects.events.push_back(TunnelEvent::SessionEstablished { peer: id, from });
                peer.flush(now, local, &self.ways, vault, effects);
            }
            (4, Sealed::Data { session, from: sealer, packet }) => {
                let peer = self.peers.values_mut().find(|peer| peer.index == receiver >> 8)?;
                let known = peer.sessions[slot(receiver)].as_mut()?;
                if known.local != receiver || known.id != *session || *sealer == local.key {
                    return None;
                }
                if now >= known.since + REJECT_AFTER || !known.is_new(u64::from(other)) {
                    return None;
                }
                let packet = packet.clone();
                peer.confirm(receiver);
                let established = peer.unconfirmed[slot(receiver)] == Some(receiver);
                if established {
                    peer.unconfirmed[slot(receiver)] = None;
                    peer.established = Some(receiver);
                }
                peer.times.received = now;
                peer.times.wants_handshake = true;
                if packet.is_some() {
                    peer.times.data_received = now;
                    peer.times.wants_keepalive = true;
                }
                let new_remote = peer.note(from) && !established;
                let id = peer.config.id;
                if established {
                    effects.events.push_back(TunnelEvent::SessionEstablished { peer: id, from });
                    peer.flush(now, local, &self.ways, vault, effects);
                }
                if new_remote {
                    effects.events.push_back(TunnelEvent::NewRemote { peer: id, from });
                }
                // Only a lease's owner may send from it, and only to us.
                let peer = &self.peers[&id];
                let packet = packet.filter(|inner| {
                    inner.source == peer.config.virtual_ip && inner.destination == local.ip
                })?;
                if packet.probe {
                    effects.events.push_back(TunnelEvent::Probe { peer: id, from, payload: packet.payload });
                } else {
                    effects.packets.push((id, packet));
                }
            }
            _ => return None,
        }
        Some(())
    }
}
