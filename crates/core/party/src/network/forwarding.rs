//! Members whose datagrams this device passes on to each other, as a relay does (RFC 8656 §12).

use std::net::SocketAddr;

use crate::PeerId;

/// Two members that do not reach each other straight, and this device both: what comes from the one in its channel goes to
/// the other in the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardedPair {
    /// Both ends.
    pub ends: [ForwardedEnd; 2],
}

/// One end of a [`ForwardedPair`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardedEnd {
    /// Who it is.
    pub peer: PeerId,
    /// Where this device reaches it straight.
    pub address: SocketAddr,
    /// The channel between it and this device for what concerns the other end, 0x4000 to 0x4FFF.
    pub channel: u16,
}

/// How much is passed on at most, in kbit/s of what is inside the channels. Nothing at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardLimits {
    /// For one pair, in both directions together.
    pub pair_kbits: u32,
    /// For all pairs.
    pub total_kbits: u32,
}

impl ForwardLimits {
    /// Passes on nothing.
    pub const NOTHING: Self = Self { pair_kbits: 0, total_kbits: 0 };
}
