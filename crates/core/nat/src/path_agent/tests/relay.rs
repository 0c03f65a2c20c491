//! Relays: packets by them at once, away from them as soon as possible, back to them without a gap.

use std::{net::IpAddr, time::Duration};

use lanrage_party::{AllocationId, CandidateType, Remote};
use lanrage_testnet::Router;

use super::sim::{A, B, Sim, addr, ms, port_restricted, symmetric};
use crate::{Allocation, LossReason, PathAgent, PathAgentConfig, PathEvent, PathTransmit, Reach, timing};

const RELAY: &str = "192.0.2.10";
const OTHER_RELAY: &str = "192.0.2.20";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Two nodes behind routers, each with an allocation on each of two relays.
fn relayed(a: Router, b: Router) -> Sim {
    let mut sim = Sim::new((&["192.168.1.10:1111"], Some(a)), (&["10.0.0.20:2222"], Some(b)));
    for node in [A, B] {
        sim.allocate(node, 1, RELAY);
        sim.allocate(node, 2, OTHER_RELAY);
    }
    // One relay is nearer.
    sim.delay.insert(ip(OTHER_RELAY), ms(30));
    // Both ask a STUN server before anything else is sent.
    sim.gather(A);
    sim.gather(B);
    sim
}

/// Routers that cannot be crossed.
fn uncrossable() -> Sim {
    relayed(symmetric("203.0.113.1"), symmetric("203.0.113.2"))
}

pub(super) fn crossable() -> Sim {
    relayed(port_restricted("203.0.113.1"), port_restricted("203.0.113.2"))
}

fn is_relayed(sim: &Sim, node: usize) -> Option<bool> {
    sim.nodes[node].agent.selected().map(|path| path.is_relayed)
}

pub(super) fn both(sim: &Sim, relayed: bool) -> bool {
    [A, B].iter().all(|node| is_relayed(sim, *node) == Some(relayed))
}

fn moves_to_direct(sim: &Sim, node: usize) -> usize {
    let is_move = |event: &PathEvent| {
        matches!(event, PathEvent::Selected { kind, previous_was_relayed: Some(true), previous: Some(_), .. }
            if *kind != CandidateType::Relayed)
    };
    sim.nodes[node].events.iter().filter(|(_, event)| is_move(event)).count()
}

fn losses(sim: &Sim) -> usize {
    let events = sim.nodes.iter().flat_map(|node| &node.events);
    events.filter(|(_, event)| matches!(event, PathEvent::Lost { .. })).count()
}

fn selections(sim: &Sim, node: usize) -> usize {
    sim.nodes[node].events.iter().filter(|(_, event)| matches!(event, PathEvent::Selected { .. })).count()
}

#[test]
fn routers_that_cannot_be_crossed_are_connected_by_the_nearer_relay_at_once() {
    let mut sim = uncrossable();
    sim.signal();
    let took = sim.run_until(ms(5_000), Sim::is_connected).expect("they connect");
    assert!(took < ms(500), "{took:?}");
    sim.run_for(ms(10_000));
    for node in [A, B] {
        assert_eq!(is_relayed(&sim, node), Some(true));
        assert!(sim.relays_in_use(node).contains(&ip(RELAY)), "{:?}", sim.relays_in_use(node));
        assert!(!sim.relays_in_use(node).contains(&ip(OTHER_RELAY)));
    }
    assert_eq!(losses(&sim), 0);
}

#[test]
fn where_udp_gets_to_the_relays_only_both_ends_meet_there() {
    let mut sim = uncrossable();
    sim.nodes[A].udp_blocked = true;
    sim.nodes[B].udp_blocked = true;
    sim.signal();
    let took = sim.run_until(ms(5_000), Sim::is_connected).expect("they connect");
    assert!(took < ms(500), "{took:?}");
    let path = sim.nodes[A].agent.selected().unwrap();
    assert_eq!((path.kind, path.is_relayed), (CandidateType::Relayed, true));
    assert!(path.remote.via.is_some());
}

#[test]
fn packets_flow_by_a_relay_first_and_directly_as_soon_as_that_is_possible() {
    let mut sim = crossable();
    for node in [A, B] {
        sim.nodes[node].udp_blocked = true;
    }
    sim.game = true;
    sim.signal();
    let took = sim.run_until(ms(5_000), |sim| both(sim, true)).expect("they connect by a relay");
    assert!(took < ms(500), "{took:?}");
    sim.run_for(ms(20_000));
    for node in [A, B] {
        sim.nodes[node].udp_blocked = false;
    }
    // Something says so at one side: an interface changed, candidates came, the device woke up.
    sim.clear_logs();
    let since = sim.elapsed();
    sim.with(A, PathAgent::handle_network_change);
    let took = sim.run_until(ms(5_000), |sim| both(sim, false)).expect("they move");
    // One way over the relay to tell, one probe of the fast ones, one round trip.
    assert!(took < ms(40) + timing::FAST_PROBE + ms(20), "{took:?}");
    sim.run_for(ms(10_000));
    assert_eq!([moves_to_direct(&sim, A), moves_to_direct(&sim, B)], [1, 1]);
    assert_eq!(losses(&sim), 0);
    assert!(sim.longest_gap(since) < ms(100), "{:?}", sim.longest_gap(since));
}

#[test]
fn nobody_is_stuck_on_a_relay() {
    // Nothing tells that direct paths have become possible, and the mappings are long gone.
    for after in [2, 13, 61, 1_777] {
        let mut sim = uncrossable();
        sim.signal();
        sim.run_until(ms(5_000), |sim| both(sim, true)).expect("they connect by a relay");
        sim.run_for(Duration::from_secs(after));
        assert!(both(&sim, true));
        let next = sim.nodes[A].agent.next_direct_try().expect("there is a next try");
        assert!(next <= sim.now() + timing::LONGEST_RETRY);
        for (node, public) in [(A, "203.0.113.1"), (B, "203.0.113.2")] {
            // The first port that is given out is the one that was signalled.
            sim.nodes[node].nat = Some(port_restricted(public));
            sim.gather(node);
        }
        sim.clear_logs();
        let took = sim.run_until(ms(60_000), |sim| both(sim, false)).expect("they move");
        assert!(took <= timing::LONGEST_RETRY + ms(500), "{took:?} after {after} s");
        assert_eq!(losses(&sim), 0);
        assert_eq!(sim.nodes[A].agent.next_direct_try(), None);
    }
}

#[test]
fn trying_for_ever_costs_little() {
    let mut sim = uncrossable();
    sim.signal();
    sim.run_for(Duration::from_secs(600));
    assert!(both(&sim, true));
    sim.clear_logs();
    sim.run_for(Duration::from_secs(600));
    for node in [A, B] {
        let in_use = sim.nodes[node].sent.len();
        assert!(in_use < 3_000, "{in_use} datagrams in ten minutes of rest");
        assert!(sim.nodes[node].events.is_empty(), "{:?}", sim.nodes[node].events);
    }
}

#[test]
fn a_direct_path_that_dies_under_traffic_is_left_for_a_relay_within_a_second() {
    for offset in (0..200).step_by(40) {
        let mut sim = crossable();
        sim.game = true;
        sim.signal();
        sim.run_until(ms(5_000), |sim| both(sim, false)).expect("they connect directly");
        sim.run_for(ms(10_000 + offset));
        sim.clear_logs();
        let since = sim.elapsed();
        for node in [A, B] {
            sim.nodes[node].udp_blocked = true;
        }
        let took = sim.run_until(ms(5_000), |sim| both(sim, true)).expect("they fall back");
        assert!(took < ms(1_000), "{took:?}");
        sim.run_for(ms(5_000));
        assert!(sim.longest_gap(since) < ms(1_100), "{:?}", sim.longest_gap(since));
        assert_eq!(losses(&sim), 0, "the relay was warm");
    }
}

#[test]
fn a_relay_that_dies_in_use_is_left_for_the_other_within_600_ms() {
    for offset in (0..200).step_by(40) {
        let mut sim = uncrossable();
        sim.game = true;
        sim.signal();
        sim.run_until(ms(5_000), |sim| both(sim, true)).expect("they connect");
        sim.run_for(ms(40_000 + offset));
        assert!([A, B].iter().all(|node| sim.relays_in_use(*node).iter().all(|relay| *relay == ip(RELAY))));
        sim.clear_logs();
        let since = sim.elapsed();
        sim.cut.insert(ip(RELAY));
        let left = |sim: &Sim| {
            [A, B].iter().all(|n| sim.relays_in_use(*n).iter().all(|relay| *relay == ip(OTHER_RELAY)))
                && sim.is_connected()
        };
        let took = sim.run_until(ms(5_000), left).expect("both switch");
        assert!(took < ms(600), "{took:?}");
        sim.run_for(ms(5_000));
        assert!(sim.longest_gap(since) < ms(650), "{:?}", sim.longest_gap(since));
        assert_eq!(losses(&sim), 0);
    }
}

/// What the relay had passed on before it died arrives after the first probe that it takes with it, and is no sign of life.
#[test]
fn what_was_on_its_way_when_a_relay_died_does_not_keep_it() {
    let mut sim = uncrossable();
    sim.game = true;
    sim.signal();
    sim.run_until(ms(5_000), |sim| both(sim, true)).expect("they connect");
    sim.run_for(ms(40_000));
    let dead = sim.nodes[A].agent.selected().unwrap().remote;
    sim.cut.insert(ip(RELAY));
    sim.run_for(timing::BUSY_PROBE_RELAYED + ms(10));
    sim.with(A, |agent, now| agent.handle_remote(now, dead));
    let left = |sim: &Sim| sim.relays_in_use(A).iter().all(|relay| *relay == ip(OTHER_RELAY));
    let took = sim.run_until(ms(5_000), left).expect("it switches");
    assert!(took < ms(400), "{took:?}");
}

#[test]
fn two_relays_that_are_about_as_fast_never_take_turns() {
    let mut sim = uncrossable();
    sim.delay.clear();
    sim.link.jitter = ms(15);
    sim.traffic = true;
    sim.signal();
    sim.run_for(ms(10_000));
    sim.clear_logs();
    sim.run_for(Duration::from_secs(300));
    for node in [A, B] {
        assert!(selections(&sim, node) <= 1, "{:?}", sim.nodes[node].events);
    }
}

#[test]
fn an_allocation_that_goes_takes_its_paths_along_and_packets_go_on_by_another() {
    let mut sim = uncrossable();
    for node in [A, B] {
        sim.nodes[node].udp_blocked = true;
    }
    sim.signal();
    sim.run_for(ms(10_000));
    let gone = sim.nodes[A].agent.selected().unwrap().remote;
    sim.clear_logs();
    let at = sim.elapsed();
    sim.release(A, gone.via.unwrap().0);
    let selected = sim.nodes[A].agent.selected().expect("another one is used at once");
    assert_ne!(selected.remote.via, gone.via);
    assert!(sim.nodes[A].agent.paths().all(|path| path.remote.via != gone.via));
    assert!(
        sim.nodes[A].events.iter().any(|(when, event)| *when == at
            && matches!(event, PathEvent::Selected { previous: Some(previous), .. } if *previous == gone)),
        "{:?}",
        sim.nodes[A].events
    );
    let last = selected.remote.via.unwrap().0;
    sim.release(A, last);
    assert!(sim.nodes[A].agent.selected().is_none());
    let reason = sim.nodes[A].events.iter().find_map(|(_, event)| match event {
        PathEvent::Lost { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(reason, Some(LossReason::AllocationGone));
    sim.allocate(A, 7, RELAY);
    sim.signal();
    let took = sim.run_until(ms(5_000), Sim::is_connected).expect("they find each other");
    assert!(took < ms(500), "{took:?}");
}

#[test]
fn what_is_heard_by_an_allocation_is_relayed_and_a_vanished_one_is_answered_no_more() {
    let now = std::time::Instant::now();
    let mut agent = PathAgent::new(PathAgentConfig { initiator: false }, now);
    agent.set_allocations(now, &[Allocation { id: AllocationId(1), reach: Reach::Family { ipv6: false } }]);
    let from = Remote::relayed(AllocationId(1), addr("203.0.113.9:9"));
    agent.handle_session(now, from);
    let path = agent.paths().next().unwrap();
    assert_eq!((path.remote, path.kind, path.is_relayed), (from, CandidateType::Relayed, true));
    agent.set_allocations(now, &[]);
    assert_eq!(agent.paths().count(), 0);
    while agent.poll_transmit().is_some() {}
    let request = crate::Probe::Request { id: 1 }.to_bytes();
    assert_eq!(agent.handle_probe(now, from, &request), Ok(()));
    agent.handle_remote(now, from);
    agent.handle_punch(now, from);
    agent.handle_session(now, from);
    assert_eq!(agent.paths().count(), 0);
    assert_eq!(agent.poll_transmit(), None);
    // Nor is a relay asked to send into a private network.
    agent.set_allocations(now, &[Allocation { id: AllocationId(2), reach: Reach::Family { ipv6: false } }]);
    agent.handle_remote(now, Remote::relayed(AllocationId(2), addr("192.168.1.1:9")));
    assert_eq!(agent.paths().count(), 0);
}

#[test]
fn every_pair_gets_its_turn_in_the_bursts_however_many_there_are() {
    let now = std::time::Instant::now();
    let mut agent = PathAgent::new(PathAgentConfig { initiator: true }, now);
    let candidates: Vec<_> = (0..8_u8)
        .map(|n| lanrage_party::Candidate {
            kind: CandidateType::Relayed,
            address: ([203, 0, 113, n], 1).into(),
        })
        .collect();
    agent.set_remote_candidates(now, &candidates);
    let allocations: Vec<Allocation> =
        (0..3).map(|id| Allocation { id: AllocationId(id), reach: Reach::Family { ipv6: false } }).collect();
    agent.set_allocations(now, &allocations);
    let mut tried = std::collections::HashSet::new();
    let mut at = now;
    for _ in 0..4 {
        while let Some(transmit) = agent.poll_transmit() {
            if let PathTransmit::Handshake { targets } = transmit {
                assert!(targets.iter().filter(|to| to.via.is_some()).count() <= timing::BURST_BY_ALLOCATION);
                tried.extend(targets);
            }
        }
        at = agent.poll_timeout().unwrap();
        agent.handle_timeout(at);
    }
    assert_eq!(tried.len(), 8 + 24);
    assert!(at - now < ms(1_000));
}

#[test]
fn a_filtering_router_is_no_obstacle_to_a_peer_that_is_reached_by_our_relay() {
    // Only A has relays; B's router admits whom B sent to.
    let mut sim = Sim::new(
        (&["192.168.1.10:1111"], Some(symmetric("203.0.113.1"))),
        (&["10.0.0.20:2222"], Some(symmetric("203.0.113.2"))),
    );
    sim.allocate(A, 1, RELAY);
    sim.signal();
    let took = sim.run_until(ms(5_000), Sim::is_connected).expect("they connect");
    assert!(took < ms(500), "{took:?}");
    assert!(both(&sim, true));
}

/// No path from A's own socket, and so nothing that tells B where A is.
fn hides(sim: &Sim, node: usize) -> bool {
    sim.nodes[node].agent.paths().all(|path| path.remote.via.is_some())
}

#[test]
fn whoever_hides_its_address_reaches_the_friend_by_its_own_relay_alone() {
    let mut sim = crossable();
    sim.with(A, |agent, now| agent.set_relay_only(now, true));
    sim.signal();
    sim.run_until(ms(5_000), Sim::is_connected).expect("they connect");
    sim.run_for(ms(60_000));
    assert!(both(&sim, true) && hides(&sim, A), "{:?}", sim.nodes[A].agent.paths().collect::<Vec<_>>());
}

#[test]
fn hiding_while_connected_moves_the_game_to_a_relay_and_showing_moves_it_back() {
    let mut sim = crossable();
    sim.signal();
    sim.run_until(ms(30_000), |sim| both(sim, false)).expect("a direct path");
    sim.with(A, |agent, now| agent.set_relay_only(now, true));
    assert!(hides(&sim, A), "at once");
    sim.run_until(ms(2_000), |sim| is_relayed(sim, A) == Some(true)).expect("a relay at hand");
    // What is heard straight from the friend changes nothing.
    let friend = addr("203.0.113.2:2222");
    sim.with(A, |agent, now| {
        agent.handle_remote(now, friend);
        agent.handle_punch(now, friend);
        agent.handle_session(now, friend);
    });
    sim.run_for(ms(40_000));
    assert!(hides(&sim, A) && is_relayed(&sim, A) == Some(true));
    sim.with(A, |agent, now| agent.set_relay_only(now, false));
    sim.run_until(ms(60_000), |sim| is_relayed(sim, A) == Some(false)).expect("a direct path again");
}
