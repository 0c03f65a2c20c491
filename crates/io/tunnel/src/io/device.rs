//! The virtual device, which a host brings.

#[cfg(unix)]
use std::os::fd::BorrowedFd;
use std::{
    io::{self, IoSlice},
    net::{Ipv4Addr, SocketAddrV4},
};

use lanrage_party::Lane;

/// The virtual device as the packet threads see it. One thread at a time reads each queue, any thread writes, all at the same
/// time.
pub trait PacketDevice: Send + Sync + 'static {
    /// How many queues there are, numbered from 0: one, or one for each [`Lane`] under its number.
    fn queues(&self) -> usize;

    /// Whether there is a queue more, [`COPIES_QUEUE`](lanrage_party::COPIES_QUEUE): of what programs of this computer send to
    /// everybody by other interfaces. Each packet there has the number of its interface in front, in
    /// [`COPY_HEADER_BYTES`](lanrage_party::COPY_HEADER_BYTES), and nothing else. The queue reports no error: it is only empty for ever where copying has ended.
    fn has_copies(&self) -> bool {
        false
    }

    /// Whether every packet has a `virtio_net_hdr` of 10 bytes in front, in both directions, and may be larger than
    /// the MTU: the reader then segments and completes checksums, and the writer may coalesce.
    fn offloads(&self) -> bool;

    /// Blocks until a packet is in the queue or [`wake`](Self::wake) was called. `Ok(false)`: woken, stop reading.
    ///
    /// # Errors
    /// Any error ends the device's use ([`TunnelEvent::DeviceFailed`](crate::TunnelEvent::DeviceFailed)).
    fn wait(&self, queue: usize) -> io::Result<bool>;

    /// What polls as readable when a packet is in the queue, if there is such a thing: who waits for other things too
    /// can then read the queue beside them, without [`wait`](Self::wait).
    #[cfg(unix)]
    fn descriptor(&self, queue: usize) -> Option<BorrowedFd<'_>>;

    /// Takes the next packet of the queue, with its header if there is one; `None` if there is none now.
    ///
    /// # Errors
    /// Any error ends the device's use ([`TunnelEvent::DeviceFailed`](crate::TunnelEvent::DeviceFailed)).
    fn try_read(&self, queue: usize, frame: &mut [u8]) -> io::Result<Option<usize>>;

    /// Writes one packet, given in pieces, with its header if the device wants one. Never blocks.
    ///
    /// # Errors
    /// The OS refuses the packet. It is counted; a device that is gone shows on the reading side.
    fn write(&self, queue: usize, packet: &[IoSlice<'_>]) -> io::Result<()>;

    /// The address to which that UDP socket of this computer is bound which would get a packet from there to here;
    /// 0.0.0.0 for one that is bound to none. `None` if there is no such socket, or the system does not say. Answers in
    /// microseconds.
    fn udp_receiver(&self, from: SocketAddrV4, to: SocketAddrV4) -> Option<Ipv4Addr>;

    /// Whether an address is this computer's, by whatever interface. Answers in microseconds.
    fn is_own(&self, address: Ipv4Addr) -> bool;

    /// Makes the system take packets to a multicast group from this device, which it else does only where a program has joined
    /// the group on it; to be called before the first of them is written. Answers in microseconds.
    fn hear(&self, _group: Ipv4Addr) {}

    /// Whether the socket that would get a UDP packet from there to our own address gets none that is for the group, although a
    /// program has joined it: it hears groups on other interfaces alone. To be asked after [`hear`](Self::hear). Answers in
    /// microseconds.
    fn is_deaf(&self, _group: Ipv4Addr, _from: SocketAddrV4, _to: SocketAddrV4) -> bool {
        false
    }

    /// Makes a blocked [`wait`](Self::wait) of every queue return `Ok(false)`, and every later one too. Idempotent.
    fn wake(&self);
}

/// The number of the lane's own queue, if the device has one.
pub(crate) const fn queue_of(lane: Lane) -> usize {
    lane as usize
}
