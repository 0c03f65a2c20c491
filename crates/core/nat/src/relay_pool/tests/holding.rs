//! Which allocations are held.

use super::world::*;
use crate::relay_pool::{AllocationEnd, PoolOutput, RelayState};

fn opened(said: &[PoolOutput]) -> Vec<String> {
    let relay = |output: &PoolOutput| match output {
        PoolOutput::Opened { relay, .. } => Some(relay.clone()),
        _ => None,
    };
    said.iter().filter_map(relay).collect()
}

#[test]
fn the_nearest_relay_and_a_spare_are_held_and_the_nearest_is_there_first() {
    let mut world = World::new(&[80, 20, 50, 200]);
    let took = world.run_until(secs(2), |world| world.held() == [1]);
    assert!(took <= ms(3 * 20 + 1), "measured, challenged, allocated: {took:?}");
    let took = world.run_until(secs(2), |world| world.held() == [1, 2]);
    assert!(took <= ms(100), "{took:?}");
    world.run_for(secs(120));
    assert_eq!(world.served(), [0, 1, 1, 0]);
    assert_eq!(opened(&world.said()), ["relay 1", "relay 2"], "nothing flaps");
    assert_eq!(world.pool.relayed_candidates()[0].address, world.allocation(1).unwrap().relayed);
    let rtts: Vec<_> = world.pool.relay_rtts().into_iter().map(|(_, rtt)| rtt).collect();
    assert_eq!(rtts, [ms(80), ms(20), ms(50), ms(200)]);
}

#[test]
fn a_single_relay_is_not_measured_first() {
    let mut world = World::new(&[60]);
    let took = world.run_until(secs(1), |world| world.held() == [0]);
    assert_eq!(took, ms(2 * 60), "a challenge and an allocation");
    let allocation = world.allocation(0).unwrap();
    assert_eq!((allocation.region.as_str(), allocation.rtt), ("region 0", Some(ms(60))));
    let said = world.said();
    assert!(said.iter().any(|output| {
        matches!(output, PoolOutput::ReflexiveAddress { address, .. } if *address == world.address)
    }));
}

#[test]
fn allocations_are_held_only_while_there_is_a_party() {
    let mut world = World::idle(&[20, 30]);
    world.run_for(secs(60));
    assert_eq!(world.served(), [0, 0]);
    assert!(world.wakeups < 20, "{}", world.wakeups);
    assert!(world.pool.relays().iter().all(|relay| relay.state == RelayState::Ready));
    world.pool.set_active(world.now(), true);
    assert!(world.run_until(secs(1), |world| world.held() == [0, 1]) <= ms(60));
    world.said();
    world.pool.set_active(world.now(), false);
    world.run_for(secs(1));
    assert_eq!(world.served(), [0, 0], "given back");
    assert!(world.pool.allocations().is_empty() && world.pool.relayed_candidates().is_empty());
    let said = world.said();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().all(|output| matches!(output, PoolOutput::Closed { why: AllocationEnd::Left, .. })));
}

#[test]
fn the_best_relay_of_a_pair_is_held_and_its_predecessor_for_ten_seconds_more() {
    let mut world = World::new(&[20, 30, 60, 70, 90]);
    world.run_for(secs(2));
    assert_eq!(world.held(), [0, 1]);
    let friend = world.peer(1, &["192.0.2.1:5000"], &[(0, 200), (1, 200), (2, 10), (3, 200)]);
    world.pool.set_peers(world.now(), std::slice::from_ref(&friend));
    world.run_for(ms(300));
    assert_eq!(world.held(), [0, 1, 2]);
    let mut moved = world.peer(1, &["192.0.2.1:5000"], &[(2, 200), (3, 10)]);
    world.pool.set_peers(world.now(), std::slice::from_ref(&moved));
    world.run_for(ms(1_500));
    assert_eq!(world.held(), [0, 1, 2], "the cool-down");
    world.run_for(ms(1_500));
    assert_eq!(world.held(), [0, 1, 3]);
    assert_eq!(world.served(), [1, 1, 1, 1, 0], "the old one is kept for those who still send to it");
    world.run_for(secs(10));
    assert_eq!(world.served(), [1, 1, 0, 1, 0]);
    moved.relay_rtts.clear();
    world.pool.set_peers(world.now(), &[]);
    world.run_for(secs(20));
    assert_eq!(world.served(), [1, 1, 0, 0, 0]);
}

#[test]
fn a_party_of_peers_everywhere_gets_four_relays() {
    let mut world = World::new(&[10, 20, 30, 40, 50, 60, 70, 80]);
    world.run_for(secs(2));
    let peers: Vec<_> = (0..60)
        .map(|index| world.peer(index, &["192.0.2.1:5000"], &[(index % 8, 1), ((index + 1) % 8, 300)]))
        .collect();
    world.pool.set_peers(world.now(), &peers);
    world.run_for(secs(20));
    assert_eq!(world.served().iter().sum::<usize>(), 4);
    assert_eq!(world.served()[..2], [1, 1]);
}

#[test]
fn a_relay_that_vanishes_is_replaced_before_it_is_left() {
    let mut world = World::new(&[20, 30, 40]);
    world.run_for(secs(2));
    assert_eq!(world.held(), [0, 1]);
    let gone = world.allocation(0).unwrap().id;
    world.pool.set_busy(gone, true);
    world.offered = vec![1, 2];
    world.offer();
    world.run_for(secs(9));
    assert_eq!((world.held(), world.served()), (vec![1, 2], vec![1, 1, 1]));
    world.run_for(secs(2));
    assert_eq!(world.served(), [0, 1, 1]);
    assert!(world.said().contains(&PoolOutput::Closed { allocation: gone, why: AllocationEnd::Left }));
    world.offered = vec![];
    world.offer();
    world.run_for(secs(30));
    assert_eq!(world.served(), [0, 0, 0]);
    assert_eq!(world.pool.poll_timeout(), None);
}

#[test]
fn renewed_credentials_leave_allocations_as_they_are_and_serve_the_next_ones() {
    let mut world = World::new(&[20]);
    world.run_for(secs(2));
    let before = world.allocation(0).unwrap();
    for days in 3..9 {
        world.credentials_until += days * 86_400;
        world.offer();
        world.run_for(secs(3_600));
        assert_eq!(world.allocation(0), Some(before.clone()));
    }
}

#[test]
fn a_full_relay_is_not_chosen_and_a_better_one_later_is_moved_to_once() {
    let mut world = World::idle(&[20, 40, 60]);
    world.relays[0].load_percent = 97;
    world.offer();
    world.pool.set_active(world.now(), true);
    world.run_for(secs(5));
    assert_eq!(world.held(), [1, 2]);
    world.relays[0].load_percent = 50;
    world.offer();
    world.run_for(secs(60));
    assert_eq!(world.held(), [0, 1]);
    assert_eq!(opened(&world.said()), ["relay 1", "relay 2", "relay 0"]);
}

#[test]
fn relays_alike_never_flap_however_the_network_jitters() {
    let mut world = World::new(&[40, 40, 40, 40]);
    for round in 0..600 {
        for relay in 0..4 {
            world.relays[relay].rtt = ms(36 + (round * 7 + relay as u64 * 13) % 9);
        }
        world.run_for(secs(1));
    }
    assert_eq!(opened(&world.said()).len(), 2);
}

#[test]
fn a_router_that_forgets_sooner_costs_a_few_allocations_and_then_none() {
    for lifetime in [3, 5, 8, 15] {
        let mut world = World::new(&[20]);
        world.forgets_after = Some(secs(lifetime));
        world.run_for(secs(120));
        let first = world.said();
        let opened = |said: &[PoolOutput]| {
            said.iter().filter(|output| matches!(output, PoolOutput::Opened { .. })).count()
        };
        assert!((2..=6).contains(&opened(&first)), "{lifetime} s: {first:?}");
        world.run_for(secs(600));
        assert_eq!(world.said(), [], "{lifetime} s");
    }
}
