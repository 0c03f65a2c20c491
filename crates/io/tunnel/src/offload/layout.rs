//! Where the headers of a TCP or UDP packet are, over IPv4 or IPv6, and what of them depends on its length.

use crate::packet::{
    checksum,
    ipv4::{CHECKSUM, Ipv4, TCP, UDP},
};

const IPV6_HEADER_BYTES: usize = 40;
const UDP_HEADER_BYTES: usize = 8;
const TCP_HEADER_BYTES: usize = 20;
/// The longest headers that [`Layout::parse`] takes: IPv4 and TCP, both with all their options.
pub(super) const HEADERS_MAX_BYTES: usize = 60 + 60;

/// Offsets in the IPv4 header (RFC 791 §3.1).
pub(super) const IPV4_ID: usize = 4;
/// Offset of the next header in the IPv6 header (RFC 8200 §3).
pub(super) const IPV6_NEXT: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Udp,
}

impl Transport {
    const fn protocol(self) -> u8 {
        match self {
            Self::Tcp => TCP,
            Self::Udp => UDP,
        }
    }

    /// Where the checksum is in its header (RFC 9293 §3.1, RFC 768).
    pub(super) const fn checksum_offset(self) -> usize {
        match self {
            Self::Tcp => 16,
            Self::Udp => 6,
        }
    }
}

/// The parts of a whole packet, as offsets from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) is_v6: bool,
    pub(super) transport: Transport,
    /// Where the transport header begins.
    pub(super) start: usize,
    /// Where the payload begins: bytes of all headers.
    pub(super) payload: usize,
}

impl Layout {
    /// None if the bytes are not one whole TCP or UDP packet with complete headers and nothing behind it: no fragment,
    /// no extension header of IPv6. The length inside the UDP header is not looked at.
    pub(super) fn parse(packet: &[u8]) -> Option<Self> {
        let (is_v6, protocol, start) = match packet.first()? >> 4 {
            4 => {
                let ip = Ipv4::parse(packet)?;
                let whole = ip.header_len() + ip.payload().len() == packet.len() && !ip.is_fragment();
                (false, ip.protocol(), whole.then_some(ip.header_len())?)
            }
            6 => {
                let header = packet.first_chunk::<IPV6_HEADER_BYTES>()?;
                let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
                let whole = IPV6_HEADER_BYTES + length == packet.len();
                (true, header[IPV6_NEXT], whole.then_some(IPV6_HEADER_BYTES)?)
            }
            _ => return None,
        };
        let (transport, header_len) = match protocol {
            TCP => (Transport::Tcp, usize::from(packet.get(start + 12)? >> 4) * 4),
            UDP => (Transport::Udp, UDP_HEADER_BYTES),
            _ => return None,
        };
        let payload = start + header_len;
        let complete = transport == Transport::Udp || header_len >= TCP_HEADER_BYTES;
        (complete && payload <= packet.len()).then_some(Self { is_v6, transport, start, payload })
    }

    /// Both addresses.
    fn addresses<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        if self.is_v6 { &packet[8..40] } else { &packet[12..20] }
    }

    /// Where the checksum is.
    pub(super) const fn checksum(&self) -> usize {
        self.start + self.transport.checksum_offset()
    }

    /// The sum of the pseudo-header for a packet of `total` bytes (RFC 9293 §3.1, RFC 8200 §8.1).
    pub(super) fn pseudo_sum(&self, packet: &[u8], total: usize) -> u64 {
        let length = (total - self.start) as u64;
        checksum::sum(self.addresses(packet)) + u64::from(self.transport.protocol()) + length
    }

    /// Whether the checksums of IPv4 and of the transport are there and are those that would be written: one that means
    /// the same but is written otherwise would not come back.
    pub(super) fn is_intact(&self, packet: &[u8]) -> bool {
        let field = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
        let is_right = |sum: u64, field: u16| checksum::fold(sum) == 0xFFFF && field != 0xFFFF;
        if !self.is_v6 && !is_right(checksum::sum(&packet[..self.start]), field(CHECKSUM)) {
            return false;
        }
        let sum = self.pseudo_sum(packet, packet.len()) + checksum::sum(&packet[self.start..]);
        match self.transport {
            Transport::Tcp => is_right(sum, field(self.checksum())),
            // Zero means that there is none, and the sum 0xFFFF is what zero is sent as (RFC 768).
            Transport::Udp => checksum::fold(sum) == 0xFFFF && field(self.checksum()) != 0,
        }
    }

    /// Writes what depends on the length into the headers of a packet of `total` bytes, the checksum of IPv4 included.
    pub(super) fn set_length(&self, packet: &mut [u8], total: usize) {
        let mut put = |at: usize, value: u16| packet[at..at + 2].copy_from_slice(&value.to_be_bytes());
        let length = (total - self.start) as u16;
        if self.transport == Transport::Udp {
            put(self.start + 4, length);
        }
        if self.is_v6 {
            put(4, length);
            return;
        }
        put(2, total as u16);
        put(CHECKSUM, 0);
        let sum = checksum::of(&packet[..self.start]);
        packet[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());
    }

    /// Writes into the headers what the completion of the checksum of a packet of `total` bytes begins with: the sum of
    /// the pseudo-header.
    pub(super) fn set_partial_checksum(&self, headers: &mut [u8], total: usize) {
        let sum = checksum::fold(self.pseudo_sum(headers, total));
        let at = self.checksum();
        headers[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    }

    /// Writes the transport's checksum of a whole packet.
    pub(super) fn set_checksum(&self, packet: &mut [u8]) {
        let at = self.checksum();
        packet[at..at + 2].fill(0);
        let sum = self.pseudo_sum(packet, packet.len()) + checksum::sum(&packet[self.start..]);
        let checksum = match (!checksum::fold(sum), self.transport) {
            (0, Transport::Udp) => 0xFFFF,
            (checksum, _) => checksum,
        };
        packet[at..at + 2].copy_from_slice(&checksum.to_be_bytes());
    }
}
