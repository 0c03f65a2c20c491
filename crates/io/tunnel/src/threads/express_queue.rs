//! The express lane's queue of the device, read by the thread that waits at the lane's sockets: what the system answers to a
//! packet is on its way without another thread being woken for it.
//!
//! The queue's reader is lent to the thread through a channel and is the thread's alone until it is asked for again. So no
//! lock is held while the reader reads the device and sends.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender, SyncSender},
    },
    time::Instant,
};

use lanrage_party::Lane;
use mio::{Registry, event::Event};

use crate::{
    io::{
        device::{PacketDevice, queue_of},
        queue_events,
    },
    lanes::{queue_reader::QueueReader, shared::Shared},
};

/// The end of the handle, which attaches devices.
pub(crate) struct Lender {
    shared: Arc<Shared>,
    /// The thread's events.
    registry: Registry,
    orders: SyncSender<Order>,
}

/// The end of the thread.
pub(crate) struct Lent {
    orders: Receiver<Order>,
    reader: Option<Box<QueueReader>>,
    /// Whether the queue may hold more frames.
    is_readable: bool,
}

enum Order {
    Read(Box<QueueReader>),
    /// Lets go of the reader, and then of this.
    GiveBack(Sender<()>),
}

/// The two ends for a thread with this registry, which waits at the express lane's sockets.
pub(crate) fn channel(shared: Arc<Shared>, registry: Registry) -> (Lender, Lent) {
    // One order at a time: the thread takes each before it waits again.
    let (sender, orders) = mpsc::sync_channel(1);
    (Lender { shared, registry, orders: sender }, Lent { orders, reader: None, is_readable: false })
}

impl Lender {
    /// Lets the thread read the device's express queue. False if it cannot wait for it.
    pub(crate) fn lend(&self, device: &Arc<dyn PacketDevice>) -> bool {
        let queue = queue_of(Lane::Express);
        if !queue_events::register(&self.registry, &**device, queue) {
            return false;
        }
        let reader = QueueReader::new(Arc::clone(&self.shared), Arc::clone(device), Lane::Express, false);
        let is_lent = self.orders.send(Order::Read(Box::new(reader))).is_ok();
        if is_lent {
            self.shared.wake(Lane::Express);
        } else {
            queue_events::deregister(&self.registry, &**device, queue);
        }
        is_lent
    }

    /// Waits until the thread has let go of the reader of this device.
    pub(crate) fn take_back(&self, device: &dyn PacketDevice) {
        let (let_go, waits) = mpsc::channel();
        if self.orders.send(Order::GiveBack(let_go)).is_ok() {
            self.shared.wake(Lane::Express);
            // Nothing is ever sent: the other end is dropped, by the thread or with it.
            let _ = waits.recv();
        }
        queue_events::deregister(&self.registry, device, queue_of(Lane::Express));
    }
}

impl Lent {
    /// Does what the other end asks for. To be called before each batch, however busy the thread is.
    pub(crate) fn handle_orders(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                // What came before the queue was lent has had its event.
                Order::Read(reader) => (self.reader, self.is_readable) = (Some(reader), true),
                Order::GiveBack(_let_go) => self.reader = None,
            }
        }
    }

    pub(crate) fn handle_event(&mut self, event: &Event) {
        self.is_readable |= event.token() == queue_events::TOKEN;
    }

    /// Notes that packets were written to the device: the system may have answered them at once.
    pub(crate) fn note_written(&mut self) {
        self.is_readable = true;
    }

    /// Whether there may be something to [`drain`](Self::drain).
    pub(crate) const fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// Sends what is in the queue, if there is one; gives how many frames that were.
    pub(crate) fn drain(&mut self, shared: &Shared) -> usize {
        if !std::mem::take(&mut self.is_readable) {
            return 0;
        }
        // The thread of another queue may have found that the device failed.
        let Some(mut reader) = self.reader.take().filter(|reader| reader.is_in_use()) else { return 0 };
        match reader.drain(Instant::now()) {
            Ok(drained) => {
                self.is_readable = !drained.is_all;
                self.reader = Some(reader);
                drained.frames
            }
            Err(error) => {
                shared.device_failed(reader.device(), error);
                0
            }
        }
    }
}
