//! Paths by a relay: by UDP and by a stream, next to straight ones, and under attack.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{Arc, mpsc},
    time::Duration,
};

use lanrage_party::{AllocationId, Remote, Subnet, VirtualIp, WireGuardPrivateKey};
use lanrage_tunnel::{
    DropReason, LocalEnd, PROBE_PAYLOAD_BYTES, PeerCounters, RelayLink, RelayStream, Tunnel, TunnelEvent,
};

use crate::{
    relay::{Relay, channel_data},
    support::{End, friends, ipv4, strangers, stun, udp, wait_until},
};

const A: AllocationId = AllocationId(1);

/// Two ends with a relay each and the remotes by which they see each other.
fn by_relays() -> ((End, Relay, Remote), (End, Relay, Remote)) {
    let (a, b) = strangers();
    let (relay_a, relay_b) = (Relay::of(&a, 1), Relay::of(&b, 2));
    let to_b = relay_a.bind(&a, 0x4000, relay_b.relayed);
    let to_a = relay_b.bind(&b, 0x4FFF, relay_a.relayed);
    a.tunnel.initiate_handshake(&b.id, &[to_b]);
    assert_eq!((a.established(), b.established()), ((b.id, to_b), (a.id, to_a)));
    ((a, relay_a, to_b), (b, relay_b, to_a))
}

#[test]
fn a_session_its_packets_and_full_probes_pass_by_two_relays() {
    let ((a, _relay_a, to_b), (b, _relay_b, to_a)) = by_relays();
    for (from, to, remote, seen) in [(&a, &b, to_b, to_a), (&b, &a, to_a, to_b)] {
        for len in [0, 1, 100, 1_392] {
            let packet = udp(from.ip.0, to.ip.0, &vec![0x5A; len]);
            from.device.inject(&packet);
            assert_eq!(to.packet(), packet);
        }
        assert!(from.tunnel.send_probe(&to.id, remote, &[9; PROBE_PAYLOAD_BYTES]));
        let probe = to.event(|event| match event {
            TunnelEvent::Probe { peer, from, payload } => Some((peer, from, payload.len())),
            _ => None,
        });
        assert_eq!(probe, (from.id, seen, PROBE_PAYLOAD_BYTES));
    }
    for (end, other) in [(&a, &b), (&b, &a)] {
        let counters = end.tunnel.counters();
        let PeerCounters { received, sent, received_relayed, sent_relayed, .. } = counters.peers[&other.id];
        assert_eq!((received.packets, received, sent), (4, received_relayed, sent_relayed));
        assert_eq!(counters.drops.total(), 0, "{:?}", counters.drops);
    }
}

#[test]
fn a_bulk_flow_by_a_relay_arrives_whole_and_in_order() {
    let ((a, _relay_a, _), (b, _relay_b, _)) = by_relays();
    // Runs of one length, broken by shorter packets; no more at a time than the relay's own socket holds.
    for round in 0..10_u32 {
        let data = |n: u32| vec![n as u8; if n % 7 == round % 7 { 800 } else { 1_392 }];
        let packets: Vec<_> = (0..48).map(|n| udp(a.ip.0, b.ip.0, &data(n))).collect();
        packets.iter().for_each(|packet| a.device.inject(packet));
        packets.iter().for_each(|packet| assert_eq!(b.packet(), *packet));
    }
    assert_eq!(a.tunnel.counters().drops.total() + b.tunnel.counters().drops.total(), 0);
}

#[test]
fn a_path_that_changes_mid_flow_loses_and_doubles_nothing() {
    const PACKETS: u32 = 3_000;
    const EVERY: u32 = 37;
    const ON_THE_WAY: u32 = 16;
    let ((a, _relay_a, to_b), (b, _relay_b, _)) = by_relays();
    let paths = [to_b, b.address.into()];
    let mut seen = vec![0_u32; PACKETS as usize];
    let mut receive = || {
        let packet = b.packet();
        let number = u32::from_be_bytes(packet[28..32].try_into().unwrap());
        seen[number as usize] += 1;
    };
    for n in 0..PACKETS {
        if n % EVERY == 0 {
            a.tunnel.set_path(&b.id, Some(paths[(n / EVERY % 2) as usize]));
        }
        a.device.inject(&udp(a.ip.0, b.ip.0, &n.to_be_bytes()));
        if n >= ON_THE_WAY {
            receive();
        }
    }
    (0..ON_THE_WAY).for_each(|_| receive());
    assert!(seen.iter().all(|times| *times == 1));
    assert!(b.packets.try_recv().is_err());
    let PeerCounters { received, received_relayed, .. } = b.tunnel.counters().peers[&a.id];
    let (direct, relayed) = (received.packets - received_relayed.packets, received_relayed.packets);
    assert!(direct.min(relayed) > u64::from(PACKETS / 10), "{direct} direct, {relayed} relayed");
}

#[test]
fn a_second_path_brings_what_the_first_one_loses_and_nothing_twice() {
    const PACKETS: u32 = 60;
    let ((a, _relay_a, to_b), (b, _relay_b, _)) = by_relays();
    wait_until(|| a.tunnel.counters().peers[&b.id].has_express_lane);
    let nobody = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let copies = || b.tunnel.counters().drops.get(DropReason::Replay);
    let play = |from: u32| {
        for n in from..from + PACKETS {
            let packet = udp(a.ip.0, b.ip.0, &n.to_be_bytes());
            a.device.inject(&packet);
            assert_eq!(b.packet(), packet);
        }
    };
    a.tunnel.set_path(&b.id, Some(nobody.local_addr().unwrap().into()));
    for second in [to_b, b.address.into()] {
        a.tunnel.set_second_path(&b.id, Some(second));
        play(0);
    }
    assert_eq!(copies(), 0, "one of the two was lost");

    a.tunnel.set_path(&b.id, Some(b.address.into()));
    a.tunnel.set_second_path(&b.id, Some(to_b));
    play(0);
    wait_until(|| copies() == u64::from(PACKETS));
    assert!(b.packets.try_recv().is_err());

    // A transfer is never copied, a flood only as far as the share goes.
    const TCP: u8 = 6;
    for packet in (0..100).map(|n| ipv4(a.ip.0, b.ip.0, TCP, &[n; 1_000])) {
        a.device.inject(&packet);
        assert_eq!(b.packet(), packet);
    }
    assert_eq!(copies(), u64::from(PACKETS));
    for packet in (0..200).map(|n| udp(a.ip.0, b.ip.0, &[n; 1_200])) {
        a.device.inject(&packet);
        assert_eq!(b.packet(), packet);
    }
    a.tunnel.set_second_path(&b.id, None);
    let before = copies();
    assert!((20..100).contains(&(before - u64::from(PACKETS))), "{before}");
    play(0);
    assert!(copies() < u64::from(PACKETS) + 100);
}

#[test]
fn nothing_goes_by_a_closed_allocation_and_a_peer_without_a_path_follows_where_it_is_seen() {
    let ((a, relay_a, to_b), (b, _relay_b, _)) = by_relays();
    let packet = udp(a.ip.0, b.ip.0, b"relayed, where the peer was seen");
    a.device.inject(&packet);
    assert_eq!(b.packet(), packet);
    a.tunnel.close_allocation(relay_a.id);
    a.device.inject(&udp(a.ip.0, b.ip.0, b"lost"));
    assert!(a.tunnel.send_probe(&b.id, to_b, b"lost"));
    a.tunnel.send_datagram(to_b, b"lost");
    a.tunnel.initiate_handshake(&b.id, &[to_b]);
    wait_until(|| a.tunnel.counters().drops.get(DropReason::NoChannel) == 4);
    assert!(!a.tunnel.set_channel(relay_a.id, to_b.address, Some(0x4000)));
    assert!(b.tunnel.send_probe(&a.id, a.address.into(), b"here I am"));
    a.event(|event| matches!(event, TunnelEvent::Probe { .. }).then_some(()));
    let packet = udp(a.ip.0, b.ip.0, b"straight");
    a.device.inject(&packet);
    assert_eq!(b.packet(), packet);
}

#[test]
fn allocations_outlive_a_party() {
    let end = End::new(1);
    let (relay, other) = (Relay::of(&end, 1), End::new(2));
    let remote = relay.bind(&end, 0x4001, other.address);
    end.tunnel.leave();
    end.tunnel.enter(LocalEnd {
        private_key: WireGuardPrivateKey::from_random([1; 32]),
        virtual_ip: VirtualIp([10, 66, 0, 1].into()),
        subnet: Subnet::DEFAULT,
    });
    other.asks(relay.relayed);
    end.tunnel.send_datagram(remote, &stun(b"a fence"));
    let from = other.event(|event| match event {
        TunnelEvent::Datagram { from, .. } => Some(from),
        _ => None,
    });
    assert_eq!(from, relay.relayed.into());
}

/// What the "connection" of a stream takes; a queue of a few messages.
struct Stream(mpsc::SyncSender<Vec<u8>>);

impl RelayStream for Stream {
    fn send(&self, message: &[u8]) -> bool {
        self.0.try_send(message.to_vec()).is_ok()
    }
}

#[test]
fn a_session_passes_by_the_streams_of_two_relays() {
    let (a, b) = strangers();
    let [from_a, from_b] = [(&a, 0x4000), (&b, 0x4ABC)].map(|(end, number)| {
        let (stream, messages) = mpsc::sync_channel(1_000);
        assert!(end.tunnel.open_allocation(A, RelayLink::Stream(Arc::new(Stream(stream)))));
        assert!(end.tunnel.set_channel(A, relayed_address(), Some(number)));
        messages
    });
    // As two relays would: the channel of one end becomes the channel of the other. Half of it comes as a
    // Data indication.
    let pump = |messages: mpsc::Receiver<Vec<u8>>, to: &Tunnel, (sent, received): (u16, u16)| {
        for n in 0.. {
            let Ok(message) = messages.recv_timeout(Duration::from_secs(20)) else { return };
            assert_eq!((message.len() % 4, &message[..2]), (0, &sent.to_be_bytes()[..]));
            let len = usize::from(u16::from_be_bytes([message[2], message[3]]));
            let data = &message[4..4 + len];
            match n % 2 {
                0 => to.receive_relayed(Remote::relayed(A, relayed_address()), data),
                _ => to.receive_channel_data(A, &channel_data(received, data)),
            }
        }
    };
    let (tunnel_a, tunnel_b) = (&a.tunnel, &b.tunnel);
    std::thread::scope(|scope| {
        scope.spawn(move || pump(from_a, tunnel_b, (0x4000, 0x4ABC)));
        scope.spawn(move || pump(from_b, tunnel_a, (0x4ABC, 0x4000)));
        let remote = Remote::relayed(A, relayed_address());
        a.tunnel.initiate_handshake(&b.id, &[remote]);
        assert_eq!((a.established(), b.established()), ((b.id, remote), (a.id, remote)));
        for (from, to) in [(&a, &b), (&b, &a)] {
            let packets: Vec<_> =
                (0..200).map(|n| udp(from.ip.0, to.ip.0, &vec![n; usize::from(n) * 6])).collect();
            for packet in &packets {
                from.device.inject(packet);
                assert_eq!(to.packet(), *packet);
            }
        }
        for end in [&a, &b] {
            assert_eq!(end.tunnel.counters().drops.total(), 0, "{:?}", end.tunnel.counters().drops);
            end.tunnel.close_allocation(A);
        }
    });
}

fn relayed_address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 49_152))
}

#[test]
fn a_full_stream_drops_and_counts() {
    let (a, b) = friends();
    let (stream, _messages) = mpsc::sync_channel(3);
    a.tunnel.open_allocation(A, RelayLink::Stream(Arc::new(Stream(stream))));
    a.tunnel.set_channel(A, relayed_address(), Some(0x4000));
    a.tunnel.set_path(&b.id, Some(Remote::relayed(A, relayed_address())));
    for n in 0..10 {
        a.device.inject(&udp(a.ip.0, b.ip.0, &[n]));
    }
    wait_until(|| a.tunnel.counters().drops.get(DropReason::RelayStreamFull) == 7);
}

#[test]
fn forged_cut_and_nested_channel_data_is_dropped_and_counted() {
    let (a, b) = friends();
    let [server, attacker] = [(); 2].map(|()| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let peer = relayed_address();
    a.tunnel.open_allocation(A, RelayLink::Udp { server: server.local_addr().unwrap() });
    a.tunnel.set_channel(A, peer, Some(0x4000));
    let drops = |reason| a.tunnel.counters().drops.get(reason);
    // Data for a session that nobody has.
    let data = [&[4, 0, 0, 0][..], &[0; 60]].concat();
    let good = channel_data(0x4000, &data);
    let stun = [0x01, 0x01, 0, 0, 0x21, 0x12, 0xA4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut longer_than_it_is = good.clone();
    longer_than_it_is[3] += 1;
    let hostile = [
        (&attacker, good.clone(), DropReason::ForeignChannelData),
        (&attacker, vec![0x40], DropReason::ForeignChannelData),
        (&server, good[..3].to_vec(), DropReason::MalformedChannelData),
        (&server, good[..8].to_vec(), DropReason::MalformedChannelData),
        (&server, longer_than_it_is, DropReason::MalformedChannelData),
        (&server, channel_data(0x4001, &data), DropReason::UnknownChannel),
        (&server, channel_data(0x4000, &good), DropReason::ForeignChannelData),
        (&server, channel_data(0x4000, b""), DropReason::MalformedDatagram),
        (&server, channel_data(0x4000, &stun), DropReason::RelayedStun),
        (&server, channel_data(0x4000, b"punch"), DropReason::UnknownDatagram),
        (&server, channel_data(0x4000, &[0xFF; 60_000]), DropReason::OversizedDatagram),
        (&server, good.clone(), DropReason::UnknownPeer),
        (&server, [&good[..], &[0, 0, 0]].concat(), DropReason::UnknownPeer),
    ];
    for (n, (socket, bytes, reason)) in hostile.iter().enumerate() {
        let before = drops(*reason);
        socket.send_to(bytes, a.address).unwrap();
        wait_until(|| a.tunnel.counters().drops.total() == n as u64 + 1);
        assert_eq!(drops(*reason), before + 1, "{n}");
    }
    a.asks(server.local_addr().unwrap());
    server.send_to(&stun, a.address).unwrap();
    let answer = a.event(|event| match event {
        TunnelEvent::Datagram { from, bytes } => Some((from, bytes)),
        _ => None,
    });
    assert_eq!(answer, (server.local_addr().unwrap().into(), stun.to_vec()));

    a.tunnel.receive_relayed(Remote::relayed(A, peer), &[0xFF; 3_000]);
    a.tunnel.receive_relayed(Remote::relayed(A, peer), &stun);
    a.tunnel.receive_channel_data(A, &good[..8]);
    a.tunnel.receive_channel_data(AllocationId(9), &good);
    a.tunnel.close_allocation(A);
    server.send_to(&good, a.address).unwrap();
    a.tunnel.receive_channel_data(A, &good);
    wait_until(|| a.tunnel.counters().drops.total() == hostile.len() as u64 + 6);
    assert_eq!((drops(DropReason::ForeignChannelData), drops(DropReason::RelayedStun)), (6, 2));

    let packet = udp(a.ip.0, b.ip.0, b"play goes on");
    a.device.inject(&packet);
    assert_eq!(b.packet(), packet);
}

#[test]
fn any_bytes_of_a_relay_are_dropped_and_play_goes_on() {
    let (a, b) = friends();
    let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    a.tunnel.open_allocation(A, RelayLink::Udp { server: server.local_addr().unwrap() });
    a.tunnel.set_channel(A, relayed_address(), Some(0x4000));
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for n in 0..2_000_u64 {
        let len = [0, 1, 4, 31, 32, 64, 92, 148, 1_452, 2_048, 9_000][(next() % 11) as usize];
        let mut data: Vec<u8> = (0..len).map(|_| next() as u8).collect();
        if len >= 4 && n % 3 != 0 {
            data[..4].copy_from_slice(&[(n % 5) as u8, 0, 0, 0]);
        }
        let mut message = channel_data(0x4000 | (next() % 2) as u16, &data);
        if n % 5 == 0 {
            message[(next() % 4) as usize] ^= 1 << (next() % 8);
        }
        match n % 3 {
            0 => a.tunnel.receive_channel_data(A, &message),
            1 => a.tunnel.receive_relayed(Remote::relayed(A, relayed_address()), &data),
            _ => drop(server.send_to(&message, a.address).unwrap()),
        }
        if n % 100 == 0 {
            let packet = udp(b.ip.0, a.ip.0, &n.to_be_bytes());
            b.device.inject(&packet);
            assert_eq!(a.packet(), packet);
        }
    }
    a.fence(&b);
    assert!(a.has_session(&b) && a.packets.try_recv().is_err());
}

#[test]
fn while_only_relays_are_used_nothing_leaves_straight_for_a_peer_and_nothing_straight_counts() {
    let ((a, _relay_a, to_b), (b, _relay_b, _)) = by_relays();
    let straight = Remote::from(b.address);
    let dropped = |least| wait_until(|| a.tunnel.counters().drops.get(DropReason::NotRelayed) >= least);
    a.tunnel.set_relay_only(true);
    a.tunnel.set_path(&b.id, Some(straight));
    a.device.inject(&udp(a.ip.0, b.ip.0, b"held back"));
    assert!(a.tunnel.send_probe(&b.id, straight, b"held back"));
    a.tunnel.initiate_handshake(&b.id, &[straight]);
    dropped(3);
    b.tunnel.set_path(&a.id, Some(a.address.into()));
    b.device.inject(&udp(b.ip.0, a.ip.0, b"not taken"));
    dropped(4);
    assert!(b.packets.try_recv().is_err() && a.packets.try_recv().is_err());
    let packet = udp(a.ip.0, b.ip.0, b"by the relay");
    a.tunnel.set_path(&b.id, Some(to_b));
    a.device.inject(&packet);
    assert_eq!(b.packet(), packet);
    a.tunnel.set_relay_only(false);
    let packet = udp(b.ip.0, a.ip.0, b"straight again");
    b.device.inject(&packet);
    assert_eq!(a.packet(), packet);
}
