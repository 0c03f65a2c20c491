use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
};

use lanrage_base::{bucket::TokenBucket, channel_data::HEADER_BYTES};
use lanrage_party::{Lane, Remote, TunnelEvent};
use mio::Waker;
use parking_lot::{Mutex, RwLock};

use crate::{
    api::event::EventSink,
    datagram::{
        batch::SendBatch,
        relays::{Hop, Relays},
    },
    io::{device::PacketDevice, sockets::UdpSockets},
    lanes::inbox::Inbox,
    packet::{
        batch::{RELAY_BYTES, SLOT_BYTES},
        counters::{Counters, DropReason},
        routing::BROADCAST,
    },
    peer::table::Table,
};

/// Room for one datagram behind the headroom of any hop.
pub(crate) struct Frame([u8; SLOT_BYTES]);

impl Frame {
    pub(crate) const fn new() -> Self {
        Self([0; SLOT_BYTES])
    }

    /// Where the datagram goes.
    pub(crate) fn datagram(&mut self) -> &mut [u8] {
        &mut self.0[HEADER_BYTES..SLOT_BYTES - RELAY_BYTES]
    }
}

/// What the threads and the handle share.
pub(crate) struct Shared {
    pub(crate) sockets: UdpSockets,
    pub(crate) counters: Counters,
    pub(crate) relayed: Inbox<Remote>,
    pub(crate) answers: Inbox<()>,
    /// Of each lane's UDP thread; where one thread serves both lanes, of that one.
    wakers: Vec<Waker>,
    /// Of what the OS sends to everybody.
    pub(crate) broadcast: Mutex<TokenBucket>,
    table: RwLock<Arc<Table>>,
    events: EventSink,
    stopping: AtomicBool,
    next_index: AtomicU32,
}

impl Shared {
    pub(crate) fn new(sockets: UdpSockets, wakers: Vec<Waker>, events: EventSink) -> Self {
        Self {
            sockets,
            counters: Counters::new(),
            relayed: Inbox::new(Inbox::relayed()),
            answers: Inbox::new(Inbox::answers()),
            wakers,
            broadcast: Mutex::new(TokenBucket::new(BROADCAST)),
            table: RwLock::default(),
            events,
            stopping: AtomicBool::new(false),
            next_index: AtomicU32::new(1),
        }
    }

    /// The present snapshot.
    pub(crate) fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read())
    }

    /// Makes the next snapshot. Readers keep the one that they have.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Table) -> R) -> R {
        let result = change(Arc::make_mut(&mut self.table.write()));
        self.wake();
        result
    }

    /// An even index for a new peer: 24 bits, and not used again before 8 million others were.
    pub(crate) fn new_index(&self) -> u32 {
        (self.next_index.fetch_add(1, Relaxed) << 1) & 0x00FF_FFFF
    }

    pub(crate) fn emit(&self, event: TunnelEvent) {
        (self.events)(event);
    }

    /// Sends a batch that may not wait, and empties it: what the sockets do not take is dropped.
    pub(crate) fn send(&self, lane: Lane, relays: &Relays, batch: &mut SendBatch) {
        while self.send_until_full(lane, relays, batch).is_some() {
            let Some(run) = batch.runs(self.sockets.run_limit()).next() else { break };
            (0..run.datagrams).for_each(|_| self.dropped(DropReason::SendBufferFull));
            let lost = run.datagrams;
            batch.skip(lost);
        }
    }

    /// Sends a batch and empties it, or stops at the address whose socket takes no more, with what is left.
    pub(crate) fn send_until_full(
        &self,
        lane: Lane,
        relays: &Relays,
        batch: &mut SendBatch,
    ) -> Option<SocketAddr> {
        let mut sent = 0;
        let mut full = None;
        for run in batch.runs(self.sockets.run_limit()) {
            match run.hop.address() {
                Some(to) => {
                    let dropped = |reason| self.dropped(reason);
                    if !self.sockets.send_run(lane, run.bytes, run.datagram_bytes, to, dropped) {
                        full = Some(to);
                        break;
                    }
                }
                None => self.send_frame(relays, run.bytes, run.hop),
            }
            sent += run.datagrams;
        }
        match full {
            None => batch.clear(),
            Some(_) => batch.skip(sent),
        }
        full
    }

    /// Sends the first `len` bytes behind the frame's headroom to a remote, and leaves them there for another.
    pub(crate) fn send_framed(&self, relays: &Relays, frame: &mut Frame, len: usize, to: Remote) {
        match relays.hop(to) {
            Ok(hop) => {
                let frame = &mut frame.0[HEADER_BYTES - hop.headroom()..];
                let len = hop.frame(frame, len);
                self.send_frame(relays, &frame[..len], hop);
            }
            Err(reason) => self.dropped(reason),
        }
    }

    /// Sends a copy of a datagram.
    pub(crate) fn send_datagram(&self, relays: &Relays, to: Remote, datagram: &[u8]) {
        if to.via.is_none() {
            return self.send_frame(relays, datagram, Hop::Straight(to.address));
        }
        let mut frame = Frame::new();
        match frame.datagram().get_mut(..datagram.len()) {
            Some(room) => room.copy_from_slice(datagram),
            None => return self.dropped(DropReason::OversizedDatagram),
        }
        self.send_framed(relays, &mut frame, datagram.len(), to);
    }

    /// Single datagrams are handshakes, probes and the like: none of them waits behind a transfer.
    fn send_frame(&self, relays: &Relays, frame: &[u8], hop: Hop) {
        let sent = match hop {
            Hop::Straight(to) | Hop::Channel { server: to, .. } => {
                self.sockets.send_one(Lane::Express, frame, to)
            }
            Hop::Stream { allocation, .. } => match relays.stream(allocation) {
                None => Err(DropReason::NoChannel),
                Some(stream) if stream.send(frame) => Ok(()),
                Some(_) => Err(DropReason::RelayStreamFull),
            },
        };
        if let Err(reason) = sent {
            self.dropped(reason);
        }
    }

    /// Hands a datagram that came by a relay to the UDP thread.
    pub(crate) fn receive(&self, from: Remote, datagram: &[u8]) {
        match self.relayed.push(from, datagram) {
            Ok(first) if first => self.wake(),
            Ok(_) => {}
            Err(reason) => self.dropped(reason),
        }
    }

    /// Hands a packet for the device to the UDP thread. A full queue is no loss: the OS asks again.
    pub(crate) fn answer(&self, packet: &[u8]) {
        if self.answers.push((), packet) == Ok(true) {
            self.wake();
        }
    }

    pub(crate) fn dropped(&self, reason: DropReason) {
        self.counters.dropped(reason);
    }

    /// Stops using a device and says so, once for both threads; nothing if it is no longer in use.
    pub(crate) fn device_failed(&self, device: &Arc<dyn PacketDevice>, error: io::Error) {
        let was_in_use = self.change(|table| {
            let in_use = table.device.as_ref().is_some_and(|used| Arc::ptr_eq(used, device));
            if in_use {
                (table.device, table.express_queue) = (None, None);
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
        self.wakers.iter().for_each(wake);
    }

    /// Wakes the thread that looks at the table and at the queues.
    fn wake(&self) {
        self.wakers.first().into_iter().for_each(wake);
    }
}

fn wake(waker: &Waker) {
    if let Err(error) = waker.wake() {
        tracing::error!(%error, "cannot wake a UDP thread");
    }
}
