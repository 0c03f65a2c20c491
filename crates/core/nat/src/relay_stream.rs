//! What passes between the pool of relays and the task that holds a connection to a relay over TCP or TLS.

use std::net::SocketAddr;

use lanrage_party::{AllocationId, RelayTransport, facts::Cause};

use crate::relay_pool::StreamInput;

/// Where a stream goes, as [`PoolOutput::StreamConnect`](crate::relay_pool::PoolOutput::StreamConnect) says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayStreamTarget {
    /// For which allocation-to-be.
    pub allocation: AllocationId,
    /// [`RelayTransport::Tcp`] or [`RelayTransport::Tls`].
    pub transport: RelayTransport,
    /// Where to.
    pub server: SocketAddr,
    /// What the certificate must be for: a host name or an address.
    pub server_name: String,
}

/// What a stream did; the owned form of [`StreamInput`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayStreamEvent {
    /// It stands.
    Connected,
    /// A whole STUN message came.
    Message(Vec<u8>),
    /// It could not be made, or ended. Always the last; not said if we closed it.
    Closed {
        /// Why.
        cause: Cause,
    },
}

impl RelayStreamEvent {
    /// As [`RelayPool::handle_stream`](crate::relay_pool::RelayPool::handle_stream) takes it.
    pub fn as_input(&self) -> StreamInput<'_> {
        match self {
            Self::Connected => StreamInput::Connected,
            Self::Message(bytes) => StreamInput::Message(bytes),
            Self::Closed { cause } => StreamInput::Closed { cause },
        }
    }
}
