//! From one queue of the device to the peers.

use std::{io, net::SocketAddr, sync::Arc, time::Instant};

use lanrage_party::{COPIES_QUEUE, FlowLanes, Lane};

use crate::{
    io::device::{PacketDevice, queue_of},
    lanes::{
        sender::{LaneChoice, Sender},
        shared::{Context, Shared},
    },
    offload::virtio::Virtio,
};

/// Most bytes that a device gives at once: an offload header and the longest IP packet.
const FRAME_BYTES: usize = Virtio::BYTES + u16::MAX as usize;
/// Implementation: frames between two looks at the table and at the clock.
const FRAMES: usize = 64;

/// Reads a queue, and sends what it holds. One thread has it.
pub(crate) struct QueueReader {
    shared: Arc<Shared>,
    device: Arc<dyn PacketDevice>,
    queue: usize,
    frame: Box<[u8]>,
    sender: Sender,
}

/// What one [`QueueReader::drain`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drained {
    pub(crate) frames: usize,
    /// Whether the queue is empty now.
    pub(crate) is_all: bool,
}

impl QueueReader {
    /// Of the lane's own queue. `may_wait` is whether the thread that drains it waits for a socket that is [`blocked`](Self::blocked).
    pub(crate) fn new(
        shared: Arc<Shared>,
        device: Arc<dyn PacketDevice>,
        lane: Lane,
        may_wait: bool,
    ) -> Self {
        let lanes = if device.queues() > 1 {
            LaneChoice::Queue(lane)
        } else {
            LaneChoice::Flows(FlowLanes::new(Instant::now()))
        };
        Self::of_queue(shared, device, queue_of(lane), Sender::new(lanes, may_wait))
    }

    /// Of the queue of copies, whose thread waits for no socket.
    pub(crate) fn copies(shared: Arc<Shared>, device: Arc<dyn PacketDevice>) -> Self {
        let lanes = LaneChoice::Flows(FlowLanes::new(Instant::now()));
        Self::of_queue(shared, device, COPIES_QUEUE, Sender::new(lanes, false))
    }

    fn of_queue(shared: Arc<Shared>, device: Arc<dyn PacketDevice>, queue: usize, sender: Sender) -> Self {
        Self { shared, device, queue, frame: vec![0; FRAME_BYTES].into_boxed_slice(), sender }
    }

    pub(crate) const fn device(&self) -> &Arc<dyn PacketDevice> {
        &self.device
    }

    /// Whether the device is still the one that is in use.
    pub(crate) fn is_in_use(&self) -> bool {
        self.shared.table().uses(&self.device)
    }

    /// The address whose socket is full, if what has been read waits for it: nothing more is to be read until then.
    pub(crate) const fn blocked(&self) -> Option<SocketAddr> {
        self.sender.blocked()
    }

    /// Blocks until there are packets in the queue. False if the device was woken: its use ends.
    ///
    /// # Errors
    /// The device's, which end its use.
    pub(crate) fn wait(&self) -> io::Result<bool> {
        self.device.wait(self.queue)
    }

    /// Sends what is there.
    ///
    /// # Errors
    /// The device's, which end its use.
    pub(crate) fn drain(&mut self, now: Instant) -> io::Result<Drained> {
        let context = Context { shared: &self.shared, table: &self.shared.table(), now };
        // What was read before goes before what is read now.
        self.sender.resume(&context);
        let offloads = self.device.offloads();
        let mut frames = 0;
        while frames < FRAMES {
            let Some(len) = self.device.try_read(self.queue, &mut self.frame)? else { break };
            let frame = self.frame.get_mut(..len).unwrap_or_default();
            let sent = if self.queue == COPIES_QUEUE {
                self.sender.copy(&context, frame)
            } else if offloads {
                self.sender.offloaded(&context, frame)
            } else {
                self.sender.frame(&context, &Virtio::default(), frame)
            };
            if let Err(reason) = sent {
                self.shared.dropped(reason);
            }
            frames += 1;
        }
        self.sender.flush(&context);
        Ok(Drained { frames, is_all: frames < FRAMES })
    }
}
