//! The unicast copy of a received broadcast, for games that bind to their own address: the OS gives those no
//! broadcast, on no system.
//!
//! Where nobody listens on the copy's port, the OS answers it with an ICMP error; sent back, that would break
//! the sender's socket on Windows. So the copy is marked with a time to live of 1, which no packet that came
//! over the tunnel to our own address otherwise needs, and the answer that quotes the mark is dropped.

use std::net::Ipv4Addr;

use crate::packet::{
    batch::PacketBatch,
    checksum,
    ipv4::{CHECKSUM, DESTINATION, ICMP, Ipv4, TTL, UDP},
};

const MARK_TTL: u8 = 1;
const UDP_HEADER_BYTES: usize = 8;
const UDP_CHECKSUM: usize = 6;

/// RFC 792: destination unreachable, port unreachable; the quoted packet begins after eight bytes.
const PORT_UNREACHABLE: [u8; 2] = [3, 3];
const QUOTE: usize = 8;

/// Whether a broadcast packet gets a copy: UDP, and whole, since a fragment could not be re-addressed alone.
pub(crate) fn is_due(ip: &Ipv4<'_>) -> bool {
    ip.protocol() == UDP && !ip.is_fragment() && ip.payload().len() >= UDP_HEADER_BYTES
}

/// Adds the copy of the packet that was added last to its batch, if there is room.
pub(crate) fn add(batch: &mut PacketBatch, own: Ipv4Addr) {
    let Some(len) = batch.repeat_last() else { return };
    if let Some(slot) = batch.slot() {
        readdress(&mut slot[..len], own);
    }
    batch.commit(len);
}

/// Turns a packet for which [`is_due`] is true into its copy for `own`, with the IP and UDP checksums updated
/// (RFC 1624). A UDP checksum of 0 means none and stays (RFC 768).
pub(crate) fn readdress(packet: &mut [u8], own: Ipv4Addr) {
    let Some(header_len) = Ipv4::parse(packet).filter(is_due).map(|ip| ip.header_len()) else {
        return;
    };
    let mut old = [0; 6];
    old[..4].copy_from_slice(&packet[DESTINATION..DESTINATION + 4]);
    old[4..].copy_from_slice(&packet[TTL..TTL + 2]);
    packet[DESTINATION..DESTINATION + 4].copy_from_slice(&own.octets());
    packet[TTL] = MARK_TTL;
    let mut new = [0; 6];
    new[..4].copy_from_slice(&own.octets());
    new[4..].copy_from_slice(&packet[TTL..TTL + 2]);

    update(packet, CHECKSUM, |sum| checksum::updated(sum, &old, &new));
    update(packet, header_len + UDP_CHECKSUM, |sum| match sum {
        0 => 0,
        // 0 would mean "none": the other zero of one's complement stands for it.
        sum => match checksum::updated(sum, &old[..4], &new[..4]) {
            0 => 0xFFFF,
            updated => updated,
        },
    });
}

fn update(packet: &mut [u8], at: usize, change: impl FnOnce(u16) -> u16) {
    let sum = change(u16::from_be_bytes([packet[at], packet[at + 1]]));
    packet[at..at + 2].copy_from_slice(&sum.to_be_bytes());
}

/// Whether an outgoing packet is the OS's "nobody listens here" for a copy that we wrote.
pub(crate) fn is_refusal(ip: &Ipv4<'_>, own: Ipv4Addr) -> bool {
    ip.protocol() == ICMP
        && !ip.is_fragment()
        && ip.payload().starts_with(&PORT_UNREACHABLE)
        && ip.payload().get(QUOTE..).and_then(Ipv4::parse_quoted).is_some_and(|quoted| {
            quoted.ttl() == MARK_TTL && quoted.protocol() == UDP && quoted.destination() == own
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::{HEADER_BYTES, build};
    use proptest::prelude::*;

    const PEER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);
    const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);

    fn icmp(kind: [u8; 2], quoted: &[u8]) -> Vec<u8> {
        let mut payload = vec![kind[0], kind[1], 0, 0, 0, 0, 0, 0];
        payload.extend_from_slice(&quoted[..HEADER_BYTES + UDP_HEADER_BYTES]);
        build::ipv4(OWN, PEER, ICMP, &payload)
    }

    #[test]
    fn only_the_answer_to_a_copy_is_a_refusal() {
        let is = |bytes: &[u8]| is_refusal(&Ipv4::parse(bytes).unwrap(), OWN);
        let mut copy = build::udp(PEER, Ipv4Addr::BROADCAST, (1, 2), b"who is there");
        readdress(&mut copy, OWN);
        assert!(is(&icmp(PORT_UNREACHABLE, &copy)));
        assert!(!is(&icmp([3, 1], &copy)) && !is(&icmp([11, 0], &copy)));
        let unicast = build::udp(PEER, OWN, (1, 2), b"a closed port must still answer");
        assert!(!is(&icmp(PORT_UNREACHABLE, &unicast)));
        readdress(&mut copy, Ipv4Addr::new(10, 66, 0, 9));
        assert!(!is(&icmp(PORT_UNREACHABLE, &copy)));
        assert!(!is(&copy) && !is(&build::ipv4(OWN, PEER, ICMP, &PORT_UNREACHABLE)));
    }

    #[test]
    fn fragments_other_protocols_and_cut_headers_get_no_copy() {
        let due = |bytes: &[u8]| is_due(&Ipv4::parse(bytes).unwrap());
        let mut packet = build::udp(PEER, Ipv4Addr::BROADCAST, (1, 2), b"x");
        assert!(due(&packet));
        packet[6] = 0x20;
        assert!(!due(&packet));
        assert!(!due(&build::ipv4(PEER, Ipv4Addr::BROADCAST, UDP, &[0; 7])));
        assert!(!due(&build::ipv4(PEER, Ipv4Addr::BROADCAST, 6, &[0; 20])));
    }

    proptest! {
        #[test]
        fn the_copy_has_the_checksums_of_a_packet_made_from_scratch(
            data in prop::collection::vec(any::<u8>(), 0..64), ports: (u16, u16), own: u32, ttl: u8
        ) {
            let own = Ipv4Addr::from(own);
            let mut packet = build::udp(PEER, Ipv4Addr::BROADCAST, ports, &data);
            packet[TTL] = ttl;
            packet[CHECKSUM..CHECKSUM + 2].fill(0);
            let sum = checksum::of(&packet[..HEADER_BYTES]);
            packet[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());

            readdress(&mut packet, own);
            let mut expected = build::udp(PEER, own, ports, &data);
            expected[TTL] = MARK_TTL;
            expected[CHECKSUM..CHECKSUM + 2].fill(0);
            let sum = checksum::of(&expected[..HEADER_BYTES]);
            expected[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());
            prop_assert_eq!(packet, expected);
        }

        #[test]
        fn a_packet_without_udp_checksum_keeps_none(data in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut packet = build::udp(PEER, Ipv4Addr::BROADCAST, (1, 2), &data);
            packet[HEADER_BYTES + 6..HEADER_BYTES + 8].fill(0);
            readdress(&mut packet, OWN);
            prop_assert_eq!(&packet[HEADER_BYTES + 6..HEADER_BYTES + 8], &[0, 0]);
            prop_assert_eq!(checksum::of(&packet[..HEADER_BYTES]), 0);
        }

        #[test]
        fn any_bytes_are_readdressed_or_left_alone(mut bytes in prop::collection::vec(any::<u8>(), 0..128)) {
            let len = bytes.len() as u16;
            if len >= 20 {
                bytes[0] = 0x45 + (bytes[0] & 1);
                bytes[2..4].copy_from_slice(&len.to_be_bytes());
                bytes[9] = if bytes[9] & 1 == 0 { UDP } else { ICMP };
            }
            if let Some(ip) = Ipv4::parse(&bytes) {
                let _ = is_refusal(&ip, OWN);
            }
            readdress(&mut bytes, OWN);
            prop_assert_eq!(bytes.len(), usize::from(len));
        }
    }
}
