pub(crate) mod pending;
mod remotes;
pub(crate) mod table;
pub(crate) mod wireguard;

use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering::Relaxed},
    time::Instant,
};

use lanrage_base::bucket::TokenBucket;
use lanrage_party::{Lane, PeerConfig, PeerId, Remote, WireGuardKey, initiates, limits::PACKET_BYTES};
use parking_lot::{Mutex, MutexGuard};

use crate::{
    datagram::{
        batch::SendBatch,
        demux::Message,
        relays::{Hop, Relays},
    },
    packet::{
        counters::{Counters, DropReason, LaneCounter, PeerCounters},
        routing::{Addresses, BROADCAST, Incoming},
    },
    peer::{
        pending::PendingPackets,
        remotes::Remotes,
        wireguard::{Handshake, LocalKey, Session},
    },
};

/// Implementation: initiations of an express session that are sent before the peer counts as one that has a single
/// lane, until the bulk session is made anew.
const EXPRESS_TRIES: u8 = 3;
/// A peer as the packet threads know it. Each lane has a lock of its own, held for one batch of the lane's packets at
/// most and never across I/O; the lock of the path is held for a look at it.
pub(crate) struct Peer {
    pub(crate) config: PeerConfig,
    /// Ours among all peers, an even number: the upper 24 bits of the receiver index in what it sends us are this for
    /// the bulk lane, and one more for the express lane.
    pub(crate) index: u32,
    /// Whether our side begins the handshakes.
    pub(crate) active: bool,
    received: [LaneCounter; 2],
    sent: [LaneCounter; 2],
    path_mtu: AtomicU16,
    way: Mutex<Way>,
    bulk: Mutex<BulkLane>,
    express: Mutex<ExpressLane>,
    /// Of what it sends to everybody.
    broadcast: Mutex<TokenBucket>,
    /// Handshakes of bulk sessions so far, completed or answered.
    handshakes: AtomicU32,
    /// The same when the present bulk session was established.
    session: AtomicU32,
    /// Whether anything passed since the session's clock was moved last.
    is_busy: AtomicBool,
}

/// Where the peer is.
struct Way {
    path: Option<Remote>,
    remotes: Remotes,
}

/// The session that every WireGuard peer has.
struct BulkLane {
    session: Session,
    pending: PendingPackets,
}

/// The second session, which the first one's establishment begins. It counts only beside the bulk session that it was
/// made for: a peer that was started again has forgotten both, and only the first one's handshake tells us.
struct ExpressLane {
    session: Session,
    /// [`Peer::handshakes`] when it was established: made before the present bulk session was asked for, it belongs to
    /// a former one.
    belongs_to: Option<u32>,
    /// Initiations sent since the bulk session was established.
    tries: u8,
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
        let session =
            |lane, preshared: &_| Session::new(local, &config.public_key, preshared, index | lane as u32);
        let bulk = session(Lane::Bulk, &config.preshared_key);
        let express = session(Lane::Express, &config.preshared_key.for_express_lane());
        Self {
            active: initiates(&local.public(), &config.public_key),
            config,
            index,
            received: Default::default(),
            sent: Default::default(),
            path_mtu: AtomicU16::new(PACKET_BYTES as u16),
            way: Mutex::new(Way { path: None, remotes: Remotes::default() }),
            bulk: Mutex::new(BulkLane { session: bulk, pending: PendingPackets::default() }),
            express: Mutex::new(ExpressLane { session: express, belongs_to: None, tries: 0 }),
            broadcast: Mutex::new(TokenBucket::new(BROADCAST)),
            handshakes: AtomicU32::new(0),
            session: AtomicU32::new(0),
            is_busy: AtomicBool::new(false),
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
        let has_express_lane =
            self.has_session() && self.express.lock().is_usable(self.session.load(Relaxed));
        PeerCounters::new(&self.received, &self.sent, has_express_lane)
    }

    pub(crate) fn has_session(&self) -> bool {
        self.bulk.lock().session.is_live()
    }

    pub(crate) fn set_path(&self, to: Option<Remote>) {
        self.way.lock().path = to;
    }

    /// Bytes of the largest packet that its path carries.
    pub(crate) fn path_mtu(&self) -> u16 {
        self.path_mtu.load(Relaxed)
    }

    pub(crate) fn set_path_mtu(&self, bytes: u16) {
        self.path_mtu.store(bytes, Relaxed);
    }

    /// Whether anything passed since the last call.
    pub(crate) fn take_busy(&self) -> bool {
        self.is_busy.swap(false, Relaxed)
    }

    fn note_busy(&self) {
        // The common case reads: no cache line travels between the threads.
        if !self.is_busy.load(Relaxed) {
            self.is_busy.store(true, Relaxed);
        }
    }

    /// Gets ready to seal packets of a lane, of which there may be many.
    pub(crate) fn sealing(&self, lane: Lane, relays: &Relays) -> Sealing<'_> {
        self.note_busy();
        let hop = self.way.lock().hop(relays);
        if lane == Lane::Express && hop.is_some() {
            let express = self.express.lock();
            if express.is_usable(self.session.load(Relaxed)) {
                return Sealing { peer: self, hop, session: Held::Express(express) };
            }
        }
        let bulk = self.bulk.lock();
        let session =
            if hop.is_some() && bulk.session.is_live() { Held::Bulk(bulk) } else { Held::None(bulk) };
        Sealing { peer: self, hop, session }
    }

    /// Seals what waited for the session, as far as the batch has slots.
    pub(crate) fn flush(&self, relays: &Relays, out: &mut SendBatch, counters: &Counters) {
        while out.free() > 0 {
            // Packet by packet, for sealing takes the same lock.
            let Some(packet) = self.pop_pending() else { return };
            self.sealing(Lane::Bulk, relays).seal(&packet, out, counters);
        }
    }

    fn pop_pending(&self) -> Option<Vec<u8>> {
        let mut bulk = self.bulk.lock();
        if bulk.session.is_live() { bulk.pending.pop() } else { None }
    }

    /// Seals a packet that is never queued, for the express lane if there is one. None without a live session.
    pub(crate) fn seal(&self, packet: &[u8], out: &mut [u8]) -> Option<usize> {
        self.note_busy();
        let mut bulk = self.bulk.lock();
        if !bulk.session.is_live() {
            return None;
        }
        let mut express = self.express.lock();
        if express.is_usable(self.session.load(Relaxed)) {
            return express.session.seal(packet, out);
        }
        bulk.session.seal(packet, out)
    }

    /// Writes a fresh initiation; None on the passive side.
    pub(crate) fn initiate(&self, out: &mut [u8]) -> Option<usize> {
        self.note_busy();
        if self.active { self.bulk.lock().session.initiate(true, out) } else { None }
    }

    /// Writes a fresh initiation of the express session into the batch, for the way by which the bulk session was
    /// just established. Nothing on the passive side.
    pub(crate) fn initiate_express(&self, to: Remote, relays: &Relays, out: &mut SendBatch) {
        if let Ok(hop) = relays.hop(to)
            && self.active
            && let Some(slot) = out.slot_behind(hop.headroom())
        {
            let mut express = self.express.lock();
            express.tries = 1;
            if let Some(len) = express.session.initiate(true, slot) {
                out.commit_framed(len, hop);
            }
        }
    }

    /// Moves the sessions' clocks; what they want to say goes into the batch, which should have two free slots.
    pub(crate) fn tick(&self, relays: &Relays, out: &mut SendBatch) {
        let hop = self.way.lock().hop(relays).and_then(Result::ok);
        let headroom = hop.map_or(0, |hop| hop.headroom());
        if let Some(slot) = out.slot_behind(headroom)
            && let Some(len) = self.bulk.lock().session.tick(slot)
            && let Some(hop) = hop
        {
            out.commit_framed(len, hop);
        }
        if let Some(slot) = out.slot_behind(headroom)
            && let Some(len) = self.express.lock().tick(slot)
            && let Some(hop) = hop
        {
            out.commit_framed(len, hop);
        }
    }

    /// Takes a handshake message that the guard let through, into the batch's next slot. The answer goes back
    /// to where the message came from, whatever the path. True if a session of the lane is established by it.
    pub(crate) fn handshake(
        &self,
        lane: Lane,
        message: Message,
        (datagram, from): (&[u8], Remote),
        relays: &Relays,
        out: &mut SendBatch,
        counters: &Counters,
    ) -> Result<bool, DropReason> {
        self.note_busy();
        let hop = relays.hop(from);
        let headroom = hop.map_or(0, |hop| hop.headroom());
        let slot = out.slot_behind(headroom).ok_or(DropReason::SendBufferFull)?;
        let Handshake { reply, established } = match lane {
            Lane::Bulk => {
                let done = self.bulk.lock().session.handshake(message, datagram, slot)?;
                if !matches!(message, Message::CookieReply { .. }) {
                    self.handshakes.fetch_add(1, Relaxed);
                }
                done
            }
            Lane::Express => self.express.lock().session.handshake(message, datagram, slot)?,
        };
        match (reply, hop) {
            (Some(len), Ok(hop)) => out.commit_framed(len, hop),
            (Some(_), Err(reason)) => counters.dropped(reason),
            (None, _) => {}
        }
        if established {
            self.way.lock().remotes.note(from);
        }
        Ok(established)
    }

    /// Notes that a session of the lane is established.
    pub(crate) fn note_established(&self, lane: Lane) {
        let handshakes = self.handshakes.load(Relaxed);
        match lane {
            Lane::Express => self.express.lock().belongs_to = Some(handshakes),
            Lane::Bulk => self.session.store(handshakes, Relaxed),
        }
    }

    /// Gets ready to open data messages of a lane, of which there may be many.
    pub(crate) fn opening(&self, lane: Lane) -> Opening<'_> {
        self.note_busy();
        let session = match lane {
            Lane::Bulk => Held::Bulk(self.bulk.lock()),
            Lane::Express => Held::Express(self.express.lock()),
        };
        Opening { peer: self, session, noted: None }
    }

    pub(crate) fn count_received(&self, lane: Lane, bytes: usize, from: Remote, counters: &Counters) {
        self.received[lane as usize].add(bytes, from.via.is_some());
        counters.received.add(bytes);
    }
}

/// The lock of a lane, with its session.
enum Held<'a> {
    Bulk(MutexGuard<'a, BulkLane>),
    Express(MutexGuard<'a, ExpressLane>),
    /// No session: packets wait.
    None(MutexGuard<'a, BulkLane>),
}

/// Seals packets for a peer, one after the other.
pub(crate) struct Sealing<'a> {
    peer: &'a Peer,
    hop: Option<Result<Hop, DropReason>>,
    session: Held<'a>,
}

impl Sealing<'_> {
    /// Seals a packet into the batch, which must have a free slot. Without a session the packet waits, and the
    /// active side begins a handshake on its path.
    pub(crate) fn seal(&mut self, packet: &[u8], out: &mut SendBatch, counters: &Counters) {
        let (session, lane) = match &mut self.session {
            Held::Bulk(bulk) => (&mut bulk.session, Lane::Bulk),
            Held::Express(express) => (&mut express.session, Lane::Express),
            Held::None(bulk) => return wait(self.peer, bulk, self.hop, packet, out, counters),
        };
        let hop = match self.hop {
            Some(Ok(hop)) => hop,
            Some(Err(reason)) => return counters.dropped(reason),
            None => return counters.dropped(DropReason::NoChannel),
        };
        if let Some(slot) = out.slot_behind(hop.headroom())
            && let Some(len) = session.seal(packet, slot)
        {
            out.commit_framed(len, hop);
            self.peer.sent[lane as usize].add(packet.len(), hop.is_relayed());
            counters.sent.add(packet.len());
        }
    }
}

fn wait(
    peer: &Peer,
    bulk: &mut BulkLane,
    hop: Option<Result<Hop, DropReason>>,
    packet: &[u8],
    out: &mut SendBatch,
    counters: &Counters,
) {
    if bulk.pending.push(packet) {
        counters.dropped(DropReason::PendingOverflow);
    }
    if let Some(Ok(hop)) = hop.filter(|_| peer.active)
        && let Some(slot) = out.slot_behind(hop.headroom())
        && let Some(len) = bulk.session.initiate(false, slot)
    {
        out.commit_framed(len, hop);
    }
}

/// Opens data messages of a peer, one after the other.
pub(crate) struct Opening<'a> {
    peer: &'a Peer,
    session: Held<'a>,
    /// Where the last authenticated one came from.
    noted: Option<Remote>,
}

impl<'a> Opening<'a> {
    pub(crate) const fn peer(&self) -> &'a Peer {
        self.peer
    }

    /// Opens a data message into `out` and judges what is inside.
    ///
    /// # Errors
    /// The reason, if the message is not authentic or was seen before: nothing is believed of it then.
    pub(crate) fn open(
        &mut self,
        receiver: u32,
        (datagram, from): (&[u8], Remote),
        addresses: &Addresses,
        now: Instant,
        out: &mut [u8],
    ) -> Result<Arrival, DropReason> {
        let session = match &mut self.session {
            Held::Bulk(bulk) | Held::None(bulk) => &mut bulk.session,
            Held::Express(express) => &mut express.session,
        };
        let opened = session.open(receiver, datagram, out)?;
        let packet = match opened.packet {
            None => Ok(None),
            Some(len) => match addresses.incoming(&out[..len], self.peer.ip()) {
                Ok(Incoming::Everyone { .. }) if !self.peer.broadcast.lock().take(now, 1) => {
                    Err(DropReason::BroadcastStorm)
                }
                Ok(incoming) => Ok(Some((incoming, len))),
                Err(reason) => Err(reason),
            },
        };
        let is_elsewhere = self.noted.replace(from) != Some(from);
        let new_remote = is_elsewhere && self.peer.way.lock().remotes.note(from) && !opened.established;
        Ok(Arrival { established: opened.established, new_remote, packet })
    }
}

impl ExpressLane {
    fn is_usable(&self, session: u32) -> bool {
        self.belongs_to.is_some_and(|handshakes| handshakes >= session) && self.session.is_live()
    }

    /// Moves the clock. A peer that does not answer has one lane, and is left in peace.
    fn tick(&mut self, out: &mut [u8]) -> Option<usize> {
        let len = self.session.tick(out)?;
        let is_initiation = len == crate::datagram::demux::INITIATION_BYTES && out[0] == 1;
        if is_initiation {
            self.tries = self.tries.saturating_add(1);
        }
        (!is_initiation || self.tries <= EXPRESS_TRIES).then_some(len)
    }
}

impl Way {
    /// The proven path; before there is one, where the peer was authenticated last.
    fn hop(&self, relays: &Relays) -> Option<Result<Hop, DropReason>> {
        self.path.or_else(|| self.remotes.latest()).map(|to| relays.hop(to))
    }
}
