use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Instant,
};

use lanrage_party::{PeerId, WireGuardKey};
use parking_lot::Mutex;

use crate::{
    PeerConfig, PeerCounters, TokenBucket,
    batch::DatagramBatch,
    counters::{Counters, DropReason, TrafficCounter},
    demux::Message,
    initiates,
    pending::PendingPackets,
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
    received: TrafficCounter,
    sent: TrafficCounter,
    state: Mutex<State>,
}

struct State {
    session: Session,
    path: Option<SocketAddr>,
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
            received: TrafficCounter::default(),
            sent: TrafficCounter::default(),
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
        PeerCounters { received: self.received.get(), sent: self.sent.get() }
    }

    pub(crate) fn has_session(&self) -> bool {
        self.state.lock().session.is_live()
    }

    pub(crate) fn set_path(&self, to: Option<SocketAddr>) {
        self.state.lock().path = to;
    }

    /// Seals a packet into the batch, which must have a free slot. Without a session the packet waits, and the
    /// active side begins a handshake on its path.
    pub(crate) fn send(&self, packet: &[u8], out: &mut DatagramBatch, counters: &Counters) {
        let mut state = self.state.lock();
        let Some(slot) = out.slot() else { return };
        let to = state.destination();
        if let Some(to) = to
            && let Some(len) = state.session.seal(packet, slot)
        {
            out.commit(len, to);
            self.sent.add(packet.len());
            counters.sent.add(packet.len());
            return;
        }
        if state.pending.push(packet) {
            counters.dropped(DropReason::PendingOverflow);
        }
        if let Some(to) = to.filter(|_| self.active)
            && let Some(len) = state.session.initiate(false, slot)
        {
            out.commit(len, to);
        }
    }

    /// Seals what waited for the session, as far as the batch has slots.
    pub(crate) fn flush(&self, out: &mut DatagramBatch, counters: &Counters) {
        let mut state = self.state.lock();
        let Some(to) = state.destination().filter(|_| state.session.is_live()) else { return };
        while let Some(slot) = out.slot()
            && let Some(packet) = state.pending.pop()
            && let Some(len) = state.session.seal(&packet, slot)
        {
            out.commit(len, to);
            self.sent.add(packet.len());
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
    pub(crate) fn tick(&self, out: &mut DatagramBatch) {
        let mut state = self.state.lock();
        if let Some(slot) = out.slot()
            && let Some(len) = state.session.tick(slot)
            && let Some(to) = state.destination()
        {
            out.commit(len, to);
        }
    }

    /// Takes a handshake message that the guard let through, into the batch's next slot. The answer goes back
    /// to where the message came from, whatever the path.
    pub(crate) fn handshake(
        &self,
        message: Message,
        datagram: &[u8],
        from: SocketAddr,
        out: &mut DatagramBatch,
    ) -> Result<bool, DropReason> {
        let mut state = self.state.lock();
        let Some(slot) = out.slot() else { return Err(DropReason::SendBufferFull) };
        let Handshake { reply, established } = state.session.handshake(message, datagram, slot)?;
        if let Some(len) = reply {
            out.commit(len, from);
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
        (datagram, from): (&[u8], SocketAddr),
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

    pub(crate) fn count_received(&self, bytes: usize, counters: &Counters) {
        self.received.add(bytes);
        counters.received.add(bytes);
    }
}

impl State {
    /// The proven path; before there is one, where the peer was authenticated last.
    fn destination(&self) -> Option<SocketAddr> {
        self.path.or_else(|| self.remotes.latest())
    }
}
