//! The life of allocations: both sides together.

use super::world::*;
use crate::turn::{DropReason, TurnEvent, TurnFailure, TurnLimits, TurnPhase};

const PEER: &str = "192.0.2.7:4000";

fn is_allocated(world: &World, index: usize) -> bool {
    world.members[index].client.relayed_address().is_some()
}

fn is_bound(world: &World, index: usize, peer: &str) -> bool {
    world.members[index].client.framing(addr(peer)).is_some_and(|framing| framing.is_channel())
}

/// A world with one client that relays to and from [`PEER`].
fn bound() -> World {
    let mut world = World::with_clients(server_config(), &["ann"]);
    let now = world.now();
    world.client(0).add_peer(now, addr(PEER)).unwrap();
    world.run_until(secs(2), |world| is_bound(world, 0, PEER));
    world
}

#[test]
fn an_allocation_takes_two_round_trips() {
    let mut world = World::with_clients(server_config(), &["ann"]);
    let took = world.run_until(secs(2), |world| is_allocated(world, 0));
    assert_eq!(took, ms(40));
    let (relayed, mapped) = (world.relayed(0), world.members[0].address);
    assert_eq!(world.events(0), [TurnEvent::Allocated { relayed, mapped: Some(mapped) }]);
    assert_eq!(world.client(0).phase(), TurnPhase::Allocated { relayed, responsive: true });
}

#[test]
fn payload_goes_both_ways_first_in_indications_then_on_a_channel() {
    let mut world = World::with_clients(server_config(), &["ann"]);
    let now = world.now();
    world.client(0).add_peer(now, addr(PEER)).unwrap();
    assert!(!world.send(0, addr(PEER), b"too early"), "there is no allocation yet");
    world.run_until(secs(2), |world| is_allocated(world, 0));
    world.drain();
    assert!(world.send(0, addr(PEER), b"first"), "right behind the request");
    world.run_until(secs(1), |world| is_bound(world, 0, PEER));
    assert!(world.send(0, addr(PEER), b"second"));
    let relayed = world.relayed(0);
    world.fly(addr(PEER), relayed, b"answer".to_vec());
    world.fly(addr("192.0.2.7:4001"), relayed, b"another port".to_vec());
    world.run_for(secs(1));

    let to_peer: Vec<_> = world.strangers.iter().map(|(to, arrival)| (*to, &arrival.payload[..])).collect();
    assert_eq!(to_peer, [(addr(PEER), &b"first"[..]), (addr(PEER), b"second")]);
    assert!(world.strangers.iter().all(|(_, arrival)| arrival.from == relayed));
    let arrivals: Vec<_> = world.arrivals(0).into_iter().map(|a| (a.from, a.payload)).collect();
    assert_eq!(
        arrivals,
        [
            (addr(PEER), b"answer".to_vec()),
            // A permission is for an address, whatever the port (RFC 8656 §9).
            (addr("192.0.2.7:4001"), b"another port".to_vec()),
        ],
    );
    assert!(world.events(0).contains(&TurnEvent::PeerBound { peer: addr(PEER) }));
    let stats = world.server.stats();
    assert_eq!((stats.to_peer_packets, stats.to_peer_bytes), (2, 11));
    assert_eq!((stats.to_client_packets, stats.to_client_bytes), (2, 18));
}

#[test]
fn two_clients_of_one_server_meet_through_their_relayed_addresses() {
    let mut world = World::with_clients(server_config(), &["ann", "bob"]);
    world.run_until(secs(2), |world| is_allocated(world, 0) && is_allocated(world, 1));
    let (ann, bob, now) = (world.relayed(0), world.relayed(1), world.now());
    world.client(0).add_peer(now, bob).unwrap();
    world.client(1).add_peer(now, ann).unwrap();
    world.run_for(ms(100));
    for _ in 0..3 {
        assert!(world.send(0, bob, b"hello bob") && world.send(1, ann, b"hello ann"));
    }
    world.run_for(secs(1));
    assert_eq!(world.arrivals(1), vec![Arrival { from: ann, payload: b"hello bob".to_vec() }; 3]);
    assert_eq!(world.arrivals(0), vec![Arrival { from: bob, payload: b"hello ann".to_vec() }; 3]);
}

#[test]
fn everything_is_kept_for_a_day_and_given_back_at_the_end() {
    let mut world = bound();
    world.events(0);
    let relayed = world.relayed(0);
    for hour in 0..24_u64 {
        world.run_for(secs(3_600));
        assert!(world.send(0, addr(PEER), &hour.to_be_bytes()));
        world.fly(addr(PEER), relayed, hour.to_be_bytes().to_vec());
    }
    world.run_for(secs(1));
    assert_eq!(world.events(0), [], "nonces ran out and permissions were renewed without anybody noticing");
    assert_eq!((world.strangers.len(), world.arrivals(0).len()), (24, 24));

    let now = world.now();
    world.client(0).close(now);
    world.run_for(secs(1));
    assert_eq!(world.events(0), [TurnEvent::Closed]);
    assert_eq!(world.server.stats().allocations, 0);
    assert_eq!(world.client(0).poll_timeout(), None);
    assert_eq!(world.server.poll_timeout(), None);
}

#[test]
fn an_allocation_of_somebody_who_vanished_expires_with_all_that_belongs_to_it() {
    let mut world = bound();
    let relayed = world.relayed(0);
    let gone = world.members.pop().unwrap();
    // The last refresh is at most 20 s old.
    world.run_for(secs(570));
    assert_eq!(world.server.stats().allocations, 1);
    world.fly(addr(PEER), relayed, b"still a permission?".to_vec());
    world.run_for(secs(1));
    assert_eq!(world.server.stats().dropped(DropReason::NoPermission), 1, "that ended after 5 min");
    world.run_for(secs(30));
    assert_eq!(world.server.stats().allocations, 0);
    assert!(gone.client.relayed_address().is_some());
}

#[test]
fn loss_and_reordering_delay_but_do_not_defeat() {
    for seed in 0..20 {
        let mut world = World::with_clients(server_config(), &["ann"]).seeded(seed);
        world.link = Link { lost_per_mille: 250, jitter: ms(200), doubled_per_mille: 0 };
        let now = world.now();
        world.client(0).add_peer(now, addr(PEER)).unwrap();
        world.run_until(secs(30), |world| is_bound(world, 0, PEER));
        // A quarter of all datagrams is lost for an hour.
        world.run_for(secs(3_600));
        world.run_until(secs(60), |world| is_bound(world, 0, PEER));
        world.link.lost_per_mille = 0;
        let relayed = world.relayed(0);
        world.arrivals(0);
        world.fly(addr(PEER), relayed, b"still there".to_vec());
        world.run_for(secs(1));
        assert_eq!(world.arrivals(0).len(), 1, "seed {seed}");
        assert_eq!(world.server.stats().allocations, 1);
    }
}

#[test]
fn a_restarted_server_is_noticed_and_everything_is_set_up_again() {
    let mut world = bound();
    world.events(0);
    world.restart_server(server_config());
    world.run_for(secs(25));
    let events = world.events(0);
    assert!(matches!(events[0], TurnEvent::Failed { failure: TurnFailure::Lost, .. }), "{events:?}");
    assert!(matches!(events[1..], [TurnEvent::Allocated { .. }, TurnEvent::PeerBound { .. }]), "{events:?}");
    assert!(world.send(0, addr(PEER), b"again"));
    world.run_for(secs(1));
    assert_eq!(world.strangers.len(), 1);
}

#[test]
fn a_doubt_is_settled_at_once() {
    let mut world = bound();
    world.restart_server(server_config());
    let now = world.now();
    world.client(0).check(now);
    world.run_until(ms(200), |world| is_bound(world, 0, PEER) && world.server.stats().allocations == 1);
}

#[test]
fn a_client_that_moved_to_another_network_allocates_there() {
    let mut world = bound();
    let now = world.now();
    world.members[0].address = addr("203.0.113.99:4321");
    world.client(0).check(now);
    let took =
        world.run_until(ms(500), |world| is_bound(world, 0, PEER) && world.server.stats().allocations == 2);
    assert!(took <= ms(200), "{took:?}");
    let relayed = world.relayed(0);
    world.fly(addr(PEER), relayed, b"there you are".to_vec());
    world.run_for(secs(1));
    assert_eq!(world.arrivals(0).len(), 1);
}

#[test]
fn half_a_minute_without_network_costs_nothing_when_it_is_over() {
    // Wherever in the rhythm of the refreshes it begins.
    for begin in 0..20 {
        let mut world = bound();
        world.events(0);
        world.run_for(secs(begin));
        let relayed = world.relayed(0);
        world.server_down = true;
        world.run_for(secs(30));
        assert_eq!(world.events(0), [TurnEvent::Unresponsive]);
        assert!(world.send(0, addr(PEER), b"lost"));
        world.run_for(ms(100));
        world.server_down = false;
        assert!(world.send(0, addr(PEER), b"at once"));
        world.fly(addr(PEER), relayed, b"at once".to_vec());
        world.run_for(ms(1_050));
        assert_eq!((world.strangers.len(), world.arrivals(0).len()), (1, 1));
        assert_eq!(world.events(0), [TurnEvent::Responsive], "within a second");
        let relayed_now = world.relayed(0);
        assert_eq!(world.client(0).phase(), TurnPhase::Allocated { relayed: relayed_now, responsive: true });
        assert_eq!(relayed_now, relayed);
    }
}

#[test]
fn a_server_that_died_is_noticed_two_seconds_after_the_doubt() {
    let mut world = bound();
    world.events(0);
    world.server_down = true;
    let now = world.now();
    world.client(0).check(now);
    let took = world.run_until(secs(5), |world| !world.members[0].events.is_empty());
    assert_eq!((took, world.events(0)), (ms(2_050), vec![TurnEvent::Unresponsive]));
}

#[test]
fn a_dead_server_is_tried_for_ever_with_bounded_pauses() {
    let mut world = bound();
    world.events(0);
    world.server_down = true;
    world.run_for(secs(601));
    let events = world.events(0);
    assert!(
        matches!(
            events[..],
            [TurnEvent::Unresponsive, TurnEvent::Failed { failure: TurnFailure::Unreachable, .. }]
        ),
        "the allocation has expired: {events:?}",
    );
    world.run_for(secs(3_600));
    let failures: Vec<_> = world
        .events(0)
        .into_iter()
        .map(|event| match event {
            TurnEvent::Failed { failure: TurnFailure::Unreachable, retry_at } => retry_at,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!((80..=100).contains(&failures.len()), "{}", failures.len());
    let times: Vec<_> = failures.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(times.iter().all(|time| *time <= secs(42)), "a try of 12 s and a pause of 30 s: {times:?}");
    world.server_down = false;
    world.run_until(secs(45), |world| is_bound(world, 0, PEER));
}

#[test]
fn a_client_that_was_started_again_on_its_old_port_frees_its_old_allocation() {
    let mut world = World::with_clients(server_config(), &["ann"]);
    world.run_until(secs(2), |world| is_allocated(world, 0));
    let first = world.relayed(0);
    let address = world.members[0].address;
    world.members.clear();
    let index = world.add_client(credentials("ann"));
    assert_eq!(world.members[index].address, address);
    world.run_until(secs(2), |world| is_allocated(world, 0));
    assert_ne!(world.relayed(0), first);
    assert_eq!(world.server.stats().allocations, 1);
    assert!(matches!(world.events(0)[..], [TurnEvent::Allocated { .. }]), "nobody notices");
}

#[test]
fn renewed_credentials_take_over_when_the_old_ones_expire() {
    let mut world = World::new(server_config());
    world.add_client(secret().issue("ann", UNIX + 60));
    world.run_until(secs(2), |world| is_allocated(world, 0));
    let relayed = world.relayed(0);
    let now = world.now();
    world.client(0).set_credentials(now, secret().issue("ann", UNIX + 86_400));
    world.events(0);
    world.run_for(secs(1_000));
    assert_eq!(world.events(0), []);
    assert_eq!(world.relayed(0), relayed, "the allocation went on");
}

#[test]
fn expired_credentials_are_a_failure_until_there_are_newer_ones() {
    let mut world = World::new(server_config());
    world.add_client(secret().issue("ann", UNIX + 60));
    world.run_until(secs(2), |world| is_allocated(world, 0));
    world.events(0);
    world.run_for(secs(120));
    let events = world.events(0);
    assert!(events.len() >= 2);
    for event in events {
        let TurnEvent::Failed { failure, retry_at } = event else { panic!("{event:?}") };
        assert_eq!(failure, TurnFailure::Unauthorized);
        assert!(retry_at <= world.now() + secs(30));
    }
    let now = world.now();
    world.client(0).set_credentials(now, credentials("ann"));
    world.run_until(ms(200), |world| is_allocated(world, 0));
}

#[test]
fn wrong_credentials_are_refused_and_cost_the_server_nothing() {
    let mut world = World::new(server_config());
    let mut wrong = credentials("ann");
    wrong.password.push('x');
    world.add_client(wrong);
    world.run_for(secs(10));
    assert!(matches!(world.events(0)[0], TurnEvent::Failed { failure: TurnFailure::Unauthorized, .. }));
    assert_eq!(world.server.stats().allocated, 0);
}

#[test]
fn a_user_gets_its_quota_and_the_server_its_cap() {
    let limits = TurnLimits { allocations: 3, allocations_per_user: 2, ..TurnLimits::default() };
    let config = crate::turn::TurnServerConfig { limits, ..server_config() };
    let mut world = World::with_clients(config, &["ann", "ann"]);
    // The expiry in the name is another: the user is the same.
    world.run_for(ms(500));
    world.add_client(secret().issue("ann", UNIX + 90_000));
    world.run_for(ms(500));
    assert!(matches!(world.events(2)[..], [TurnEvent::Failed { failure: TurnFailure::Quota, .. }]));
    for user in ["bob", "cid"] {
        world.add_client(credentials(user));
        world.run_for(ms(500));
    }
    assert!(is_allocated(&world, 3));
    assert!(matches!(world.events(4)[..], [TurnEvent::Failed { failure: TurnFailure::Capacity, .. }]));
    assert_eq!(world.server.stats().allocations, 3);

    let now = world.now();
    world.client(0).close(now);
    world.run_for(secs(35));
    assert!(is_allocated(&world, 2) || is_allocated(&world, 4), "what was given back is given on");
    assert_eq!(world.server.stats().allocations, 3);
}

#[test]
fn users_of_one_group_share_a_quota_that_is_nobody_elses() {
    let limits = TurnLimits { allocations_per_group: 2, ..TurnLimits::default() };
    let config = crate::turn::TurnServerConfig { limits, ..server_config() };
    let mut world = World::with_clients(config, &["ann@lan", "bob@lan", "cid@lan", "cid@wan", "dan", "eve"]);
    world.run_for(ms(500));
    assert!(matches!(world.events(2)[..], [TurnEvent::Failed { failure: TurnFailure::Quota, .. }]));
    for allocated in [0, 1, 3, 4, 5] {
        assert!(is_allocated(&world, allocated), "{allocated}");
    }
    // A user who is in another group by now keeps the allocation.
    let now = world.now();
    world.client(0).set_credentials(now, credentials("ann@wan"));
    world.client(1).close(now);
    world.run_for(secs(700));
    assert!(is_allocated(&world, 0));
    assert!(is_allocated(&world, 2), "what was given back is given on");
}

#[test]
fn a_server_without_sockets_is_full() {
    let mut world = World::new(server_config());
    world.no_sockets = true;
    world.add_client(credentials("ann"));
    world.run_for(ms(500));
    assert!(matches!(world.events(0)[..], [TurnEvent::Failed { failure: TurnFailure::Capacity, .. }]));
    assert_eq!(world.server.stats().allocations, 0);
}

#[test]
fn a_peer_that_the_rules_forbid_is_reported_and_nothing_goes_there() {
    let mut world = World::with_clients(server_config(), &["ann"]);
    world.run_until(secs(2), |world| is_allocated(world, 0));
    // Itself, its neighbour on the loopback, a link, and a socket of the server's host that is no relay.
    for peer in ["127.0.0.1:3478", "169.254.1.1:80", "224.0.0.251:5353", "198.51.100.1:3478"] {
        let now = world.now();
        world.client(0).add_peer(now, addr(peer)).unwrap();
        assert!(world.send(0, addr(peer), b"attack"));
        world.run_for(ms(100));
        let refused = world.events(0).into_iter().any(|event| {
            matches!(event, TurnEvent::PeerRefused { peer: refused, code: 403, .. } if refused == addr(peer))
        });
        assert!(refused, "{peer}");
        assert!(!world.send(0, addr(peer), b"attack"), "{peer}");
    }
    assert!(world.strangers.is_empty());
    assert_eq!(world.server.stats().to_peer_packets, 0);
}

#[test]
fn a_server_without_channels_still_relays() {
    let limits = TurnLimits { channels: 0, ..TurnLimits::default() };
    let config = crate::turn::TurnServerConfig { limits, ..server_config() };
    let mut world = World::with_clients(config, &["ann"]);
    let now = world.now();
    world.client(0).add_peer(now, addr(PEER)).unwrap();
    world.run_for(secs(1_000));
    assert!(!is_bound(&world, 0, PEER));
    let relayed = world.relayed(0);
    assert!(world.send(0, addr(PEER), b"out"));
    world.fly(addr(PEER), relayed, b"in".to_vec());
    world.run_for(secs(1));
    assert_eq!((world.strangers.len(), world.arrivals(0).len()), (1, 1));
    assert!(world.events(0).contains(&TurnEvent::PeerBound { peer: addr(PEER) }));
}

#[test]
fn a_removed_peer_is_forgotten_within_five_minutes() {
    let mut world = bound();
    let relayed = world.relayed(0);
    world.client(0).remove_peer(addr(PEER));
    assert!(!world.send(0, addr(PEER), b"no more"));
    world.run_for(secs(301));
    world.fly(addr(PEER), relayed, b"hello?".to_vec());
    world.run_for(secs(1));
    assert_eq!(world.arrivals(0), []);
    let now = world.now();
    world.client(0).add_peer(now, addr(PEER)).unwrap();
    world.run_until(secs(1), |world| is_bound(world, 0, PEER));
    assert!(world.events(0).iter().all(|event| !matches!(event, TurnEvent::PeerRefused { .. })));
}

#[test]
fn closing_before_there_is_anything_ends_at_once_or_with_the_allocation() {
    let mut world = World::with_clients(server_config(), &["ann"]);
    let now = world.now();
    world.client(0).close(now);
    world.run_for(secs(20));
    assert_eq!(world.events(0), [TurnEvent::Closed]);
    assert_eq!(world.server.stats().allocations, 0);

    let mut world = World::with_clients(server_config(), &["ann"]);
    // The signed request is on its way.
    world.run_for(ms(25));
    let now = world.now();
    world.client(0).close(now);
    world.run_for(secs(20));
    assert_eq!(world.events(0), [TurnEvent::Closed]);
    assert_eq!((world.server.stats().allocated, world.server.stats().allocations), (1, 0));

    let mut world = bound();
    world.server_down = true;
    let now = world.now();
    world.client(0).close(now);
    world.events(0);
    world.run_for(secs(20));
    assert_eq!(world.events(0), [TurnEvent::Closed], "it does not wait for ever");
}
