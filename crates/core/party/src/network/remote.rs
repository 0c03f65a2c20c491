use std::{fmt, net::SocketAddr};

/// One of this device's own allocations on a relay (RFC 8656). Counts up with every allocation of this run and is
/// never used again, so that what was meant for an old one cannot reach a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AllocationId(pub u32);

/// Where datagrams to a peer go: an address, reached straight from our socket or out of one of our allocations.
/// With the address seen from the other end it makes a candidate pair (RFC 8445 §6.1.2): the local candidate is the
/// host's, or the allocation's relayed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Remote {
    /// The peer's transport address.
    pub address: SocketAddr,
    /// The allocation that it is reached by; `None` straight from our own socket.
    pub via: Option<AllocationId>,
}

impl Remote {
    /// Straight from our own socket.
    pub const fn straight(address: SocketAddr) -> Self {
        Self { address, via: None }
    }

    /// By one of our allocations.
    pub const fn relayed(via: AllocationId, address: SocketAddr) -> Self {
        Self { address, via: Some(via) }
    }
}

impl From<SocketAddr> for Remote {
    fn from(address: SocketAddr) -> Self {
        Self::straight(address)
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.via {
            None => write!(f, "{}", self.address),
            Some(AllocationId(id)) => write!(f, "{} by allocation {id}", self.address),
        }
    }
}
