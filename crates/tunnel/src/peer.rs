use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicU16, Ordering::Relaxed},
    time::Instant,
};

use lanrage_party::{PeerId, Remote, WireGuardKey, limits::PACKET_BYTES};
use parking_lot::Mutex;

use crate::{
    PeerConfig, PeerCounters, TokenBucket,
    counters::{Counters, DropReason, TrafficCounter},
    datagrams::SendBatch,
    demux::Message,
    initiates,
    pending::PendingPackets,
    relays::{Hop, Relays},
    remotes::Remotes,
    routing::{Addresses, Incoming},
    wireguard::{Handshake, LocalKey, Session},
};

/// A peer as the packet threads know it. Its lock is held for one packet at a time, never across I/O.
pub(crate) struct Peer {
    pub(crate) config: PeerConfig,
    /// Ours among all peers: the upper 24 bits of the receiver index in what it sends us.
    pub(crate) index: u32,
    /// Whether our side begins the handshakes.
    pub(crate) active: bool,
    received: PathTraffic,
    sent: PathTraffic,
    path_mtu: AtomicU16,
    state: Mutex<State>,
}

/// Traffic in one direction, and the part of it by a relay.
#[derive(Default)]
struct PathTraffic {
    all: TrafficCounter,
    relayed: TrafficCounter,
}

struct State {
    session: Session,
    path: Option<Remote>,
    remotes: Remotes,
    pending: PendingPackets,
    broadcast: TokenBucket,
}

/// An authenticated data message.
pub(crate) struct Arrival {
    pub(crate) established: bool,
    pub(crate) new_remote: bool,
    /// The packet, and its length at the beginning of the output; or why it was not accepted.
    pub(crate) packet: Result<Option<(Incoming, usize)>, DropReason>,
}

impl Peer {
    pub(crate) fn new(config: PeerConfig, local: &LocalKey, index: u32) -> Self {
        let session = Session::new(local, &config.public_key, &config.preshared_key, index);
        Self {
            active: initiates(&local.public(), &config.public_key),
            config,
            index,
            received: PathTraffic::default(),
            sent: PathTraffic::default(),
            path_mtu: AtomicU16::new(PACKET_BYTES as u16),
            state: Mutex::new(State {
                session,
                path: None,
                remotes: Remotes::default(),
                pending: PendingPackets::default(),
                broadcast: TokenBucket::broadcast(),
            }),
        }
    }

    pub(crate) const fn id(&self) -> PeerId {
        self.config.id
    }

    pub(crate) const fn key(&self) -> &WireGuardKey {
        &self.config.public_key
    }

    pub(crate) const fn ip(&self) -> Ipv4Addr {
        self.config.virtual_ip.0
    }

    pub(crate) fn counters(&self) -> PeerCounters {
        PeerCounters {
            received: self.received.all.get(),
            sent: self.sent.all.get(),
            received_relayed: self.received.relayed.get(),
            sent_relayed: self.sent.relayed.get(),
        }
    }

    pub(crate) fn has_session(&self) -> bool {
        self.state.lock().session.is_live()
    }

    pub(crate) fn set_path(&self, to: Option<Remote>) {
        self.state.lock().path = to;
    }

    /// Bytes of the largest packet that its path carries.
    pub(crate) fn path_mtu(&self) -> u16 {
        self.path_mtu.load(Relaxed)
    }

    pub(crate) fn set_path_mtu(&self, bytes: u16) {
        self.path_mtu.store(bytes, Relaxed);
    }

    /// Seals a packet into the batch, which must have a free slot. Without a session the packet waits, and the
    /// active side begins a handshake on its path.
    pub(crate) fn send(&self, packet: &[u8], relays: &Relays, out: &mut SendBatch, counters: &Counters) {
        let mut state = self.state.lock();
        let hop = state.hop(relays);
        if let Some(hop) = hop
            && state.session.is_live()
        {
            return match hop {
                Ok(hop) => self.seal_into(&mut state.session, packet, hop, out, counters),
                Err(reason) => counters.dropped(reason),
            };
        }
        if state.pending.push(packet) {
            counters.dropped(DropReason::PendingOverflow);
        }
        if let Some(Ok(hop)) = hop.filter(|_| self.active)
            && let Some(slot) = out.slot_behind(hop.headroom())
            && let Some(len) = state.session.initiate(false, slot)
        {
            out.commit_framed(len, hop);
        }
    }

    /// Seals what waited for the session, as far as the batch has slots.
    pub(crate) fn flush(&self, relays: &Relays, out: &mut SendBatch, counters: &Counters) {
        let mut state = self.state.lock();
        if !state.session.is_live() {
            return;
        }
        let Some(Ok(hop)) = state.hop(relays) else { return };
        while out.free() > 0
            && let Some(packet) = state.pending.pop()
        {
            self.seal_into(&mut state.session, &packet, hop, out, counters);
        }
    }

    fn seal_into(
        &self,
        session: &mut Session,
        packet: &[u8],
        hop: Hop,
        out: &mut SendBatch,
        counters: &Counters,
    ) {
        if let Some(slot) = out.slot_behind(hop.headroom())
            && let Some(len) = session.seal(packet, slot)
        {
            out.commit_framed(len, hop);
            self.sent.add(packet.len(), hop.is_relayed());
            counters.sent.add(packet.len());
        }
    }

    /// Seals a packet that is never queued. None without a live session.
    pub(crate) fn seal(&self, packet: &[u8], out: &mut [u8]) -> Option<usize> {
        self.state.lock().session.seal(packet, out)
    }

    /// Writes a fresh initiation; None on the passive side.
    pub(crate) fn initiate(&self, out: &mut [u8]) -> Option<usize> {
        if self.active { self.state.lock().session.initiate(true, out) } else { None }
    }

    /// Moves the session's clock; what it wants to say goes into the batch.
    pub(crate) fn tick(&self, relays: &Relays, out: &mut SendBatch) {
        let mut state = self.state.lock();
        let hop = state.hop(relays).and_then(Result::ok);
        if let Some(slot) = out.slot_behind(hop.map_or(0, |hop| hop.headroom()))
            && let Some(len) = state.session.tick(slot)
            && let Some(hop) = hop
        {
            out.commit_framed(len, hop);
        }
    }

    /// Takes a handshake message that the guard let through, into the batch's next slot. The answer goes back
    /// to where the message came from, whatever the path.
    pub(crate) fn handshake(
        &self,
        message: Message,
        (datagram, from): (&[u8], Remote),
        relays: &Relays,
        out: &mut SendBatch,
        counters: &Counters,
    ) -> Result<bool, DropReason> {
        let mut state = self.state.lock();
        let hop = relays.hop(from);
        let headroom = hop.map_or(0, |hop| hop.headroom());
        let slot = out.slot_behind(headroom).ok_or(DropReason::SendBufferFull)?;
        let Handshake { reply, established } = state.session.handshake(message, datagram, slot)?;
        match (reply, hop) {
            (Some(len), Ok(hop)) => out.commit_framed(len, hop),
            (Some(_), Err(reason)) => counters.dropped(reason),
            (None, _) => {}
        }
        if established {
            state.remotes.note(from);
        }
        Ok(established)
    }

    /// Opens a data message into `out` and judges what is inside.
    ///
    /// # Errors
    /// The reason, if the message is not authentic or was seen before: nothing is believed of it then.
    pub(crate) fn open(
        &self,
        receiver: u32,
        (datagram, from): (&[u8], Remote),
        addresses: &Addresses,
        now: Instant,
        out: &mut [u8],
    ) -> Result<Arrival, DropReason> {
        let mut state = self.state.lock();
        let opened = state.session.open(receiver, datagram, out)?;
        let packet = match opened.packet {
            None => Ok(None),
            Some(len) => match addresses.incoming(&out[..len], self.ip()) {
                Ok(Incoming::Everyone { .. }) if !state.broadcast.take(now) => {
                    Err(DropReason::BroadcastStorm)
                }
                Ok(incoming) => Ok(Some((incoming, len))),
                Err(reason) => Err(reason),
            },
        };
        let new_remote = state.remotes.note(from) && !opened.established;
        Ok(Arrival { established: opened.established, new_remote, packet })
    }

    pub(crate) fn count_received(&self, bytes: usize, from: Remote, counters: &Counters) {
        self.received.add(bytes, from.via.is_some());
        counters.received.add(bytes);
    }
}

impl PathTraffic {
    fn add(&self, bytes: usize, relayed: bool) {
        self.all.add(bytes);
        if relayed {
            self.relayed.add(bytes);
        }
    }
}

impl State {
    /// The proven path; before there is one, where the peer was authenticated last.
    fn destination(&self) -> Option<Remote> {
        self.path.or_else(|| self.remotes.latest())
    }

    fn hop(&self, relays: &Relays) -> Option<Result<Hop, DropReason>> {
        self.destination().map(|to| relays.hop(to))
    }
}
