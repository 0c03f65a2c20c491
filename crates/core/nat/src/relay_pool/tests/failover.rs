//! Relays that die, restart and return.

use lanrage_party::facts::RelayFault;
use proptest::prelude::*;

use super::world::*;
use crate::relay_pool::{AllocationEnd, HOLDS, PoolOutput, RelayState};

#[test]
fn a_dead_relay_is_noticed_within_half_a_second_while_traffic_flows_and_replaced() {
    for offset in [0, 40, 90, 150, 199] {
        let mut world = World::new(&[20, 30, 40]);
        world.run_for(secs(3));
        let dying = world.allocation(0).unwrap().id;
        world.pool.set_busy(dying, true);
        world.run_for(ms(5_000 + offset));
        world.said();
        world.relays[0].down = true;
        let took = world.run_until(secs(2), |world| world.pool.relays()[0].state != world_state_held());
        assert!(took <= ms(500), "{took:?}");
        assert_eq!(world.said(), [PoolOutput::Unresponsive { allocation: dying }]);
        assert!(world.run_until(secs(1), |world| world.held() == [1, 2]) <= ms(100), "a new spare at once");
        assert_eq!(world.pool.relayed_candidates()[0].address, world.allocation(1).unwrap().relayed);
        world.run_for(secs(11));
        let closed = PoolOutput::Closed { allocation: dying, why: AllocationEnd::Died };
        assert!(world.said().contains(&closed));
    }
}

fn world_state_held() -> RelayState {
    RelayState::Held { transport: lanrage_party::RelayTransport::Udp }
}

#[test]
fn an_idle_relays_death_is_noticed_too() {
    let mut world = World::new(&[20, 30, 40]);
    world.run_for(secs(3));
    world.relays[0].down = true;
    world.run_until(secs(25), |world| world.held() == [1, 2]);
}

#[test]
fn the_only_relay_is_kept_while_it_is_silent_and_is_there_again_at_once() {
    let mut world = World::new(&[20]);
    world.run_for(secs(2));
    let only = world.allocation(0).unwrap();
    world.pool.set_busy(only.id, true);
    world.run_for(secs(2));
    world.relays[0].down = true;
    world.run_for(secs(30));
    assert_eq!(
        world.allocation(0).map(|allocation| (allocation.id, allocation.responsive)),
        Some((only.id, false))
    );
    world.relays[0].down = false;
    let took = world.run_until(secs(5), |world| world.allocation(0).is_some_and(|it| it.responsive));
    assert!(took <= ms(1_100), "{took:?}");
    let said = world.said();
    assert_eq!(
        said[said.len() - 2..],
        [PoolOutput::Unresponsive { allocation: only.id }, PoolOutput::Responsive { allocation: only.id },]
    );
}

#[test]
fn a_restarted_relay_is_allocated_on_anew_at_once_under_another_name() {
    let mut world = World::new(&[20, 30]);
    let friend = world.peer(1, &["192.0.2.1:5000"], &[]);
    world.pool.set_peers(world.now(), &[friend]);
    world.run_for(secs(3));
    let old = world.allocation(0).unwrap();
    world.pool.set_busy(old.id, true);
    world.run_for(secs(1));
    world.said();
    world.restart(0);
    let took = world.run_until(secs(2), |world| world.allocation(0).is_some_and(|new| new.id != old.id));
    assert!(took <= ms(350), "{took:?}");
    let new = world.allocation(0).unwrap();
    world.run_for(ms(100));
    assert!(world.channel(new.id, addr("192.0.2.1:5000")).is_some());
    let lost = AllocationEnd::Lost(crate::turn::TurnFailure::Lost);
    assert_eq!(world.said()[0], PoolOutput::Closed { allocation: old.id, why: lost });
    assert_eq!(world.served(), [1, 1]);
}

#[test]
fn the_only_relay_serves_within_two_seconds_after_it_is_back_with_nothing_of_before() {
    for outage in [300, 1_000, 3_000, 12_000, 60_000] {
        let mut world = World::new(&[20]);
        let friend = world.peer(1, &["192.0.2.1:5000"], &[]);
        world.pool.set_peers(world.now(), &[friend]);
        world.run_for(secs(3));
        let old = world.allocation(0).unwrap();
        world.pool.set_busy(old.id, true);
        world.run_for(secs(1));
        world.relays[0].down = true;
        world.run_for(ms(outage));
        world.restart(0);
        world.relays[0].down = false;
        let took = world.run_until(secs(5), |world| {
            world.allocation(0).is_some_and(|new| {
                new.id != old.id && world.channel(new.id, addr("192.0.2.1:5000")).is_some()
            })
        });
        assert!(took <= secs(2), "{took:?} after {outage} ms");
    }
}

#[test]
fn a_relay_that_comes_and_goes_is_not_trusted_again_at_once() {
    let mut world = World::new(&[10, 80, 90]);
    world.run_for(secs(3));
    let mut relied_on = 0;
    for _ in 0..10 {
        if let Some(allocation) = world.allocation(0) {
            world.pool.set_busy(allocation.id, true);
            relied_on += 1;
        }
        world.relays[0].down = true;
        world.run_for(secs(2));
        world.relays[0].down = false;
        world.run_for(secs(5));
    }
    assert!((2..=4).contains(&relied_on), "{relied_on}");
    world.run_for(secs(100));
    assert_eq!(world.held(), [0, 1], "but in the end it is");
}

#[test]
fn a_change_of_network_is_measured_and_asked_for_at_once() {
    let mut world = World::new(&[20, 30, 90]);
    world.run_for(secs(10));
    let old = world.allocation(0).unwrap().id;
    world.said();
    world.address = addr("203.0.113.77:4000");
    (world.relays[0].rtt, world.relays[2].rtt) = (ms(90), ms(15));
    world.pool.handle_network_change(world.now());
    world.run_for(ms(400));
    let said = world.said();
    assert!(said.iter().any(|output| {
        matches!(output, PoolOutput::ReflexiveAddress { address, .. } if *address == world.address)
    }));
    let lost = AllocationEnd::Lost(crate::turn::TurnFailure::Lost);
    assert!(said.contains(&PoolOutput::Closed { allocation: old, why: lost }));
    world.run_for(secs(15));
    assert_eq!(world.held(), [1, 2]);
    assert_eq!(world.served(), [1, 2, 1], "what we lost stays on the servers until it expires");
}

#[test]
fn back_at_an_earlier_address_the_allocation_left_there_is_not_taken_for_the_newer_one() {
    let mut world = World::new(&[20]);
    let home = world.address;
    world.run_for(secs(10));
    world.address = addr("203.0.113.77:4000");
    world.pool.handle_network_change(world.now());
    world.run_for(secs(10));
    let away = world.allocation(0).unwrap();
    world.address = home;
    world.pool.handle_network_change(world.now());
    world.run_for(secs(1));
    let back = world.allocation(0).unwrap();
    assert_ne!((back.id, back.relayed), (away.id, away.relayed));
    let friend = world.peer(1, &["192.0.2.1:5000"], &[]);
    world.pool.set_peers(world.now(), &[friend]);
    world.run_for(secs(1));
    world.fly(addr("192.0.2.1:5000"), back.relayed, b"to where we say that we are");
    world.run_for(secs(1));
    assert_eq!(world.arrivals.len(), 1);
}

#[test]
fn a_blackout_loses_nothing() {
    let mut world = World::new(&[20, 30, 40]);
    world.run_for(secs(3));
    let (first, second) = (world.allocation(0).unwrap().id, world.allocation(1).unwrap().id);
    world.pool.set_busy(first, true);
    world.relays.iter_mut().for_each(|relay| relay.udp_blocked = true);
    world.run_for(secs(30));
    assert!(world.pool.relays().iter().all(|relay| matches!(relay.state, RelayState::Failed { .. })));
    world.relays.iter_mut().for_each(|relay| relay.udp_blocked = false);
    let took = world.run_until(secs(5), |world| world.pool.allocations().iter().any(|it| it.responsive));
    assert!(took <= ms(1_100), "{took:?}");
    world.run_for(secs(30));
    assert_eq!(world.held().len(), 2);
    let ids: Vec<_> = world.pool.allocations().iter().map(|allocation| allocation.id).collect();
    assert!(ids.contains(&first) || ids.contains(&second), "{ids:?}");
}

#[test]
fn wrong_credentials_are_shown_and_newer_ones_tried_at_once() {
    let mut world = World::idle(&[20]);
    world.credentials_until = 1;
    world.offer();
    world.pool.set_active(world.now(), true);
    world.run_for(secs(10));
    let RelayState::Failed { reason, retry_at } = &world.pool.relays()[0].state else { panic!() };
    assert_eq!(*reason, RelayFault::RelayCredentials);
    assert!(retry_at.unwrap() > world.now() && retry_at.unwrap() <= world.now() + secs(30));
    world.credentials_until = 1_900_000_000;
    world.offer();
    assert!(world.run_until(secs(1), |world| world.held() == [0]) <= ms(60));
}

#[test]
fn one_lost_datagram_in_ten_kills_no_relay() {
    let mut world = World::new(&[20, 30]);
    world.run_for(secs(3));
    let id = world.allocation(0).unwrap().id;
    world.pool.set_busy(id, true);
    world.link.lost_per_mille = 100;
    world.said();
    world.run_for(secs(300));
    let deaths =
        world.said().iter().filter(|output| matches!(output, PoolOutput::Unresponsive { .. })).count();
    assert!(deaths <= 1, "{deaths} in 1,500 questions");
    assert_eq!(world.allocation(0).unwrap().id, id);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever happens to the relays: bounds hold, nothing spins, and when all is well again there are two allocations.
    #[test]
    fn after_any_misfortune_two_allocations_are_held(
        steps in proptest::collection::vec((0..4_usize, 0..7_u8, 50..4_000_u64), 0..25), loss in 0..300_u32,
    ) {
        let mut world = World::new(&[20, 40, 60, 80]).with_streams();
        world.link.lost_per_mille = loss;
        for (relay, what, pause) in steps {
            match what {
                0 => world.relays[relay].down = true,
                1 => world.relays[relay].down = false,
                2 => world.relays[relay].udp_blocked = !world.relays[relay].udp_blocked,
                3 => world.restart(relay),
                4 => world.pool.handle_network_change(world.now()),
                5 => if let Some(allocation) = world.allocation(relay) {
                    world.pool.set_busy(allocation.id, true);
                },
                _ => {
                    world.offered.retain(|offered| *offered != relay);
                    if pause % 2 == 0 {
                        world.offered.push(relay);
                    }
                    world.offer();
                }
            }
            let before = world.wakeups;
            world.run_for(ms(pause));
            prop_assert!(world.wakeups - before < 60 + pause / 3, "{} in {pause} ms", world.wakeups - before);
            prop_assert!(world.pool.holds.len() <= HOLDS);
        }
        world.link.lost_per_mille = 0;
        world.offered = vec![0, 1, 2, 3];
        world.offer();
        for relay in &mut world.relays {
            (relay.down, relay.udp_blocked) = (false, false);
        }
        world.run_for(secs(90));
        prop_assert_eq!(world.held().len(), 2);
        prop_assert_eq!(world.pool.allocations().len(), 2);
        prop_assert!(world.pool.allocations().iter().all(|it| it.responsive));
        world.pool.set_active(world.now(), false);
        world.run_for(secs(700));
        prop_assert_eq!(world.served(), [0; 4]);
        prop_assert!(world.pool.holds.is_empty());
    }
}
