use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
};

use mio::Waker;
use parking_lot::RwLock;

use crate::{
    EventSink, PacketDevice, TunnelEvent, UdpSockets,
    batch::DatagramBatch,
    counters::{Counters, DropReason},
    table::Table,
};

/// What the threads and the handle share.
pub(crate) struct Shared {
    pub(crate) sockets: UdpSockets,
    pub(crate) counters: Counters,
    pub(crate) waker: Waker,
    table: RwLock<Arc<Table>>,
    events: EventSink,
    stopping: AtomicBool,
    next_index: AtomicU32,
}

impl Shared {
    pub(crate) fn new(sockets: UdpSockets, waker: Waker, events: EventSink) -> Self {
        Self {
            sockets,
            counters: Counters::new(),
            waker,
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

    /// An index for a new peer: 24 bits, and not used again before 16 million others were.
    pub(crate) fn new_index(&self) -> u32 {
        self.next_index.fetch_add(1, Relaxed) & 0x00FF_FFFF
    }

    pub(crate) fn emit(&self, event: TunnelEvent) {
        (self.events)(event);
    }

    /// Sends a batch and empties it.
    pub(crate) fn send(&self, batch: &mut DatagramBatch) {
        self.sockets.send(batch, |reason| self.counters.dropped(reason));
        batch.clear();
    }

    pub(crate) fn send_one(&self, datagram: &[u8], to: SocketAddr) {
        if let Err(reason) = self.sockets.send_one(datagram, to) {
            self.counters.dropped(reason);
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
        self.wake();
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "cannot wake the UDP thread");
        }
    }
}
