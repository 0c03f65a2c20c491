//! What the decisions and the data plane tell each other in plain values: both ends of a pair, and what happened to it.

pub(crate) mod place;

use std::{io, net::SocketAddr};

use place::Place;

use crate::{PeerId, PresharedKey, Remote, Subnet, VirtualIp, WireGuardKey, WireGuardPrivateKey};

/// This device's end of a party.
#[derive(Debug, Clone)]
pub struct LocalEnd {
    /// The membership's WireGuard key.
    pub private_key: WireGuardPrivateKey,
    /// Our own lease.
    pub virtual_ip: VirtualIp,
    /// The party's network.
    pub subnet: Subnet,
}

/// A peer's end, as its verified record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerConfig {
    /// Who it is.
    pub id: PeerId,
    /// Its membership's WireGuard key.
    pub public_key: WireGuardKey,
    /// The pair's preshared key.
    pub preshared_key: PresharedKey,
    /// Its lease: the one address that it may send from.
    pub virtual_ip: VirtualIp,
}

/// Whether the device with the key `own` is the *active* side of a pair, which begins the handshakes: the one
/// with the smaller public key.
pub fn initiates(own: &WireGuardKey, theirs: &WireGuardKey) -> bool {
    own < theirs
}

/// What the packet threads report. Never one event per data packet.
#[derive(Debug)]
pub enum TunnelEvent {
    /// STUN (RFC 7983) that came straight from somebody whom we sent something to lately; or, a few a second, a punch of
    /// anybody. What a relay's server itself sends us comes straight from the server.
    Datagram {
        /// Sender, not authenticated; by an allocation, it is what the relay says.
        from: Remote,
        /// The whole datagram.
        bytes: Vec<u8>,
    },
    /// What claims to be a [`Knock`](crate::Knock); a few a second at most.
    Knock {
        /// Sender, not authenticated.
        from: SocketAddr,
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
        /// What `Tunnel::send_probe` was given on the other side.
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
    /// The system refused a datagram that is too long for the interface that it would leave by. A few a second at most.
    TooBig {
        /// Where it would have gone: the peer, or the relay on its way.
        to: SocketAddr,
        /// Bytes of the packet inside the tunnel.
        packet_bytes: u16,
    },
    /// A router on some way says that it carries packets of so many bytes, headers included, and no longer ones (ICMPv4
    /// "fragmentation needed", RFC 1191; ICMPv6 "packet too big", RFC 8201). Nobody has proven it: a reason to measure, and
    /// no measure. A few a second at most.
    PacketTooBig {
        /// What the router named.
        mtu: u32,
    },
    /// A program sends more to everybody than passes: some of it is dropped from now on. Said again after it was calm.
    Flood {
        /// The peer whose program it is; `None` for one of this device.
        by: Option<PeerId>,
        /// The UDP port that it sends from, if it shows one.
        port: Option<u16>,
    },
    /// A game of the peer's announces itself to everybody, at one of [`ANNOUNCED_PORTS`](crate::ANNOUNCED_PORTS). A few a second for
    /// each peer at most; nothing of who is muted.
    Announced {
        /// The peer.
        peer: PeerId,
        /// The UDP port to which it was sent.
        port: u16,
        /// What it says.
        bytes: Vec<u8>,
    },
    /// The peer would begin something at a place of this device that is not open to it. It is held back for a moment, in
    /// which it may become so. A few a second for each peer at most.
    Refused {
        /// The peer.
        peer: PeerId,
        /// What it tried to reach.
        place: Place,
        /// Whether it was sent to everybody, as searches are.
        is_for_all: bool,
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
