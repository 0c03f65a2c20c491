use std::io;

use crate::PacketBatch;

/// The virtual device as the packet threads see it. One thread reads, another writes, at the same time.
pub trait PacketDevice: Send + Sync + 'static {
    /// Blocks until a packet is there or [`wake`](Self::wake) was called; then appends packets until the batch
    /// is full or reading would block again. `Ok(false)`: woken, stop reading.
    ///
    /// # Errors
    /// Any error ends the device's use ([`TunnelEvent::DeviceFailed`](crate::TunnelEvent::DeviceFailed)).
    fn read(&self, batch: &mut PacketBatch) -> io::Result<bool>;

    /// Writes every packet of the batch. A packet that the OS refuses is counted by the device, and no error.
    ///
    /// # Errors
    /// Any error ends the device's use ([`TunnelEvent::DeviceFailed`](crate::TunnelEvent::DeviceFailed)).
    fn write(&self, batch: &PacketBatch) -> io::Result<()>;

    /// Makes a blocked [`read`](Self::read) return `Ok(false)`, and every later one too. Idempotent.
    fn wake(&self);
}
