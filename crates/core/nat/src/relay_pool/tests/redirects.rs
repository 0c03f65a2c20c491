//! Relays that send us to other servers.

use lanrage_party::{RelayTransport, Subnet, facts::RelayFault};

use super::world::*;
use crate::relay_pool::{PoolOutput, RelayState};

const UDP: RelayTransport = RelayTransport::Udp;

/// What the relay that is offered first says of itself.
fn fault(world: &World) -> Option<RelayFault> {
    match world.pool.relays().remove(0).state {
        RelayState::Failed { reason, .. } => Some(reason),
        _ => None,
    }
}

/// A world in which only the first relay is offered.
fn world_with_one_offer(rtts: &[u64]) -> World {
    let mut world = World::new(rtts);
    world.offered = vec![0];
    world.offer();
    world
}

#[test]
fn a_relay_that_sends_us_to_another_is_served_by_that_one() {
    let mut world = World::idle(&[20, 30, 40]);
    world.offered = vec![0];
    world.offer();
    world.relays[0].redirects_to = Some(addr("198.51.100.2:3478"));
    world.relays[1].redirects_to = Some(addr("198.51.100.3:3478"));
    world.pool.set_active(world.now(), true);
    let friend = world.peer(1, &["192.0.2.1:5000"], &[]);
    world.pool.set_peers(world.now(), &[friend]);
    let took = world.run_until(secs(2), |world| !world.pool.allocations().is_empty());
    assert!(took <= ms(600), "{took:?}");
    let allocation = world.pool.allocations().remove(0);
    assert_eq!((allocation.relay.as_str(), allocation.transport), ("relay 0", UDP));
    assert_eq!(allocation.relayed.ip(), world.relays[2].ip);
    world.run_for(secs(1));
    assert!(world.channel(allocation.id, addr("192.0.2.1:5000")).is_some());
    assert_eq!(world.pool.relays()[0].rtt, Some(ms(40)), "as far as the one that serves");
    assert_eq!(world.pool.alternates().collect::<Vec<_>>(), [addr("198.51.100.3:3478")]);
    world.run_for(secs(60));
    assert_eq!(world.served(), [0, 0, 1]);
    assert_eq!(world.pool.allocations(), [world.pool.allocations().remove(0)], "no second one");
    assert_eq!(fault(&world), None);
}

#[test]
fn relays_that_send_us_round_in_circles_are_not_followed_and_said_to_be_at_fault() {
    let mut world = world_with_one_offer(&[20, 20]);
    world.relays[0].redirects_to = Some(addr("198.51.100.2:3478"));
    world.relays[1].redirects_to = Some(addr("198.51.100.1:3478"));
    world.pool.handle_network_change(world.now());
    world.run_for(secs(120));
    assert_eq!(fault(&world), Some(RelayFault::RelayRedirects));
    assert!(world.wakeups < 1_000, "{} wake-ups", world.wakeups);
    // It has come to its senses.
    world.relays[1].redirects_to = None;
    world.run_until(secs(60), |world| !world.pool.allocations().is_empty());
}

#[test]
fn nobody_is_sent_into_a_private_network_or_the_partys_own() {
    for target in ["192.168.1.1:3478", "127.0.0.1:3478", "10.66.0.7:3478", "203.0.113.9:0"] {
        let mut world = world_with_one_offer(&[20]);
        world.pool.set_party_network(Some(Subnet::DEFAULT));
        world.relays[0].redirects_to = Some(addr(target));
        // A datagram to anybody but a relay would end this test.
        world.run_for(secs(60));
        assert_eq!(fault(&world), Some(RelayFault::RelayRedirects), "{target}");
    }
}

#[test]
fn a_server_that_we_were_sent_to_and_that_dies_is_left_for_another_that_the_relay_names() {
    let mut world = world_with_one_offer(&[20, 30, 40]);
    world.relays[0].redirects_to = Some(addr("198.51.100.2:3478"));
    world.pool.set_active(world.now(), false);
    world.pool.set_active(world.now(), true);
    world.run_until(secs(2), |world| world.served()[1] == 1);
    world.relays[1].down = true;
    world.relays[0].redirects_to = Some(addr("198.51.100.3:3478"));
    let took = world.run_until(secs(60), |world| world.served()[2] == 1);
    assert!(took <= secs(45), "{took:?}");
    world.run_for(secs(1));
    assert_eq!(world.pool.allocations().last().unwrap().relayed.ip(), world.relays[2].ip);
}

#[test]
fn what_begins_over_a_stream_goes_on_over_one() {
    let mut world = world_with_one_offer(&[20, 20]).with_streams();
    world.relays[0].udp_blocked = true;
    world.relays[0].redirects_to = Some(addr("198.51.100.2:3478"));
    world.pool.handle_network_change(world.now());
    world.run_until(secs(5), |world| world.served()[1] == 1);
    let connects: Vec<_> = world
        .said()
        .into_iter()
        .filter_map(|output| match output {
            PoolOutput::StreamConnect { transport, server, .. } => Some((transport, server.ip())),
            _ => None,
        })
        .collect();
    assert!(connects.iter().all(|(transport, _)| *transport != UDP));
    assert!(connects.iter().any(|(_, ip)| *ip == world.relays[1].ip), "{connects:?}");
    assert_eq!(world.pool.allocations()[0].relayed.ip(), world.relays[1].ip);
}
