//! The next hop of a datagram: who gets it from us, and how it is framed for that.

use std::net::SocketAddr;

use lanrage_base::channel_data::{self, HEADER_BYTES};
use lanrage_party::AllocationId;

/// Who gets a datagram from us on its way to a remote: the peer, or a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hop {
    /// The peer itself.
    Straight(SocketAddr),
    /// A relay, by UDP.
    Channel { server: SocketAddr, number: u16 },
    /// A relay, by the allocation's stream.
    Stream { allocation: AllocationId, number: u16 },
}

impl Hop {
    /// Bytes in front of the datagram.
    pub(crate) const fn headroom(&self) -> usize {
        match self {
            Self::Straight(_) => 0,
            Self::Channel { .. } | Self::Stream { .. } => HEADER_BYTES,
        }
    }

    /// Where our sockets send it; none for a stream.
    pub(crate) const fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Straight(to) | Self::Channel { server: to, .. } => Some(*to),
            Self::Stream { .. } => None,
        }
    }

    pub(crate) const fn is_relayed(&self) -> bool {
        !matches!(self, Self::Straight(_))
    }

    /// Turns `frame`, whose first `headroom + len` bytes are free headroom and a datagram, into what goes to the
    /// hop; gives its length.
    pub(crate) fn frame(&self, frame: &mut [u8], len: usize) -> usize {
        let (Self::Channel { number, .. } | Self::Stream { number, .. }) = *self else { return len };
        let end = HEADER_BYTES + len;
        frame[..HEADER_BYTES].copy_from_slice(&channel_data::header(number, len as u16));
        if let Self::Channel { .. } = self {
            return end;
        }
        let padded = end + channel_data::padding(end);
        frame[end..padded].fill(0);
        padded
    }
}
