use std::{io, sync::Arc};

use lanrage_party::{PeerId, Remote};

/// Where the packet threads report to. Called from them: it must not block and must not call the
/// [`Tunnel`](crate::Tunnel); a bounded channel's `try_send` is right.
pub type EventSink = Arc<dyn Fn(TunnelEvent) + Send + Sync>;

/// What the packet threads report. Never one event per data packet.
#[derive(Debug)]
pub enum TunnelEvent {
    /// A datagram that is not WireGuard: STUN (RFC 7983), which always came straight, or something small and
    /// unknown. What a relay's server itself sends us comes straight from the server.
    Datagram {
        /// Sender, not authenticated; by an allocation, it is what the relay says.
        from: Remote,
        /// The whole datagram.
        bytes: Vec<u8>,
    },
    /// A handshake is complete: packets can flow both ways. For the passive side that is the first packet of
    /// the new session, for the active side the response.
    SessionEstablished {
        /// The peer.
        peer: PeerId,
        /// Where the completing message came from.
        from: Remote,
    },
    /// A probe from inside the session.
    Probe {
        /// The authenticated sender.
        peer: PeerId,
        /// Where it came from.
        from: Remote,
        /// What [`Tunnel::send_probe`](crate::Tunnel::send_probe) was given on the other side.
        payload: Vec<u8>,
    },
    /// An authenticated packet came from a remote that is none of the peer's recent ones: the peer roams, or
    /// its router chose a new port. Comes before the [`Probe`](Self::Probe) of the same packet.
    NewRemote {
        /// The peer.
        peer: PeerId,
        /// Where it was seen.
        from: Remote,
    },
    /// The device could not be read or written and is no longer used; attach another.
    DeviceFailed {
        /// What the device said.
        error: io::Error,
    },
    /// Waiting for datagrams failed; the tunnel is deaf and must be made anew.
    SocketsFailed {
        /// What the OS said.
        error: io::Error,
    },
}
