//! Another address in a packet, with the checksums that cover it updated (RFC 1624).

use std::net::Ipv4Addr;

use crate::packet::{
    checksum,
    ipv4::{CHECKSUM, DESTINATION, Ipv4, SOURCE, TCP, UDP, UDP_HEADER_BYTES},
};

const UDP_CHECKSUM: usize = 6;
const TCP_HEADER_BYTES: usize = 20;
const TCP_CHECKSUM: usize = 16;

/// Gives a packet, or any fragment of one, another destination. Anything that is no IPv4 packet stays as it is.
pub(crate) fn set_destination(packet: &mut [u8], destination: Ipv4Addr) {
    set(packet, DESTINATION, destination);
}

/// Gives a whole UDP packet another destination, and another port there. Anything else stays as it is.
pub(crate) fn set_udp_destination(packet: &mut [u8], destination: Ipv4Addr, port: u16) {
    let Some(ip) = Ipv4::parse(packet).filter(|ip| ip.protocol() == UDP && !ip.is_fragment()) else { return };
    let Some((_, old)) = ip.ports() else { return };
    let header_len = ip.header_len();
    set(packet, DESTINATION, destination);
    packet[header_len + 2..header_len + 4].copy_from_slice(&port.to_be_bytes());
    update_udp(packet, header_len, &old.to_be_bytes(), &port.to_be_bytes());
}

/// The same with the source.
pub(crate) fn set_source(packet: &mut [u8], source: Ipv4Addr) {
    set(packet, SOURCE, source);
}

/// Gives a whole UDP packet its checksum by what is in it, unless it has none: the one that is there may be what a network card
/// was to complete. Anything else stays as it is.
pub(crate) fn complete_udp_checksum(packet: &mut [u8]) {
    let Some(ip) = Ipv4::parse(packet).filter(|ip| ip.protocol() == UDP && !ip.is_fragment()) else { return };
    let Some((header, data)) = ip.payload().split_at_checked(UDP_HEADER_BYTES) else { return };
    let (ports_and_length, checksum) = header.split_at(UDP_CHECKSUM);
    if checksum == [0; 2] {
        return;
    }
    let addresses = &ip.header()[SOURCE..DESTINATION + 4];
    let parts = checksum::sum(addresses) + checksum::sum(ports_and_length) + checksum::sum(data);
    let sum = !checksum::fold(parts + u64::from(UDP) + ip.payload().len() as u64);
    let at = ip.header_len() + UDP_CHECKSUM;
    update(packet, at, |_| if sum == 0 { 0xFFFF } else { sum });
}

fn set(packet: &mut [u8], at: usize, address: Ipv4Addr) {
    let Some(ip) = Ipv4::parse(packet) else { return };
    let (header_len, payload_len) = (ip.header_len(), ip.payload().len());
    // The first fragment has the sum over all of them, and the others have none.
    let transport = match ip.protocol() {
        _ if !ip.is_beginning() => None,
        UDP if payload_len >= UDP_HEADER_BYTES => Some(UDP_CHECKSUM),
        TCP if payload_len >= TCP_HEADER_BYTES => Some(TCP_CHECKSUM),
        _ => None,
    };
    let new = address.octets();
    let mut old = [0; 4];
    old.copy_from_slice(&packet[at..at + 4]);
    packet[at..at + 4].copy_from_slice(&new);

    update(packet, CHECKSUM, |sum| checksum::updated(sum, &old, &new));
    match transport {
        Some(UDP_CHECKSUM) => update_udp(packet, header_len, &old, &new),
        Some(at) => update(packet, header_len + at, |sum| checksum::updated(sum, &old, &new)),
        None => {}
    }
}

fn update_udp(packet: &mut [u8], header_len: usize, old: &[u8], new: &[u8]) {
    update(packet, header_len + UDP_CHECKSUM, |sum| match sum {
        // No checksum (RFC 768).
        0 => 0,
        // 0 would mean "none": the other zero of one's complement stands for it.
        sum => match checksum::updated(sum, old, new) {
            0 => 0xFFFF,
            updated => updated,
        },
    });
}

fn update(packet: &mut [u8], at: usize, change: impl FnOnce(u16) -> u16) {
    let sum = change(u16::from_be_bytes([packet[at], packet[at + 1]]));
    packet[at..at + 2].copy_from_slice(&sum.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::{HEADER_BYTES, ICMP, build};
    use proptest::prelude::*;

    const PEER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);

    proptest! {
        #[test]
        fn a_packet_has_the_checksums_of_one_made_from_scratch(
            data in prop::collection::vec(any::<u8>(), 0..64), ports: (u16, u16), to: u32
        ) {
            let to = Ipv4Addr::from(to);
            let mut packet = build::udp(PEER, Ipv4Addr::BROADCAST, ports, &data);
            set_destination(&mut packet, to);
            prop_assert_eq!(packet, build::udp(PEER, to, ports, &data));
        }

        #[test]
        fn at_another_port_it_is_one_made_from_scratch_too(
            data in prop::collection::vec(any::<u8>(), 0..64), ports: (u16, u16), to: u32, port: u16
        ) {
            let to = Ipv4Addr::from(to);
            let mut packet = build::udp(PEER, Ipv4Addr::BROADCAST, ports, &data);
            set_udp_destination(&mut packet, to, port);
            prop_assert_eq!(packet, build::udp(PEER, to, (ports.0, port), &data));
        }

        #[test]
        fn a_packet_without_udp_checksum_keeps_none(data in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut packet = build::udp(PEER, Ipv4Addr::BROADCAST, (1, 2), &data);
            packet[HEADER_BYTES + 6..HEADER_BYTES + 8].fill(0);
            set_destination(&mut packet, PEER);
            prop_assert_eq!(&packet[HEADER_BYTES + 6..HEADER_BYTES + 8], &[0, 0]);
            prop_assert_eq!(checksum::of(&packet[..HEADER_BYTES]), 0);
        }

        #[test]
        fn a_fragment_behind_the_first_changes_in_its_header_alone(data in prop::collection::vec(any::<u8>(), 8..64)) {
            let mut packet = build::ipv4(PEER, Ipv4Addr::BROADCAST, UDP, &data);
            packet[7] = 1;
            set_destination(&mut packet, PEER);
            prop_assert_eq!(&packet[HEADER_BYTES..], &data[..]);
            prop_assert_eq!(Ipv4::parse(&packet).unwrap().destination(), PEER);
        }

        #[test]
        fn any_bytes_are_readdressed_or_left_alone(mut bytes in prop::collection::vec(any::<u8>(), 0..128)) {
            let len = bytes.len() as u16;
            if len >= 20 {
                bytes[0] = 0x45 + (bytes[0] & 1);
                bytes[2..4].copy_from_slice(&len.to_be_bytes());
                bytes[9] = [UDP, TCP, ICMP][usize::from(bytes[9] % 3)];
            }
            set_destination(&mut bytes, PEER);
            set_udp_destination(&mut bytes, PEER, 9);
            prop_assert_eq!(bytes.len(), usize::from(len));
        }
    }
}
