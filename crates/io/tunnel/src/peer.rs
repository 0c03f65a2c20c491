//! A peer as the packet threads know it: its sessions, its path and its counters.
//!
//! Three locks, none of which is held while a socket or the device is read or written: one for each lane, held for the
//! packets of one frame of the device, or for those that came in one batch; and one for the path, held for a look. The
//! packets of one lane do not take the other lane's, so that a transfer holds up no game. Where both are needed, the bulk
//! lane's is taken first. A broadcast from the peer takes one more, for a look at its token bucket, and so does what a game
//! announces, and what is not open to the peer. What is, is read once for the packets of a batch.

mod admission;
pub(crate) mod handshakes;
pub(crate) mod held;
pub(crate) mod index;
mod lanes;
pub(crate) mod opening;
mod path;
pub(crate) mod pending;
mod remotes;
pub(crate) mod sealing;
pub(crate) mod table;
pub(crate) mod wireguard;

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering::Relaxed},
    },
    time::Instant,
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::{
    ANNOUNCED_PORTS, Lane, PeerConfig, PeerId, Remote, WireGuardKey, initiates, limits::PACKET_BYTES,
};
use lanrage_shield::{Gate, Packet, Spoken, Verdict};
use parking_lot::{Mutex, RwLock};

use crate::{
    api::{counters::PeerCounters, per_lane::PerLane},
    packet::{
        counters::{Counters, LaneCounter},
        everyone::flood::FloodLimit,
        ipv4::{Ipv4, UDP, UDP_HEADER_BYTES},
    },
    peer::{
        held::{HeldBack, Released},
        index::PeerIndex,
        lanes::{BulkLane, ExpressLane},
        path::Path,
        pending::PendingPackets,
        wireguard::{LocalKey, Session},
    },
};

/// How often it is told what games of one peer announce: one announces itself each second.
const ANNOUNCEMENTS: Rate = Rate { burst: 8, per_second: 4 };

/// A peer of the party.
pub(crate) struct Peer {
    pub(crate) config: PeerConfig,
    pub(crate) index: PeerIndex,
    /// Whether our side begins the handshakes.
    is_active: bool,
    received: PerLane<LaneCounter>,
    sent: PerLane<LaneCounter>,
    path_mtu: AtomicU16,
    path: Mutex<Path>,
    bulk: Mutex<BulkLane>,
    express: Mutex<ExpressLane>,
    /// Limits what the peer sends to everybody.
    broadcast: Mutex<FloodLimit>,
    /// Limits what is told of what the peer's games announce.
    announced: Mutex<TokenBucket>,
    /// What the peer may begin.
    gate: RwLock<Arc<Gate>>,
    /// The ports from which it was spoken to.
    pub(crate) spoken: Spoken,
    pub(crate) held_back: HeldBack,
    /// Handshakes of bulk sessions so far, completed or answered.
    bulk_handshakes: AtomicU32,
    /// What `bulk_handshakes` was when the present bulk session was established.
    bulk_session: AtomicU32,
    /// Whether what the peer sends to everybody is dropped.
    is_muted: AtomicBool,
    /// Whether anything passed since the sessions' clocks were moved last.
    is_busy: AtomicBool,
}

impl Peer {
    pub(crate) fn new(config: PeerConfig, local: &LocalKey, index: PeerIndex) -> Self {
        let session =
            |lane, preshared: &_| Session::new(local, &config.public_key, preshared, index.session(lane));
        let bulk = session(Lane::Bulk, &config.preshared_key);
        let express = session(Lane::Express, &config.preshared_key.for_express_lane());
        Self {
            is_active: initiates(&local.public(), &config.public_key),
            config,
            index,
            received: PerLane::default(),
            sent: PerLane::default(),
            path_mtu: AtomicU16::new(PACKET_BYTES as u16),
            path: Mutex::default(),
            bulk: Mutex::new(BulkLane { session: bulk, pending: PendingPackets::default() }),
            express: Mutex::new(ExpressLane { session: express, belongs_to: None, tries: 0, answers: 0 }),
            broadcast: Mutex::new(FloodLimit::new()),
            announced: Mutex::new(TokenBucket::new(ANNOUNCEMENTS)),
            gate: RwLock::default(),
            spoken: Spoken::new(Instant::now()),
            held_back: HeldBack::new(),
            bulk_handshakes: AtomicU32::new(0),
            bulk_session: AtomicU32::new(0),
            is_muted: AtomicBool::new(false),
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
        let is_live = self.bulk.lock().session.is_live();
        let has_express_lane = is_live && self.express.lock().is_usable(self.bulk_session.load(Relaxed));
        PeerCounters::new(&self.received, &self.sent, has_express_lane)
    }

    pub(crate) fn set_path(&self, to: Option<Remote>) {
        self.path.lock().selected = to;
    }

    pub(crate) fn set_second_path(&self, to: Option<Remote>) {
        self.path.lock().set_second(to);
    }

    /// Whether the peer may send this to a device that has spoken to everybody from the ports of `to_all`.
    pub(crate) fn judge(&self, gate: &Gate, packet: &[u8], to_all: &Spoken, now: Instant) -> Verdict {
        if matches!(gate, Gate::Open) {
            return Verdict::Passes;
        }
        let Some(ip) = Ipv4::parse(packet) else { return Verdict::Refused(None) };
        let packet = Packet { protocol: ip.protocol(), offset: ip.offset(), payload: ip.payload() };
        gate.judge(&packet, |port| self.spoken.has(port, now) || to_all.has(port, now))
    }

    /// What a game announces by a packet to everybody, and at which port; `None` where that is no game's, or too often.
    pub(crate) fn announced(&self, packet: &[u8], now: Instant) -> Option<(u16, Vec<u8>)> {
        let ip = Ipv4::parse(packet).filter(|ip| ip.protocol() == UDP && !ip.is_fragment())?;
        let (_, port) = ip.ports().filter(|(_, port)| ANNOUNCED_PORTS.contains(port))?;
        let bytes = ip.payload().get(UDP_HEADER_BYTES..)?;
        self.announced.lock().take(now, 1).then(|| (port, bytes.to_vec()))
    }

    /// What the lane's thread has held back and is open now.
    pub(crate) fn release(&self, lane: Lane, to_all: &Spoken, now: Instant) -> Vec<Released> {
        self.release_by(&self.gate.read(), lane, to_all, now)
    }

    /// As [`release`](Self::release), where the gate was read already.
    pub(crate) fn release_by(&self, gate: &Gate, lane: Lane, to_all: &Spoken, now: Instant) -> Vec<Released> {
        self.held_back.release(lane, now, |packet| self.judge(gate, packet, to_all, now) == Verdict::Passes)
    }

    /// What the peer may begin from now on.
    pub(crate) fn set_gate(&self, gate: Arc<Gate>) {
        *self.gate.write() = gate;
    }

    /// Bytes of the largest packet that its path carries.
    pub(crate) fn path_mtu(&self) -> u16 {
        self.path_mtu.load(Relaxed)
    }

    pub(crate) fn set_path_mtu(&self, bytes: u16) {
        self.path_mtu.store(bytes, Relaxed);
    }

    /// Whether what the peer sends to everybody is dropped.
    pub(crate) fn set_muted(&self, is_muted: bool) {
        self.is_muted.store(is_muted, Relaxed);
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

    pub(crate) fn count_received(&self, lane: Lane, bytes: usize, from: Remote, counters: &Counters) {
        self.received[lane].add(bytes, from.via.is_some());
        counters.received.add(bytes);
    }
}
