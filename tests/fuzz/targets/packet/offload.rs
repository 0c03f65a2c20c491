use std::collections::BTreeMap;

use lanrage_tunnel::internals::{Batch, Coalescer, segment};

use crate::input::Input;

/// Bytes of the header in front of what a device gives and takes.
const FRONT: usize = 10;
const LIMIT: usize = Batch::SLOT_BYTES;

/// The first byte says which way.
pub(crate) fn run(data: &[u8]) {
    match data.split_first() {
        Some((way, rest)) if way & 1 == 0 => given(rest),
        Some((_, rest)) => written(rest),
        None => {}
    }
}

/// What a device gave is cut into packets within the limit, or refused whole.
fn given(data: &[u8]) {
    let mut given = data.to_vec();
    let mut packets = 0;
    let each = |packet: &[u8]| {
        assert!(packet.len() <= LIMIT);
        packets += 1;
    };
    assert_eq!(segment(&mut given, LIMIT, each), packets > 0);
}

/// Packets that are written together come back as they were, and each flow in its order. Bytes of the input make new
/// ones and variants of the last, or a fuzzer would never hit two that continue each other.
fn written(data: &[u8]) {
    let mut input = Input::new(data);
    let mut batch = Batch::new();
    let mut packet = Vec::new();
    let mut arrived = Flows::default();
    while !input.is_empty() && !batch.is_full() {
        match input.below(6) {
            0 => packet = input.bytes().to_vec(),
            1 => {
                let (at, to) = (usize::from(input.u16()) % packet.len().max(1), input.u8());
                packet.get_mut(at).into_iter().for_each(|byte| *byte = to);
            }
            2 => packet.truncate(usize::from(input.u16())),
            _ => go_on(&mut packet),
        }
        packet.truncate(Batch::SLOT_BYTES);
        if input.flag() {
            repair(&mut packet);
        }
        arrived.add(&packet);
        assert!(batch.push(&packet));
    }
    let mut back = Flows::default();
    let mut count = 0;
    Coalescer::new().plan(&mut batch, |packets, pieces| {
        count += packets;
        assert_eq!(packets, pieces.len());
        let mut written: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        assert!(written.len() <= FRONT + usize::from(u16::MAX));
        let mut came = 0;
        let each = |packet: &[u8]| {
            back.add(packet);
            came += 1;
        };
        assert!(segment(&mut written, LIMIT, each));
        assert_eq!(came, packets);
    });
    assert_eq!(count, batch.len());
    assert_eq!(back, arrived);
}

/// Packets by flow, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Flows(BTreeMap<Flow, Vec<Vec<u8>>>);

/// The protocol, and what names the flow.
type Flow = (Option<u8>, Vec<u8>);

impl Flows {
    fn add(&mut self, packet: &[u8]) {
        let is_v4 = packet.first().is_some_and(|first| first >> 4 == 4);
        let (protocol, ends) = if is_v4 { (9, 12..24) } else { (6, 8..44) };
        let flow = (packet.get(protocol).copied(), packet.get(ends).unwrap_or_default().to_vec());
        let mut packet = packet.to_vec();
        if is_v4 && packet.len() >= 20 && packet[6] & 0x40 != 0 {
            // Not to be fragmented: its identification means nothing.
            packet[4..6].fill(0);
            packet[10..12].fill(0);
        }
        self.0.entry(flow).or_default().push(packet);
    }
}

/// Where the transport header is, if there is room for one.
fn transport(packet: &[u8]) -> Option<(usize, u8)> {
    let (start, protocol) =
        if packet.first()? >> 4 == 6 { (40, packet.get(6)?) } else { (20, packet.get(9)?) };
    (packet.len() >= start + 20).then_some((start, *protocol))
}

/// The packet that continues this one.
fn go_on(packet: &mut [u8]) {
    let Some((start, protocol)) = transport(packet) else { return };
    if start == 20 {
        let id = u16::from_be_bytes([packet[4], packet[5]]).wrapping_add(1);
        packet[4..6].copy_from_slice(&id.to_be_bytes());
    }
    if protocol == 6 {
        let payload = packet.len().saturating_sub(start + usize::from(packet[start + 12] >> 4) * 4);
        let field = &mut packet[start + 4..start + 8];
        let sequence = u32::from_be_bytes([field[0], field[1], field[2], field[3]]);
        field.copy_from_slice(&sequence.wrapping_add(payload as u32).to_be_bytes());
    }
}

/// Makes lengths and checksums right.
fn repair(packet: &mut [u8]) {
    let Some((start, protocol)) = transport(packet) else { return };
    let total = packet.len() as u16;
    let length = total - start as u16;
    let checksum = |bytes: &[u8]| {
        let mut sum: u32 =
            bytes.chunks(2).map(|two| u32::from(two[0]) << 8 | u32::from(*two.get(1).unwrap_or(&0))).sum();
        while sum > 0xFFFF {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        !(sum as u16)
    };
    let ends = if start == 40 {
        packet[4..6].copy_from_slice(&length.to_be_bytes());
        8..40
    } else {
        packet[2..4].copy_from_slice(&total.to_be_bytes());
        packet[10..12].fill(0);
        let header = checksum(&packet[..20]);
        packet[10..12].copy_from_slice(&header.to_be_bytes());
        12..20
    };
    if protocol == 17 {
        packet[start + 4..start + 6].copy_from_slice(&length.to_be_bytes());
    }
    let at = start + if protocol == 17 { 6 } else { 16 };
    packet[at..at + 2].fill(0);
    let pseudo = [&packet[ends], &[0, protocol], &length.to_be_bytes()].concat();
    let sum = checksum(&[&pseudo, &packet[start..]].concat());
    packet[at..at + 2].copy_from_slice(&if sum == 0 && protocol == 17 { 0xFFFF } else { sum }.to_be_bytes());
}
