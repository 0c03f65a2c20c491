//! A proven path, and what happens to it.

use std::time::Duration;

use lanrage_party::{Candidate, CandidateType};

use super::sim::{A, B, Sim, addr, forgetful, ms, port_restricted};
use crate::{LossReason, PathAgent, PathEvent, PathState, Phase, timing};

const V4_OF_B: &str = "198.51.100.2:2222";
const V6_OF_B: &str = "[2001:db8:b::2]:2222";

/// Connected, and past the fast period.
fn settled(mut sim: Sim) -> Sim {
    sim.signal();
    sim.run_until(ms(5_000), Sim::is_connected).expect("they connect");
    sim.run_for(ms(4_000));
    assert!(sim.is_connected());
    sim.clear_logs();
    sim
}

/// One path only, IPv4.
fn single() -> Sim {
    settled(Sim::new((&["198.51.100.1:1111"], None), (&["198.51.100.2:2222"], None)))
}

/// Two paths; IPv6 is clearly faster and selected.
fn dual() -> Sim {
    let mut sim = Sim::dual_stack();
    for slow in ["198.51.100.1", "198.51.100.2"] {
        sim.delay.insert(slow.parse().unwrap(), ms(25));
    }
    let sim = settled(sim);
    assert_eq!(sim.selected(A), Some(addr(V6_OF_B)));
    sim
}

fn cut_v6(sim: &mut Sim) {
    sim.cut.extend(["2001:db8:a::1", "2001:db8:b::2"].map(|text| text.parse::<std::net::IpAddr>().unwrap()));
}

fn selections(sim: &Sim, node: usize) -> usize {
    sim.nodes[node].events.iter().filter(|(_, event)| matches!(event, PathEvent::Selected { .. })).count()
}

fn losses(sim: &Sim, node: usize) -> Vec<LossReason> {
    let reason = |event: &PathEvent| match event {
        PathEvent::Lost { reason, .. } => Some(*reason),
        _ => None,
    };
    sim.nodes[node].events.iter().filter_map(|(_, event)| reason(event)).collect()
}

#[test]
fn a_path_that_dies_under_traffic_is_left_for_the_other_within_a_second() {
    // Whatever the time since the last probe.
    for offset in (0..200).step_by(20) {
        let mut sim = dual();
        sim.traffic = true;
        sim.run_for(ms(3_000 + offset));
        cut_v6(&mut sim);
        let both_left =
            |sim: &Sim| [A, B].iter().all(|node| sim.selected(*node).is_some_and(|a| a.is_ipv4()));
        let took = sim.run_until(ms(5_000), both_left).expect("both switch");
        assert!(took < ms(1_000), "{took:?}");
        assert_eq!([losses(&sim, A), losses(&sim, B)], [[], []], "there was always a path");
        assert!(sim.nodes[A].events.iter().any(|(_, e)| matches!(e, PathEvent::Unresponsive { .. })));
    }
}

#[test]
fn a_path_that_dies_at_rest_is_left_after_the_next_probe() {
    let mut sim = dual();
    cut_v6(&mut sim);
    let took = sim.run_until(ms(20_000), |sim| sim.selected(A) == Some(addr(V4_OF_B))).expect("A switches");
    assert!(took <= timing::IDLE_PROBE + ms(1_000), "{took:?}");
}

#[test]
fn a_path_that_comes_back_is_taken_again_only_after_probation() {
    let mut sim = dual();
    sim.traffic = true;
    cut_v6(&mut sim);
    sim.run_until(ms(5_000), |sim| sim.selected(A) == Some(addr(V4_OF_B))).expect("A switches");
    sim.cut.clear();
    let took = sim.run_until(ms(60_000), |sim| sim.selected(A) == Some(addr(V6_OF_B))).expect("A returns");
    assert!(took >= timing::PROBATION, "{took:?}");
    assert!(took < ms(15_000), "{took:?}");
}

#[test]
fn a_path_that_dies_again_and_again_is_trusted_less_and_less() {
    let mut sim = dual();
    sim.traffic = true;
    for _ in 0..120 {
        cut_v6(&mut sim);
        sim.run_for(ms(2_500));
        sim.cut.clear();
        sim.run_for(ms(2_500));
    }
    assert!(selections(&sim, A) <= 8, "{} switches in ten minutes", selections(&sim, A));
    assert!(losses(&sim, A).is_empty());
}

#[test]
fn the_only_path_is_lost_searched_for_and_found_again() {
    for (traffic, limit) in [(true, ms(1_000)), (false, ms(6_500))] {
        let mut sim = single();
        sim.traffic = traffic;
        sim.run_for(ms(1_000));
        sim.cut.insert("198.51.100.2".parse().unwrap());
        let gone = |sim: &Sim| sim.nodes.iter().all(|node| node.agent.selected().is_none());
        let took = sim.run_until(ms(20_000), gone).expect("both notice");
        assert!(took < limit, "{took:?}");
        for node in [A, B] {
            assert_eq!(losses(&sim, node), [LossReason::Silent]);
            assert_eq!(sim.nodes[node].agent.phase(), Phase::Checking);
        }
        sim.run_for(ms(500));
        sim.cut.clear();
        let took = sim.run_until(ms(5_000), Sim::is_connected).expect("they find each other");
        assert!(took < ms(1_000), "{took:?}");
    }
}

#[test]
fn a_path_that_is_gone_for_an_hour_is_found_within_half_a_minute() {
    let mut sim = single();
    sim.cut.insert("198.51.100.2".parse().unwrap());
    sim.run_for(Duration::from_secs(3_600));
    sim.cut.clear();
    let took = sim.run_until(ms(60_000), Sim::is_connected).expect("they find each other");
    assert!(took <= timing::LONGEST_RETRY + ms(100), "{took:?}");
}

#[test]
fn a_peer_that_restarts_without_a_word_is_found_again_within_two_seconds_of_traffic() {
    for node in [A, B] {
        let mut sim = single();
        sim.traffic = true;
        sim.run_for(ms(1_000));
        sim.restart(node);
        // The restarted side knows the other's address from its store.
        sim.signal_to(node);
        let took = sim.run_until(ms(20_000), Sim::is_connected).expect("they find each other");
        assert!(took < ms(2_000), "{took:?}, restarted: {node}");
        sim.run_for(ms(2_000));
        assert!(sim.is_connected());
        let path = sim.nodes[node].agent.selected().unwrap();
        assert_eq!(path.state, PathState::Proven, "restarted: {node}");
    }
}

#[test]
fn a_peer_that_roams_is_followed_to_its_new_address() {
    let nat = |public| Some(port_restricted(public));
    let start = Sim::new((&["198.51.100.1:1111"], None), (&["10.0.0.20:2222"], nat("203.0.113.2")));
    let mut sim = settled(start);
    sim.traffic = true;
    sim.move_to(B, "172.20.0.7:2222", nat("203.0.113.77"));
    let new = |sim: &Sim| sim.selected(A) == Some(addr("203.0.113.77:2222"));
    let took = sim.run_until(ms(5_000), new).expect("A follows");
    assert!(took < ms(1_000), "{took:?}");
    assert_eq!(sim.nodes[A].agent.selected().unwrap().kind, CandidateType::PeerReflexive);
    assert!(losses(&sim, B).is_empty(), "for B the address of A did not change");
}

#[test]
fn a_network_change_probes_every_path_at_once() {
    let mut sim = dual();
    sim.with(A, PathAgent::handle_network_change);
    let at = sim.elapsed();
    let mut probed: Vec<_> =
        sim.nodes[A].sent.iter().filter(|sent| sent.0 == at).map(|sent| sent.1).collect();
    probed.sort();
    assert_eq!(probed, [addr(V4_OF_B), addr(V6_OF_B)]);
    sim.run_for(ms(5_000));
    assert!(losses(&sim, A).is_empty());
}

#[test]
fn two_paths_that_are_about_as_fast_do_not_take_turns() {
    let mut sim = Sim::dual_stack();
    sim.link.jitter = ms(12);
    sim.traffic = true;
    let mut sim = settled(sim);
    sim.run_for(Duration::from_secs(600));
    for node in [A, B] {
        assert!(selections(&sim, node) <= 1, "{:?}", sim.nodes[node].events);
    }
}

#[test]
fn a_clearly_faster_path_replaces_a_slower_one() {
    let mut sim = Sim::dual_stack();
    for slow in ["2001:db8:a::1", "2001:db8:b::2"] {
        sim.delay.insert(slow.parse().unwrap(), ms(40));
    }
    // The slow one is known first.
    sim.cut.extend(["198.51.100.1", "198.51.100.2"].map(|text| text.parse::<std::net::IpAddr>().unwrap()));
    let mut sim = settled(sim);
    assert_eq!(sim.selected(A), Some(addr(V6_OF_B)));
    sim.cut.clear();
    let took = sim.run_until(ms(60_000), |sim| sim.selected(A) == Some(addr(V4_OF_B))).expect("A switches");
    assert!(took < ms(40_000), "{took:?}");
    assert!(losses(&sim, A).is_empty());
}

#[test]
fn a_direct_path_replaces_a_relayed_one_as_soon_as_it_is_proven() {
    let mut sim = Sim::dual_stack();
    let candidate = |kind, address| Candidate { kind, address: addr(address) };
    let relayed = candidate(CandidateType::Relayed, V4_OF_B);
    sim.delay.insert("2001:db8:b::2".parse().unwrap(), ms(60));
    sim.with(A, |agent, now| agent.set_remote_candidates(now, &[relayed]));
    sim.signal_to(B);
    sim.run_until(ms(2_000), |sim| sim.selected(A) == Some(addr(V4_OF_B))).expect("the relay carries first");
    sim.with(A, |agent, now| {
        agent.set_remote_candidates(now, &[relayed, candidate(CandidateType::ServerReflexive, V6_OF_B)]);
    });
    let took =
        sim.run_until(ms(2_000), |sim| sim.selected(A) == Some(addr(V6_OF_B))).expect("then the direct one");
    assert!(took < ms(150), "{took:?}");
    sim.run_for(ms(30_000));
    assert_eq!(sim.selected(A), Some(addr(V6_OF_B)), "however much faster the relay is");
}

#[test]
fn a_bad_link_is_measured_and_kept() {
    let mut sim = single();
    sim.traffic = true;
    sim.link.lost_per_mille = 50;
    sim.link.jitter = ms(15);
    sim.run_for(Duration::from_secs(600));
    for node in [A, B] {
        assert!(losses(&sim, node).is_empty(), "{:?}", losses(&sim, node));
        let path = sim.nodes[node].agent.selected().unwrap();
        assert!(path.loss < 0.35, "{}", path.loss);
        assert!(path.jitter > ms(1) && path.jitter < ms(15), "{:?}", path.jitter);
    }
}

#[test]
fn a_blip_of_seconds_on_a_path_at_rest_is_forgotten_within_seconds() {
    let mut sim = single();
    sim.run_for(Duration::from_secs(60));
    sim.link.lost_per_mille = 500;
    sim.traffic = true;
    sim.run_for(ms(3_000));
    assert!(sim.nodes[A].agent.selected().unwrap().loss >= 0.2);
    sim.link.lost_per_mille = 0;
    sim.traffic = false;
    sim.run_for(Duration::from_secs(15));
    for node in [A, B] {
        let path = sim.nodes[node].agent.selected().unwrap();
        assert!(path.loss <= 0.05 && path.state == PathState::Proven, "{} {:?}", path.loss, path.state);
    }
    // And it is at rest again.
    sim.clear_logs();
    sim.run_for(Duration::from_secs(60));
    assert!(sim.nodes[A].sent.len() <= 40, "{}", sim.nodes[A].sent.len());
}

#[test]
fn a_queue_that_fills_up_under_a_download_is_no_dead_path() {
    let mut sim = single();
    sim.traffic = true;
    for step in 0..40 {
        let public = "198.51.100.2".parse().unwrap();
        sim.delay.insert(public, ms(10 + 15 * step));
        sim.run_for(ms(250));
    }
    assert!(losses(&sim, A).is_empty() && losses(&sim, B).is_empty());
}

#[test]
fn a_long_way_is_no_dead_path() {
    let mut sim = Sim::new((&["198.51.100.1:1111"], None), (&["198.51.100.2:2222"], None));
    for node in ["198.51.100.1", "198.51.100.2"] {
        sim.delay.insert(node.parse().unwrap(), ms(350));
    }
    sim.traffic = true;
    let mut sim = settled(sim);
    sim.run_for(ms(60_000));
    assert!(losses(&sim, A).is_empty() && losses(&sim, B).is_empty());
    assert_eq!(sim.nodes[A].agent.selected().unwrap().rtt, Some(ms(700)));
}

#[test]
fn at_rest_a_path_is_probed_every_five_seconds_and_the_router_stays_open() {
    let start = Sim::new(
        (&["192.168.1.10:1111"], Some(port_restricted("203.0.113.1"))),
        (&["10.0.0.20:2222"], Some(port_restricted("203.0.113.2"))),
    );
    let mut sim = settled(start);
    sim.run_for(Duration::from_secs(600));
    assert!(sim.is_connected() && losses(&sim, A).is_empty());
    let to_selected = sim.nodes[A].sent.iter().filter(|sent| Some(sent.1) == sim.selected(A)).count();
    // 120 requests and 120 responses.
    assert!((238..=244).contains(&to_selected), "{to_selected}");
    let elsewhere = sim.nodes[A].sent.len() - to_selected;
    assert!(elsewhere <= 24, "{elsewhere} datagrams to addresses that never answered");
}

#[test]
fn a_renewed_session_changes_nothing() {
    let mut sim = dual();
    let from = sim.selected(A).unwrap();
    sim.with(A, |agent, now| agent.handle_session(now, from));
    sim.run_for(ms(1_000));
    assert!(sim.nodes[A].events.is_empty(), "{:?}", sim.nodes[A].events);
    assert_eq!(sim.nodes[A].agent.phase(), Phase::Connected);
}

/// When each side lost its path, over ten minutes at rest.
fn losses_at_rest(mut sim: Sim) -> [Vec<Duration>; 2] {
    sim = settled(sim);
    let start = sim.elapsed();
    sim.run_for(ms(600_000));
    assert!(sim.is_connected());
    [A, B].map(|node| {
        let lost = |(at, event): &(Duration, PathEvent)| {
            matches!(event, PathEvent::Lost { .. }).then_some(at.saturating_sub(start))
        };
        sim.nodes[node].events.iter().filter_map(lost).collect()
    })
}

#[test]
fn a_router_that_forgets_a_quiet_way_after_seconds_is_found_out_by_a_loss_or_two_and_then_kept_open() {
    for seconds in [2, 3, 4, 5, 8, 15] {
        for (random, both) in [(false, false), (false, true), (true, false)] {
            let ours = forgetful("203.0.113.1", ms(seconds * 1_000), random);
            let theirs = both.then(|| forgetful("203.0.113.2", ms(seconds * 1_000), false));
            let theirs_local: &[&str] = if both { &["10.0.0.2:2222"] } else { &["198.51.100.2:2222"] };
            let sim = Sim::new((&["10.0.0.1:1111"], Some(ours)), (theirs_local, theirs));
            let losses = losses_at_rest(sim);
            for lost in &losses {
                assert!(lost.len() <= 2, "{seconds} s, {random}, {both}: {losses:?}");
                assert!(lost.iter().all(|at| *at <= ms(30_000)), "{seconds} s, {random}, {both}: {losses:?}");
            }
            assert!(seconds < 6 || losses.iter().all(Vec::is_empty), "{seconds} s: {losses:?}");
        }
    }
}

#[test]
fn a_way_that_no_router_forgets_is_probed_no_more_often_for_it() {
    let mut sim = single();
    sim.link.lost_per_mille = 20;
    sim.run_for(ms(600_000));
    sim.nodes.iter_mut().for_each(|node| node.sent.clear());
    sim.link.lost_per_mille = 0;
    sim.run_for(ms(60_000));
    // A probe and an answer every five seconds.
    assert!(sim.nodes[A].sent.len() <= 40, "{}", sim.nodes[A].sent.len());
}

#[test]
fn a_ping_tells_the_round_trip_of_its_own_probe_and_of_a_dead_path_nothing() {
    let mut sim = single();
    let pongs = |sim: &Sim| -> Vec<(u64, Duration)> {
        let pong = |event: &PathEvent| match event {
            PathEvent::Pong { tag, rtt } => Some((*tag, *rtt)),
            _ => None,
        };
        sim.nodes[A].events.iter().filter_map(|(_, event)| pong(event)).collect()
    };
    sim.delay.insert(V4_OF_B.parse::<std::net::SocketAddr>().unwrap().ip(), ms(25));
    sim.clear_logs();
    for tag in [7, 8] {
        let now = sim.now();
        sim.nodes[A].agent.ping(now, tag);
        sim.run_for(ms(300));
    }
    // There by the slower way, and back by the other.
    assert_eq!(pongs(&sim), [(7, ms(35)), (8, ms(35))]);
    let now = sim.now();
    (9..12).for_each(|tag| sim.nodes[A].agent.ping(now, tag));
    sim.run_for(ms(40));
    assert_eq!(pongs(&sim).len(), 3, "the others wait for the next probe, which is not at once");
    sim.run_for(ms(60));
    assert_eq!(pongs(&sim).last(), Some(&(11, ms(35))));
    sim.cut.insert(V4_OF_B.parse::<std::net::SocketAddr>().unwrap().ip());
    let now = sim.now();
    sim.nodes[A].agent.ping(now, 12);
    sim.run_for(ms(5_000));
    assert_eq!(pongs(&sim).len(), 5);
}
