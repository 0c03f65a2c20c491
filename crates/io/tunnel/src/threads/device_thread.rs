//! The thread at one queue of the device. Where the bulk socket is full, it waits for the socket instead: what is in the
//! device then stays there.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use lanrage_party::Lane;

use crate::{
    io::{device::PacketDevice, urgency},
    lanes::{queue_reader::QueueReader, shared::Shared},
    threads::moderation::Moderation,
};

/// Implementation: how long the device is left alone while the socket is full.
const BLOCKED: Duration = Duration::from_millis(2);

/// From a queue of the device to the peers.
pub(crate) struct DeviceThread {
    shared: Arc<Shared>,
    /// The lane whose packets it must be quick for.
    served: Lane,
    reader: QueueReader,
    moderation: Moderation,
}

impl DeviceThread {
    /// Makes the thread of the lane's own queue.
    pub(crate) fn new(shared: Arc<Shared>, device: Arc<dyn PacketDevice>, lane: Lane) -> Self {
        // One queue for all has the games' packets.
        let served = if device.queues() > 1 { lane } else { Lane::Express };
        let reader = QueueReader::new(Arc::clone(&shared), device, lane, true);
        Self { shared, served, reader, moderation: Moderation::new(Instant::now()) }
    }

    /// Makes the thread of the queue of copies. There are few of them, and none waits for a socket.
    pub(crate) fn copies(shared: Arc<Shared>, device: Arc<dyn PacketDevice>) -> Self {
        let reader = QueueReader::copies(Arc::clone(&shared), device);
        Self { shared, served: Lane::Express, reader, moderation: Moderation::new(Instant::now()) }
    }

    /// Runs until the device is woken or fails.
    pub(crate) fn run(mut self) {
        // It concerns the thread that calls it.
        urgency::set(self.served);
        loop {
            let read = match self.wait() {
                Ok(true) => self.drain(),
                Ok(false) => return,
                Err(error) => Err(error),
            };
            if let Err(error) = read {
                return self.shared.device_failed(self.reader.device(), error);
            }
        }
    }

    fn wait(&self) -> io::Result<bool> {
        let Some(to) = self.reader.blocked() else { return self.reader.wait() };
        self.shared.sockets.wait_writable(to, BLOCKED);
        // The device, which would tell of the end, is not asked while the socket is full.
        Ok(self.reader.is_in_use())
    }

    fn drain(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let drained = self.reader.drain(now)?;
        if let Some(pause) = self.moderation.handle_batch(drained.frames, drained.is_all, now) {
            thread::sleep(pause);
        }
        Ok(())
    }
}
