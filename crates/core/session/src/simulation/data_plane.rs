//! The data plane with WireGuard's rules, without its cryptography.
//!
//! What is sealed stands in the [`Vault`]; on the wire there is only the number of its place. So nothing outside can be
//! plaintext unless somebody put it there past the tunnel, and who sealed a packet is known for certain. The rules
//! are those of the data plane and boringtun below it: the last two initiations count, an initiation's time must grow,
//! a session is up for the passive side at its first message, eight sessions a peer, and their timers.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::Duration,
};

use lanrage_party::{
    AllocationId, LocalEnd, PeerConfig, PeerId, Remote, TunnelEvent, VirtualIp, WireGuardKey, initiates,
    limits::{CHANNELS, OPEN_ALLOCATIONS, PENDING_PACKETS},
};

const SESSIONS: usize = 8;
const SESSION_USABLE: Duration = Duration::from_secs(175);
const REJECT_AFTER: Duration = Duration::from_secs(180);
const REKEY_AFTER: Duration = Duration::from_secs(120);
const REKEY_TIMEOUT: Duration = Duration::from_secs(5);
const REKEY_ATTEMPT: Duration = Duration::from_secs(90);
const KEEPALIVE: Duration = Duration::from_secs(10);
/// Counters behind the newest one that are still told apart.
const WINDOW: u64 = 128;
const REMEMBERED: usize = 8;

/// In every plaintext, and so in no datagram outside.
pub(super) const PLAINTEXT: &[u8] = b"plaintext!";

/// Everything that was ever sealed, in order.
#[derive(Debug, Default)]
pub(super) struct Vault(Vec<Sealed>);

#[derive(Debug)]
enum Sealed {
    Initiation { from: WireGuardKey, to: WireGuardKey, preshared: [u8; 32], stamp: u64 },
    Response { to: u64 },
    Data { session: u64, from: WireGuardKey, packet: Option<Inner> },
}

/// A packet inside the tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inner {
    pub(super) source: VirtualIp,
    pub(super) destination: VirtualIp,
    /// A probe of the path agent's; else a game's.
    pub(super) probe: bool,
    pub(super) payload: Vec<u8>,
}

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
    relays: Vec<Relay>,
    next_index: u32,
    last_stamp: u64,
}

#[derive(Debug)]
struct Local {
    key: WireGuardKey,
    ip: VirtualIp,
}

#[derive(Debug)]
struct Relay {
    id: AllocationId,
    /// None for a stream.
    server: Option<SocketAddr>,
    channels: Vec<(SocketAddr, u16)>,
}

#[derive(Debug)]
struct Peer {
    config: PeerConfig,
    index: u32,
    active: bool,
    path: Option<Remote>,
    remotes: VecDeque<Remote>,
    sessions: [Option<Session>; SESSIONS],
    next_session: u8,
    current: Option<u32>,
    unconfirmed: [Option<u32>; SESSIONS],
    established: Option<u32>,
    attempts: [Option<Attempt>; 2],
    attempting_since: Duration,
    expired: bool,
    seen_stamp: u64,
    pending: VecDeque<Inner>,
    times: Times,
}

#[derive(Debug)]
struct Session {
    /// Place of the response in the vault: both sides know it.
    id: u64,
    local: u32,
    remote: u32,
    since: Duration,
    sent: u64,
    newest: u64,
    seen: u128,
}

#[derive(Debug, Clone, Copy)]
struct Attempt {
    index: u32,
    sealed: u64,
    sent_at: Duration,
}

#[derive(Debug, Default)]
struct Times {
    established: Duration,
    sent: Duration,
    received: Duration,
    data_sent: Duration,
    data_received: Duration,
    is_initiator: bool,
    wants_handshake: bool,
    wants_keepalive: bool,
}

impl Vault {
    fn seal(&mut self, sealed: Sealed) -> u64 {
        self.0.push(sealed);
        self.0.len() as u64 - 1
    }

    fn get(&self, place: u64) -> Option<&Sealed> {
        self.0.get(usize::try_from(place).ok()?)
    }
}

/// Whether these are the bytes of a sealed message.
pub(super) fn is_sealed(bytes: &[u8]) -> bool {
    matches!(bytes, [1..=4, 0, 0, 0, ..]) && bytes.len() >= 20
}

fn message(kind: u8, receiver: u32, other: u32, place: u64, len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len + 4);
    bytes.extend([kind, 0, 0, 0]);
    bytes.extend(receiver.to_le_bytes());
    bytes.extend(other.to_le_bytes());
    bytes.extend(place.to_le_bytes());
    bytes.resize(len, 0);
    bytes
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

impl DataPlane {
    pub(super) fn enter(&mut self, end: &LocalEnd) {
        self.local = Some(Local { key: end.private_key.public(), ip: end.virtual_ip });
        self.peers.clear();
    }

    pub(super) fn leave(&mut self) {
        self.local = None;
        self.peers.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.local.is_none() && self.peers.is_empty() && self.relays.is_empty()
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
        if self.relays.len() >= OPEN_ALLOCATIONS || self.relays.iter().any(|relay| relay.id == id) {
            violation!("the data plane cannot open {id:?}: {:?}", self.relays);
        }
        self.relays.push(Relay { id, server, channels: Vec::new() });
    }

    pub(super) fn close_allocation(&mut self, id: AllocationId) {
        self.relays.retain(|relay| relay.id != id);
    }

    pub(super) fn set_channel(&mut self, id: AllocationId, peer: SocketAddr, channel: Option<u16>) {
        let Some(relay) = self.relays.iter_mut().find(|relay| relay.id == id) else {
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
            send(&self.relays, *target, bytes.clone(), &mut effects);
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
            send(&self.relays, to, bytes, &mut effects);
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
                send(&self.relays, to, bytes, &mut effects);
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
            send(&self.relays, to, bytes, &mut effects);
        }
        effects
    }

    pub(super) fn datagram(&self, to: Remote, bytes: Vec<u8>) -> Effects {
        let mut effects = Effects::default();
        send(&self.relays, to, bytes, &mut effects);
        effects
    }

    /// The sessions' timers.
    pub(super) fn tick(&mut self, now: Duration, vault: &mut Vault) -> Effects {
        let mut effects = Effects::default();
        let Some(local) = &self.local else { return effects };
        for peer in self.peers.values_mut() {
            if let Some(bytes) = peer.tick(now, local, &mut self.last_stamp, vault)
                && let Some(to) = peer.destination()
            {
                send(&self.relays, to, bytes, &mut effects);
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
        let at_server = self.relays.iter().rev().filter(|relay| relay.server == Some(from));
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
        let relay = self.relays.iter().find(|relay| relay.id == id);
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
        if !is_sealed(&bytes) {
            // What a relay says in STUN's name is dropped, as the real one does.
            if from.via.is_none() {
                effects.events.push_back(TunnelEvent::Datagram { from, bytes });
            }
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
                send(&self.relays, from, message(2, other, index, id, 92), effects);
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
                    send(&self.relays, from, bytes, effects);
                }
                let id = peer.config.id;
                effects.events.push_back(TunnelEvent::SessionEstablished { peer: id, from });
                peer.flush(now, local, &self.relays, vault, effects);
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
                    peer.flush(now, local, &self.relays, vault, effects);
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

impl Peer {
    fn take_index(&mut self) -> u32 {
        self.next_session = self.next_session.wrapping_add(1);
        self.index << 8 | u32::from(self.next_session)
    }

    fn destination(&self) -> Option<Remote> {
        self.path.or_else(|| self.remotes.back().copied())
    }

    fn is_live(&self, now: Duration) -> bool {
        self.established.is_some_and(|index| self.unconfirmed[slot(index)].is_none())
            && self.current.is_some_and(|index| self.sessions[slot(index)].is_some())
            && now < self.times.established + SESSION_USABLE
    }

    /// True if the remote is none of the latest.
    fn note(&mut self, from: Remote) -> bool {
        let known = self.remotes.iter().position(|remote| *remote == from);
        if let Some(at) = known {
            self.remotes.remove(at);
        } else if self.remotes.len() == REMEMBERED {
            self.remotes.pop_front();
        }
        self.remotes.push_back(from);
        known.is_none()
    }

    /// The session is in use by the other side: we may use it as well, unless we have a newer one.
    fn confirm(&mut self, index: u32) {
        let since = |index: u32| self.sessions[slot(index)].as_ref().map(|session| session.since);
        if self.current.is_none_or(|current| since(current) <= since(index)) {
            self.current = Some(index);
        }
    }

    fn initiation(&mut self, now: Duration, local: &Local, stamp: &mut u64, vault: &mut Vault) -> Vec<u8> {
        if self.expired || self.attempts[0].is_none() {
            self.attempting_since = now;
        }
        self.expired = false;
        let index = self.take_index();
        *stamp = (now.as_nanos() as u64).max(*stamp + 1);
        let place = vault.seal(Sealed::Initiation {
            from: local.key,
            to: self.config.public_key,
            preshared: *self.config.preshared_key.expose(),
            stamp: *stamp,
        });
        self.attempts =
            [Some(Attempt { index, sealed: place, sent_at: now }), self.attempts[0].or(self.attempts[1])];
        self.times.sent = now;
        message(1, 0, index, place, 148)
    }

    fn seal(
        &mut self,
        now: Duration,
        local: &Local,
        packet: Option<Inner>,
        vault: &mut Vault,
    ) -> Option<Vec<u8>> {
        if !self.is_live(now) {
            return None;
        }
        let session = self.sessions[slot(self.current?)].as_mut()?;
        session.sent += 1;
        let len = 32 + packet.as_ref().map_or(0, |packet| 20 + packet.payload.len());
        let (remote, counter) = (session.remote, session.sent as u32);
        self.times.sent = now;
        if packet.is_some() {
            self.times.data_sent = now;
        }
        let place = vault.seal(Sealed::Data { session: session.id, from: local.key, packet });
        Some(message(4, remote, counter, place, len))
    }

    fn flush(
        &mut self,
        now: Duration,
        local: &Local,
        relays: &[Relay],
        vault: &mut Vault,
        effects: &mut Effects,
    ) {
        while self.is_live(now)
            && let Some(to) = self.destination()
            && let Some(inner) = self.pending.pop_front()
        {
            if let Some(bytes) = self.seal(now, local, Some(inner), vault) {
                send(relays, to, bytes, effects);
            }
        }
    }

    fn tick(&mut self, now: Duration, local: &Local, stamp: &mut u64, vault: &mut Vault) -> Option<Vec<u8>> {
        for session in &mut self.sessions {
            session.take_if(|session| now >= session.since + REJECT_AFTER);
        }
        if self.expired {
            return None;
        }
        let times = &mut self.times;
        let mut due = false;
        if let Some(attempt) = self.attempts[0] {
            if now >= self.attempting_since + REKEY_ATTEMPT {
                self.expired = true;
                self.sessions = Default::default();
                self.attempts = [None; 2];
                return None;
            }
            due |= now >= attempt.sent_at + REKEY_TIMEOUT;
        } else {
            if times.is_initiator {
                let age = now.saturating_sub(times.established);
                due |= times.established < times.data_sent && age >= REKEY_AFTER;
                due |= times.established < times.data_received
                    && age >= REJECT_AFTER - KEEPALIVE - REKEY_TIMEOUT;
            }
            due |= times.data_sent > times.received
                && now >= times.received + KEEPALIVE + REKEY_TIMEOUT
                && std::mem::take(&mut times.wants_handshake);
        }
        if due {
            return Some(self.initiation(now, local, stamp, vault));
        }
        let keepalive = self.attempts[0].is_none()
            && times.data_received > times.sent
            && now >= times.sent + KEEPALIVE
            && std::mem::take(&mut times.wants_keepalive);
        if keepalive { self.seal(now, local, None, vault) } else { None }
    }
}

impl Session {
    fn new(id: u64, local: u32, remote: u32, since: Duration) -> Self {
        Self { id, local, remote, since, sent: 0, newest: 0, seen: 0 }
    }

    fn is_new(&mut self, counter: u64) -> bool {
        let newest = self.newest.max(counter);
        let ahead = newest - self.newest;
        self.seen = if ahead < WINDOW { self.seen << ahead } else { 0 };
        self.newest = newest;
        let behind = newest - counter;
        let place = 1_u128 << behind.min(WINDOW - 1);
        if behind >= WINDOW || self.seen & place != 0 {
            return false;
        }
        self.seen |= place;
        true
    }
}

impl Relay {
    fn remote(&self, bytes: &[u8]) -> Option<Remote> {
        let number = u16::from_be_bytes(*bytes.first_chunk()?);
        let (peer, _) = self.channels.iter().find(|(_, channel)| *channel == number)?;
        Some(Remote::relayed(self.id, *peer))
    }
}

fn send(relays: &[Relay], to: Remote, bytes: Vec<u8>, effects: &mut Effects) {
    let Some(id) = to.via else {
        effects.datagrams.push((to.address, bytes));
        return;
    };
    let Some(relay) = relays.iter().find(|relay| relay.id == id) else { return };
    let Some((_, channel)) = relay.channels.iter().find(|(peer, _)| *peer == to.address) else { return };
    let mut framed = Vec::with_capacity(bytes.len() + 7);
    framed.extend(channel.to_be_bytes());
    framed.extend((bytes.len() as u16).to_be_bytes());
    framed.extend(bytes);
    match relay.server {
        Some(server) => effects.datagrams.push((server, framed)),
        None => {
            framed.resize(framed.len().next_multiple_of(4), 0);
            effects.messages.push((id, framed));
        }
    }
}

const fn slot(index: u32) -> usize {
    index as usize % SESSIONS
}
