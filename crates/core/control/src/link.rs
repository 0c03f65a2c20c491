use lanrage_party::facts::{Cause, ServerFault};
use url::Url;

/// Number of a connection. Events of an earlier one that are still under way are told apart by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub(crate) u64);

/// What a [`crate::RemoteControlPlane`] wants done with its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkAction {
    /// Connect; the connection before it, if any, is given up.
    Dial {
        /// Number of the new connection.
        link: LinkId,
        /// WebSocket URL.
        url: Url,
    },
    /// Send one text frame.
    Send(String),
    /// Close; nothing more is said about this connection.
    Close,
}

/// What became of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    /// It stands.
    Opened(LinkId),
    /// A text frame arrived.
    Frame(LinkId, String),
    /// It could not be made, or is over.
    Closed(LinkId, LinkClosed),
}

/// Why a connection is over. Each has a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkClosed {
    /// No address for the host name.
    #[error("the server's name cannot be found: {0}")]
    UnknownHost(Cause),
    /// No TCP or TLS connection.
    #[error("the server cannot be reached: {0}")]
    Unreachable(Cause),
    /// Connecting took too long.
    #[error("the server cannot be reached: no answer in time")]
    TimedOut,
    /// Something answered, but not with a WebSocket.
    #[error("what answers there is not a LANrage server (HTTP status {0})")]
    Http(u16),
    /// It broke, or the other side broke the rules of WebSocket or a size limit.
    #[error("the connection to the server was lost: {0}")]
    Lost(Cause),
    /// The other side closed it.
    #[error("the server closed the connection")]
    Ended,
}

impl From<&LinkClosed> for ServerFault {
    fn from(closed: &LinkClosed) -> Self {
        match closed {
            LinkClosed::UnknownHost(cause) => Self::UnknownHost { cause: cause.clone() },
            LinkClosed::Unreachable(cause) => Self::Unreachable { cause: cause.clone() },
            LinkClosed::TimedOut => Self::TimedOut,
            LinkClosed::Http(status) if leads_elsewhere(*status) => Self::SignIn,
            LinkClosed::Http(status) => Self::Http { status: *status },
            LinkClosed::Lost(cause) => Self::Lost { cause: cause.clone() },
            LinkClosed::Ended => Self::Ended,
        }
    }
}

/// Whether an answer sends a client somewhere else for now (RFC 9110 §15.4), or says that the network wants a sign-in (RFC
/// 6585 §6). A server that has moved for good says so with other numbers.
const fn leads_elsewhere(status: u16) -> bool {
    matches!(status, 302 | 303 | 307 | 511)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_wants_a_sign_in_is_told_from_a_wrong_server() {
        let fault = |status| ServerFault::from(&LinkClosed::Http(status));
        for status in [302, 303, 307, 511] {
            assert_eq!(fault(status), ServerFault::SignIn);
        }
        for status in [200, 301, 308, 404, 502] {
            assert_eq!(fault(status), ServerFault::Http { status });
        }
    }
}
