//! From nothing to a proven path.

use std::time::Duration;

use lanrage_party::{Candidate, CandidateType};
use lanrage_testnet::Router;

use super::sim::{A, B, Sim, addr, full_cone, ms, port_restricted, sequential, symmetric};
use crate::{PathEvent, Phase, timing};

fn behind(a: Router, b: Router) -> Sim {
    Sim::new((&["192.168.1.10:1111"], Some(a)), (&["10.0.0.20:2222"], Some(b)))
}

#[test]
fn two_port_restricted_routers_are_crossed_through_server_reflexive_candidates() {
    let mut sim = behind(port_restricted("203.0.113.1"), port_restricted("203.0.113.2"));
    sim.signal();
    let took = sim.run_until(ms(5_000), Sim::is_connected).expect("they connect");
    assert!(took < ms(250), "{took:?} with a round trip of 20 ms");
    for (node, address) in [(A, "203.0.113.2:2222"), (B, "203.0.113.1:1111")] {
        let path = sim.nodes[node].agent.selected().unwrap();
        assert_eq!((path.remote, path.kind), (addr(address).into(), CandidateType::ServerReflexive));
        assert_eq!(path.rtt, Some(ms(20)));
        assert_eq!(
            path.observed,
            Some(addr(if node == A { "203.0.113.1:1111" } else { "203.0.113.2:2222" }))
        );
    }
}

#[test]
fn they_also_connect_when_one_side_learns_of_the_other_much_later_or_the_way_is_long() {
    for (late, first, one_way) in
        [(3_000, A, 10), (3_000, B, 10), (100, B, 150), (100, A, 400), (25_000, A, 10)]
    {
        let mut sim = behind(port_restricted("203.0.113.1"), port_restricted("203.0.113.2"));
        for public in ["203.0.113.1", "203.0.113.2"] {
            sim.delay.insert(public.parse().unwrap(), ms(one_way));
        }
        sim.gather(1 - first);
        sim.signal_to(first);
        sim.run_for(ms(late));
        sim.signal_to(1 - first);
        let took = sim.run_until(ms(35_000), Sim::is_connected);
        let took = took.unwrap_or_else(|| panic!("late by {late} ms, {one_way} ms one way"));
        // An initiator that is in a pause is woken by the next round only.
        let limit = if late == 25_000 { ms(17_000) } else { ms(1_100 + 7 * one_way) };
        assert!(took < limit, "{took:?}, late by {late} ms, {one_way} ms one way");
    }
}

#[test]
fn a_router_that_gives_ports_one_behind_the_other_is_crossed_in_the_first_round() {
    for step in [1, 2, 8] {
        let mut sim = behind(sequential("203.0.113.1", step), port_restricted("203.0.113.2"));
        // Where servers see it is known before any friend is.
        sim.gather(A);
        sim.signal();
        let took = sim.run_until(ms(5_000), Sim::is_connected).unwrap_or_else(|| panic!("step {step}"));
        assert!(took < ms(500), "{took:?} with a step of {step}");
        sim.run_for(ms(10_000));
        let path = sim.nodes[B].agent.selected().unwrap();
        assert_eq!(path.kind, CandidateType::PeerReflexive, "what was a guess is an address like others");
        assert!(
            sim.nodes[B].agent.paths().all(|path| path.kind != CandidateType::Predicted),
            "no other guess is kept"
        );
    }
}

#[test]
fn guesses_that_are_wrong_are_forgotten_and_not_tried_again() {
    let mut sim = behind(sequential("203.0.113.1", 9), port_restricted("203.0.113.2"));
    sim.signal();
    sim.run_for(ms(1_000));
    let far = |port: u16| Candidate {
        kind: CandidateType::Predicted,
        address: format!("203.0.113.1:{port}").parse().unwrap(),
    };
    let guesses: Vec<Candidate> = (50_001..=50_008).map(far).collect();
    sim.with(B, |agent, now| agent.set_remote_candidates(now, &guesses));
    sim.run_for(ms(20_000));
    let to_guesses = |sim: &Sim| sim.nodes[B].sent.iter().filter(|(_, to)| to.port() > 50_000).count();
    let tried = to_guesses(&sim);
    assert!((8..=8 * 12).contains(&tried), "{tried}");
    sim.run_for(ms(120_000));
    assert_eq!(to_guesses(&sim), tried);
}

#[test]
fn a_symmetric_router_against_a_port_restricted_one_is_tried_for_ever_at_a_bounded_rate() {
    let mut sim = behind(symmetric("203.0.113.1"), port_restricted("203.0.113.2"));
    sim.signal();
    sim.run_for(Duration::from_secs(1_800));
    assert!(!sim.is_connected());
    for node in &sim.nodes {
        let times: Vec<Duration> = node.sent.iter().map(|sent| sent.0).collect();
        let longest_gap = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(longest_gap <= timing::LONGEST_RETRY + ms(1_000), "{longest_gap:?}");
        assert!(sim_time_of_last(&times) > Duration::from_secs(1_750), "it never gives up");
        let in_any_minute =
            (0..30).map(|minute| times.iter().filter(|time| time.as_secs() / 60 == minute).count());
        // At most 14 bursts a round to 3 addresses, four or five rounds in the first minute, two later.
        assert!(in_any_minute.max().unwrap() <= 5 * 14 * 3);
        assert!(times.iter().filter(|time| time.as_secs() >= 1_740).count() <= 2 * 14 * 3);

        let mut pauses = 0;
        for (at, event) in &node.events {
            if let PathEvent::RoundFailed { retry_at } = event {
                pauses += 1;
                let pause = *retry_at - (sim.now() - sim.elapsed() + *at);
                assert!(pause <= timing::LONGEST_RETRY, "{pause:?}");
            }
        }
        assert!(pauses > 40, "{pauses}");
        assert!(matches!(node.agent.phase(), Phase::Checking | Phase::Waiting { .. }));
    }
}

fn sim_time_of_last(times: &[Duration]) -> Duration {
    *times.last().unwrap()
}

#[test]
fn a_symmetric_router_against_a_full_cone_one_is_crossed_from_either_side() {
    for strict in [A, B] {
        let nat = |node: usize| {
            let public = ["203.0.113.1", "203.0.113.2"][node];
            if node == strict { symmetric(public) } else { full_cone(public) }
        };
        let mut sim = behind(nat(A), nat(B));
        sim.signal();
        assert!(sim.run_until(ms(3_000), Sim::is_connected).is_some(), "symmetric: {strict}");
        let seen_by_other = sim.nodes[1 - strict].agent.selected().unwrap();
        assert_eq!(seen_by_other.kind, CandidateType::PeerReflexive);
    }
}

#[test]
fn neighbours_end_on_their_own_lan() {
    let mut sim = Sim::new(
        (&["192.168.1.10:1111"], Some(port_restricted("203.0.113.1"))),
        (&["192.168.1.20:2222"], Some(port_restricted("203.0.113.1"))),
    );
    sim.same_site();
    sim.signal();
    assert!(sim.run_until(ms(1_000), Sim::is_connected).is_some());
    assert_eq!(sim.selected(A), Some(addr("192.168.1.20:2222")));
    assert_eq!(sim.selected(B), Some(addr("192.168.1.10:1111")));
}

#[test]
fn new_candidates_end_a_pause_at_once() {
    let mut sim = behind(port_restricted("203.0.113.1"), port_restricted("203.0.113.2"));
    sim.cut.insert("203.0.113.2".parse().unwrap());
    sim.signal();
    sim.run_until(ms(120_000), |sim| {
        sim.nodes.iter().all(|node| matches!(node.agent.phase(), Phase::Waiting { retry_at } if retry_at > sim.now() + ms(5_000)))
    })
    .expect("both wait");
    sim.cut.clear();
    sim.signal();
    let took = sim.run_until(ms(5_000), Sim::is_connected).expect("they connect");
    assert!(took < ms(300), "{took:?}");
}

#[test]
fn a_network_change_ends_a_pause_at_once() {
    let mut sim = Sim::dual_stack();
    let dead = ["198.51.100.1", "2001:db8:a::1"].map(|text| text.parse::<std::net::IpAddr>().unwrap());
    sim.cut.extend(dead);
    sim.signal();
    sim.run_until(ms(120_000), |sim| {
        matches!(sim.nodes[A].agent.phase(), Phase::Waiting { retry_at } if retry_at > sim.now() + ms(5_000))
    })
    .expect("A waits");
    sim.cut.clear();
    sim.with(A, crate::PathAgent::handle_network_change);
    let took = sim.run_until(ms(5_000), Sim::is_connected).expect("they connect");
    assert!(took < ms(300), "{took:?}");
}

#[test]
fn every_second_datagram_may_get_lost() {
    let mut sim = behind(port_restricted("203.0.113.1"), port_restricted("203.0.113.2"));
    sim.link.lost_per_mille = 500;
    sim.signal();
    assert!(sim.run_until(ms(15_000), Sim::is_connected).is_some());
}

#[test]
fn an_agent_without_candidates_does_nothing() {
    let mut sim = Sim::dual_stack();
    for node in [A, B] {
        sim.with(node, |agent, now| agent.set_remote_candidates(now, &[]));
        sim.with(node, crate::PathAgent::handle_network_change);
        sim.with(node, crate::PathAgent::handle_traffic);
        assert_eq!(sim.nodes[node].agent.phase(), Phase::Idle);
        assert_eq!(sim.nodes[node].agent.poll_timeout(), None);
    }
    assert!(sim.nodes.iter().all(|node| node.sent.is_empty()));
}
