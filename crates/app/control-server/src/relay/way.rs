use std::net::{IpAddr, SocketAddr};

/// From where and where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    /// Index of the sending socket, in whatever numbering [`Batches::flush`](super::batch::Batches::flush)'s `port_of` knows.
    pub(super) from: u32,
    pub(super) to: SocketAddr,
    /// The own address to send from, where the socket has several.
    pub(super) source: Option<IpAddr>,
}
