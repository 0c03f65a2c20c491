/// Bytes of the longest UDP packet, headers included, that counts as a game's or a call's. A game's packets are one to
/// three hundred bytes; what fills packets to the brim is a transfer.
pub const EXPRESS_PACKET_BYTES: u16 = 700;
/// Least DSCP whose packet is express whatever its size: CS4, real-time interactive (RFC 4594 §4.4), and above.
pub const EXPRESS_DSCP: u8 = 32;

const ICMP: u8 = 1;
const UDP: u8 = 17;
const HEADER_BYTES: usize = 20;

/// One of the two ways through the data plane. They share nothing that one could make the other wait for: a queue of
/// the device, a WireGuard session, a socket and a pair of threads are each lane's own.
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

    /// The lane of an IPv4 packet: express for ICMP, for whole UDP packets of at most [`EXPRESS_PACKET_BYTES`], and
    /// from [`EXPRESS_DSCP`] on. It depends on nothing that differs within a TCP connection, and so reorders none.
    ///
    /// Any bytes have a lane. The kernel's steering program of `lanrage-adapter` is the same rule.
    pub fn of(packet: &[u8]) -> Self {
        let Some(header) = packet.first_chunk::<HEADER_BYTES>() else { return Self::Bulk };
        let is_express = header[0] >> 4 == 4
            && (header[1] >> 2 >= EXPRESS_DSCP
                || match header[9] {
                    ICMP => true,
                    UDP => {
                        let is_fragment = u16::from_be_bytes([header[6], header[7]]) & 0x3FFF != 0;
                        let length = u16::from_be_bytes([header[2], header[3]]);
                        !is_fragment && length <= EXPRESS_PACKET_BYTES
                    }
                    _ => false,
                });
        if is_express { Self::Express } else { Self::Bulk }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(dscp: u8, length: u16, flags: u16, protocol: u8) -> [u8; 28] {
        let mut packet = [0; 28];
        packet[0] = 0x45;
        packet[1] = dscp << 2 | 1;
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        packet[6..8].copy_from_slice(&flags.to_be_bytes());
        packet[9] = protocol;
        packet
    }

    #[test]
    fn a_games_packets_are_express_and_a_transfers_are_not() {
        const TCP: u8 = 6;
        const DONT_FRAGMENT: u16 = 0x4000;
        let lane = |dscp, length, flags, protocol| Lane::of(&packet(dscp, length, flags, protocol));
        assert_eq!(lane(0, 128, 0, UDP), Lane::Express);
        assert_eq!(lane(0, EXPRESS_PACKET_BYTES, DONT_FRAGMENT, UDP), Lane::Express);
        assert_eq!(lane(0, EXPRESS_PACKET_BYTES + 1, 0, UDP), Lane::Bulk);
        assert_eq!(lane(0, 1_400, 0, ICMP), Lane::Express);
        assert_eq!(lane(0, 60, 0, TCP), Lane::Bulk);
        assert_eq!(lane(EXPRESS_DSCP, 1_400, 0, TCP), Lane::Express);
        assert_eq!(lane(EXPRESS_DSCP - 1, 1_400, 0, TCP), Lane::Bulk);
        for flags in [0x2000, 0x0001] {
            assert_eq!(lane(0, 128, flags, UDP), Lane::Bulk, "a fragment follows its whole");
        }
        assert_eq!(Lane::of(&[0x60; 40]), Lane::Bulk);
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_lane(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let lane = Lane::of(&bytes);
            prop_assert!(bytes.len() >= HEADER_BYTES || lane == Lane::Bulk);
        }
    }
}
