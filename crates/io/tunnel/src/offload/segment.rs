//! One large packet of the device becomes packets that fit the tunnel, as Linux' GSO does it.

use lanrage_party::facts::DropReason;

use super::{
    layout::{HEADERS_MAX_BYTES, IPV4_ID, Layout, Transport},
    virtio::{GSO_NONE, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, NEEDS_CSUM, Virtio},
};
use crate::packet::checksum;

/// Offsets in the TCP header (RFC 9293 §3.1).
const SEQUENCE: usize = 4;
const FLAGS: usize = 13;
const FIN: u8 = 0x01;
const PSH: u8 = 0x08;
const CWR: u8 = 0x80;

/// Cuts what the device gave into finished packets of at most `limit` bytes, and calls `each` for all of them in order.
/// It works inside `packet`: a segment's headers are written over the payload before its own, which `each` has had and may
/// have changed.
///
/// # Errors
/// [`DropReason::MalformedOffload`] for a header that does not fit the packet, [`DropReason::OversizedPacket`] where a
/// packet would be longer than the limit. `each` is not called then.
pub(crate) fn segment(
    header: &Virtio,
    packet: &mut [u8],
    limit: usize,
    mut each: impl FnMut(&mut [u8]),
) -> Result<(), DropReason> {
    if header.kind() == GSO_NONE {
        if packet.len() > limit {
            return Err(DropReason::OversizedPacket);
        }
        if header.flags & NEEDS_CSUM != 0 {
            complete_checksum(header, packet).ok_or(DropReason::MalformedOffload)?;
        }
        each(packet);
        return Ok(());
    }
    let layout = layout(header, packet).ok_or(DropReason::MalformedOffload)?;
    let size = usize::from(header.gso_size);
    let payload = packet.len() - layout.payload;
    if layout.payload + size.min(payload) > limit {
        return Err(DropReason::OversizedPacket);
    }

    let mut headers = [0; HEADERS_MAX_BYTES];
    let headers = &mut headers[..layout.payload];
    headers.copy_from_slice(&packet[..layout.payload]);
    let mut at = 0;
    let mut n = 0_u16;
    loop {
        let end = (at + size).min(payload);
        let segment = &mut packet[at..layout.payload + end];
        segment[..layout.payload].copy_from_slice(headers);
        if !layout.is_v6 {
            let id = u16::from_be_bytes([headers[IPV4_ID], headers[IPV4_ID + 1]]).wrapping_add(n);
            segment[IPV4_ID..IPV4_ID + 2].copy_from_slice(&id.to_be_bytes());
        }
        if layout.transport == Transport::Tcp {
            let tcp = &mut segment[layout.start..];
            place(tcp, at as u32, end == payload);
        }
        layout.set_length(segment, segment.len());
        layout.set_checksum(segment);
        each(segment);
        if end == payload {
            return Ok(());
        }
        at = end;
        n = n.wrapping_add(1);
    }
}

/// What the header says, if that is what the packet is.
fn layout(header: &Virtio, packet: &[u8]) -> Option<Layout> {
    let layout = Layout::parse(packet)?;
    let is_kind = match header.kind() {
        GSO_TCPV4 => layout.transport == Transport::Tcp && !layout.is_v6,
        GSO_TCPV6 => layout.transport == Transport::Tcp && layout.is_v6,
        GSO_UDP_L4 => layout.transport == Transport::Udp,
        _ => false,
    };
    let is_placed = usize::from(header.csum_start) == layout.start
        && usize::from(header.csum_offset) == layout.transport.checksum_offset();
    let is_cut = header.gso_size > 0 && header.flags & NEEDS_CSUM != 0;
    (is_kind && is_placed && is_cut).then_some(layout)
}

/// Makes a copy of the whole's TCP header that of the segment at this byte of the payload: what ends or pushes belongs
/// to the last one, what answers congestion to the first (RFC 3168 §6.1.2).
fn place(tcp: &mut [u8], at: u32, is_last: bool) {
    if let Some(sequence) = tcp[SEQUENCE..].first_chunk_mut::<4>() {
        *sequence = u32::from_be_bytes(*sequence).wrapping_add(at).to_be_bytes();
    }
    if !is_last {
        tcp[FLAGS] &= !(FIN | PSH);
    }
    if at > 0 {
        tcp[FLAGS] &= !CWR;
    }
}

/// Completes the checksum of one packet, whatever its protocol: the field holds what is not in the packet.
fn complete_checksum(header: &Virtio, packet: &mut [u8]) -> Option<()> {
    let counted = packet.get_mut(usize::from(header.csum_start)..)?;
    let sum = checksum::of(counted);
    let offset = usize::from(header.csum_offset);
    let field = counted.get_mut(offset..)?.first_chunk_mut::<2>()?;
    // RFC 768: zero would mean that there is none.
    let is_udp = offset == Transport::Udp.checksum_offset();
    *field = if sum == 0 && is_udp { [0xFF; 2] } else { sum.to_be_bytes() };
    Some(())
}
