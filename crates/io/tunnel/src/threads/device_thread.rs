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

/// Waits at one queue of the device.
pub(crate) struct DeviceThread {
    shared: Arc<Shared>,
    queue: usize,
    reader: QueueReader,
    moderation: Moderation,
}

/// How a queue's thread is to be treated: where there is one for all, it has the games' packets.
const fn lane_served(queue: usize, are_two: bool) -> Lane {
    if are_two && queue == Lane::Bulk as usize { Lane::Bulk } else { Lane::Express }
}

impl DeviceThread {
    pub(crate) fn new(shared: Arc<Shared>, device: Arc<dyn PacketDevice>, queue: usize) -> Self {
        let reader = QueueReader::new(Arc::clone(&shared), device, queue, true);
        Self { shared, queue, reader, moderation: Moderation::new(Instant::now()) }
    }

    /// Until the device is woken or fails.
    pub(crate) fn run(mut self) {
        urgency::set(lane_served(self.queue, self.reader.device().queues() > 1));
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
        let Some(to) = self.reader.blocked() else { return self.reader.device().wait(self.queue) };
        self.shared.sockets.wait_writable(to, BLOCKED);
        // The device, which would tell of the end, is not asked while the socket is full.
        Ok(self.shared.table().device.as_ref().is_some_and(|used| Arc::ptr_eq(used, self.reader.device())))
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
