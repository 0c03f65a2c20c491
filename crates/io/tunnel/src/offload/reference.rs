//! Segmentation and coalescing once more, slow and plain: packets are fields, and bytes are made of them last.

use super::{
    coalesce::{LOOK_BACK, PIECES, TOTAL_BYTES},
    virtio::{GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, NEEDS_CSUM, Virtio},
};

const FIN: u8 = 0x01;
pub(super) const PSH: u8 = 0x08;
pub(super) const ACK: u8 = 0x10;
const CWR: u8 = 0x80;

/// The fields of a packet. What follows from others (lengths, checksums) is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) ip: Ip,
    pub(super) ports: (u16, u16),
    pub(super) transport: Transport,
    pub(super) payload: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ip {
    V4 { ends: ([u8; 4], [u8; 4]), service: u8, id: u16, dont_fragment: bool, ttl: u8, options: Vec<u8> },
    V6 { ends: ([u8; 16], [u8; 16]), class_and_label: u32, hop_limit: u8 },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp { sequence: u32, acknowledged: u32, flags: u8, window: u16, urgent: u16, options: Vec<u8> },
    Udp,
}

/// The one's complement sum of pairs of bytes (RFC 1071 §1).
pub(super) fn sum(bytes: &[u8]) -> u16 {
    let mut total = 0_u32;
    for pair in bytes.chunks(2) {
        total += u32::from(pair[0]) << 8;
        total += pair.get(1).map_or(0, |low| u32::from(*low));
        if total > 0xFFFF {
            total -= 0xFFFF;
        }
    }
    total as u16
}

impl Packet {
    /// The bytes that are sent.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let counted = [self.pseudo_header(), self.transport_header(0), self.payload.clone()].concat();
        let checksum = match (!sum(&counted), &self.transport) {
            (0, Transport::Udp) => 0xFFFF,
            (checksum, _) => checksum,
        };
        self.with_checksum(checksum)
    }

    /// The bytes that a device with offload has: the checksum is left to be completed.
    pub(super) fn unfinished(&self) -> Vec<u8> {
        self.with_checksum(sum(&self.pseudo_header()))
    }

    /// Its header there, to be cut into payloads of `size` bytes.
    pub(super) fn header(&self, size: usize) -> Virtio {
        let gso_type = match (&self.transport, &self.ip) {
            (Transport::Udp, _) => GSO_UDP_L4,
            (Transport::Tcp { .. }, Ip::V4 { .. }) => GSO_TCPV4,
            (Transport::Tcp { .. }, Ip::V6 { .. }) => GSO_TCPV6,
        };
        let start = self.ip_header().len();
        let csum_offset = if self.transport == Transport::Udp { 6 } else { 16 };
        Virtio {
            flags: NEEDS_CSUM,
            gso_type,
            header_len: (start + self.transport_header(0).len()) as u16,
            gso_size: size as u16,
            csum_start: start as u16,
            csum_offset,
        }
    }

    /// Bytes in front of the payload.
    pub(super) fn header_len(&self) -> usize {
        self.ip_header().len() + self.transport_header(0).len()
    }

    fn with_checksum(&self, checksum: u16) -> Vec<u8> {
        [self.ip_header(), self.transport_header(checksum), self.payload.clone()].concat()
    }

    fn transport_len(&self) -> u16 {
        (self.transport_header(0).len() + self.payload.len()) as u16
    }

    fn pseudo_header(&self) -> Vec<u8> {
        let protocol = if self.transport == Transport::Udp { 17 } else { 6 };
        let length = self.transport_len();
        match &self.ip {
            Ip::V4 { ends, .. } => [&ends.0[..], &ends.1, &[0, protocol], &length.to_be_bytes()].concat(),
            Ip::V6 { ends, .. } => {
                [&ends.0[..], &ends.1, &u32::from(length).to_be_bytes(), &[0, 0, 0, protocol]].concat()
            }
        }
    }

    fn ip_header(&self) -> Vec<u8> {
        let protocol = if self.transport == Transport::Udp { 17 } else { 6 };
        let length = self.transport_len();
        match &self.ip {
            Ip::V4 { ends, service, id, dont_fragment, ttl, options } => {
                let words = 5 + options.len() / 4;
                let total = words as u16 * 4 + length;
                let header = |checksum: u16| {
                    let mut header = vec![0x40 | words as u8, *service];
                    header.extend(total.to_be_bytes());
                    header.extend(id.to_be_bytes());
                    header.extend([if *dont_fragment { 0x40 } else { 0 }, 0, *ttl, protocol]);
                    header.extend(checksum.to_be_bytes());
                    header.extend(ends.0);
                    header.extend(ends.1);
                    header.extend(options);
                    header
                };
                header(!sum(&header(0)))
            }
            Ip::V6 { ends, class_and_label, hop_limit } => {
                let mut header = (6 << 28 | class_and_label & 0x0FFF_FFFF).to_be_bytes().to_vec();
                header.extend(length.to_be_bytes());
                header.extend([protocol, *hop_limit]);
                header.extend(ends.0);
                header.extend(ends.1);
                header
            }
        }
    }

    fn transport_header(&self, checksum: u16) -> Vec<u8> {
        let mut header = [self.ports.0.to_be_bytes(), self.ports.1.to_be_bytes()].concat();
        match &self.transport {
            Transport::Udp => {
                header.extend((8 + self.payload.len() as u16).to_be_bytes());
                header.extend(checksum.to_be_bytes());
            }
            Transport::Tcp { sequence, acknowledged, flags, window, urgent, options } => {
                header.extend(sequence.to_be_bytes());
                header.extend(acknowledged.to_be_bytes());
                header.extend([(5 + options.len() as u8 / 4) << 4, *flags]);
                header.extend(window.to_be_bytes());
                header.extend(checksum.to_be_bytes());
                header.extend(urgent.to_be_bytes());
                header.extend(options);
            }
        }
        header
    }

    /// This packet's headers on another part of the payload, `n` packets and `bytes` bytes further on.
    fn further_on(&self, n: usize, bytes: usize, payload: &[u8]) -> Self {
        let mut next = Self { payload: payload.to_vec(), ..self.clone() };
        if let Ip::V4 { id, .. } = &mut next.ip {
            *id = id.wrapping_add(n as u16);
        }
        if let Transport::Tcp { sequence, .. } = &mut next.transport {
            *sequence = sequence.wrapping_add(bytes as u32);
        }
        next
    }

    /// What it is cut into.
    pub(super) fn segments(&self, size: usize) -> Vec<Self> {
        let parts: Vec<&[u8]> =
            if self.payload.is_empty() { vec![&[]] } else { self.payload.chunks(size).collect() };
        let segment = |(n, part): (usize, &&[u8])| {
            let mut segment = self.further_on(n, n * size, part);
            if let Transport::Tcp { flags, .. } = &mut segment.transport {
                if n > 0 {
                    *flags &= !CWR;
                }
                if n + 1 < parts.len() {
                    *flags &= !(FIN | PSH);
                }
            }
            segment
        };
        parts.iter().enumerate().map(segment).collect()
    }

    fn flow(&self) -> (Vec<u8>, (u16, u16), bool) {
        let ends = match &self.ip {
            Ip::V4 { ends, .. } => [ends.0, ends.1].concat(),
            Ip::V6 { ends, .. } => [ends.0, ends.1].concat(),
        };
        (ends, self.ports, self.transport == Transport::Udp)
    }

    fn flags(&self) -> u8 {
        if let Transport::Tcp { flags, .. } = self.transport { flags } else { ACK }
    }

    /// Itself, but for what need not be equal: the flag that ends an item, and a meaningless identification.
    fn comparable(&self) -> Self {
        let mut same = Self { payload: Vec::new(), ..self.clone() };
        if let Ip::V4 { id, dont_fragment: true, .. } = &mut same.ip {
            *id = 0;
        }
        if let Transport::Tcp { flags, .. } = &mut same.transport {
            *flags &= !PSH;
        }
        same
    }
}

/// A packet as it arrives.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) packet: Packet,
    pub(super) damage: Damage,
}

/// What happened to it on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    None,
    /// A bit of the payload, or of the ports' successors, is wrong: this one, from the transport header's fifth byte.
    Bit(usize),
    /// The IPv4 header's checksum is wrong; nothing over IPv6.
    IpChecksum,
    /// UDP without a checksum; nothing over TCP.
    NoChecksum,
    /// It is a fragment.
    Fragment,
    /// Only so many bytes of it are there.
    Cut(usize),
}

impl Arrival {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.packet.bytes();
        let start = self.packet.ip_header().len();
        let is_v4 = matches!(self.packet.ip, Ip::V4 { .. });
        match self.damage {
            Damage::None => {}
            Damage::Bit(bit) => {
                let bits = (bytes.len() - start - 4) * 8;
                bytes[start + 4 + bit % bits / 8] ^= 1 << (bit % 8);
            }
            Damage::IpChecksum if is_v4 => bytes[11] ^= 1,
            Damage::NoChecksum if self.packet.transport == Transport::Udp => {
                bytes[start + 6..start + 8].fill(0)
            }
            Damage::Fragment if is_v4 => bytes[6] |= 0x20,
            Damage::Fragment => bytes[6] = 44,
            Damage::Cut(len) => bytes.truncate(len % bytes.len()),
            Damage::IpChecksum | Damage::NoChecksum => {}
        }
        bytes
    }

    /// Whether its flow cannot be told.
    fn is_unclear(&self) -> bool {
        let has_options = matches!(&self.packet.ip, Ip::V4 { options, .. } if !options.is_empty());
        has_options
            || self.has_no_payload_offset()
            || matches!(self.damage, Damage::Fragment | Damage::Cut(_))
    }

    /// Whether its damage is to the length of the TCP header, so that it is none.
    fn has_no_payload_offset(&self) -> bool {
        let bytes = self.bytes();
        let tcp = self.packet.ip_header().len();
        let is_tcp = self.packet.transport != Transport::Udp && matches!(self.damage, Damage::Bit(_));
        is_tcp && !(20..=bytes.len() - tcp).contains(&(usize::from(bytes[tcp + 12] >> 4) * 4))
    }

    fn can_join(&self) -> bool {
        let is_whole = self.bytes() == self.packet.bytes();
        is_whole && self.packet.flags() & !PSH == ACK && !self.packet.payload.is_empty()
    }
}

/// Which of the arrivals are written as one, in the order of the writes.
pub(super) fn coalesced(arrivals: &[Arrival]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    // Groups before it are over.
    let mut over = 0;
    for (n, arrival) in arrivals.iter().enumerate() {
        if arrival.is_unclear() {
            groups.push(vec![n]);
            over = groups.len();
            continue;
        }
        let flow = arrival.packet.flow();
        let last = groups[over..].iter_mut().rev().take(LOOK_BACK);
        let last = last.into_iter().find(|group| arrivals[group[0]].packet.flow() == flow);
        match last.filter(|group| continues(arrivals, group, arrival)) {
            Some(group) => group.push(n),
            None => groups.push(vec![n]),
        }
    }
    groups
}

fn continues(arrivals: &[Arrival], group: &[usize], arrival: &Arrival) -> bool {
    let first = &arrivals[group[0]].packet;
    let size = first.payload.len();
    let bytes: usize = group.iter().map(|n| arrivals[*n].packet.payload.len()).sum();
    let is_full = bytes == size * group.len();
    let was_pushed =
        arrivals[*group.last().unwrap()].packet.flags() & PSH != 0 && first.transport != Transport::Udp;
    let next = first.further_on(group.len(), bytes, &[]);
    let payload = arrival.packet.payload.len();
    arrivals[group[0]].can_join()
        && arrival.can_join()
        && is_full
        && !was_pushed
        && next.comparable() == arrival.packet.comparable()
        && payload <= size
        && group.len() < PIECES
        && first.header_len() + bytes + payload <= TOTAL_BYTES
}

/// What is written for a group: one header, one packet.
pub(super) fn written(arrivals: &[Arrival], group: &[usize]) -> Vec<u8> {
    let first = &arrivals[group[0]];
    if group.len() == 1 {
        return [&Virtio::default().write()[..], &first.bytes()].concat();
    }
    let payload: Vec<u8> = group.iter().flat_map(|n| arrivals[*n].packet.payload.clone()).collect();
    let mut whole = Packet { payload, ..first.packet.clone() };
    if let Transport::Tcp { flags, .. } = &mut whole.transport {
        *flags |= arrivals[*group.last().unwrap()].packet.flags() & PSH;
    }
    [&whole.header(first.packet.payload.len()).write()[..], &whole.unfinished()].concat()
}
