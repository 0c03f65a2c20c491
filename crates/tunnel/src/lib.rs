//! The data plane: WireGuard sessions, routing by virtual IP, broadcast and multicast fan-out, and the only
//! threads that touch packets.
//!
//! A *packet* is inside the tunnel (IPv4), a *datagram* is outside (UDP). Two threads move them:
//!
//! - the **UDP thread** waits on both sockets, tells datagrams apart (`demux`), opens those of WireGuard,
//!   checks what is inside (`routing`) and writes a batch to the device; it also drives the sessions' timers;
//! - the **device thread** reads a batch of packets, seals each for its peer and sends the batch.
//!
//! Neither waits for anything but its own input, allocates per packet, or holds a lock across I/O. They read
//! the peers through a snapshot (`table`); the one lock on the way is that of the packet's own peer.
//! Nothing in here decides where data should go: the engine proves paths and calls [`Tunnel::set_path`].
//!
//! A path may lead by an allocation on a relay (`relays`): ChannelData is framed and unwrapped in place, on the same
//! sockets. What comes by a relay's stream is handed to the UDP thread (`inbox`), so that both ways end in one place.

mod batch;
mod bucket;
mod bulk_queue;
mod channel_data;
mod checksum;
mod codel;
mod counters;
mod datagrams;
mod deadlines;
mod demux;
mod device;
mod device_thread;
mod error;
mod event;
mod fragment;
mod icmp;
mod inbox;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod io;
mod moderation;
mod offload;
mod packet;
mod peer;
mod pending;
mod probe;
mod relays;
mod remotes;
mod routing;
mod shared;
mod table;
mod tunnel;
mod udp_thread;
mod unicast_copy;
mod wireguard;

pub use bucket::{BROADCAST_BURST, BROADCAST_PER_SECOND, TokenBucket};
pub use counters::{DropReason, Drops, PeerCounters, QueueTimes, Traffic, TunnelCounters};
pub use demux::OTHER_DATAGRAM_BYTES;
pub use device::PacketDevice;
pub use error::TunnelError;
pub use event::{EventSink, TunnelEvent};
pub use io::UdpSockets;
pub use pending::PENDING_PACKETS;
pub use probe::PROBE_PAYLOAD_BYTES;
pub use relays::{CHANNELS, OPEN_ALLOCATIONS, RelayLink, RelayStream};
pub use tunnel::{LocalEnd, PATH_MTU_MIN, PeerConfig, Tunnel, initiates};
