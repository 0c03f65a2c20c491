/// Least DSCP whose packet is express whatever its flow does: CS4, real-time interactive (RFC 4594 §4.4), and above.
pub const EXPRESS_DSCP: u8 = 32;

/// One of the two ways through the data plane. They share nothing that one could make the other wait for: a queue of
/// the device, a WireGuard session, a socket and a pair of threads are each lane's own.
///
/// A flow keeps to one of them, or its packets would overtake each other: [`FlowLanes`](crate::FlowLanes) chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Whatever may wait: downloads, and everything that is not known to be urgent.
    Bulk = 0,
    /// What may not: games, calls, pings.
    Express = 1,
}

impl Lane {
    /// Both, in the order of their numbers.
    pub const BOTH: [Self; 2] = [Self::Bulk, Self::Express];
}
