//! The data plane: WireGuard sessions, routing by virtual IP, broadcast and multicast fan-out, and the only
//! threads that touch packets.
//!
//! A *packet* is inside the tunnel (IPv4), a *datagram* is outside (UDP). A *remote* is where a peer can be reached: an
//! address, straight or by an allocation of ours on a relay. The *path* is the remote that a peer's packets go to, and its
//! *hop* who gets them from us: the peer, or the relay. Nothing in here decides which path: the engine proves them and calls
//! [`Tunnel::set_path`].
//!
//! # Floors
//!
//! Each uses those below it, and no file is in a circle with another.
//!
//! | floor | what it has |
//! |---|---|
//! | [`Tunnel`] | the handle: starts the threads, changes the snapshot that they look things up in |
//! | `threads` | what each thread waits for, and in which order it does what is there |
//! | `lanes` | the way of packets through a [`Lane`](lanrage_party::Lane): `sender`, `receiver`, and what all threads share |
//! | `peer` | sessions (`wireguard`), `path`, and the snapshot of all peers (`table`) |
//! | `io`, `offload` | the system's sockets and device; one large packet for many small ones |
//! | `datagram` | what a datagram is (`demux`), and how a relay frames it (`hop`, `relays`) |
//! | `packet` | IPv4 arithmetic, and where a packet may go (`routing`) |
//! | `api` | what a host says and hears |
//!
//! # Threads
//!
//! Each lane has two ways that threads serve, where the system can tell the lanes apart; one pair serves all elsewhere:
//!
//! - the thread at the lane's **sockets** tells datagrams apart, opens those of WireGuard, checks what is inside, joins what
//!   belongs together and writes it to the device; that of the bulk lane also keeps the sessions' clocks (`deadlines`) and
//!   takes what comes out of a relay's stream (`inbox`), so that both ways of a datagram end in one place;
//! - the thread at the lane's **queue of the device** reads what it holds (`queue_reader`), cuts it into packets, seals each
//!   for its peer and sends them together; bulk packets wait in turns where the socket is full (`bulk_queue`). Where one
//!   thread can wait for both, the express lane's does: a game's answer then wakes one thread less.
//!
//! A thread waits for its input, for a full bulk socket (2 ms at a time), and under a flood of single packets for 200 µs, so
//! that it is not woken for each (`moderation`). None allocates per packet.
//!
//! # Locks
//!
//! What a packet meets, and how long it is held:
//!
//! - its peer's: that of its lane for the packets of one frame or of one batch, that of the path for a look, and for a
//!   broadcast from the peer that of a token bucket for a look;
//! - shared by all threads, each for a look or a copy: the snapshot of the peers, once a batch; the bucket of our own
//!   broadcasts, once for each of those; the two inboxes, for a datagram out of a relay's stream and an answer to the OS;
//! - where there are several addresses of ours: the list of them (`reply_source`), for a look, once a run;
//! - what is not data: whom we asked (`asked`), for STUN and handshakes; what was admitted (`admission`), for handshakes.
//!
//! No lock is held while a socket or the device is read, written or waited for.

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

pub use api::{
    counters::{Drops, Forwarded, PeerCounters, QueueTimes, Traffic, TunnelCounters},
    error::TunnelError,
    event::EventSink,
    per_lane::PerLane,
};
pub use datagram::relays::{RelayLink, RelayStream};
pub use io::{device::PacketDevice, sockets::UdpSockets};
pub use lanrage_party::{LocalEnd, PeerConfig, TunnelEvent, facts::DropReason, initiates};
pub use packet::{
    everyone::flood::{BROADCAST, PIECE_BYTES},
    probe::PROBE_PAYLOAD_BYTES,
};
pub use tunnel::{PATH_MTU_MIN, Tunnel};
