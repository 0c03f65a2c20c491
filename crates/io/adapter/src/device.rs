use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, SocketAddrV4};
#[cfg(unix)]
use std::os::fd::BorrowedFd;

/// Why [`Device::wait`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// [`Device::try_read`] has something to say: a packet, or the error that ended the device.
    Packets,
    /// [`Device::wake`] was called: stop reading. Packets may be waiting as well.
    Woken,
}

/// Most bytes that [`Device::try_read`] gives at once: the header of an offloading device, and the longest IP packet.
pub const FRAME_BYTES: usize = VIRTIO_HEADER_BYTES + u16::MAX as usize;
/// Bytes in front of every packet of a device that offloads: Linux's `virtio_net_hdr`, in the machine's byte order.
pub const VIRTIO_HEADER_BYTES: usize = 10;

/// The packet side of a virtual network device: whole IP packets, with a header before them if it
/// [offloads](Self::offloads).
///
/// Meant for one reading thread for each queue, which loops over [`wait`](Self::wait) and then
/// [`try_read`](Self::try_read) until it yields `None`. Writing and waking are for any thread. Nothing here
/// allocates per packet.
pub trait Device: Send + Sync {
    /// The interface's name as the operating system shows it.
    fn name(&self) -> &str;

    /// How many queues there are, numbered from 0: one, or one for each [`Lane`](lanrage_party::Lane) under its number.
    fn queues(&self) -> usize;

    /// Whether packets carry a header of [`VIRTIO_HEADER_BYTES`], in both directions, and may be larger than the MTU:
    /// the reader then segments what it reads and completes its checksums, and the writer may coalesce.
    fn offloads(&self) -> bool;

    /// Whether there is a queue more, [`COPIES_QUEUE`](lanrage_party::COPIES_QUEUE): of what programs of this computer send to
    /// everybody by other interfaces. Each packet there has the number of its interface in front, in
    /// [`COPY_HEADER_BYTES`](lanrage_party::COPY_HEADER_BYTES), and nothing else. The queue reports no error: it is only
    /// empty for ever where copying has ended.
    fn has_copies(&self) -> bool {
        false
    }

    /// Blocks until a packet can be read from the queue or [`wake`](Self::wake) was called, ever. A wake is reported
    /// before packets.
    ///
    /// # Errors
    /// The operating system's, if waiting itself fails.
    fn wait(&self, queue: usize) -> io::Result<Ready>;

    /// What polls as readable when [`try_read`](Self::try_read) of the queue has something to say, if there is such a thing:
    /// for a reader that waits for other things too. It tells of no [`wake`](Self::wake).
    #[cfg(unix)]
    fn descriptor(&self, queue: usize) -> Option<BorrowedFd<'_>>;

    /// Takes the next packet that the system sent into the queue, or `None` if there is none now. Never
    /// blocks. A packet longer than `buf` is cut: give [`FRAME_BYTES`] to a device that offloads, and at least the MTU
    /// to another.
    ///
    /// # Errors
    /// The device is gone (removed by the user, say); it will not come back.
    fn try_read(&self, queue: usize, buf: &mut [u8]) -> io::Result<Option<usize>>;

    /// Hands one packet, given in pieces, to the system as if it had arrived from the network. Never blocks.
    ///
    /// # Errors
    /// The system refuses the packet: it is not IP, the device is down or gone, or a queue is full. The packet
    /// is dropped and later ones may succeed.
    fn write(&self, queue: usize, packet: &[IoSlice<'_>]) -> io::Result<()>;

    /// The address to which that UDP socket of this computer is bound which would get a packet from there to here, if it came
    /// by the adapter; 0.0.0.0 for one that is bound to none. `None` if there is no such socket, or the system does not say.
    /// Asks the system, in microseconds.
    fn udp_receiver(&self, from: SocketAddrV4, to: SocketAddrV4) -> Option<Ipv4Addr>;

    /// Whether an address is this computer's, by whatever interface. Asks the system now and then, in microseconds.
    fn is_own(&self, address: Ipv4Addr) -> bool;

    /// Makes the system take packets to a multicast group from this device, which it else does only where a program has joined
    /// the group on it; to be called before the first of them is written. Answers in microseconds.
    fn hear(&self, _group: Ipv4Addr) {}

    /// Whether the socket that would get a UDP packet from there to our own address gets none that is for the group, although a
    /// program has joined it: it hears groups on other interfaces alone. To be asked after [`hear`](Self::hear). Asks the system,
    /// in microseconds.
    fn is_deaf(&self, _group: Ipv4Addr, _from: SocketAddrV4, _to: SocketAddrV4) -> bool {
        false
    }

    /// Ends the reading: the current [`wait`](Self::wait) of every queue and every later one return
    /// [`Ready::Woken`]. Never blocks; calling it again changes nothing.
    fn wake(&self);
}
