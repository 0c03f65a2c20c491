//! Relays whose rules forbid the addresses of peers (403, RFC 8656 §19).

use lanrage_party::facts::RelayFault;

use super::world::*;
use crate::relay_pool::RelayState;

const FRIEND: &str = "192.0.2.1:5000";
const OTHER: &str = "203.0.113.200:5000";

fn refuses(world: &World, relay: usize) -> bool {
    let refusal = RelayState::Failed { reason: RelayFault::RelayRefusesFriends, retry_at: None };
    world.pool.relays()[relay].state == refusal
}

#[test]
fn a_relay_that_refuses_a_friends_addresses_is_told_and_another_is_tried() {
    let mut world = World::new(&[20, 30, 40, 50]);
    for relay in [0, 1] {
        world.forbid(relay, "192.0.2.0/24");
    }
    let friend = world.peer(1, &[FRIEND], &[]);
    world.pool.set_peers(world.now(), &[friend]);
    world.run_until(secs(3), |world| {
        world.allocation(2).is_some_and(|allocation| world.channel(allocation.id, addr(FRIEND)).is_some())
    });
    assert!(refuses(&world, 0) && refuses(&world, 1) && !refuses(&world, 2));
    assert!(!world.pool.refuses(&peer_id(1)));
    // It stays so.
    world.run_for(secs(60));
    assert_eq!(world.held(), [2, 3]);
}

#[test]
fn the_only_relay_is_kept_and_asked_again() {
    let mut world = World::new(&[20]);
    world.forbid(0, "192.0.2.0/24");
    let friend = world.peer(1, &[FRIEND], &[]);
    world.pool.set_peers(world.now(), &[friend]);
    world.run_for(secs(3));
    assert!(world.pool.refuses(&peer_id(1)) && refuses(&world, 0));
    assert_eq!(world.held(), [0]);
    // Another address of the friend's is another question.
    let friend = world.peer(1, &[FRIEND, OTHER], &[]);
    world.pool.set_peers(world.now(), &[friend]);
    world.run_for(secs(1));
    assert!(!world.pool.refuses(&peer_id(1)) && !refuses(&world, 0));
    let friend = world.peer(1, &[FRIEND], &[]);
    world.pool.set_peers(world.now(), &[friend]);
    world.run_for(secs(31));
    assert!(refuses(&world, 0), "asked again");
    world.restart(0);
    world.run_until(secs(40), |world| !refuses(world, 0) && !world.pool.refuses(&peer_id(1)));
}

#[test]
fn a_relay_that_refuses_one_friend_serves_the_others_and_the_one_gets_a_relay_more() {
    let mut world = World::new(&[20, 30, 40]);
    for relay in [0, 1] {
        world.forbid(relay, "192.0.2.0/24");
    }
    let friends = [world.peer(1, &[FRIEND], &[]), world.peer(2, &[OTHER], &[])];
    world.pool.set_peers(world.now(), &friends);
    world.run_until(secs(3), |world| world.held() == [0, 1, 2]);
    world.run_for(secs(30));
    assert_eq!(world.held(), [0, 1, 2]);
    assert!(!refuses(&world, 0));
    for (relay, reached) in [(0, [false, true]), (1, [false, true]), (2, [true, true])] {
        let id = world.allocation(relay).unwrap().id;
        assert_eq!([FRIEND, OTHER].map(|it| world.channel(id, addr(it)).is_some()), reached, "{relay}");
    }
}

#[test]
fn an_address_that_is_refused_beside_one_that_is_not_is_no_fault() {
    let mut world = World::new(&[20]);
    world.forbid(0, "192.0.2.0/24");
    let friend = world.peer(1, &[FRIEND, OTHER], &[]);
    world.pool.set_peers(world.now(), &[friend]);
    world.run_for(secs(3));
    assert!(!refuses(&world, 0) && !world.pool.refuses(&peer_id(1)));
}
