//! What strangers, thieves and broken clients send.

use proptest::prelude::*;

use super::{
    server::{Bench, PEER},
    world::{addr, secs, server_config},
};
use crate::turn::{
    DropReason, FiveTuple, Transport, TurnLimits, TurnServerConfig, TurnServerOutput,
    message::{Class, Message, Method},
};

#[test]
fn a_stranger_gets_a_short_refusal_and_few_of_them() {
    let mut bench = Bench::new();
    let request = bench.allocation().encode(None);
    let mut answered = 0;
    for port in 1..=1_000_u16 {
        let tuple = FiveTuple {
            transport: Transport::Udp,
            client: ([203, 0, 113, 66], port).into(),
            server: addr(super::world::SERVER),
        };
        bench.server.handle_client_datagram(bench.now, tuple, &request);
        while let Some(output) = bench.server.poll_output() {
            let TurnServerOutput::Transmit { datagram, .. } = output else { panic!("{output:?}") };
            assert!(datagram.len() <= 3 * request.len(), "{} for {}", datagram.len(), request.len());
            answered += 1;
        }
    }
    assert_eq!(answered, 32, "per source address, whatever the port");
    assert_eq!(bench.dropped(DropReason::AnswerLimit), 968);
    bench.now += secs(1);
    assert!(bench.ask_unsigned(&Message::request(Method::Allocate)).is_some(), "others are not affected");
}

#[test]
fn a_replayed_request_makes_nothing_new_and_is_worthless_from_elsewhere() {
    let (mut bench, _) = Bench::allocated();
    let requests = [bench.binding(0x4000, PEER), bench.permission(&["192.0.2.8:1"]), bench.refresh(None)];
    let recorded: Vec<Vec<u8>> = requests.iter().map(|request| bench.signed(request)).collect();
    for request in &requests {
        assert_eq!(bench.code(request), 0);
    }
    let before = bench.server.stats();
    for bytes in &recorded {
        for _ in 0..10 {
            bench.client_sends(bytes);
            let answer = bench.transmitted().unwrap();
            assert_eq!(Message::parse(&answer).unwrap().message.class, Class::Success, "it is idempotent");
        }
    }
    bench.client = addr("203.0.113.66:1");
    for bytes in &recorded {
        bench.client_sends(bytes);
        let answer = bench.transmitted().unwrap();
        assert_eq!(
            Message::parse(&answer).unwrap().message.error,
            Some(438),
            "the nonce is another client's"
        );
    }
    assert_eq!(bench.server.stats().allocations, before.allocations);
    assert_eq!(bench.server.stats().allocated, before.allocated);
}

#[test]
fn a_changed_request_is_refused() {
    let (mut bench, _) = Bench::allocated();
    let request = bench.refresh(Some(700));
    let mut bytes = bench.signed(&request);
    // LIFETIME stands first; nobody has signed the value that it gets.
    assert_eq!(bytes[20..24], [0, 0x0D, 0, 4]);
    bytes[24..28].copy_from_slice(&[0; 4]);
    bench.client_sends(&bytes);
    let answer = bench.transmitted().unwrap();
    assert_eq!(Message::parse(&answer).unwrap().message.error, Some(401));
    assert_eq!(bench.server.stats().allocations, 1);
}

#[test]
fn replies_and_indications_of_others_are_dropped_silently() {
    let (mut bench, _) = Bench::allocated();
    let mut reply = Message::new(Method::Allocate, Class::Success, crate::stun::TransactionId([1; 12]));
    reply.lifetime = Some(secs(600));
    let mut data = Bench::indication(PEER, b"x");
    data[1] = 0x17;
    for bytes in [reply.encode(None), data, b"nonsense".to_vec(), Vec::new(), vec![0x40, 0, 0, 9]] {
        assert_eq!(bench.client_sends(&bytes), None);
        assert_eq!(bench.transmitted(), None, "{bytes:02x?}");
    }
    assert_eq!(bench.dropped(DropReason::Malformed), 5);
}

#[test]
fn payload_from_nobody_goes_nowhere() {
    let mut bench = Bench::new();
    assert_eq!(bench.client_sends(&Bench::indication(PEER, b"x")), None);
    assert_eq!(bench.client_sends(&[0x40, 0, 0, 0]), None);
    assert_eq!(bench.dropped(DropReason::NoAllocation), 2);
    let (mut other, id) = Bench::allocated();
    other.now += secs(600);
    assert_eq!(other.peer_sends(id, PEER, b"x"), None);
    assert_eq!(other.dropped(DropReason::NoAllocation), 1);
}

#[test]
fn services_of_machines_are_out_of_reach_but_in_networks_that_the_operator_names() {
    for (peer, relayed) in [
        ("192.0.2.7:53", false),
        ("192.0.2.7:1023", false),
        ("192.0.2.7:1024", true),
        ("192.0.2.200:53", true),
    ] {
        let peers = server_config().peers.allow(["192.0.2.200/32".parse().unwrap()]);
        let mut bench = Bench::with(TurnServerConfig { peers, ..server_config() });
        bench.allocate();
        let request = bench.permission(&[peer]);
        assert_eq!(bench.code(&request), 0, "a permission is for an address");
        assert_eq!(bench.client_sends(&Bench::indication(peer, b"x")).is_some(), relayed, "{peer}");
        let request = bench.binding(0x4000, peer);
        assert_eq!(bench.code(&request), if relayed { 0 } else { 403 }, "{peer}");
        assert_eq!(bench.dropped(DropReason::ForbiddenPeer), u64::from(!relayed));
    }
}

#[test]
fn a_limit_of_all_is_counted_by_its_own_reason_both_ways() {
    let limits = TurnLimits { allocations: 10, bytes_per_second_in_all: 1_000, ..TurnLimits::default() };
    let mut bench = Bench::with(TurnServerConfig { limits, ..server_config() });
    let id = bench.allocate();
    let request = bench.permission(&[PEER]);
    assert_eq!(bench.code(&request), 0);
    // 1,000 bytes at once, of which the 100 that are assured count too; then those are all.
    assert!(bench.client_sends(&Bench::indication(PEER, &[7; 900])).is_some());
    assert!(bench.peer_sends(id, PEER, &[7; 100]).is_some());
    assert!(bench.peer_sends(id, PEER, &[7; 100]).is_none());
    assert!(bench.client_sends(&Bench::indication(PEER, &[7; 100])).is_none());
    assert_eq!(bench.dropped(DropReason::TotalRate), 2);
    assert_eq!(bench.dropped(DropReason::Rate), 0);
}

#[test]
fn a_buffer_without_room_is_a_drop() {
    let (mut bench, id) = Bench::allocated();
    let request = bench.permission(&[PEER]);
    assert_eq!(bench.code(&request), 0);
    let mut tight = [7; 10];
    let out = bench.server.handle_peer_datagram(bench.now, id, addr(PEER), &mut tight, 0..10);
    assert_eq!(out, None);
    assert_eq!(bench.dropped(DropReason::Framing), 1);
}

proptest! {
    #[test]
    fn any_datagrams_leave_the_server_alive_and_relay_nothing(
        datagrams in proptest::collection::vec(
            (prop_oneof![Just(0x40_u8), Just(0x00), Just(0x01), any::<u8>()], proptest::collection::vec(any::<u8>(), 0..300)),
            0..30,
        ),
    ) {
        let (mut bench, _) = Bench::allocated();
        for (first, mut bytes) in datagrams {
            bytes.insert(0, first);
            prop_assert_eq!(bench.client_sends(&bytes), None);
        }
        prop_assert_eq!(bench.server.stats().allocations, 1);
    }

    /// One byte of a good request is changed: it is refused or dropped, and has no effect.
    #[test]
    fn a_damaged_request_has_no_effect(which in 0..3_usize, position in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let (mut bench, id) = Bench::allocated();
        let request = match which {
            0 => bench.refresh(Some(0)),
            1 => bench.permission(&[PEER]),
            _ => bench.binding(0x4000, PEER),
        };
        let mut bytes = bench.signed(&request);
        let position = position.index(bytes.len());
        bytes[position] ^= 1 << bit;
        prop_assert_eq!(bench.client_sends(&bytes), None);
        if let Some(answer) = bench.transmitted()
            && let Ok(parsed) = Message::parse(&answer)
        {
            prop_assert_eq!(parsed.message.class, Class::Error);
        }
        prop_assert_eq!(bench.server.stats().allocations, 1);
        prop_assert!(bench.peer_sends(id, PEER, b"in").is_none());
    }

    /// Whatever signed requests come in whatever order, memory and sockets stay within the limits and go back to
    /// nothing.
    #[test]
    fn a_hostile_source_stays_within_its_limits(
        steps in proptest::collection::vec((0..6_u8, 1..30_u16, 0..400_u64), 1..200),
    ) {
        let limits = TurnLimits {
            allocations_per_user: 3,
            allocations_per_source: 2,
            permissions: 4,
            channels: 4,
            ..TurnLimits::default()
        };
        let mut bench = Bench::with(TurnServerConfig { limits, ..server_config() });
        let mut open = std::collections::HashSet::new();
        let mut port = 50_000;
        for (kind, n, pause) in steps {
            bench.client = ([203, 0, 113, 1], 1_000 + n % 5).into();
            let peer = format!("192.0.2.{n}:1");
            let request = match kind {
                0 | 1 => bench.allocation(),
                2 => bench.refresh(Some(u64::from(n % 2) * 600)),
                3 => bench.permission(&[&peer]),
                _ => bench.binding(0x4000 + n, &peer),
            };
            // Slowly enough for the limit of answers to strangers, of which this is one.
            bench.now += secs(1);
            bench.renew_nonce();
            let bytes = bench.signed(&request);
            bench.client_sends(&bytes);
            bench.transmitted();
            if let Some(allocation) = bench.opening.take() {
                port += 1;
                open.insert(allocation);
                let now = bench.now;
                bench.server.handle_relay(now, allocation, Ok(([198, 51, 100, 1], port).into()));
                bench.transmitted();
            }
            for allocation in bench.closed.drain(..) {
                prop_assert!(open.remove(&allocation));
            }
            prop_assert_eq!(open.len(), bench.server.stats().allocations);
            prop_assert!(open.len() <= 2);
            bench.now += secs(pause);
        }
        bench.now += secs(3_600);
        let now = bench.now;
        bench.server.handle_timeout(now);
        prop_assert_eq!(bench.server.stats().allocations, 0);
        prop_assert_eq!(bench.server.poll_timeout(), None);
    }
}
