use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use lanrage_adapter::{Device, Ready};
use lanrage_tunnel::{PacketBatch, PacketDevice};

/// An adapter as the data plane's packet threads use it. The two crates do not know each other.
pub struct TunnelDevice {
    device: Arc<dyn Device>,
    refused: AtomicU64,
}

impl TunnelDevice {
    /// Wraps an adapter.
    pub fn new(device: Arc<dyn Device>) -> Self {
        Self { device, refused: AtomicU64::new(0) }
    }
}

impl PacketDevice for TunnelDevice {
    fn read(&self, batch: &mut PacketBatch) -> io::Result<bool> {
        if self.device.wait()? == Ready::Woken {
            return Ok(false);
        }
        while let Some(slot) = batch.slot() {
            match self.device.try_read(slot)? {
                Some(len) => batch.commit(len),
                None => break,
            }
        }
        Ok(true)
    }

    fn write(&self, batch: &PacketBatch) -> io::Result<()> {
        for packet in batch.iter() {
            if self.device.write(packet).is_err() {
                // The OS refuses single packets, for example when its queue is full; a device that is gone
                // shows on the reading side.
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn wake(&self) {
        self.device.wake();
    }
}
