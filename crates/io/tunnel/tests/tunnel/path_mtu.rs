//! Paths that carry less than the device does.

use std::{collections::BTreeMap, net::Ipv4Addr};

use lanrage_tunnel::{DropReason, PATH_MTU_MIN, initiates};

use crate::support::{End, checksum, connect, ipv4, udp, wait_until};

/// One end with two friends, of whom the first has a narrow path.
fn narrow_and_wide(mtu: u16) -> (End, End, End) {
    let [own, narrow, wide] = [1, 2, 3].map(End::new);
    for other in [&narrow, &wide] {
        own.knows(other);
        other.knows(&own);
        let own_begins = initiates(&own.public_key(), &other.public_key());
        let (active, passive) = if own_begins { (&own, other) } else { (other, &own) };
        connect(active, passive);
    }
    own.tunnel.set_path_mtu(&narrow.id, mtu);
    (own, narrow, wide)
}

fn flagged(mut packet: Vec<u8>, flags: u8) -> Vec<u8> {
    packet[6] = flags;
    packet[10..12].fill(0);
    let sum = checksum(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}

const DONT_FRAGMENT: u8 = 0x40;

/// The identification and the payload of a packet that comes in fragments of at most `mtu` bytes.
fn reassembled(end: &End, mtu: u16) -> ([u8; 2], Vec<u8>) {
    let (mut pieces, mut whole, mut id) = (BTreeMap::new(), None, None);
    while whole != Some(pieces.values().map(Vec::len).sum()) {
        let piece = end.packet();
        assert!(piece.len() <= usize::from(mtu) && checksum(&piece[..20]) == 0);
        assert_eq!(*id.get_or_insert([piece[4], piece[5]]), [piece[4], piece[5]]);
        let flags = u16::from_be_bytes([piece[6], piece[7]]);
        let at = usize::from(flags & 0x1FFF) * 8;
        if flags & 0x2000 == 0 {
            whole = Some(at + piece.len() - 20);
        }
        pieces.insert(at, piece[20..].to_vec());
    }
    (id.unwrap(), pieces.into_values().flatten().collect())
}

#[test]
fn a_large_packet_is_fragmented_for_the_narrow_path_and_for_no_other() {
    let (own, narrow, wide) = narrow_and_wide(700);
    let data: Vec<u8> = (0..1_392).map(|n| n as u8).collect();
    for (end, destination) in [(&narrow, narrow.ip.0), (&wide, wide.ip.0)] {
        let packet = udp(own.ip.0, destination, &data);
        own.device.inject(&packet);
        match end.ip == wide.ip {
            true => assert_eq!(end.packet(), packet),
            false => assert_eq!(reassembled(end, 700).1, packet[20..]),
        }
    }
    let fits = udp(own.ip.0, narrow.ip.0, &data[..672]);
    own.device.inject(&fits);
    assert_eq!(narrow.packet(), fits);
    own.tunnel.set_path_mtu(&narrow.id, u16::MAX);
    let whole = udp(own.ip.0, narrow.ip.0, &data);
    own.device.inject(&whole);
    assert_eq!(narrow.packet(), whole);
    assert_eq!(own.tunnel.counters().drops.total(), 0);
}

#[test]
fn a_large_packet_that_may_not_be_fragmented_is_answered_with_the_mtu() {
    let (own, narrow, wide) = narrow_and_wide(1);
    let packet = flagged(udp(own.ip.0, narrow.ip.0, &[7; 1_392]), DONT_FRAGMENT);
    own.device.inject(&packet);
    let answer = own.packet();
    assert_eq!((&answer[12..16], &answer[16..20]), (&narrow.ip.0.octets()[..], &own.ip.0.octets()[..]));
    assert_eq!((answer[9], &answer[20..22]), (1, &[3, 4][..]));
    assert_eq!(u16::from_be_bytes([answer[26], answer[27]]), PATH_MTU_MIN);
    assert_eq!(answer[28..], packet[..answer.len() - 28]);
    wait_until(|| own.tunnel.counters().drops.get(DropReason::PathMtuExceeded) == 1);

    let packet = flagged(udp(own.ip.0, wide.ip.0, &[7; 1_392]), DONT_FRAGMENT);
    own.device.inject(&packet);
    assert_eq!(wide.packet(), packet);
    assert!(narrow.packets.try_recv().is_err());
}

#[test]
fn the_os_is_told_at_a_bounded_rate() {
    let (own, narrow, wide) = narrow_and_wide(600);
    let packet = flagged(udp(own.ip.0, narrow.ip.0, &[7; 1_392]), DONT_FRAGMENT);
    (0..2_000).for_each(|_| own.device.inject(&packet));
    wait_until(|| own.tunnel.counters().drops.get(DropReason::PathMtuExceeded) == 2_000);
    // The drop is counted before its answer is written, by another thread: two rounds of that thread later, all are.
    own.packet();
    (0..2).for_each(|_| own.fence(&wide));
    let told = 1 + own.packets.try_iter().count();
    assert!((1..500).contains(&told), "{told}");
}

#[test]
fn a_large_broadcast_is_fragmented_for_the_narrow_path_whatever_it_says() {
    let (own, narrow, wide) = narrow_and_wide(576);
    let mut ids = Vec::new();
    for flags in [0, DONT_FRAGMENT, DONT_FRAGMENT] {
        let group = Ipv4Addr::new(239, 255, 77, 77);
        let packet = flagged(ipv4(own.ip.0, group, 17, &[9; 1_400]), flags);
        own.device.inject(&packet);
        assert_eq!(wide.packet(), packet);
        let (id, payload) = reassembled(&narrow, 576);
        assert_eq!(payload, packet[20..]);
        ids.push(id);
    }
    assert_eq!(ids[0], [0, 0], "the OS's own");
    assert_ne!(ids[1], ids[2], "what may not be fragmented is sent with the same one again and again");
    assert!(own.packets.try_recv().is_err(), "no error about a broadcast");
}
