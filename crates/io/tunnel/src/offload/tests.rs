//! Segmentation and coalescing against their reference, and against bytes that nobody would send.

use proptest::prelude::*;

use lanrage_party::facts::DropReason;

use super::{
    coalesce::{Coalescer, PIECES},
    merging::{Form, Forms, Kinds, Merged},
    reference::{ACK, Arrival, Damage, Ip, PSH, Packet, Transport, coalesced, sum, written},
    segment::segment,
    virtio::*,
};
use crate::packet::batch::PacketBatch;

const LIMIT: usize = 2_000;

fn cut(header: &Virtio, mut packet: Vec<u8>, limit: usize) -> Result<Vec<Vec<u8>>, DropReason> {
    let mut packets = Vec::new();
    segment(header, &mut packet, limit, |packet| packets.push(packet.to_vec()))?;
    Ok(packets)
}

fn words(max: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<[u8; 4]>(), 0..=max).prop_map(|words| words.concat())
}

fn ip() -> impl Strategy<Value = Ip> {
    let v4 = (any::<([u8; 4], [u8; 4])>(), any::<(u8, u16, bool, u8)>(), words(10)).prop_map(
        |(ends, (service, id, dont_fragment, ttl), options)| Ip::V4 {
            ends,
            service,
            id,
            dont_fragment,
            ttl,
            options,
        },
    );
    let v6 = any::<([u8; 16], [u8; 16], u32, u8)>().prop_map(|(from, to, class_and_label, hop_limit)| {
        Ip::V6 { ends: (from, to), class_and_label: class_and_label & 0x0FFF_FFFF, hop_limit }
    });
    prop_oneof![v4, v6]
}

fn transport() -> impl Strategy<Value = Transport> {
    let tcp = (any::<(u32, u32, u8, u16, u16)>(), words(10)).prop_map(
        |((sequence, acknowledged, flags, window, urgent), options)| Transport::Tcp {
            sequence,
            acknowledged,
            flags,
            window,
            urgent,
            options,
        },
    );
    prop_oneof![tcp, Just(Transport::Udp)]
}

fn packet(payload: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Packet> {
    let payload = (payload, any::<u8>(), any::<u8>()).prop_map(|(len, from, step)| {
        (0..len).map(|n| from.wrapping_add((n as u8).wrapping_mul(step)) ^ (n >> 8) as u8).collect()
    });
    (ip(), any::<(u16, u16)>(), transport(), payload).prop_map(|(ip, ports, transport, payload)| Packet {
        ip,
        ports,
        transport,
        payload,
    })
}

/// A flow of the four kinds, at its beginning.
fn flow(n: u8) -> Packet {
    let ip = match n % 2 {
        0 => Ip::V4 {
            ends: ([10, 66, 0, 1], [10, 66, 0, 2]),
            service: 0,
            id: 0xFFF0,
            dont_fragment: n.is_multiple_of(3),
            ttl: 64,
            options: Vec::new(),
        },
        _ => Ip::V6 { ends: ([0xFD; 16], [0xFE; 16]), class_and_label: 7, hop_limit: 64 },
    };
    let transport = match n / 2 % 2 {
        0 => Transport::Tcp {
            sequence: 0xFFFF_F000,
            acknowledged: 7,
            flags: ACK,
            window: 501,
            urgent: 0,
            options: vec![1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8],
        },
        _ => Transport::Udp,
    };
    Packet { ip, ports: (40_000 + u16::from(n / 4), 27_015), transport, payload: Vec::new() }
}

/// The next packet of a flow, and what is strange about it.
fn step(flows: &mut [Packet], (n, kind, size, value): (usize, u8, usize, usize)) -> Arrival {
    let flow = &mut flows[n];
    let mut packet = flow.clone();
    packet.payload = (0..size).map(|at| (at + value) as u8).collect();
    let mut damage = Damage::None;
    let mut is_repeated = false;
    if let Transport::Tcp { flags, window, urgent, options, acknowledged, .. } = &mut packet.transport {
        match kind {
            0 => *flags |= PSH,
            1 => *flags = 1 << (value % 8),
            2 => *flags |= 1 << (value % 8),
            3 => *window += 1,
            4 => *acknowledged += 1,
            5 => options[4] ^= 1,
            6 => options.clear(),
            7 => *urgent = 1,
            _ => {}
        }
    }
    match (&mut packet.ip, kind) {
        (Ip::V4 { service, .. }, 8) => *service ^= 1,
        (Ip::V4 { ttl, .. }, 9) => *ttl -= 1,
        (Ip::V4 { id, .. }, 10) => *id ^= 1,
        (Ip::V4 { dont_fragment, .. }, 11) => *dont_fragment ^= true,
        (Ip::V4 { options, .. }, 12) => *options = vec![1, 1, 1, 0],
        (Ip::V6 { class_and_label, .. }, 8 | 10) => *class_and_label ^= 1 << (value % 28),
        (Ip::V6 { hop_limit, .. }, 9) => *hop_limit -= 1,
        (_, 13) => is_repeated = true,
        (_, 14) => damage = Damage::Bit(value),
        (_, 15) => damage = Damage::IpChecksum,
        (_, 16) => damage = Damage::NoChecksum,
        (_, 17) => damage = Damage::Fragment,
        (_, 18) => damage = Damage::Cut(value),
        _ => {}
    }
    if !is_repeated {
        if let Ip::V4 { id, .. } = &mut flow.ip {
            *id = id.wrapping_add(1);
        }
        if let Transport::Tcp { sequence, .. } = &mut flow.transport {
            *sequence = sequence.wrapping_add(size as u32);
        }
    }
    Arrival { packet, damage }
}

/// Some flows, mixed: mostly undisturbed, with one size of packet.
fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let kind = prop_oneof![4 => Just(99_u8), 1 => 0_u8..19];
    let size = prop_oneof![6 => Just(100_usize), 1 => 0_usize..130, 1 => Just(1_380)];
    let steps = prop::collection::vec((0_usize..8, kind, size, 0_usize..2_000), 0..=PacketBatch::CAPACITY);
    let swaps = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    (1_usize..=8, steps, swaps).prop_map(|(count, steps, swaps)| {
        let mut flows: Vec<Packet> = (0..8).map(flow).collect();
        let step = |(n, kind, size, value)| step(&mut flows, (n % count, kind, size, value));
        let mut arrivals: Vec<Arrival> = steps.into_iter().map(step).collect();
        for swap in swaps {
            if arrivals.len() > 1 {
                let at = swap.index(arrivals.len() - 1);
                arrivals.swap(at, at + 1);
            }
        }
        arrivals
    })
}

fn batch(packets: impl IntoIterator<Item = Vec<u8>>) -> PacketBatch {
    let mut batch = PacketBatch::new();
    for packet in packets {
        assert!(batch.push(&packet));
    }
    batch
}

fn writes(batch: &mut PacketBatch) -> Vec<Vec<u8>> {
    let mut coalescer = Coalescer::new();
    coalescer.plan(batch, Kinds::ALL).map(|write| write.pieces().collect::<Vec<_>>().concat()).collect()
}

/// Without the identification of a packet that must not be fragmented.
fn comparable(mut packet: Vec<u8>) -> Vec<u8> {
    if packet.len() >= 20 && packet[0] >> 4 == 4 && packet[6] & 0x40 != 0 {
        packet[4..6].fill(0);
        packet[10..12].fill(0);
    }
    packet
}

#[test]
fn packets_of_one_flow_are_written_as_one_and_another_flow_between_them_does_not_matter() {
    for n in 0..4 {
        let mut flows = [flow(n), flow(n + 4)];
        let arrivals: Vec<Arrival> = (0..20).map(|at| step(&mut flows, (at % 2, 99, 1_300, at))).collect();
        let mut batch = batch(arrivals.iter().map(Arrival::bytes));
        let mut coalescer = Coalescer::new();
        let counts: Vec<usize> =
            coalescer.plan(&mut batch, Kinds::ALL).map(|write| write.packets()).collect();
        assert_eq!(counts, [10, 10], "{n}");
    }
}

#[test]
fn a_kind_that_is_not_merged_is_written_as_it_came_and_another_one_is_merged() {
    let mut forms = Forms::default();
    while !forms.taken(Merged::TcpV4, Form::Apart) {
        forms.begin();
    }
    let kinds = forms.begin();
    assert!(!kinds.is_empty());
    for n in 0..4 {
        let mut flows = [flow(n)];
        let arrivals: Vec<Arrival> = (0..8).map(|at| step(&mut flows, (0, 99, 1_300, at))).collect();
        let mut batch = batch(arrivals.iter().map(Arrival::bytes));
        let mut coalescer = Coalescer::new();
        let is_apart = coalescer.plan(&mut batch, Kinds::ALL).next().unwrap().merged() == Some(Merged::TcpV4);
        let mut batch = self::batch(arrivals.iter().map(Arrival::bytes));
        let written: Vec<_> = coalescer.plan(&mut batch, kinds).collect();
        if is_apart {
            let packets = written
                .iter()
                .map(|write| write.pieces().collect::<Vec<_>>().concat()[Virtio::BYTES..].to_vec());
            assert!(packets.eq(arrivals.iter().map(Arrival::bytes)), "{n}");
        } else {
            assert_eq!(written.len(), 1, "{n}");
        }
    }
}

#[test]
fn a_full_batch_of_one_flow_is_cut_at_the_longest_packet_there_is() {
    let mut flows = [flow(0)];
    let arrivals: Vec<Arrival> =
        (0..PacketBatch::CAPACITY).map(|at| step(&mut flows, (0, 99, 1_380, at))).collect();
    let mut batch = batch(arrivals.iter().map(Arrival::bytes));
    let mut coalescer = Coalescer::new();
    let mut slices = [std::io::IoSlice::new(&[]); PIECES];
    let first = coalescer.plan(&mut batch, Kinds::ALL).next().unwrap();
    let slices = first.slices(&mut slices);
    assert_eq!(slices.len(), first.packets());
    let total: usize = slices.iter().map(|slice| slice.len()).sum();
    assert!((64_100..65_500 + Virtio::BYTES).contains(&total), "{total}");
}

#[test]
fn a_header_that_does_not_fit_its_packet_is_an_error_and_nothing_comes_out() {
    let packet = Packet { payload: vec![7; 3_000], ..flow(0) };
    let good = packet.header(1_000);
    assert_eq!(cut(&good, packet.unfinished(), LIMIT).unwrap().len(), 3);
    let bad = [
        Virtio { flags: 0, ..good },
        Virtio { gso_size: 0, ..good },
        Virtio { gso_type: GSO_TCPV6, ..good },
        Virtio { gso_type: GSO_UDP_L4, ..good },
        Virtio { gso_type: GSO_UDP, ..good },
        Virtio { gso_type: 77, ..good },
        Virtio { csum_start: 24, ..good },
        Virtio { csum_offset: 6, ..good },
    ];
    for header in bad {
        assert_eq!(cut(&header, packet.unfinished(), LIMIT), Err(DropReason::MalformedOffload), "{header:?}");
    }
    for (at, value) in [(0, 0x46), (0, 0x65), (2, 1), (6, 0x20), (7, 1), (9, 17), (32, 0x40), (32, 0xF0)] {
        let mut bytes = packet.unfinished();
        bytes.truncate(60);
        bytes[2..4].copy_from_slice(&60_u16.to_be_bytes());
        assert!(cut(&good, bytes.clone(), LIMIT).is_ok());
        bytes[at] = value;
        assert_eq!(cut(&good, bytes, LIMIT), Err(DropReason::MalformedOffload), "{at} {value}");
    }
}

#[test]
fn a_segment_over_the_limit_is_an_error() {
    let packet = Packet { payload: vec![7; 3_000], ..flow(2) };
    let limit = packet.header_len() + 1_000;
    assert!(cut(&packet.header(1_000), packet.unfinished(), limit).is_ok());
    assert_eq!(cut(&packet.header(1_001), packet.unfinished(), limit), Err(DropReason::OversizedPacket));
    assert_eq!(cut(&Virtio::default(), vec![0; limit + 1], limit), Err(DropReason::OversizedPacket));
    let short = Packet { payload: vec![7; 900], ..packet };
    assert_eq!(cut(&short.header(60_000), short.unfinished(), limit), Ok(vec![short.bytes()]));
}

#[test]
fn a_udp_checksum_of_zero_is_sent_as_all_ones() {
    let mut packet = Packet { payload: vec![0, 0], ..flow(2) };
    let rest = packet.bytes();
    packet.payload.copy_from_slice(&rest[26..28]);
    assert_eq!(packet.bytes()[26..28], [0xFF, 0xFF]);
    let plain = Virtio { gso_type: GSO_NONE, ..packet.header(0) };
    for header in [plain, packet.header(2)] {
        assert_eq!(cut(&header, packet.unfinished(), LIMIT), Ok(vec![packet.bytes()]));
    }
}

proptest! {
    #[test]
    fn segments_are_those_of_the_reference(packet in packet(0..=9_000), size in 1_usize..=1_420, ecn: bool) {
        let mut header = packet.header(size);
        if ecn && packet.transport != Transport::Udp {
            header.gso_type |= GSO_ECN;
        }
        let expected: Vec<_> = packet.segments(size).iter().map(Packet::bytes).collect();
        prop_assert_eq!(cut(&header, packet.unfinished(), LIMIT), Ok(expected));
    }

    #[test]
    fn a_plain_packet_of_any_size_gets_its_checksum_or_passes_as_it_is(
        packet in packet(1..=1_420), flags: u8
    ) {
        let header = Virtio { flags: NEEDS_CSUM, gso_type: GSO_NONE, ..packet.header(0) };
        prop_assert_eq!(cut(&header, packet.unfinished(), LIMIT), Ok(vec![packet.bytes()]));
        let header = Virtio { flags: flags & !NEEDS_CSUM | DATA_VALID, ..header };
        prop_assert_eq!(cut(&header, packet.unfinished(), LIMIT), Ok(vec![packet.unfinished()]));
    }

    #[test]
    fn any_header_over_any_bytes_gives_packets_within_the_limit_or_an_error(
        header: [u8; Virtio::BYTES], size in 1_u16..2_000, packet in packet(0..=300),
        random in prop::collection::vec(any::<u8>(), 0..200),
        change in any::<prop::sample::Index>(), to: u8, kind in 0_u8..8
    ) {
        let wild = Virtio::parse(&header).unwrap();
        let mut changed = packet.unfinished();
        let at = change.index(changed.len());
        changed[at] = to;
        let fitting = packet.header(usize::from(size));
        let mixed = Virtio { gso_type: kind, flags: to, ..fitting };
        for (header, bytes) in [(wild, &random), (wild, &changed), (fitting, &random), (fitting, &changed),
            (mixed, &changed), (mixed, &random)]
        {
            if let Ok(packets) = cut(&header, bytes.clone(), 250) {
                prop_assert!(!packets.is_empty() && packets.iter().all(|packet| packet.len() <= 250));
            }
        }
    }

    #[test]
    fn writes_are_those_of_the_reference(arrivals in arrivals()) {
        let groups = coalesced(&arrivals);
        let expected: Vec<_> = groups.iter().map(|group| written(&arrivals, group)).collect();
        let mut batch = batch(arrivals.iter().map(Arrival::bytes));
        prop_assert_eq!(writes(&mut batch), expected);
    }

    #[test]
    fn what_is_coalesced_comes_back_bit_by_bit_and_each_flow_in_its_order(arrivals in arrivals()) {
        let mut batch = batch(arrivals.iter().map(Arrival::bytes));
        let mut back = Vec::new();
        for written in writes(&mut batch) {
            let header = Virtio::parse(&written).unwrap();
            back.extend(cut(&header, written[Virtio::BYTES..].to_vec(), LIMIT).unwrap());
        }
        let arrived: Vec<_> = arrivals.iter().map(|arrival| comparable(arrival.bytes())).collect();
        let back: Vec<_> = back.into_iter().map(comparable).collect();
        // The protocol, the addresses and the ports, or what is in their place.
        let flow = |packet: &Vec<u8>| -> (Option<u8>, Vec<u8>) {
            let is_v4 = packet.first().is_some_and(|first| first >> 4 == 4);
            let (protocol, ends) = if is_v4 { (9, 12..24) } else { (6, 8..44) };
            (packet.get(protocol).copied(), packet.get(ends).unwrap_or_default().to_vec())
        };
        let in_flows = |mut packets: Vec<Vec<u8>>| {
            packets.sort_by_key(flow);
            packets
        };
        prop_assert_eq!(in_flows(back), in_flows(arrived));
    }

    #[test]
    fn any_bytes_are_written_once(
        packets in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..100), prop::sample::select(vec![0x45_u8, 0x46, 0x60, 0])), 0..64
        )
    ) {
        let packets: Vec<Vec<u8>> = packets.into_iter().map(|(mut bytes, first)| {
            if let (Some(at), true) = (bytes.first_mut(), first > 0) {
                *at = first;
            }
            bytes
        }).collect();
        let expected: Vec<_> = packets.iter().map(|packet| [&[0; Virtio::BYTES], &packet[..]].concat()).collect();
        prop_assert_eq!(writes(&mut batch(packets)), expected);
    }
}

#[test]
fn the_sum_of_the_reference_is_that_of_rfc_1071_section_3() {
    assert_eq!(sum(&[0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]), 0xDDF2);
}
