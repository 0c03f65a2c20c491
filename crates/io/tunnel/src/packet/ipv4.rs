//! A checked view of an IPv4 packet (RFC 791 §3.1).

use std::net::Ipv4Addr;

pub(crate) const HEADER_BYTES: usize = 20;
pub(crate) const CHECKSUM: usize = 10;
pub(crate) const SOURCE: usize = 12;
pub(crate) const DESTINATION: usize = 16;

/// RFC 768.
pub(crate) const UDP_HEADER_BYTES: usize = 8;

pub(crate) const ICMP: u8 = 1;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;

/// A whole IPv4 packet: its header is complete and its length is that of the bytes.
#[derive(Clone, Copy)]
pub(crate) struct Ipv4<'a> {
    bytes: &'a [u8],
    header_len: usize,
}

impl<'a> Ipv4<'a> {
    /// None if the bytes are not one whole IPv4 packet; bytes after its end are left out.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let total = usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
        let packet = Self::parse_quoted(bytes.get(..total)?)?;
        Some(packet)
    }

    /// The beginning of a packet, as ICMP errors quote it (RFC 792): a complete header, then what there is.
    pub(crate) fn parse_quoted(bytes: &'a [u8]) -> Option<Self> {
        let header_len = usize::from(bytes.first()? & 0x0F) * 4;
        let whole = bytes[0] >> 4 == 4 && header_len >= HEADER_BYTES && bytes.len() >= header_len;
        whole.then_some(Self { bytes, header_len })
    }

    pub(crate) const fn header_len(&self) -> usize {
        self.header_len
    }

    /// The header with its options.
    pub(crate) fn header(&self) -> &'a [u8] {
        &self.bytes[..self.header_len]
    }

    pub(crate) fn payload(&self) -> &'a [u8] {
        &self.bytes[self.header_len..]
    }

    pub(crate) fn source(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.bytes[12], self.bytes[13], self.bytes[14], self.bytes[15])
    }

    pub(crate) fn destination(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.bytes[16], self.bytes[17], self.bytes[18], self.bytes[19])
    }

    pub(crate) const fn protocol(&self) -> u8 {
        self.bytes[9]
    }

    /// By which fragments of one packet are known.
    pub(crate) fn identification(&self) -> u16 {
        u16::from_be_bytes([self.bytes[4], self.bytes[5]])
    }

    /// Source and destination port of UDP or TCP; None if the payload does not begin with such a header, or is another
    /// part of a fragmented packet.
    pub(crate) fn ports(&self) -> Option<(u16, u16)> {
        let is_header = self.is_beginning()
            && matches!(self.protocol(), UDP | TCP)
            && self.payload().len() >= UDP_HEADER_BYTES;
        match *self.payload() {
            [a, b, c, d, ..] if is_header => Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))),
            _ => None,
        }
    }

    /// Whether it is any part of a fragmented packet, the first included.
    pub(crate) fn is_fragment(&self) -> bool {
        const MORE_OR_OFFSET: u16 = 0x3FFF;
        self.flags() & MORE_OR_OFFSET != 0
    }

    /// Whether it is a whole packet or the first part of a fragmented one.
    pub(crate) fn is_beginning(&self) -> bool {
        self.offset() == 0
    }

    /// Where in its datagram the payload begins, in units of eight bytes.
    pub(crate) fn offset(&self) -> u16 {
        self.flags() & 0x1FFF
    }

    pub(crate) fn dont_fragment(&self) -> bool {
        self.flags() & 0x4000 != 0
    }

    fn flags(&self) -> u16 {
        u16::from_be_bytes([self.bytes[6], self.bytes[7]])
    }
}

/// Whether the bytes claim to be IPv6.
pub(crate) fn is_ipv6(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| first >> 4 == 6)
}

#[cfg(test)]
pub(crate) mod build {
    //! Packets for tests, with right checksums computed from scratch.

    use super::*;
    use crate::packet::checksum;

    pub(crate) fn ipv4(source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 0, 0x12, 0x34, 0, 0, 64, protocol, 0, 0];
        packet[2..4].copy_from_slice(&((HEADER_BYTES + payload.len()) as u16).to_be_bytes());
        packet.extend_from_slice(&source.octets());
        packet.extend_from_slice(&destination.octets());
        let sum = checksum::of(&packet);
        packet[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());
        packet.extend_from_slice(payload);
        packet
    }

    /// The UDP checksum from scratch (RFC 768), as it would be sent; the field itself counts as zero.
    pub(crate) fn udp_checksum(packet: &[u8]) -> u16 {
        let ip = Ipv4::parse(packet).unwrap();
        let mut udp = ip.payload().to_vec();
        udp[6..8].fill(0);
        let mut pseudo = [ip.source().octets(), ip.destination().octets()].concat();
        pseudo.extend_from_slice(&[0, UDP]);
        pseudo.extend_from_slice(&(udp.len() as u16).to_be_bytes());
        pseudo.extend_from_slice(&udp);
        match checksum::of(&pseudo) {
            0 => 0xFFFF,
            sum => sum,
        }
    }

    pub(crate) fn udp(source: Ipv4Addr, destination: Ipv4Addr, ports: (u16, u16), data: &[u8]) -> Vec<u8> {
        let mut payload = [ports.0.to_be_bytes(), ports.1.to_be_bytes()].concat();
        payload.extend_from_slice(&(8 + data.len() as u16).to_be_bytes());
        payload.extend_from_slice(&[0, 0]);
        payload.extend_from_slice(data);
        let mut packet = ipv4(source, destination, UDP, &payload);
        let sum = udp_checksum(&packet);
        packet[HEADER_BYTES + 6..HEADER_BYTES + 8].copy_from_slice(&sum.to_be_bytes());
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
    const B: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);

    #[test]
    fn a_packet_is_read_back() {
        let bytes = build::ipv4(A, B, 99, b"hello");
        let ip = Ipv4::parse(&bytes).unwrap();
        assert_eq!((ip.source(), ip.destination(), ip.protocol()), (A, B, 99));
        assert_eq!((ip.payload(), ip.is_fragment()), (&b"hello"[..], false));
        assert_eq!((ip.identification(), ip.ports()), (0x1234, None));
        assert_eq!(Ipv4::parse(&build::udp(A, B, (1, 2), b"")).unwrap().ports(), Some((1, 2)));
    }

    #[test]
    fn a_packet_that_is_cut_or_lies_about_itself_is_none() {
        let good = build::ipv4(A, B, 99, b"hello");
        for cut in 0..good.len() {
            assert!(Ipv4::parse(&good[..cut]).is_none(), "{cut}");
        }
        for (at, value) in [(0, 0x65), (0, 0x44), (0, 0x4F), (3, 19), (3, 26), (2, 1)] {
            let mut bad = good.clone();
            bad[at] = value;
            assert!(Ipv4::parse(&bad).is_none(), "{at} {value}");
        }
    }

    #[test]
    fn first_middle_and_last_fragments_are_fragments_and_dont_fragment_is_not() {
        for (flags, expected) in [([0x20, 0], true), ([0x20, 1], true), ([0, 1], true), ([0x40, 0], false)] {
            let mut bytes = build::ipv4(A, B, 99, b"");
            bytes[6..8].copy_from_slice(&flags);
            assert_eq!(Ipv4::parse(&bytes).unwrap().is_fragment(), expected, "{flags:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_parse_or_do_not(mut bytes in prop::collection::vec(any::<u8>(), 0..100), v4: bool) {
            if let (true, Some(first)) = (v4, bytes.first_mut()) {
                *first = 0x40 | (*first & 7);
            }
            for ip in [Ipv4::parse(&bytes), Ipv4::parse_quoted(&bytes)].into_iter().flatten() {
                let _ = (ip.source(), ip.destination(), ip.protocol(), ip.ports(), ip.is_fragment());
                prop_assert!(ip.header_len() + ip.payload().len() <= bytes.len());
            }
        }
    }
}
