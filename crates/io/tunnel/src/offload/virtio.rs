//! The header in front of every packet of a device with `IFF_VNET_HDR` (`struct virtio_net_hdr` of Linux).

/// The packet's checksum is to be completed: the field holds the sum of the pseudo-header alone.
pub(crate) const NEEDS_CSUM: u8 = 1;
/// The checksum was verified.
#[cfg(test)]
pub(crate) const DATA_VALID: u8 = 2;

/// One plain packet.
pub(crate) const GSO_NONE: u8 = 0;
/// Segments of TCP over IPv4.
pub(crate) const GSO_TCPV4: u8 = 1;
/// A UDP packet to be cut into IP fragments; never asked for, so never given.
#[cfg(test)]
pub(crate) const GSO_UDP: u8 = 3;
/// Segments of TCP over IPv6.
pub(crate) const GSO_TCPV6: u8 = 4;
/// UDP packets of one size over either.
pub(crate) const GSO_UDP_L4: u8 = 5;
/// Beside a TCP type: the segments carry the CWR flag on the first alone, as they do without it.
pub(crate) const GSO_ECN: u8 = 0x80;

/// The header, in the machine's byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Virtio {
    pub(crate) flags: u8,
    pub(crate) gso_type: u8,
    /// Bytes of all headers of the packet; a hint only.
    pub(crate) header_len: u16,
    /// Payload of every segment but the last, in bytes.
    pub(crate) gso_size: u16,
    /// Where the checksum begins to count: at the transport header.
    pub(crate) csum_start: u16,
    /// Where the checksum is, from there.
    pub(crate) csum_offset: u16,
}

impl Virtio {
    /// Bytes of the header.
    pub(crate) const BYTES: usize = 10;

    /// Reads the header that `bytes` begin with. None if they are too few.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let [flags, gso_type, h0, h1, s0, s1, c0, c1, o0, o1] = *bytes.first_chunk::<{ Self::BYTES }>()?;
        Some(Self {
            flags,
            gso_type,
            header_len: u16::from_ne_bytes([h0, h1]),
            gso_size: u16::from_ne_bytes([s0, s1]),
            csum_start: u16::from_ne_bytes([c0, c1]),
            csum_offset: u16::from_ne_bytes([o0, o1]),
        })
    }

    /// The header as bytes.
    pub(crate) const fn write(&self) -> [u8; Self::BYTES] {
        let [h0, h1] = self.header_len.to_ne_bytes();
        let [s0, s1] = self.gso_size.to_ne_bytes();
        let [c0, c1] = self.csum_start.to_ne_bytes();
        let [o0, o1] = self.csum_offset.to_ne_bytes();
        [self.flags, self.gso_type, h0, h1, s0, s1, c0, c1, o0, o1]
    }

    /// Whether several packets are to be made of this one.
    pub(crate) const fn is_segmented(&self) -> bool {
        self.kind() != GSO_NONE
    }

    /// The type without the mark of ECN.
    pub(crate) const fn kind(&self) -> u8 {
        self.gso_type & !GSO_ECN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_fields_are_where_linux_has_them() {
        let mut bytes = [NEEDS_CSUM, GSO_TCPV4 | GSO_ECN, 0, 0, 0, 0, 0, 0, 0, 0, 99];
        bytes[2..4].copy_from_slice(&54_u16.to_ne_bytes());
        bytes[4..6].copy_from_slice(&1_400_u16.to_ne_bytes());
        bytes[6..8].copy_from_slice(&20_u16.to_ne_bytes());
        bytes[8..10].copy_from_slice(&16_u16.to_ne_bytes());
        let header = Virtio::parse(&bytes).unwrap();
        let expected = Virtio {
            flags: NEEDS_CSUM,
            gso_type: GSO_TCPV4 | GSO_ECN,
            header_len: 54,
            gso_size: 1_400,
            csum_start: 20,
            csum_offset: 16,
        };
        assert_eq!((header, header.kind()), (expected, GSO_TCPV4));
        assert!(Virtio::parse(&bytes[..9]).is_none());
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_again(bytes: [u8; Virtio::BYTES]) {
            prop_assert_eq!(Virtio::parse(&bytes).unwrap().write(), bytes);
        }
    }
}
