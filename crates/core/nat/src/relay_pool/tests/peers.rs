//! Who is let through.

use lanrage_party::Remote;

use super::world::*;
use crate::relay_pool::{PoolOutput, PoolReceived};

#[test]
fn every_address_of_a_peer_gets_a_channel_on_every_allocation() {
    let mut world = World::new(&[20, 30]);
    let addresses = ["192.0.2.1:5000", "192.0.2.2:6000", "[2001:db8::1]:7000"];
    let friend = world.peer(1, &addresses, &[]);
    world.pool.set_peers(world.now(), std::slice::from_ref(&friend));
    world.run_for(secs(2));
    for relay in [0, 1] {
        let allocation = world.allocation(relay).unwrap().id;
        for address in &addresses[..2] {
            assert!(world.channel(allocation, addr(address)).is_some());
        }
    }
    assert_eq!(world.channels(), 4, "an address of the other family has none");
    world.pool.set_peers(world.now(), &[]);
    world.run_for(ms(1));
    assert_eq!(world.channels(), 0);
}

#[test]
fn a_symmetric_peer_gets_a_channel_for_the_port_that_it_comes_from() {
    let mut world = World::new(&[20]);
    let friend = world.peer(1, &["192.0.2.1:5000"], &[]);
    world.pool.set_peers(world.now(), std::slice::from_ref(&friend));
    world.run_for(secs(2));
    let allocation = world.allocation(0).unwrap();
    let unknown = addr("192.0.2.1:61234");
    world.fly(unknown, allocation.relayed, b"hello");
    world.run_for(ms(100));
    assert_eq!(world.arrivals, [(Remote::relayed(allocation.id, unknown), b"hello".to_vec())]);
    assert!(world.channel(allocation.id, unknown).is_some());
    world.fly(addr("192.0.2.9:5000"), allocation.relayed, b"who?");
    world.run_for(ms(100));
    assert_eq!(world.arrivals.len(), 1, "the relay asks permissions");
    world.pool.set_peers(world.now(), &[world.peer(2, &["192.0.2.9:5000"], &[])]);
    world.run_for(ms(100));
    assert_eq!(world.channel(allocation.id, unknown), None, "gone with the peer");
    assert_eq!(world.channels(), 1);
}

#[test]
fn a_flood_from_a_peers_address_takes_four_channels_and_few_requests() {
    let mut world = World::new(&[20]);
    let friend = world.peer(1, &["192.0.2.1:5000"], &[]);
    world.pool.set_peers(world.now(), std::slice::from_ref(&friend));
    world.run_for(secs(2));
    let relayed = world.allocation(0).unwrap().relayed;
    world.said();
    for port in 10_000..15_000 {
        world.fly(std::net::SocketAddr::new([192, 0, 2, 1].into(), port), relayed, b"x");
        world.run_for(ms(4));
    }
    world.run_for(ms(100));
    assert_eq!(world.channels(), 5);
    let said = world.said().into_iter().filter(|output| matches!(output, PoolOutput::Channel { .. })).count();
    assert!(said <= 40, "{said} in 20 s");
}

#[test]
fn what_is_not_a_relays_is_left_to_others() {
    let mut world = World::new(&[20]);
    world.run_for(secs(2));
    let server = addr("198.51.100.1:3478");
    let now = world.now();
    let binding = crate::stun::binding_request(crate::stun::TransactionId([1; 12]));
    let answer = crate::stun::answer(&binding, addr("192.0.2.5:5")).unwrap();
    for (from, bytes) in [
        (addr("192.0.2.77:3478"), &answer[..]),
        (server, &answer[..]),
        (server, &[][..]),
        (server, b"\x04WireGuard"),
    ] {
        assert_eq!(world.pool.handle_datagram(now, from, bytes), PoolReceived::NotOurs);
    }
    assert_eq!(world.pool.poll_output(), None);
}

#[test]
fn a_relay_that_asks_no_permissions_gets_nothing_through() {
    let mut world = World::new(&[20]);
    let friend = world.peer(1, &["192.0.2.1:5000"], &[]);
    world.pool.set_peers(world.now(), std::slice::from_ref(&friend));
    world.run_for(secs(2));
    // A Data indication from 8.8.8.8:53, with "hi".
    let mut bytes = vec![0x00, 0x17, 0, 20, 0x21, 0x12, 0xA4, 0x42];
    bytes.extend([7; 12]);
    bytes.extend([0x00, 0x12, 0, 8, 0, 1, 0x21, 0x12 ^ 53, 8 ^ 0x21, 8 ^ 0x12, 8 ^ 0xA4, 8 ^ 0x42]);
    bytes.extend([0x00, 0x13, 0, 2, b'h', b'i', 0, 0]);
    let received = world.pool.handle_datagram(world.now(), addr("198.51.100.1:3478"), &bytes);
    assert_eq!(received, PoolReceived::Consumed);
    assert_eq!(world.pool.poll_output(), None);
}
