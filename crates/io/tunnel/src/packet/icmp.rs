//! "Too big" told to our own operating system (RFC 792, RFC 1191), so that its path MTU discovery works over the
//! tunnel.

use crate::packet::{
    checksum,
    ipv4::{CHECKSUM, HEADER_BYTES, ICMP, Ipv4},
};

/// Type 3, destination unreachable; code 4, fragmentation needed and "don't fragment" set.
const FRAGMENTATION_NEEDED: [u8; 2] = [3, 4];
const ICMP_HEADER_BYTES: usize = 8;
/// RFC 1812 §4.3.2.3: as much of the packet as fits this.
const ANSWER_MAX_BYTES: usize = 576;
/// Types of messages that are errors themselves (RFC 1122 §3.2.2).
const ERRORS: [u8; 5] = [3, 4, 5, 11, 12];

pub(crate) type Answer = [u8; ANSWER_MAX_BYTES];
pub(crate) const EMPTY: Answer = [0; ANSWER_MAX_BYTES];

/// Writes the answer to a packet of ours that is larger than `mtu`, the largest that the way to its destination
/// carries; gives its bytes. None where none is due (RFC 1122 §3.2.2): to a later fragment, or to an error.
///
/// It comes in the name of the packet's destination: from our own address the OS would refuse it (RFC 1812 §5.3.7,
/// a packet from outside with an own address), and there is no router between.
pub(crate) fn fragmentation_needed<'a>(packet: &[u8], mtu: u16, answer: &'a mut Answer) -> Option<&'a [u8]> {
    let ip = Ipv4::parse(packet)?;
    let is_error = ip.protocol() == ICMP && ip.payload().first().is_some_and(|kind| ERRORS.contains(kind));
    if is_error || !ip.is_beginning() {
        return None;
    }
    let quote = &packet[..packet.len().min(ANSWER_MAX_BYTES - HEADER_BYTES - ICMP_HEADER_BYTES)];
    let len = HEADER_BYTES + ICMP_HEADER_BYTES + quote.len();
    let (header, rest) = answer[..len].split_at_mut(HEADER_BYTES);
    header.copy_from_slice(&[0x45, 0, 0, 0, 0, 0, 0, 0, 64, ICMP, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    header[2..4].copy_from_slice(&(len as u16).to_be_bytes());
    header[12..16].copy_from_slice(&ip.destination().octets());
    header[16..20].copy_from_slice(&ip.source().octets());
    let sum = checksum::of(header);
    header[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());

    rest[..2].copy_from_slice(&FRAGMENTATION_NEEDED);
    rest[2..6].fill(0);
    rest[6..8].copy_from_slice(&mtu.to_be_bytes());
    rest[8..].copy_from_slice(quote);
    let sum = checksum::of(rest);
    rest[2..4].copy_from_slice(&sum.to_be_bytes());
    Some(&answer[..len])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::build;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
    const PEER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);

    #[test]
    fn the_answer_names_the_mtu_and_quotes_the_packet() {
        for len in [0, 8, 519, 520, 521, 1_392] {
            let packet = build::udp(OWN, PEER, (1, 2), &vec![7; len]);
            let mut answer = [0xEE; ANSWER_MAX_BYTES];
            let bytes = fragmentation_needed(&packet, 1_234, &mut answer).unwrap();
            let ip = Ipv4::parse(bytes).unwrap();
            assert_eq!((ip.source(), ip.destination(), ip.protocol()), (PEER, OWN, ICMP));
            assert_eq!((checksum::of(&bytes[..20]), checksum::of(ip.payload())), (0, 0));
            assert_eq!(ip.payload()[..2], [3, 4]);
            assert_eq!(ip.payload()[4..8], [0, 0, 0x04, 0xD2]);
            assert_eq!(ip.payload()[8..], packet[..packet.len().min(548)]);
        }
    }

    #[test]
    fn no_answer_to_errors_and_later_fragments() {
        let mut answer = [0; ANSWER_MAX_BYTES];
        let mut due = |packet: &[u8]| fragmentation_needed(packet, 576, &mut answer).is_some();
        for (kind, expected) in
            [(0, true), (3, false), (4, false), (5, false), (8, true), (11, false), (12, false)]
        {
            assert_eq!(due(&build::ipv4(OWN, PEER, ICMP, &[kind, 0, 0, 0])), expected, "{kind}");
        }
        let mut packet = build::udp(OWN, PEER, (1, 2), b"x");
        packet[6] = 0x60;
        assert!(due(&packet), "a first fragment");
        packet[7] = 1;
        assert!(!due(&packet));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered_or_not(bytes in prop::collection::vec(any::<u8>(), 0..1_500), mtu: u16) {
            let _ = fragmentation_needed(&bytes, mtu, &mut [0; ANSWER_MAX_BYTES]);
        }
    }
}
