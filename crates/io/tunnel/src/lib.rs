//! The data plane: WireGuard sessions, routing by virtual IP, broadcast and multicast fan-out, and the only
//! threads that touch packets.
//!
//! A *packet* is inside the tunnel (IPv4), a *datagram* is outside (UDP). Each [`Lane`](lanrage_party::Lane) has two threads
//! that move them, where the system can tell the lanes apart; one pair moves all elsewhere:
//!
//! - the **UDP thread** waits on the lane's sockets, tells datagrams apart (`demux`), opens those of WireGuard,
//!   checks what is inside (`routing`), joins what belongs together (`offload`) and writes it to the device; that of the bulk
//!   lane also drives the sessions' timers (`deadlines`);
//! - the **device thread** reads what the lane's queue holds (`queue_reader`), cuts it into packets (`offload`), seals each
//!   for its peer and sends them together; bulk packets wait in turns where the socket is full (`bulk_queue`). Where one
//!   thread can wait for both, the express lane's UDP thread reads its queue too: a game's answer wakes one thread less.
//!
//! None waits for anything but its own input, allocates per packet, or holds a lock across I/O. They read
//! the peers through a snapshot (`table`); the locks on the way are those of the packet's own peer, one for each lane.
//! Nothing in here decides where data should go: the engine proves paths and calls [`Tunnel::set_path`].
//!
//! A path may lead by an allocation on a relay (`relays`): ChannelData is framed and unwrapped in place, on the same
//! sockets. What comes by a relay's stream is handed to the UDP thread (`inbox`), so that both ways end in one place.

mod api;
mod datagram;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod io;
mod lanes;
mod offload;
mod packet;
mod peer;
mod threads;
mod tunnel;

pub use api::{error::TunnelError, event::EventSink};
pub use datagram::{
    demux::OTHER_DATAGRAM_BYTES,
    relays::{RelayLink, RelayStream},
};
pub use io::{device::PacketDevice, sockets::UdpSockets};
pub use lanrage_party::{
    LocalEnd, PeerConfig, TunnelEvent, initiates,
    limits::{CHANNELS, OPEN_ALLOCATIONS, PENDING_PACKETS},
};
pub use packet::{
    counters::{DropReason, Drops, PeerCounters, QueueTimes, Traffic, TunnelCounters},
    probe::PROBE_PAYLOAD_BYTES,
    routing::BROADCAST,
};
pub use tunnel::{PATH_MTU_MIN, Tunnel};
