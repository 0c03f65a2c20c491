//! Friends as relays: who reaches two members straight passes on what they send each other, sealed as it is.
//!
//! No server and no login: frames count only in a channel that both ends know from inside their sessions (RFC 8656 §12 has
//! the framing), and only from where the member is reached. There are no chains: it is passed on from straight to straight.

pub(crate) mod carried;
pub(crate) mod carrier;

use std::time::Duration;

/// How long somebody who has asked is passed on for, unless it asks again.
const LEASE: Duration = Duration::from_secs(35);
