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

    /// The lane of a datagram as whoever gets it tells it apart, straight or in ChannelData (RFC 8656 §12.4): a data message of
    /// WireGuard says it by the index of its session, and all else is bulk. Any bytes have one.
    ///
    /// Datagrams of different lanes must not become one message of several on their way (GSO, GRO): the system gives that to the
    /// lane of the first, and the others come behind later ones of their own flow.
    pub const fn of_datagram(datagram: &[u8]) -> Self {
        match datagram {
            [4, _, _, _, _, index, ..] | [0x40..=0x4F, _, _, _, 4, _, _, _, _, index, ..] => {
                Self::BOTH[(*index & Self::Express as u8) as usize]
            }
            _ => Self::Bulk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_packets_say_their_lane_and_all_else_is_bulk() {
        let sealed = |kind, index| [kind, 0, 0, 0, 0xA5, index, 0, 0, 1, 1, 1, 1];
        let wrapped = |kind, index| [&[0x4F, 1, 0, 12][..], &sealed(kind, index)].concat();
        for (index, lane) in [(0, Lane::Bulk), (1, Lane::Express), (0xFE, Lane::Bulk), (0xFF, Lane::Express)]
        {
            assert_eq!(Lane::of_datagram(&sealed(4, index)), lane);
            assert_eq!(Lane::of_datagram(&wrapped(4, index)), lane);
            assert_eq!(Lane::of_datagram(&sealed(1, index)), Lane::Bulk, "a handshake");
            assert_eq!(Lane::of_datagram(&wrapped(0, index)), Lane::Bulk, "a probe of an ICE agent");
        }
        for length in 0..6 {
            assert_eq!(Lane::of_datagram(&sealed(4, 1)[..length.min(5)]), Lane::Bulk);
        }
    }
}
