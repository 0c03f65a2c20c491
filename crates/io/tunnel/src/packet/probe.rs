//! Probes: packets of ours inside the session, which the OS never sees.

use std::net::Ipv4Addr;

use lanrage_party::limits::PACKET_BYTES;

use crate::packet::{
    checksum,
    ipv4::{CHECKSUM, HEADER_BYTES},
};

/// Largest payload of a probe, in bytes: with it the probe is as large as the largest packet, and proves that such
/// ones pass.
pub const PROBE_PAYLOAD_BYTES: usize = 1_400;

const _: () = assert!(HEADER_BYTES + PROBE_PAYLOAD_BYTES == PACKET_BYTES);

/// The IP protocol number for experiments (RFC 3692 §2.1, RFC 4727 §3.2). Ours alone inside the tunnel: what
/// the OS sends with it is dropped.
pub(crate) const PROBE_PROTOCOL: u8 = 253;

pub(crate) type ProbePacket = [u8; HEADER_BYTES + PROBE_PAYLOAD_BYTES];

/// Writes a probe as an IPv4 packet; gives its bytes, or None if the payload is too long.
pub(crate) fn write<'a>(
    source: Ipv4Addr,
    destination: Ipv4Addr,
    payload: &[u8],
    buffer: &'a mut ProbePacket,
) -> Option<&'a [u8]> {
    if payload.len() > PROBE_PAYLOAD_BYTES {
        return None;
    }
    let len = HEADER_BYTES + payload.len();
    let (header, rest) = buffer.split_at_mut(HEADER_BYTES);
    // Version 4, five words of header; don't fragment; a time to live that nobody decrements.
    header.copy_from_slice(&[0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, PROBE_PROTOCOL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    header[2..4].copy_from_slice(&(len as u16).to_be_bytes());
    header[12..16].copy_from_slice(&source.octets());
    header[16..20].copy_from_slice(&destination.octets());
    let sum = checksum::of(header);
    header[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());
    rest[..payload.len()].copy_from_slice(payload);
    Some(&buffer[..len])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::Ipv4;

    #[test]
    fn a_probe_is_a_valid_packet_from_lease_to_lease() {
        let (a, b) = (Ipv4Addr::new(10, 66, 0, 1), Ipv4Addr::new(10, 66, 0, 2));
        let mut buffer = [0xEE; HEADER_BYTES + PROBE_PAYLOAD_BYTES];
        for payload in [&b""[..], b"rtt?", &[7; PROBE_PAYLOAD_BYTES]] {
            let bytes = write(a, b, payload, &mut buffer).unwrap();
            let ip = Ipv4::parse(bytes).unwrap();
            assert_eq!((ip.source(), ip.destination(), ip.protocol()), (a, b, PROBE_PROTOCOL));
            assert_eq!(ip.payload(), payload);
            assert_eq!(checksum::of(&bytes[..HEADER_BYTES]), 0);
        }
        assert!(write(a, b, &[7; PROBE_PAYLOAD_BYTES + 1], &mut buffer).is_none());
    }
}
