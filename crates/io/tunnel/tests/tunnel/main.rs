//! The data plane as the engine uses it: real sockets on loopback, real sessions, devices in memory.

mod lanes;
#[cfg(target_os = "linux")]
mod narrow_interface;
mod path_mtu;
#[cfg(target_os = "linux")]
mod queues;
mod relay;
mod relayed;
mod shield;
mod support;

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use lanrage_party::{
    DeviceIdentity, PartySecret, VirtualIp, WireGuardPrivateKey,
    limits::{PEERS_PER_PARTY, PENDING_PACKETS},
};
use lanrage_tunnel::{
    BROADCAST, DropReason, PROBE_PAYLOAD_BYTES, PeerConfig, TunnelError, TunnelEvent, initiates,
};
use support::{CARD, End, MemoryDevice, checksum, connect, friends, ipv4, strangers, stun, udp, wait_until};

#[test]
fn packets_pass_both_ways_unchanged_and_are_counted() {
    let (a, b) = friends();
    assert!(a.has_session(&b) && b.has_session(&a));
    for (from, to) in [(&a, &b), (&b, &a)] {
        for len in [0, 1, 100, 1_392] {
            let packet = udp(from.ip.0, to.ip.0, &vec![0xA5; len]);
            from.device.inject(&packet);
            assert_eq!(to.packet(), packet);
        }
    }
    let bytes = 4 * 28 + 1 + 100 + 1_392;
    for (end, other) in [(&a, &b), (&b, &a)] {
        let counters = end.tunnel.counters();
        assert_eq!((counters.sent.packets, counters.sent.bytes), (4, bytes));
        assert_eq!((counters.received.packets, counters.received.bytes), (4, bytes));
        let of_peer = counters.peers[&other.id];
        assert_eq!((of_peer.sent, of_peer.received), (counters.sent, counters.received));
        assert_eq!(counters.drops.total(), 0, "{:?}", counters.drops);
    }
}

#[test]
fn a_burst_of_many_batches_arrives_whole_and_in_order() {
    let (a, b) = friends();
    let packets: Vec<_> = (0..300_u32).map(|n| udp(a.ip.0, b.ip.0, &n.to_be_bytes())).collect();
    for packet in &packets {
        a.device.inject(packet);
    }
    for packet in &packets {
        assert_eq!(b.packet(), *packet);
    }
}

#[test]
fn a_packet_in_anothers_name_is_dropped_by_the_sender_and_by_the_receiver() {
    let liar = End::with_ip(1, VirtualIp([10, 66, 0, 99].into()));
    let honest = End::new(2);
    let lease = VirtualIp([10, 66, 0, 1].into());
    liar.knows(&honest);
    honest.tunnel.add_peer(liar.config_for(&honest, lease)).unwrap();
    let (active, passive) =
        if initiates(&liar.public_key(), &honest.public_key()) { (&liar, &honest) } else { (&honest, &liar) };
    connect(active, passive);

    liar.device.inject(&udp(lease.0, honest.ip.0, b"its own check"));
    wait_until(|| liar.tunnel.counters().drops.get(DropReason::ForeignSource) == 1);
    liar.device.inject(&udp(liar.ip.0, honest.ip.0, b"the other's check"));
    liar.device.inject(&udp(liar.ip.0, Ipv4Addr::BROADCAST, b"the other's check"));
    wait_until(|| honest.tunnel.counters().drops.get(DropReason::ForeignSource) == 2);
    assert!(honest.packets.try_recv().is_err());
    assert_eq!(honest.tunnel.counters().received.packets, 0);
}

#[test]
fn a_broadcast_comes_once_more_where_a_socket_is_bound_to_the_receivers_address() {
    let (a, b) = friends();
    for destination in [Ipv4Addr::BROADCAST, Ipv4Addr::new(10, 66, 255, 255)] {
        let packet = udp(a.ip.0, destination, b"any game here?");
        for is_bound in [false, true] {
            *b.device.bound.lock().unwrap() = is_bound.then_some(b.ip.0);
            a.device.inject(&packet);
            assert_eq!(b.packet(), packet);
            if is_bound {
                assert_eq!(b.packet(), udp(a.ip.0, b.ip.0, b"any game here?"));
            }
        }
    }
    let multicast = udp(a.ip.0, Ipv4Addr::new(224, 0, 2, 60), b"beacon");
    let last = udp(a.ip.0, b.ip.0, b"nothing in between");
    a.device.inject(&multicast);
    a.device.inject(&last);
    assert_eq!(b.packet(), multicast);
    assert_eq!(b.packet(), last);
}

#[test]
fn a_groups_packet_comes_once_more_where_a_socket_hears_it_elsewhere_alone() {
    let (a, b) = friends();
    let group = Ipv4Addr::new(224, 0, 2, 60);
    *b.device.deaf_to.lock().unwrap() = Some(group);
    for (to, is_copied) in [(group, true), (Ipv4Addr::new(224, 0, 2, 61), false), (group, true)] {
        let (beacon, last) = (udp(a.ip.0, to, b"beacon"), udp(a.ip.0, b.ip.0, b"nothing in between"));
        a.device.inject(&beacon);
        a.device.inject(&last);
        assert_eq!(b.packet(), beacon);
        if is_copied {
            assert_eq!(b.packet(), udp(a.ip.0, b.ip.0, b"beacon"));
        }
        assert_eq!(b.packet(), last);
    }
}

#[test]
fn a_socket_that_is_bound_to_the_real_lan_speaks_under_our_address_and_hears_who_answers() {
    let (a, b) = friends();
    *a.device.bound.lock().unwrap() = Some(CARD);
    // From port 2 of one to port 1 of the other, and to the port beside it.
    let answer =
        |to: Ipv4Addr, port: u8| ipv4(b.ip.0, to, 17, &[&[0, 2, 0, port, 0, 12, 0, 0][..], b"here"].concat());
    b.device.inject(&answer(a.ip.0, 1));
    assert_eq!(a.packet(), answer(a.ip.0, 1), "nothing has asked");

    for to in [b.ip.0, Ipv4Addr::new(10, 66, 255, 255)] {
        a.device.inject(&udp(CARD, to, b"any game here?"));
        assert_eq!(b.packet(), udp(a.ip.0, to, b"any game here?"));
    }
    b.device.inject(&answer(a.ip.0, 1));
    assert_eq!(a.packet(), answer(CARD, 1));
    b.device.inject(&answer(a.ip.0, 3));
    assert_eq!(a.packet(), answer(a.ip.0, 3), "a port that never spoke");
    *a.device.bound.lock().unwrap() = Some(a.ip.0);
    wait_until(|| {
        b.device.inject(&answer(a.ip.0, 1));
        a.packet() == answer(a.ip.0, 1)
    });

    a.device.inject(&udp(Ipv4Addr::new(192, 168, 1, 20), b.ip.0, b"a neighbour"));
    wait_until(|| a.tunnel.counters().drops.get(DropReason::ForeignSource) == 1);
}

#[test]
fn a_later_fragment_without_its_first_one_is_for_nobody() {
    let (a, b) = friends();
    let fragment = |id: u8, offset: u8, port: u8| {
        let mut packet =
            ipv4(a.ip.0, Ipv4Addr::BROADCAST, 17, &[0, 1, 0, port, 0, 24, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7]);
        packet[5] = id;
        packet[6] = if offset == 0 { 0x20 } else { 0 };
        packet[7] = offset;
        packet[10..12].fill(0);
        let sum = checksum(&packet[..20]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet
    };
    // 9 wakes computers at home.
    for packet in
        [fragment(1, 0, 9), fragment(1, 2, 9), fragment(2, 2, 8), fragment(3, 0, 8), fragment(3, 2, 8)]
    {
        a.device.inject(&packet);
    }
    assert_eq!(b.packet(), fragment(3, 0, 8));
    assert_eq!(b.packet(), fragment(3, 2, 8));
    assert_eq!(a.tunnel.counters().drops.get(DropReason::HouseholdSearch), 3);
}

#[test]
fn whoever_is_muted_is_heard_when_it_speaks_to_us_alone() {
    let (a, b) = friends();
    let say = |to| udp(a.ip.0, to, b"any game here?");
    b.tunnel.set_muted(&a.id, true);
    a.device.inject(&say(Ipv4Addr::BROADCAST));
    a.device.inject(&say(b.ip.0));
    assert_eq!(b.packet(), say(b.ip.0));
    wait_until(|| b.tunnel.counters().drops.get(DropReason::MutedBroadcast) == 1);
    b.tunnel.set_muted(&a.id, false);
    a.device.inject(&say(Ipv4Addr::BROADCAST));
    assert_eq!(b.packet(), say(Ipv4Addr::BROADCAST));
}

#[test]
fn a_broadcast_goes_to_every_peer() {
    let ends: Vec<_> = (1..=4).map(End::new).collect();
    let (first, others) = ends.split_first().unwrap();
    for other in others {
        first.knows(other);
        other.knows(first);
        let first_begins = initiates(&first.public_key(), &other.public_key());
        let (active, passive) = if first_begins { (first, other) } else { (other, first) };
        connect(active, passive);
    }
    let packet = udp(first.ip.0, Ipv4Addr::new(239, 255, 77, 77), b"who is there");
    first.device.inject(&packet);
    for other in others {
        assert_eq!(other.packet(), packet);
    }
}

#[test]
fn a_storm_is_cut_to_the_senders_rate() {
    let (a, b) = friends();
    let storm = BROADCAST.burst * 5;
    let start = Instant::now();
    // Of as many programs as there are packets: each alone may less.
    (0..storm).for_each(|n| {
        let [high, low] = ((n % 1_000) as u16 + 1).to_be_bytes();
        a.device.inject(&ipv4(a.ip.0, Ipv4Addr::BROADCAST, 17, &[high, low, 32, 9, 0, 8, 0, 0]));
    });
    wait_until(|| {
        let counters = a.tunnel.counters();
        counters.sent.packets + counters.drops.get(DropReason::BroadcastStorm) == storm
    });
    let sent = a.tunnel.counters().sent.packets;
    let gained = start.elapsed().as_secs_f64() * BROADCAST.per_second as f64;
    let allowed = BROADCAST.burst + gained as u64 + 1;
    assert!((BROADCAST.burst..=allowed).contains(&sent), "{sent} of {allowed}");
    a.device.inject(&udp(a.ip.0, b.ip.0, b"a move in the game"));
    while b.packet() != udp(a.ip.0, b.ip.0, b"a move in the game") {}
}

#[test]
fn the_passive_side_keeps_the_newest_packets_until_the_active_side_comes() {
    let (active, passive) = strangers();
    let packets: Vec<_> =
        (0..PENDING_PACKETS as u8 + 4).map(|n| udp(passive.ip.0, active.ip.0, &[n])).collect();
    for packet in &packets {
        passive.device.inject(packet);
    }
    wait_until(|| passive.tunnel.counters().drops.get(DropReason::PendingOverflow) == 4);
    passive.tunnel.initiate_handshake(&active.id, &[active.address.into()]);
    active.fence(&passive);
    assert!(!active.has_session(&passive) && !passive.has_session(&active));

    connect(&active, &passive);
    for packet in &packets[4..] {
        assert_eq!(active.packet(), *packet);
    }
    assert_eq!(passive.tunnel.counters().sent.packets, PENDING_PACKETS as u64);
}

#[test]
fn the_active_side_with_a_path_and_a_packet_begins_by_itself() {
    let (active, passive) = strangers();
    active.tunnel.set_path(&passive.id, Some(passive.address.into()));
    let packet = udp(active.ip.0, passive.ip.0, b"first");
    active.device.inject(&packet);
    assert_eq!(passive.packet(), packet);
}

#[test]
fn one_initiation_over_many_paths_makes_one_session() {
    let (active, passive) = strangers();
    active.tunnel.initiate_handshake(&passive.id, &[passive.address.into(); 20]);
    active.established();
    passive.established();
    passive.fence(&active);
    assert_eq!(passive.tunnel.counters().drops.get(DropReason::StaleHandshake), 19);
    assert!(active.events.try_recv().is_err() && passive.events.try_recv().is_err());
    let packet = udp(passive.ip.0, active.ip.0, b"it works");
    passive.device.inject(&packet);
    assert_eq!(active.packet(), packet);
}

#[test]
fn a_restarted_active_side_recovers() {
    let (active, passive) = friends();
    let old_address = active.address;
    drop(active);
    let again = strangers_end_like(&passive);
    assert_ne!(again.address, old_address);
    connect(&again, &passive);
    for (from, to) in [(&again, &passive), (&passive, &again)] {
        let packet = udp(from.ip.0, to.ip.0, b"still here");
        from.device.inject(&packet);
        assert_eq!(to.packet(), packet);
    }
}

/// The active end of [`strangers`] after a restart: the same keys, another port.
fn strangers_end_like(passive: &End) -> End {
    let seed = if passive.ip.0.octets()[3] == 1 { 2 } else { 1 };
    let end = End::new(seed);
    end.knows(passive);
    end
}

#[test]
fn a_probe_arrives_with_its_bytes_and_address_and_never_at_the_os() {
    let (a, b) = strangers();
    assert!(!a.tunnel.send_probe(&b.id, b.address.into(), b"too early"));
    assert!(!b.tunnel.send_probe(&a.id, a.address.into(), b"too early"));
    b.fence(&a);
    assert!(!b.has_session(&a), "no probe begins a handshake");

    connect(&a, &b);
    for (from, to) in [(&a, &b), (&b, &a)] {
        for payload in [&b""[..], b"rtt", &[9; PROBE_PAYLOAD_BYTES]] {
            assert!(from.tunnel.send_probe(&to.id, to.address.into(), payload));
            let got = to.event(|event| match event {
                TunnelEvent::Probe { peer, from, payload } => Some((peer, from, payload)),
                _ => None,
            });
            assert_eq!(got, (from.id, from.address.into(), payload.to_vec()));
        }
        assert!(!from.tunnel.send_probe(&to.id, to.address.into(), &[9; PROBE_PAYLOAD_BYTES + 1]));
        from.device.inject(&ipv4(from.ip.0, to.ip.0, 253, b"the OS may not"));
        wait_until(|| from.tunnel.counters().drops.get(DropReason::ReservedProtocol) == 1);
        assert!(to.packets.try_recv().is_err());
    }
}

#[test]
fn probes_work_without_a_device_and_packets_are_counted_drops() {
    let (a, b) = friends();
    b.tunnel.detach();
    assert!(a.tunnel.send_probe(&b.id, b.address.into(), b"probe"));
    b.event(|event| matches!(event, TunnelEvent::Probe { .. }).then_some(()));
    a.device.inject(&udp(a.ip.0, b.ip.0, b"nobody home"));
    wait_until(|| b.tunnel.counters().drops.get(DropReason::NoDevice) == 1);
    let (device, packets) = MemoryDevice::new();
    b.tunnel.attach(device).unwrap();
    let packet = udp(a.ip.0, b.ip.0, b"back again");
    a.device.inject(&packet);
    assert_eq!(packets.recv_timeout(Duration::from_secs(20)).unwrap(), packet);
}

#[test]
fn a_failed_device_is_reported_once_and_another_takes_its_place() {
    let (a, b) = friends();
    b.device.fail();
    let error = b.event(|event| match event {
        TunnelEvent::DeviceFailed { error } => Some(error),
        _ => None,
    });
    assert_eq!(error.to_string(), "pulled out");
    let (device, packets) = MemoryDevice::new();
    b.tunnel.attach(device).unwrap();
    let packet = udp(a.ip.0, b.ip.0, b"hello");
    a.device.inject(&packet);
    assert_eq!(packets.recv_timeout(Duration::from_secs(20)).unwrap(), packet);
    assert!(b.events.try_iter().all(|event| !matches!(event, TunnelEvent::DeviceFailed { .. })));
}

#[test]
fn data_follows_the_path_and_a_second_copy_over_another_is_dropped() {
    let (a, b) = friends();
    let router = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    router.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let seen_as = router.local_addr().unwrap();
    a.tunnel.set_path(&b.id, Some(seen_as.into()));
    let mut buffer = [0; 2_048];
    for n in 0..3 {
        let packet = udp(a.ip.0, b.ip.0, &[n]);
        a.device.inject(&packet);
        let (len, from) = router.recv_from(&mut buffer).unwrap();
        assert_eq!(from, a.address);
        router.send_to(&buffer[..len], b.address).unwrap();
        assert_eq!(b.packet(), packet);
        assert!(a.tunnel.send_probe(&b.id, b.address.into(), b"the other path, too"));
        b.event(|event| matches!(event, TunnelEvent::Probe { .. }).then_some(()));
        if n == 0 {
            continue;
        }
        router.send_to(&buffer[..len], b.address).unwrap();
    }
    // No fence: what is small comes by another socket, and is read by another thread, than a datagram of `a`'s own.
    wait_until(|| b.tunnel.counters().drops.get(DropReason::Replay) == 2);
    assert!(b.packets.try_recv().is_err());
    a.tunnel.set_path(&b.id, Some(b.address.into()));
    let packet = udp(a.ip.0, b.ip.0, b"direct");
    a.device.inject(&packet);
    assert_eq!(b.packet(), packet);
}

#[test]
fn new_remote_names_the_peer_and_where_it_was_seen() {
    let (a, b) = friends();
    let router = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    router.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut buffer = [0; 2_048];
    for _ in 0..3 {
        assert!(a.tunnel.send_probe(&b.id, router.local_addr().unwrap().into(), b"through a router"));
        let (len, _) = router.recv_from(&mut buffer).unwrap();
        router.send_to(&buffer[..len], b.address).unwrap();
    }
    let mut news = Vec::new();
    let mut probes = 0;
    b.event(|event| {
        match event {
            TunnelEvent::NewRemote { peer, from } => news.push((peer, from)),
            TunnelEvent::Probe { .. } => probes += 1,
            _ => {}
        }
        (probes == 3).then_some(())
    });
    assert_eq!(news, [(a.id, router.local_addr().unwrap().into())]);
}

#[test]
fn a_stranger_is_not_answered() {
    let (a, b) = friends();
    let stranger = (3..).map(End::new).find(|s| initiates(&s.public_key(), &b.public_key())).unwrap();
    stranger.knows(&b);
    stranger.tunnel.initiate_handshake(&b.id, &[b.address.into()]);
    b.fence(&stranger);
    assert_eq!(b.tunnel.counters().drops.get(DropReason::UnknownPeer), 1);
    stranger.fence(&b);
    let drops = stranger.tunnel.counters().drops;
    assert_eq!(
        drops.total(),
        drops.get(DropReason::UnknownDatagram),
        "nothing came back but the fence's own"
    );
    assert!(!stranger.has_session(&b));

    b.tunnel.remove_peer(&a.id);
    a.device.inject(&udp(a.ip.0, b.ip.0, b"I was removed"));
    wait_until(|| b.tunnel.counters().drops.get(DropReason::UnknownPeer) == 2);
    assert!(b.packets.try_recv().is_err());
}

#[test]
fn a_removed_member_who_knows_the_preshared_key_of_others_gets_no_session_and_reads_none() {
    let (a, b) = friends();
    // What all preshared keys come from stays with whoever is removed.
    let mut ends = (3..).map(|seed| End::with_ip(seed, a.ip));
    let eve = ends.find(|eve| initiates(&eve.public_key(), &b.public_key())).unwrap();
    // In the name of a, with the key of a and b; and in her own, with that of before.
    for config in [b.config_for(&a, b.ip), b.config_for(&eve, b.ip)] {
        eve.tunnel.remove_peer(&b.id);
        eve.tunnel.add_peer(config).unwrap();
        eve.tunnel.initiate_handshake(&b.id, &[b.address.into()]);
        b.fence(&eve);
        assert!(!eve.has_session(&b));
    }
    assert_eq!(b.tunnel.counters().drops.get(DropReason::UnknownPeer), 2);
    let before = eve.tunnel.counters().drops.total();
    a.tunnel.set_path(&b.id, Some(eve.address.into()));
    a.device.inject(&udp(a.ip.0, b.ip.0, b"for b alone"));
    wait_until(|| eve.tunnel.counters().drops.total() > before);
    assert!(eve.packets.try_recv().is_err());
    a.tunnel.set_path(&b.id, Some(b.address.into()));
    let packet = udp(a.ip.0, b.ip.0, b"the session goes on");
    a.device.inject(&packet);
    assert_eq!(b.packet(), packet);
}

#[test]
fn stun_passes_before_there_is_a_party_and_wireguard_does_not() {
    let (a, b) = (End::new(1), End::new(2));
    b.tunnel.leave();
    b.fence(&a);
    let stun = stun(b"answer");
    a.tunnel.send_datagram(b.address, &stun);
    let (from, bytes) = b.event(|event| match event {
        TunnelEvent::Datagram { from, bytes } => Some((from, bytes)),
        _ => None,
    });
    assert_eq!((from, &bytes[..]), (a.address.into(), &stun[..]));
    let mut initiation = [0; 148];
    initiation[0] = 1;
    a.tunnel.send_datagram(b.address, &initiation);
    b.fence(&a);
    assert_eq!(b.tunnel.counters().drops.get(DropReason::NoParty), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn what_strangers_say_ends_in_the_packet_thread_until_they_are_asked() {
    let (a, b) = friends();
    let stranger = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).unwrap();
    let mut answer = stun(b"answer");
    answer[..2].copy_from_slice(&[0x01, 0x01]);
    let junk = [&b"x"[..], b"punch", &[0xFF; 1_000], &answer];
    for _ in 0..100 {
        for junk in junk {
            stranger.send_to(junk, b.address).unwrap();
        }
    }
    let dropped = |reason| b.tunnel.counters().drops.get(reason);
    wait_until(|| dropped(DropReason::UnknownDatagram) == 300 && dropped(DropReason::UnaskedStun) == 100);
    b.asks(stranger.local_addr().unwrap());
    stranger.send_to(&answer, b.address).unwrap();
    let heard = b.event(|event| match event {
        TunnelEvent::Datagram { bytes, .. } => Some(bytes),
        _ => None,
    });
    assert_eq!(heard, answer, "the first that is handed on");
    assert!(a.has_session(&b));
}

#[cfg(target_os = "linux")]
#[test]
fn a_flood_of_punches_is_cut_and_a_friends_handshake_passes() {
    let (active, passive) = strangers();
    let stranger = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).unwrap();
    for _ in 0..1_000 {
        stranger.send_to(&stun(b"a flood"), passive.address).unwrap();
    }
    wait_until(|| passive.tunnel.counters().drops.get(DropReason::StunFlood) > 100);
    connect(&active, &passive);
}

#[test]
fn any_bytes_on_the_socket_are_dropped_and_play_goes_on() {
    let (a, b) = friends();
    let attacker = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for n in 0..3_000_u64 {
        let len = [0, 1, 4, 31, 32, 64, 92, 148, 1_452, 2_048, 9_000][(next() % 11) as usize];
        let mut bytes: Vec<u8> = (0..len).map(|_| next() as u8).collect();
        if len >= 16 && n % 4 != 0 {
            bytes[..4].copy_from_slice(&[(n % 5) as u8, 0, 0, 0]);
            let index = (2_u32 << 8 | (next() as u32 & 0xF)).to_le_bytes();
            let at = if bytes[0] == 2 { 8 } else { 4 };
            bytes[at..at + 4].copy_from_slice(&index);
        }
        attacker.send_to(&bytes, b.address).unwrap();
        if n % 100 == 0 {
            let packet = udp(a.ip.0, b.ip.0, &n.to_be_bytes());
            a.device.inject(&packet);
            assert_eq!(b.packet(), packet);
        }
    }
    b.fence(&a);
    let drops = b.tunnel.counters().drops;
    assert!(drops.get(DropReason::MalformedDatagram) > 0 && drops.get(DropReason::Unauthenticated) > 0);
    assert!(
        drops.get(DropReason::OversizedDatagram) > 0 && drops.get(DropReason::NoSession) > 0,
        "{drops:?}"
    );
    assert!(b.has_session(&a));
}

#[test]
fn packets_for_nobody_are_counted_drops() {
    let (a, _b) = friends();
    for destination in [[10, 66, 0, 77], [10, 66, 0, 0], [192, 168, 1, 1]] {
        a.device.inject(&udp(a.ip.0, destination.into(), b"?"));
    }
    a.device.inject(&udp(a.ip.0, a.ip.0, b"myself"));
    a.device.inject(&[0x60; 40]);
    a.device.inject(&[0x45; 7]);
    wait_until(|| a.tunnel.counters().drops.total() == 6);
    let drops = a.tunnel.counters().drops;
    assert_eq!(drops.get(DropReason::UnknownDestination), 3);
    assert_eq!(drops.get(DropReason::OwnDestination), 1);
    assert_eq!((drops.get(DropReason::Ipv6), drops.get(DropReason::MalformedPacket)), (1, 1));
}

#[test]
fn a_peer_that_does_not_fit_the_party_is_refused() {
    let (a, b) = (End::new(1), End::new(2));
    let config = b.config_for(&a, b.ip);
    let with_ip = |ip: [u8; 4]| PeerConfig { virtual_ip: VirtualIp(ip.into()), ..config.clone() };
    assert_eq!(
        a.tunnel.add_peer(with_ip([10, 67, 0, 1])),
        Err(TunnelError::AddressOutside(VirtualIp([10, 67, 0, 1].into())))
    );
    assert_eq!(a.tunnel.add_peer(with_ip(a.ip.0.octets())), Err(TunnelError::AddressTaken(a.ip)));
    let own = a.config_for(&a, b.ip);
    assert_eq!(a.tunnel.add_peer(own), Err(TunnelError::KeyTaken));
    a.knows(&b);
    a.knows(&b);
    let third = End::new(3);
    let thief = third.config_for(&a, b.ip);
    assert_eq!(a.tunnel.add_peer(thief), Err(TunnelError::AddressTaken(b.ip)));
    assert_eq!(a.tunnel.counters().peers.len(), 1);
    a.tunnel.leave();
    assert_eq!(a.tunnel.add_peer(config), Err(TunnelError::NoParty));
}

#[test]
fn a_party_has_room_for_as_many_as_the_limit_says() {
    let end = End::new(1);
    let peer = |n: u8| {
        let other = WireGuardPrivateKey::from_random([n; 32]).public();
        PeerConfig {
            id: DeviceIdentity::from_seed(&[n; 32]).peer_id(),
            public_key: other,
            preshared_key: PartySecret::from_random([7; 32]).preshared_key(&end.public_key(), &other),
            virtual_ip: VirtualIp([10, 66, 0, n].into()),
        }
    };
    let added = (2..=u8::MAX).map(peer).take_while(|peer| end.tunnel.add_peer(peer.clone()).is_ok()).count();
    assert_eq!(added + 1, PEERS_PER_PARTY, "with ourselves");
    assert_eq!(end.tunnel.add_peer(peer(200)), Err(TunnelError::Full));
    assert_eq!(end.tunnel.add_peer(peer(2)), Ok(()), "who is in stays in");
    end.tunnel.remove_peer(&peer(2).id);
    assert_eq!(end.tunnel.add_peer(peer(200)), Ok(()));
}

#[test]
fn the_same_peer_again_keeps_its_session_and_a_new_lease_does_not() {
    let (a, b) = friends();
    a.knows(&b);
    assert!(a.has_session(&b));
    a.tunnel.add_peer(b.config_for(&a, VirtualIp([10, 66, 0, 50].into()))).unwrap();
    assert!(!a.has_session(&b));
}

#[test]
fn shutdown_ends_the_threads_and_is_idempotent() {
    let (a, b) = friends();
    a.tunnel.shutdown();
    a.tunnel.shutdown();
    assert!(!a.has_session(&b));
    assert_eq!(std::sync::Arc::strong_count(&a.device), 1, "both threads let go of the device");
    a.tunnel.send_datagram(SocketAddr::from((Ipv4Addr::LOCALHOST, 9)), b"no harm");
}
