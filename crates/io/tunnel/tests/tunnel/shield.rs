//! What a peer may begin, as it meets the whole way of a packet.

use std::{collections::BTreeSet, net::Ipv4Addr};

use lanrage_party::{Place, SearchRedirect, Transport};
use lanrage_shield::Gate;
use lanrage_tunnel::{DropReason, TunnelEvent};

use crate::support::{End, friends, ipv4, udp, wait_until};

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

fn place(transport: Transport, port: u16) -> Place {
    Place { transport, port }
}

fn to_udp(from: &End, to: Ipv4Addr, port: u16, data: &[u8]) -> Vec<u8> {
    let len = (8 + data.len() as u16).to_be_bytes();
    ipv4(from.ip.0, to, 17, &[&[0, 9][..], &port.to_be_bytes(), &len, &[0, 0], data].concat())
}

fn to_tcp(from: &End, to: Ipv4Addr, port: u16, flags: u8) -> Vec<u8> {
    let mut header = [0; 20];
    header[2..4].copy_from_slice(&port.to_be_bytes());
    header[12..14].copy_from_slice(&[0x50, flags]);
    ipv4(from.ip.0, to, 6, &header)
}

/// What arrives of `packets`, in their order; the last one always does.
fn arriving(from: &End, to: &End, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let ping = ipv4(from.ip.0, to.ip.0, 1, &[8, 0, 0, 0, 0, 0, 0, 0]);
    let mut arrived = Vec::new();
    // Few at a time: what loopback loses would look as if it was refused.
    for some in packets.chunks(64) {
        some.iter().for_each(|packet| from.device.inject(packet));
        from.device.inject(&ping);
        // Of one lane, so that none overtakes the ping.
        arrived.extend(std::iter::from_fn(|| Some(to.packet()).filter(|packet| *packet != ping)));
    }
    arrived
}

#[test]
fn a_sweep_of_ports_finds_what_is_open_and_no_more() {
    let (a, b) = friends();
    let open = [place(Transport::Udp, 8_303), place(Transport::Tcp, 25_565), place(Transport::Udp, 22)];
    b.tunnel.set_gates(Gate::Open, [(a.id, Gate::At(open.into_iter().collect()))]);
    let ports: BTreeSet<u16> =
        (1..=u16::MAX).step_by(101).chain([22, 139, 445, 3_389, 8_303, 25_565, u16::MAX]).collect();
    let found = |transport, make: &dyn Fn(u16) -> Vec<u8>| {
        let packets: Vec<Vec<u8>> = ports.iter().map(|port| make(*port)).collect();
        let arrived = arriving(&a, &b, &packets);
        let of = |packet: &Vec<u8>| place(transport, u16::from_be_bytes([packet[22], packet[23]]));
        arrived.iter().map(of).collect::<Vec<_>>()
    };
    let by_udp = found(Transport::Udp, &|port| to_udp(&a, b.ip.0, port, b"who is there?"));
    assert_eq!(by_udp, [place(Transport::Udp, 8_303)]);
    // TCP and a ping are of two lanes: the packets of the one are counted, and not waited for.
    let before = b.tunnel.counters().drops.get(DropReason::Refused);
    let mut open = 0;
    for port in &ports {
        a.device.inject(&to_tcp(&a, b.ip.0, *port, SYN));
        open += u64::from(*port == 25_565);
    }
    wait_until(|| b.tunnel.counters().drops.get(DropReason::Refused) - before == ports.len() as u64 - open);
    assert_eq!(b.packet(), to_tcp(&a, b.ip.0, 25_565, SYN));
    // A scan by what looks like an answer learns what the system says of every port alike.
    a.device.inject(&to_tcp(&a, b.ip.0, 445, ACK));
    assert_eq!(b.packet(), to_tcp(&a, b.ip.0, 445, ACK));

    b.tunnel.set_gates(Gate::Open, [(a.id, Gate::Mute)]);
    a.device.inject(&to_udp(&a, b.ip.0, 8_303, b"muted"));
    let refused = |end: &End| end.tunnel.counters().drops.get(DropReason::Refused);
    let before = refused(&b);
    a.device.inject(&ipv4(a.ip.0, b.ip.0, 1, &[8, 0, 0, 0, 0, 0, 0, 0]));
    wait_until(|| refused(&b) > before);
    b.tunnel.set_gates(Gate::Open, []);
    let again = to_udp(&a, b.ip.0, 445, b"all is open");
    a.device.inject(&again);
    wait_until(|| b.packet() == again);
}

#[test]
fn who_was_spoken_to_answers_alone_or_all_after_a_search() {
    let (a, b) = friends();
    b.tunnel.set_gates(Gate::default(), []);
    // `udp` goes from port 1 to port 2.
    let answer = to_udp(&a, b.ip.0, 1, b"here");
    assert!(arriving(&a, &b, std::slice::from_ref(&answer)).is_empty());
    // What came a moment before goes on with the first answer.
    for (to, answers) in [(a.ip.0, 2), (Ipv4Addr::BROADCAST, 1)] {
        b.device.inject(&udp(b.ip.0, to, b"who is there?"));
        assert_eq!(a.packet(), udp(b.ip.0, to, b"who is there?"));
        assert_eq!(arriving(&a, &b, std::slice::from_ref(&answer)), vec![answer.clone(); answers], "{to}");
        assert!(arriving(&a, &b, &[to_udp(&a, b.ip.0, 3, b"there")]).is_empty());
    }
}

#[test]
fn what_reaches_a_server_that_nobody_has_seen_yet_is_told_and_goes_on_as_soon_as_it_is_open() {
    let (a, b) = friends();
    b.tunnel.set_gates(Gate::default(), []);
    for (to, is_all) in [(b.ip.0, false), (Ipv4Addr::BROADCAST, true)] {
        let packet = to_udp(&a, to, 7_777, b"hello?");
        a.device.inject(&packet);
        let told = b.event(|event| match event {
            TunnelEvent::Refused { peer, place, is_for_all } => Some((peer, place, is_for_all)),
            _ => None,
        });
        let wanted = place(Transport::Udp, 7_777);
        assert_eq!(told, (a.id, wanted, is_all));
        b.tunnel.set_gates(Gate::At([wanted].into_iter().collect()), []);
        assert_eq!(b.packet(), packet);
        b.tunnel.set_gates(Gate::default(), []);
    }
}

#[test]
fn what_was_held_back_comes_before_what_passes_later() {
    const PACKETS: u32 = 2_000;
    for _ in 0..4 {
        let (a, b) = friends();
        b.tunnel.set_gates(Gate::default(), []);
        let (tunnel, device) = (&b.tunnel, &a.device);
        let refused = || tunnel.counters().drops.get(DropReason::Refused);
        let judged = || refused() + tunnel.counters().received.packets;
        let numbered = |n: u32| to_udp(&a, b.ip.0, 7_777, &n.to_be_bytes());
        let (before, packets) = (judged(), (0..PACKETS).map(numbered).collect::<Vec<_>>());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for (sent, packet) in (1..).zip(&packets) {
                    device.inject(packet);
                    // Some at a time, or loopback would lose them.
                    if sent % 16 == 0 {
                        wait_until(|| judged() >= before + sent);
                    }
                }
            });
            wait_until(|| refused() >= 4);
            b.tunnel.set_gates(Gate::At([place(Transport::Udp, 7_777)].into_iter().collect()), []);
        });
        let mut arrived = Vec::new();
        while arrived.last() != Some(&(PACKETS - 1)) {
            arrived.push(u32::from_be_bytes(b.packet()[28..32].try_into().unwrap()));
        }
        assert!(arrived.is_sorted(), "{arrived:?}");
    }
}

#[test]
fn what_a_game_announces_is_told_though_nothing_is_open_a_few_times_and_not_of_who_is_muted() {
    let (a, b) = friends();
    b.tunnel.set_gates(Gate::default(), []);
    let announced = |event| match event {
        TunnelEvent::Announced { peer, port, bytes } => Some((peer, port, bytes)),
        _ => None,
    };
    a.device.inject(&to_udp(&a, Ipv4Addr::BROADCAST, 8_889, b"nobody's"));
    a.device.inject(&to_udp(&a, b.ip.0, 8_888, b"to us alone"));
    a.device.inject(&to_udp(&a, Ipv4Addr::BROADCAST, 8_888, b"a world"));
    assert_eq!(b.event(announced), (a.id, 8_888, b"a world".to_vec()));
    b.tunnel.set_muted(&a.id, true);
    a.device.inject(&to_udp(&a, Ipv4Addr::BROADCAST, 8_888, b"muted"));
    wait_until(|| b.tunnel.counters().drops.get(DropReason::MutedBroadcast) == 1);
    b.tunnel.set_muted(&a.id, false);
    let before = b.tunnel.counters().drops.get(DropReason::Refused);
    for _ in 0..40 {
        a.device.inject(&to_udp(&a, Ipv4Addr::BROADCAST, 8_888, b"again"));
    }
    wait_until(|| b.tunnel.counters().drops.get(DropReason::Refused) - before == 40);
    // What is refused is told no more by now.
    assert!(a.tunnel.send_probe(&b.id, b.address.into(), b"the last"));
    let mut told = Vec::new();
    b.event(|event| match event {
        TunnelEvent::Announced { bytes, .. } => {
            told.push(bytes);
            None
        }
        TunnelEvent::Probe { payload, .. } => (payload == b"the last").then_some(()),
        _ => None,
    });
    assert!((4..12).contains(&told.len()) && told.iter().all(|bytes| bytes == b"again"), "{told:?}");
}

#[test]
fn a_games_search_by_multicast_dns_passes_where_both_let_it_and_no_other_search_does() {
    let (a, b) = friends();
    b.tunnel.set_gates(Gate::default(), []);
    let mdns = Ipv4Addr::new(224, 0, 0, 251);
    let search = to_udp(&a, mdns, 5_353, b"\x09_blizzard\x04_udp\x05local\0");
    let printer = to_udp(&a, mdns, 5_353, b"\x04_ipp\x04_tcp\x05local\0");
    let household = |end: &End| end.tunnel.counters().drops.get(DropReason::HouseholdSearch);
    a.device.inject(&search);
    wait_until(|| household(&a) == 1);
    a.tunnel.set_game_searches(true);
    a.device.inject(&search);
    wait_until(|| household(&b) == 1);
    b.tunnel.set_game_searches(true);
    a.device.inject(&printer);
    a.device.inject(&search);
    assert_eq!(b.packet(), search);
    assert_eq!((household(&a), household(&b)), (2, 1));
}

#[test]
fn a_search_comes_to_the_port_where_the_game_is_hosted_if_that_is_open_and_no_other_packet_does() {
    let (a, b) = friends();
    let refused = |end: &End| end.tunnel.counters().drops.get(DropReason::Refused);
    let search = |to, port| to_udp(&a, to, port, b"who is there?");
    b.tunnel.set_gates(Gate::default(), []);
    b.tunnel.set_search_redirects(vec![SearchRedirect { asked: 8_303, hosted: 9_000 }]);
    a.device.inject(&search(Ipv4Addr::BROADCAST, 8_303));
    wait_until(|| refused(&b) == 1);
    b.tunnel.set_gates(Gate::At([place(Transport::Udp, 9_000)].into_iter().collect()), []);
    let redirected = search(b.ip.0, 9_000);
    assert_eq!(
        b.packet(),
        redirected,
        "what was held back, to us alone: who listens at our address hears it too"
    );
    a.device.inject(&search(Ipv4Addr::BROADCAST, 8_304));
    a.device.inject(&search(b.ip.0, 8_303));
    a.device.inject(&search(Ipv4Addr::BROADCAST, 8_303));
    assert_eq!(b.packet(), redirected);
    assert_eq!(refused(&b), 3, "another port, and what is for us alone, are judged as ever");
    b.tunnel.set_muted(&a.id, true);
    a.device.inject(&search(Ipv4Addr::BROADCAST, 8_303));
    wait_until(|| b.tunnel.counters().drops.get(DropReason::MutedBroadcast) == 1);
    b.tunnel.set_muted(&a.id, false);
    b.tunnel.set_search_redirects(Vec::new());
    a.device.inject(&search(Ipv4Addr::BROADCAST, 8_303));
    wait_until(|| refused(&b) == 4);
}

#[test]
fn a_fragment_that_would_hide_a_beginning_is_refused() {
    let (a, b) = friends();
    b.tunnel.set_gates(Gate::default(), []);
    let fragment = |payload: &[u8], flags: [u8; 2]| {
        let mut packet = ipv4(a.ip.0, b.ip.0, 6, payload);
        packet[6..8].copy_from_slice(&flags);
        packet[10..12].fill(0);
        let sum = crate::support::checksum(&packet[..20]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet
    };
    let whole = to_tcp(&a, b.ip.0, 40_000, SYN)[20..].to_vec();
    let before = b.tunnel.counters().drops.get(DropReason::Refused);
    for packet in [
        fragment(&whole[..8], [0x20, 0]),
        fragment(&whole, [0x20, 0]),
        fragment(&[0xFF; 16], [0x20, 1]),
        fragment(&[0xFF; 16], [0, 1]),
    ] {
        a.device.inject(&packet);
    }
    wait_until(|| b.tunnel.counters().drops.get(DropReason::Refused) - before == 4);
    let later = fragment(&[0xFF; 16], [0, 9]);
    a.device.inject(&later);
    assert_eq!(b.packet(), later);
}
