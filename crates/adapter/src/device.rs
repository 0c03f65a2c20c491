use std::io;

/// Why [`Device::wait`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// [`Device::try_read`] has something to say: a packet, or the error that ended the device.
    Packets,
    /// [`Device::wake`] was called: stop reading. Packets may be waiting as well.
    Woken,
}

/// The packet side of a virtual network device: whole IP packets with no header before them.
///
/// Meant for one reading thread, which loops over [`wait`](Self::wait) and then
/// [`try_read`](Self::try_read) until it yields `None`. Writing and waking are for any thread. Nothing here
/// allocates per packet.
pub trait Device: Send + Sync {
    /// The interface's name as the operating system shows it.
    fn name(&self) -> &str;

    /// Blocks until a packet can be read or [`wake`](Self::wake) was called, ever. A wake is reported before
    /// packets.
    ///
    /// # Errors
    /// The operating system's, if waiting itself fails.
    fn wait(&self) -> io::Result<Ready>;

    /// Takes the next packet that the system sent into the device, or `None` if there is none now. Never
    /// blocks. A packet longer than `buf` is cut: give a buffer of at least the MTU.
    ///
    /// # Errors
    /// The device is gone (removed by the user, say); it will not come back.
    fn try_read(&self, buf: &mut [u8]) -> io::Result<Option<usize>>;

    /// Hands one packet to the system as if it had arrived from the network. Never blocks.
    ///
    /// # Errors
    /// The system refuses the packet: it is not IP, the device is down or gone, or a queue is full. The packet
    /// is dropped and later ones may succeed.
    fn write(&self, packet: &[u8]) -> io::Result<()>;

    /// Ends the reading: the current [`wait`](Self::wait) and every later one return [`Ready::Woken`]. Never
    /// blocks; calling it again changes nothing.
    fn wake(&self);
}
