//! Two lanes between friends, and one where a peer knows no second.

use std::net::{SocketAddr, UdpSocket};

use lanrage_tunnel::{DropReason, PeerCounters};

use crate::support::{End, friends, ipv4, strangers, udp, wait_until};

fn counters(end: &End, other: &End) -> PeerCounters {
    end.tunnel.counters().peers[&other.id]
}

fn has_two_lanes(end: &End, other: &End) -> bool {
    counters(end, other).has_express_lane
}

#[test]
fn friends_have_a_lane_for_games_and_one_for_the_rest() {
    let (a, b) = friends();
    wait_until(|| has_two_lanes(&a, &b) && has_two_lanes(&b, &a));
    for (from, to) in [(&a, &b), (&b, &a)] {
        const TCP: u8 = 6;
        for packet in [udp(from.ip.0, to.ip.0, &[7; 100]), ipv4(from.ip.0, to.ip.0, TCP, &[7; 1_400])] {
            from.device.inject(&packet);
            assert_eq!(to.packet(), packet);
        }
        let (sent, received) = (counters(from, to), counters(to, from));
        assert_eq!((sent.sent.packets, sent.sent_express.packets, sent.sent_express.bytes), (2, 1, 128));
        assert_eq!((received.received.packets, received.received_express.packets), (2, 1));
    }
}

#[test]
fn a_peer_that_was_started_again_hears_games_at_once() {
    let (a, b) = friends();
    wait_until(|| has_two_lanes(&a, &b) && has_two_lanes(&b, &a));
    let again = End::like(&b);
    again.knows(&a);
    a.tunnel.set_path(&b.id, Some(again.address.into()));
    a.tunnel.initiate_handshake(&b.id, &[again.address.into()]);
    a.established();
    // The express session of before is nobody's now: until there is a new one, games go the other way.
    for n in 0_u32..100 {
        let packet = udp(a.ip.0, b.ip.0, &n.to_be_bytes());
        a.device.inject(&packet);
        assert_eq!(again.packet(), packet);
    }
    wait_until(|| has_two_lanes(&a, &b) && has_two_lanes(&again, &a));
}

/// Passes datagrams between the two, except for the initiations that only LANrage knows: so the second one is to the
/// first what any WireGuard is.
fn between(a: SocketAddr, b: SocketAddr) -> (SocketAddr, std::sync::mpsc::Receiver<()>) {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let address = socket.local_addr().unwrap();
    let (held_back, reports) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut datagram = [0; 2_048];
        // Ends with the test's process, as the sockets at its ends do.
        while let Ok((len, from)) = socket.recv_from(&mut datagram) {
            if datagram[..4] == [1, 1, 0, 0] {
                let _ = held_back.send(());
            } else {
                let _ = socket.send_to(&datagram[..len], if from == a { b } else { a });
            }
        }
    });
    (address, reports)
}

#[test]
fn with_a_peer_that_has_one_lane_everything_goes_in_it() {
    let (a, b) = strangers();
    let (way, held_back) = between(a.address, b.address);
    a.tunnel.initiate_handshake(&b.id, &[way.into()]);
    a.established();
    b.established();
    held_back.recv().unwrap();
    for n in 0_u32..100 {
        let packet = udp(a.ip.0, b.ip.0, &n.to_be_bytes());
        a.device.inject(&packet);
        assert_eq!(b.packet(), packet);
    }
    assert_eq!((counters(&a, &b).sent.packets, counters(&a, &b).sent_express.packets), (100, 0));
    assert!(!has_two_lanes(&a, &b) && !has_two_lanes(&b, &a));
}

#[test]
fn initiations_that_are_led_to_the_express_lane_do_not_push_out_its_session() {
    let (a, b) = friends();
    let attacker = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let mut datagram = [0; 2_048];
    for n in 0..12 {
        a.tunnel.initiate_handshake(&b.id, &[attacker.local_addr().unwrap().into()]);
        let dropped = b.tunnel.counters().drops.total();
        loop {
            // The answers to those before come here, too.
            let (len, _) = attacker.recv_from(&mut datagram).unwrap();
            if len == 148 {
                break;
            }
        }
        datagram[1] = 1;
        attacker.send_to(&datagram[..148], b.address).unwrap();
        if n < 6 {
            while attacker.recv_from(&mut datagram).unwrap().0 != 92 {}
        } else {
            wait_until(|| b.tunnel.counters().drops.total() > dropped);
        }
    }
    assert!(has_two_lanes(&b, &a));
}

#[test]
fn an_initiation_that_is_led_to_the_other_lane_establishes_nothing() {
    let (a, b) = strangers();
    let attacker = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    a.tunnel.initiate_handshake(&b.id, &[attacker.local_addr().unwrap().into()]);
    let mut datagram = [0; 2_048];
    let (len, from) = attacker.recv_from(&mut datagram).unwrap();
    assert_eq!((len, &datagram[..4]), (148, &[1, 0, 0, 0][..]));
    datagram[1] = 1;
    attacker.send_to(&datagram[..len], b.address).unwrap();
    let (len, _) = attacker.recv_from(&mut datagram).unwrap();
    attacker.send_to(&datagram[..len], from).unwrap();
    wait_until(|| a.tunnel.counters().drops.get(DropReason::Unauthenticated) > 0);
    assert!(!a.has_session(&b) && !b.has_session(&a));
}
