//! Outages, sleep, long searches, narrow paths: what happens to a connection in a long life.

use std::{net::IpAddr, time::Duration};

use lanrage_party::limits;
use lanrage_testnet::Router;
use proptest::prelude::*;

use super::sim::{A, B, Sim, full_cone, ms, port_restricted, symmetric};
use crate::{PathAgent, PathEvent, PathTransmit, Phase, timing};

const RELAY: &str = "192.0.2.10";
const PUBLIC: [&str; 2] = ["203.0.113.1", "203.0.113.2"];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Behind routers that can be crossed, with one relay, connected and playing.
fn playing(with_relay: bool) -> Sim {
    let mut sim = Sim::new(
        (&["192.168.1.10:1111"], Some(port_restricted(PUBLIC[A]))),
        (&["10.0.0.20:2222"], Some(port_restricted(PUBLIC[B]))),
    );
    if with_relay {
        sim.allocate(A, 1, RELAY);
        sim.allocate(B, 1, RELAY);
    }
    sim.game = true;
    sim.sessions_expire = true;
    sim.signal();
    sim.run_until(ms(5_000), Sim::is_connected).expect("they connect");
    sim.run_for(ms(10_000));
    sim.clear_logs();
    sim
}

fn cut_all(sim: &mut Sim) {
    sim.cut.extend(PUBLIC.into_iter().chain([RELAY]).map(ip));
}

#[test]
fn an_outage_of_up_to_a_minute_ends_within_a_second_of_the_networks_return() {
    for with_relay in [false, true] {
        for outage in (300..30_000).step_by(1_370).chain([30_000, 45_000, 59_000]) {
            let mut sim = playing(with_relay);
            cut_all(&mut sim);
            sim.run_for(ms(outage));
            sim.cut.clear();
            let back = sim.elapsed();
            let took = sim.run_until(ms(40_000), |sim| sim.plays_since(back) && sim.is_connected());
            let took = took.expect("they find each other");
            assert!(took < ms(1_000), "{took:?} after {outage} ms, relay: {with_relay}");
        }
    }
}

#[test]
fn an_outage_at_rest_ends_within_a_second_too() {
    // Nothing flows that could heal the path by arriving.
    for outage in (8_000..58_000).step_by(2_310) {
        let mut sim = playing(false);
        sim.game = false;
        cut_all(&mut sim);
        sim.run_for(ms(outage));
        assert!(!sim.is_connected());
        sim.cut.clear();
        let took = sim.run_until(ms(40_000), Sim::is_connected).expect("they find each other");
        assert!(took < ms(1_000), "{took:?} after {outage} ms");
    }
}

#[test]
fn standing_still_is_not_taken_for_silence_of_the_peer() {
    // Some of these are just between a probe and its answer.
    for (node, offset) in (0..200).step_by(10).map(|offset| (usize::from(offset % 20 == 0), offset)) {
        let mut sim = playing(true);
        sim.run_for(ms(offset));
        sim.nodes[node].frozen = true;
        sim.run_for(ms(20_000));
        sim.nodes[node].frozen = false;
        sim.run_for(ms(2_000));
        let lost = |event: &PathEvent| matches!(event, PathEvent::Lost { .. } | PathEvent::Selected { .. });
        assert!(!sim.nodes[node].events.iter().any(|(_, e)| lost(e)), "{:?}", sim.nodes[node].events);
    }
}

#[test]
fn a_longer_outage_ends_within_half_a_minute_and_at_once_with_a_hint() {
    for outage in [90, 200, 400, 2_000] {
        for hint in [false, true] {
            let mut sim = playing(true);
            cut_all(&mut sim);
            sim.run_for(Duration::from_secs(outage));
            sim.cut.clear();
            if hint {
                // What an operating system tells of its interfaces; the routers have forgotten everything.
                sim.with(A, PathAgent::handle_resume);
                sim.with(B, PathAgent::handle_resume);
            }
            let took = sim.run_until(ms(60_000), Sim::is_connected).expect("they find each other");
            let limit = if hint { ms(500) } else { timing::LONGEST_RETRY + ms(1_000) };
            assert!(took <= limit, "{took:?} after {outage} s, hint: {hint}");
        }
    }
}

#[test]
fn a_process_that_stood_still_for_ten_minutes_is_back_within_two_seconds() {
    for node in [A, B] {
        for still in [3, 30, 170, 600] {
            for with_relay in [false, true] {
                let mut sim = playing(with_relay);
                sim.nodes[node].frozen = true;
                sim.run_for(Duration::from_secs(still));
                sim.nodes[node].frozen = false;
                let back = sim.elapsed();
                let took = sim.run_until(ms(40_000), |sim| sim.plays_since(back) && sim.is_connected());
                let took = took.unwrap_or_else(|| panic!("{node} for {still} s"));
                assert!(took < ms(2_000), "{took:?}, {node} for {still} s, relay: {with_relay}");
            }
        }
    }
}

#[test]
fn waking_up_with_a_session_alive_loses_nothing() {
    let mut sim = playing(true);
    let (selected, since) = (sim.selected(A), sim.elapsed());
    for _ in 0..20 {
        sim.with(A, PathAgent::handle_resume);
        sim.run_for(ms(700));
    }
    for node in &sim.nodes {
        let lost = |event: &PathEvent| matches!(event, PathEvent::Lost { .. } | PathEvent::Selected { .. });
        assert!(!node.events.iter().any(|(_, event)| lost(event)), "{:?}", node.events);
    }
    assert_eq!(sim.selected(A), selected);
    assert!(sim.longest_gap(since) < ms(50), "{:?}", sim.longest_gap(since));
}

#[test]
fn a_routers_forgotten_mappings_cost_less_than_two_seconds() {
    let mut sim = playing(false);
    let since = sim.elapsed();
    sim.nodes[A].nat = Some(port_restricted("203.0.113.1"));
    sim.run_for(ms(5_000));
    assert!(sim.is_connected());
    assert!(sim.longest_gap(since) < ms(2_000), "{:?}", sim.longest_gap(since));
}

#[test]
fn a_search_of_five_minutes_falls_dormant_goes_on_and_wakes_up() {
    let mut sim = playing(false);
    cut_all(&mut sim);
    sim.game = false;
    sim.run_for(timing::DORMANT + Duration::from_secs(60));
    for node in [A, B] {
        assert!(sim.nodes[node].agent.is_dormant());
        let told = |event: &PathEvent| matches!(event, PathEvent::Dormant);
        assert_eq!(sim.nodes[node].events.iter().filter(|(_, event)| told(event)).count(), 1);
    }
    sim.clear_logs();
    sim.run_for(Duration::from_secs(600));
    for node in [A, B] {
        let sent = sim.nodes[node].sent.len();
        assert!((20..=600).contains(&sent), "{sent} datagrams in ten minutes");
    }
    // What the owner releases is not a sign of life.
    sim.with(A, |agent, now| agent.set_allocations(now, &[]));
    assert!(sim.nodes[A].agent.is_dormant());
    sim.cut.clear();
    sim.clear_logs();
    sim.signal();
    for node in &sim.nodes {
        assert!(!node.agent.is_dormant());
        assert_eq!(node.events.iter().filter(|(_, event)| *event == PathEvent::Awake).count(), 1);
    }
    let took = sim.run_until(ms(5_000), Sim::is_connected).expect("they find each other");
    assert!(took < ms(500), "{took:?}");
}

#[test]
fn a_wide_path_is_used_in_full_after_one_round_trip_more() {
    let mut sim = playing(false);
    sim.run_for(ms(1_000));
    for node in [A, B] {
        assert_eq!(usize::from(sim.nodes[node].agent.selected().unwrap().mtu), limits::PACKET_BYTES);
    }
}

#[test]
fn a_narrow_path_is_measured_without_counting_as_lossy_and_a_black_hole_is_noticed() {
    let mut sim = playing(false);
    sim.mtu.insert(ip(PUBLIC[B]), 1_360);
    sim.run_for(timing::CONFIRM_MTU + ms(30_000));
    let path = sim.nodes[A].agent.selected().unwrap();
    assert!((1_352..=1_360).contains(&path.mtu), "{}", path.mtu);
    assert_eq!(path.loss, 0.0);
    let told: Vec<u16> = sim.nodes[A]
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            PathEvent::Mtu { mtu, .. } => Some(*mtu),
            _ => None,
        })
        .collect();
    assert_eq!(told[0], timing::LEAST_MTU, "down to what surely passes at once: {told:?}");
    assert_eq!(told.last(), Some(&path.mtu));
    assert!(sim.nodes[A].events.iter().all(|(_, event)| matches!(event, PathEvent::Mtu { .. })));
}

#[test]
fn a_routers_word_ends_a_black_hole_within_a_second_and_a_forged_one_costs_nothing() {
    let mut sim = playing(false);
    let word = |agent: &mut PathAgent, now| agent.handle_packet_too_big(now, 1_420);
    for _ in 0..20 {
        sim.with(A, word);
        sim.run_for(ms(50));
    }
    let size = |sim: &Sim| sim.nodes[A].agent.selected().unwrap().mtu;
    assert_eq!(usize::from(size(&sim)), limits::PACKET_BYTES);
    sim.mtu.insert(ip(PUBLIC[B]), 1_360);
    sim.with(A, word);
    sim.run_for(ms(900));
    assert!(size(&sim) <= 1_360, "{}", size(&sim));
}

#[test]
fn the_last_minute_is_remembered_second_by_second() {
    let mut sim = playing(false);
    sim.run_for(ms(90_000));
    cut_all(&mut sim);
    sim.run_for(ms(20_000));
    let history: Vec<_> = sim.nodes[A].agent.history().collect();
    assert_eq!(history.len(), 60);
    assert!(history.windows(2).all(|pair| pair[0].age - pair[1].age == ms(1_000)));
    assert!(history[..38].iter().all(|s| s.rtt == Some(ms(20)) && s.loss < 0.1 && s.remote.is_some()));
    assert!(history[43..].iter().all(|s| s.rtt.is_none() && s.loss == 1.0 && s.remote.is_none()));
}

#[test]
fn losses_doubles_and_disorder_neither_cut_a_connection_nor_multiply_its_packets() {
    let mut sim = playing(true);
    sim.link.lost_per_mille = 50;
    sim.link.doubled_per_mille = 100;
    sim.link.jitter = ms(30);
    sim.run_for(Duration::from_secs(120));
    for node in [A, B] {
        let (arrived, sent) = (sim.nodes[node].game_arrivals.len(), sim.nodes[1 - node].game_sent);
        assert!(arrived * 100 <= sent * 113 && arrived * 100 >= sent * 98, "{arrived} of {sent}");
        let lost = sim.nodes[node].events.iter().any(|(_, e)| matches!(e, PathEvent::Lost { .. }));
        assert!(!lost, "{:?}", sim.nodes[node].events);
    }
}

/// Something that happens to the network or to a node.
#[derive(Debug, Clone)]
enum Step {
    Cut(u8),
    Heal,
    Loss(u16),
    Jitter(u8),
    Doubles(u16),
    Freeze(bool),
    Thaw,
    Blocked(bool, bool),
    Router(bool, u8),
    Signal,
    Resume(bool),
    Change(bool),
    Restart(bool),
    Release(bool, u8),
    Allocate(bool, u8),
    Narrow(u16),
    Play(bool),
}

fn any_step() -> impl Strategy<Value = (Step, u32)> {
    let step = prop_oneof![
        any::<u8>().prop_map(Step::Cut),
        Just(Step::Heal),
        (0..400_u16).prop_map(Step::Loss),
        (0..80_u8).prop_map(Step::Jitter),
        (0..300_u16).prop_map(Step::Doubles),
        any::<bool>().prop_map(Step::Freeze),
        Just(Step::Thaw),
        any::<(bool, bool)>().prop_map(|(node, blocked)| Step::Blocked(node, blocked)),
        any::<(bool, u8)>().prop_map(|(node, kind)| Step::Router(node, kind)),
        Just(Step::Signal),
        any::<bool>().prop_map(Step::Resume),
        any::<bool>().prop_map(Step::Change),
        any::<bool>().prop_map(Step::Restart),
        any::<(bool, u8)>().prop_map(|(node, id)| Step::Release(node, id % 3)),
        any::<(bool, u8)>().prop_map(|(node, id)| Step::Allocate(node, id % 3)),
        (1_150..1_500_u16).prop_map(Step::Narrow),
        any::<bool>().prop_map(Step::Play),
    ];
    (step, prop_oneof![4 => 0..3_000_u32, 1 => 0..60_000_u32])
}

/// They are long.
fn an_eighth_of_the_usual_cases() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 8, ..usual }
}

const RELAYS: [&str; 3] = ["192.0.2.10", "192.0.2.20", "192.0.2.30"];

fn router(node: usize, kind: u8) -> Option<Router> {
    let public = PUBLIC[node];
    Some(match kind % 3 {
        0 => port_restricted(public),
        1 => full_cone(public),
        _ => symmetric(public),
    })
}

proptest! {
    #![proptest_config(an_eighth_of_the_usual_cases())]
    #[test]
    fn whatever_happened_a_good_network_connects_two_nodes_with_a_relay(
        seed in any::<u64>(),
        steps in proptest::collection::vec(any_step(), 1..30),
    ) {
        let mut sim = Sim::new(
            (&["192.168.1.10:1111"], router(A, 0)),
            (&["10.0.0.20:2222"], router(B, 0)),
        ).with_seed(seed);
        sim.sessions_expire = true;
        let mut next_id = 10;
        for (step, pause) in steps {
            match step {
                Step::Cut(which) => {
                    let all: Vec<&str> = PUBLIC.into_iter().chain(RELAYS).collect();
                    sim.cut.insert(ip(all[usize::from(which) % all.len()]));
                }
                Step::Heal => sim.cut.clear(),
                Step::Loss(per_mille) => sim.link.lost_per_mille = per_mille.into(),
                Step::Jitter(millis) => sim.link.jitter = ms(millis.into()),
                Step::Doubles(per_mille) => sim.link.doubled_per_mille = per_mille.into(),
                Step::Freeze(node) => sim.nodes[usize::from(node)].frozen = true,
                Step::Thaw => sim.nodes.iter_mut().for_each(|node| node.frozen = false),
                Step::Blocked(node, blocked) => sim.nodes[usize::from(node)].udp_blocked = blocked,
                Step::Router(node, kind) => {
                    let node = usize::from(node);
                    sim.nodes[node].nat = router(node, kind);
                }
                Step::Signal => sim.signal(),
                Step::Resume(node) => sim.with(usize::from(node), PathAgent::handle_resume),
                Step::Change(node) => sim.with(usize::from(node), PathAgent::handle_network_change),
                Step::Restart(node) => sim.restart(usize::from(node)),
                Step::Release(node, id) => sim.release_nth(usize::from(node), id.into()),
                Step::Allocate(node, relay) => {
                    next_id += 1;
                    sim.allocate(usize::from(node), next_id, RELAYS[usize::from(relay)]);
                }
                Step::Narrow(limit) => { sim.mtu.insert(ip(PUBLIC[A]), limit.into()); }
                Step::Play(play) => sim.game = play,
            }
            sim.run_for(ms(pause.into()));
            for node in &mut sim.nodes {
                prop_assert!(node.agent.paths().count() <= super::super::pairs::PATHS);
                prop_assert!(node.agent.history().count() <= 60);
                prop_assert_eq!(node.agent.selected().is_some(), node.agent.phase() == Phase::Connected);
                let selected = node.agent.selected();
                prop_assert!(selected.is_none_or(|path| usize::from(path.mtu) <= limits::PACKET_BYTES));
                prop_assert_eq!(node.agent.poll_transmit(), None::<PathTransmit>);
            }
        }

        // The network is good again, and the two know of each other what there is to know.
        sim.cut.clear();
        sim.mtu.clear();
        (sim.link.lost_per_mille, sim.link.doubled_per_mille, sim.link.jitter) = (0, 0, ms(0));
        for node in [A, B] {
            sim.nodes[node].frozen = false;
            sim.nodes[node].udp_blocked = false;
            next_id += 1;
            sim.allocate(node, next_id, RELAY);
        }
        sim.signal();
        let took = sim.run_until(Duration::from_secs(35), Sim::is_connected);
        prop_assert!(took.is_some(), "they connect");
        sim.game = true;
        let since = sim.elapsed();
        prop_assert!(sim.run_until(ms(5_000), |sim| sim.plays_since(since)).is_some(), "they play");
        sim.run_for(Duration::from_secs(30));
        prop_assert!(sim.is_connected());
    }
}
