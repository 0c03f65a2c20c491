//! Where UDP is blocked.

use lanrage_party::{
    RelayTransport, Remote,
    facts::{Cause, RelayFault},
};

use super::world::*;
use crate::relay_pool::{PoolOutput, RelayState};

fn blocked() -> World {
    let mut world = World::new(&[20]).with_streams();
    world.relays[0].udp_blocked = true;
    world
}

fn transport(world: &World) -> Option<RelayTransport> {
    world.allocation(0).map(|allocation| allocation.transport)
}

#[test]
fn where_udp_is_blocked_a_stream_serves_within_a_second() {
    let mut world = blocked();
    let friend = world.peer(1, &["192.0.2.1:5000"], &[]);
    world.pool.set_peers(world.now(), std::slice::from_ref(&friend));
    let took = world.run_until(secs(2), |world| !world.held().is_empty());
    assert!((ms(700)..ms(800)).contains(&took), "{took:?}");
    world.run_for(secs(1));
    assert_eq!(world.served(), [1], "one of the two streams is enough");
    let allocation = world.allocation(0).unwrap();
    assert_eq!(allocation.rtt, Some(ms(20)), "measured by the stream");
    assert!(world.channel(allocation.id, addr("192.0.2.1:5000")).is_some());
    world.fly(addr("192.0.2.1:777"), allocation.relayed, b"hello");
    world.run_for(ms(100));
    assert_eq!(world.arrivals, [(Remote::relayed(allocation.id, addr("192.0.2.1:777")), b"hello".to_vec())]);
    let binding_requests = world.relays[0].binding_requests;
    world.run_for(secs(300));
    assert_eq!(world.served(), [1]);
    assert_eq!(world.allocation(0).unwrap().id, allocation.id);
    assert!(world.relays[0].binding_requests - binding_requests < 15);
}

#[test]
fn udp_is_returned_to_when_it_works_again() {
    let mut world = blocked();
    world.run_for(secs(5));
    let stream = world.allocation(0).unwrap();
    assert_ne!(stream.transport, RelayTransport::Udp);
    world.relays[0].udp_blocked = false;
    world.pool.handle_network_change(world.now());
    let took = world.run_until(secs(2), |world| transport(world) == Some(RelayTransport::Udp));
    assert!(took <= ms(100), "{took:?}");
    assert_eq!(world.served(), [2], "make before break");
    world.run_for(secs(11));
    assert_eq!((world.served(), transport(&world)), (vec![1], Some(RelayTransport::Udp)));

    world.relays[0].udp_blocked = true;
    world.run_until(secs(60), |world| world.pool.allocations().len() == 2);
    world.relays[0].udp_blocked = false;
    world.run_until(secs(61), |world| transport(world) == Some(RelayTransport::Udp));
    world.run_for(secs(15));
    assert_eq!(world.served(), [1]);
}

#[test]
fn udp_that_dies_under_traffic_is_replaced_by_a_stream_within_a_second() {
    let mut world = World::new(&[20]).with_streams();
    world.run_for(secs(3));
    assert_eq!(transport(&world), Some(RelayTransport::Udp));
    world.pool.set_busy(world.allocation(0).unwrap().id, true);
    world.run_for(secs(1));
    world.relays[0].udp_blocked = true;
    let took = world.run_until(secs(3), |world| transport(world).is_some_and(|it| it != RelayTransport::Udp));
    assert!(took <= ms(1_000), "{took:?}");
}

#[test]
fn a_stream_that_ends_is_made_anew_at_once_and_one_that_cannot_be_made_within_thirty_seconds() {
    let mut world = blocked();
    world.run_for(secs(5));
    let first = world.allocation(0).unwrap().id;
    world.said();
    let reason = crate::relay_pool::StreamInput::Closed { cause: &Cause::ConnectionClosed };
    world.pool.handle_stream(world.now(), first, reason);
    let took = world.run_until(secs(3), |world| world.allocation(0).is_some_and(|it| it.id != first));
    assert!(took <= ms(100), "{took:?}");

    world.relays[0].down = true;
    world.run_for(secs(600));
    assert!(world.held().is_empty());
    let RelayState::Failed { reason, retry_at } = &world.pool.relays()[0].state else { panic!() };
    assert_eq!(*reason, RelayFault::RelayStream { cause: Cause::TooSlow });
    assert!(retry_at.unwrap() <= world.now() + secs(30));
    let tries = world.said().iter().filter(|it| matches!(it, PoolOutput::StreamConnect { .. })).count();
    assert!((40..70).contains(&tries), "{tries}");
    world.relays[0].down = false;
    world.run_until(secs(31), |world| !world.held().is_empty());
}

#[test]
fn a_relay_without_udp_is_used_at_once() {
    let mut world = World::new(&[20]).with_streams();
    world.pool.set_relays(world.now(), &[]);
    let mut offer = crate::relay_pool::ResolvedRelay {
        name: "streams".to_owned(),
        region: String::new(),
        load_percent: 0,
        servers: vec![(RelayTransport::Tls, addr("198.51.100.1:443"))],
        tls_name: "relay.test".to_owned(),
        credentials: crate::turn::RestSecret::new("a shared secret").issue("ann", 1_900_000_000),
    };
    offer.servers.push((RelayTransport::Tls, addr("198.51.100.9:443")));
    world.pool.set_relays(world.now(), &[offer]);
    let took = world.run_until(secs(1), |world| !world.pool.allocations().is_empty());
    assert_eq!(took, ms(3 * 20), "connected, challenged, allocated");
}

#[test]
fn the_one_port_that_is_open_is_found_beside_others_that_swallow_everything() {
    let mut world = blocked();
    world.relays[0].tls_ports = vec![5_349, 443];
    world.relays[0].closed_ports = vec![3_478, 5_349];
    world.offer();
    let took = world.run_until(secs(3), |world| transport(world).is_some());
    assert!(took <= ms(1_500), "{took:?}");
    assert_eq!(world.served(), [1]);
}

#[test]
fn a_stream_that_falls_silent_under_traffic_is_replaced_by_another_before_it_is_given_up() {
    let mut world = blocked();
    world.relays[0].tls_ports = vec![5_349, 443];
    world.relays[0].closed_ports = vec![5_349];
    world.offer();
    world.run_for(secs(3));
    assert_eq!(transport(&world), Some(RelayTransport::Tcp));
    world.pool.set_busy(world.allocation(0).unwrap().id, true);
    world.run_for(secs(1));
    world.relays[0].closed_ports.push(3_478);
    let took = world.run_until(secs(5), |world| transport(world) == Some(RelayTransport::Tls));
    assert!(took <= ms(2_200), "{took:?}");
    world.run_for(secs(60));
    assert_eq!(transport(&world), Some(RelayTransport::Tls));
}
