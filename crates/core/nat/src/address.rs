use std::net::SocketAddr;

/// One form per address, so that what a peer signals compares equal to where its datagrams come from.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
