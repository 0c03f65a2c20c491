//! What the packet threads and the [`Tunnel`](crate::Tunnel) share.
//!
//! Its locks, each for a look: the snapshot of the peers, read once a batch and changed when the engine changes something; the
//! bucket of our own broadcasts, and what they were; whom we asked; who knocks; and the two inboxes, for a copy or a swap. Everything else is atomic or never changes.

use std::{
    io,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU32,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::{Duration, Instant},
};

use lanrage_party::{Lane, Remote, TunnelEvent, facts::DropReason};
use mio::Waker;
use parking_lot::{Mutex, RwLock};

use crate::{
    api::{event::EventSink, per_lane::PerLane},
    datagram::{asked::Asked, hop::Hop, knocks::KnockGate, relays},
    io::{device::PacketDevice, sockets::UdpSockets},
    lanes::inbox::Inbox,
    packet::{
        batch::SEAL_BYTES,
        counters::Counters,
        everyone::{flood::FloodLimit, repeats::Repeats},
    },
    peer::{index::PeerIndex, table::Table},
};

/// The shortest time between two words that a datagram is too long.
const TOO_BIG_PERIOD: Duration = Duration::from_millis(50);

/// What the threads and the handle share.
pub(crate) struct Shared {
    pub(crate) sockets: UdpSockets,
    pub(crate) counters: Counters,
    /// Datagrams that came by a relay's stream.
    pub(crate) relayed: Inbox<Remote>,
    /// Packets for the device that answer one of the device's own.
    pub(crate) answers: Inbox<()>,
    /// Each wakes the thread that waits at a lane's sockets. The bulk lane always has one; where the lanes share a
    /// socket, it is the only one.
    wakers: PerLane<Option<Waker>>,
    /// Whether the lane's thread is to look at what it holds back.
    releases: PerLane<AtomicBool>,
    /// Limits what the OS sends to everybody.
    pub(crate) broadcast: Mutex<FloodLimit>,
    /// What was sent to everybody lately, by whatever interface.
    pub(crate) repeats: Mutex<Repeats>,
    /// Who may say something that is not WireGuard.
    pub(crate) asked: Mutex<Asked>,
    /// Limits what strangers can have looked at.
    pub(crate) knocks: Mutex<KnockGate>,
    table: RwLock<Arc<Table>>,
    events: EventSink,
    stopping: AtomicBool,
    /// When it was last told that a datagram is too long.
    too_big_told: Mutex<Option<Instant>>,
    /// When it was last told what a router says.
    mtu_told: Mutex<Option<Instant>>,
    /// Peers added so far, and one more.
    next_peer: AtomicU32,
}

/// What handling a batch needs to know; taken once for all of it.
pub(crate) struct Context<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) table: &'a Table,
    pub(crate) now: Instant,
}

impl Shared {
    pub(crate) fn new(sockets: UdpSockets, wakers: PerLane<Option<Waker>>, events: EventSink) -> Self {
        Self {
            sockets,
            counters: Counters::new(),
            relayed: Inbox::new(Inbox::relayed()),
            answers: Inbox::new(Inbox::answers()),
            wakers,
            releases: PerLane::default(),
            broadcast: Mutex::new(FloodLimit::new()),
            repeats: Mutex::new(Repeats::new()),
            asked: Mutex::new(Asked::new()),
            knocks: Mutex::new(KnockGate::new()),
            table: RwLock::default(),
            events,
            stopping: AtomicBool::new(false),
            too_big_told: Mutex::new(None),
            mtu_told: Mutex::new(None),
            next_peer: AtomicU32::new(1),
        }
    }

    /// The present snapshot.
    pub(crate) fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read())
    }

    /// Makes the next snapshot. Readers keep the one that they have.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Table) -> R) -> R {
        let result = change(Arc::make_mut(&mut self.table.write()));
        // The thread that keeps the sessions' clocks learns of new peers from it.
        self.wake(Lane::Bulk);
        result
    }

    /// The index of a peer that is to be added.
    pub(crate) fn new_index(&self) -> PeerIndex {
        PeerIndex::nth(self.next_peer.fetch_add(1, Relaxed))
    }

    pub(crate) fn emit(&self, event: TunnelEvent) {
        if !(self.events)(event) {
            self.dropped(DropReason::ReportQueueFull);
        }
    }

    /// Tells that the system refused a sealed datagram for its length, now and then: whoever sends sends many.
    pub(crate) fn note_too_big(&self, hop: Hop, datagram_bytes: usize) {
        let Some(to) = hop.address() else { return };
        let sealed = datagram_bytes.saturating_sub(hop.headroom());
        let packet_bytes = u16::try_from(sealed.saturating_sub(SEAL_BYTES)).unwrap_or(u16::MAX);
        self.emit_sometimes(&self.too_big_told, TunnelEvent::TooBig { to, packet_bytes });
    }

    /// Tells that a router has named the MTU of a way, now and then: whoever forges such words sends many.
    pub(crate) fn note_packet_too_big(&self, mtu: u32) {
        self.emit_sometimes(&self.mtu_told, TunnelEvent::PacketTooBig { mtu });
    }

    fn emit_sometimes(&self, told: &Mutex<Option<Instant>>, event: TunnelEvent) {
        let now = Instant::now();
        let mut told = told.lock();
        if told.is_none_or(|at| now >= at + TOO_BIG_PERIOD) {
            *told = Some(now);
            drop(told);
            self.emit(event);
        }
    }

    /// Notes that something is sent there: an answer may come.
    pub(crate) fn note_asked(&self, to: Remote, now: Instant) {
        self.asked.lock().note(relays::source_address(to), now);
    }

    /// Hands a datagram that came by a relay's stream to the bulk lane's thread.
    pub(crate) fn receive(&self, from: Remote, datagram: &[u8]) {
        match self.relayed.push(from, datagram) {
            Ok(first) if first => self.wake(Lane::Bulk),
            Ok(_) => {}
            Err(reason) => self.dropped(reason),
        }
    }

    /// Hands a packet for the device to the bulk lane's thread. A full queue is no loss: the OS asks again.
    pub(crate) fn answer(&self, packet: &[u8]) {
        if self.answers.push((), packet) == Ok(true) {
            self.wake(Lane::Bulk);
        }
    }

    /// Lets each thread look at what it holds back: something else is open now.
    pub(crate) fn release(&self) {
        for lane in Lane::BOTH {
            self.releases[lane].store(true, Release);
            self.wake(lane);
        }
    }

    /// Whether the lane's thread is to look, once.
    pub(crate) fn take_release(&self, lane: Lane) -> bool {
        self.releases[lane].load(Relaxed) && self.releases[lane].swap(false, Acquire)
    }

    pub(crate) fn dropped(&self, reason: DropReason) {
        self.counters.dropped(reason);
    }

    /// Stops using a device and says so, once for all threads; nothing if it is no longer in use.
    pub(crate) fn device_failed(&self, device: &Arc<dyn PacketDevice>, error: io::Error) {
        let was_in_use = self.change(|table| {
            let in_use = table.uses(device);
            if in_use {
                table.device = None;
            }
            in_use
        });
        if was_in_use {
            device.wake();
            tracing::warn!(%error, "the virtual device failed");
            self.emit(TunnelEvent::DeviceFailed { error });
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Relaxed);
        Lane::BOTH.into_iter().for_each(|lane| self.wake(lane));
    }

    /// Wakes the thread that waits at the lane's own sockets, if there is one.
    pub(crate) fn wake(&self, lane: Lane) {
        if let Some(waker) = &self.wakers[lane]
            && let Err(error) = waker.wake()
        {
            tracing::error!(%error, "cannot wake a packet thread");
        }
    }
}
