use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::holders::Holder;
use crate::turn::message::PortToken;

/// Specification: how long a port is kept for whoever has its token (RFC 8656 §7.2).
pub(super) const KEPT: Duration = Duration::from_secs(30);

/// A port that waits for an Allocate request with its RESERVATION-TOKEN. It counts for its user and source as the
/// allocation that it is to become.
#[derive(Debug)]
pub(super) struct Reservation {
    pub(super) token: PortToken,
    /// Whose it is; no other user may have it.
    pub(super) holder: Holder,
    pub(super) expires_at: Instant,
    /// `None` while the shell opens the socket.
    pub(super) relayed: Option<SocketAddr>,
}
