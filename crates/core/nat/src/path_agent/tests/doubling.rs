//! Lines that lose packets: what a game loses when its packets go by two paths.

use std::time::Duration;

use super::{
    relay::{both, crossable},
    sim::{A, B, Sim, ms},
};
use crate::{PathAgent, PathEvent, timing};

/// Two players who are connected straight, with relays warm, and play.
fn playing() -> Sim {
    let mut sim = crossable();
    for node in [A, B] {
        sim.with(node, |agent, now| agent.set_doubling(now, true));
    }
    sim.game = true;
    sim.traffic = true;
    sim.signal();
    sim.run_until(ms(5_000), |sim| both(sim, false)).expect("they connect");
    sim.run_for(ms(10_000));
    assert!(!is_doubled(&sim), "a line without loss");
    sim.clear_logs();
    sim
}

fn is_doubled(sim: &Sim) -> bool {
    sim.nodes.iter().any(|node| node.agent.second().is_some())
}

/// The share of the packets that did not arrive, of both players.
fn lost(sim: &Sim) -> f64 {
    let sent: usize = sim.nodes.iter().map(|node| node.game_sent).sum();
    let arrived: usize = sim.nodes.iter().map(|node| node.game_seen.len()).sum();
    1.0 - arrived as f64 / sent as f64
}

#[test]
fn what_a_bad_line_loses_comes_by_a_relay() {
    for (loss, most) in [(20, 0.5), (50, 0.1), (100, 0.1)] {
        let mut sim = playing().with_seed(7);
        sim.straight_loss = loss;
        sim.run_for(Duration::from_secs(120));
        let with = lost(&sim);
        for node in [A, B] {
            sim.with(node, |agent, now| agent.set_doubling(now, false));
        }
        sim.clear_logs();
        sim.run_for(Duration::from_secs(120));
        let without = lost(&sim);
        assert!(without > f64::from(loss) / 2_000.0, "{loss}: {without}");
        assert!(with <= without * most, "{loss}: {with} of {without}");
        assert!(both(&sim, false), "they stay straight");
    }
}

#[test]
fn it_ends_when_the_line_is_good_again_or_nothing_flows() {
    let mut sim = playing().with_seed(3);
    sim.straight_loss = 100;
    sim.run_until(ms(20_000), |sim| sim.nodes.iter().all(|node| node.agent.second().is_some()))
        .expect("both double");
    sim.straight_loss = 0;
    let took = sim.run_until(ms(120_000), |sim| !is_doubled(sim)).expect("it ends");
    assert!((ms(10_000)..timing::CALM + ms(20_000)).contains(&took), "{took:?}");

    sim.straight_loss = 100;
    sim.run_until(ms(20_000), is_doubled).expect("again");
    (sim.game, sim.traffic) = (false, false);
    let took = sim.run_until(ms(10_000), |sim| !is_doubled(sim)).expect("it ends");
    assert!(took <= timing::BUSY_PERIOD + ms(100), "{took:?}");
}

#[test]
fn a_second_path_that_dies_is_left_for_another() {
    let mut sim = playing().with_seed(5);
    sim.straight_loss = 100;
    let both_double = |sim: &Sim| sim.nodes.iter().all(|node| node.agent.second().is_some());
    sim.run_until(ms(20_000), both_double).expect("they double");
    sim.run_for(ms(2_000));
    let second = sim.nodes[A].agent.second().expect("it goes on");
    let of = |sim: &Sim, node: usize| {
        let is_it = |on: &super::sim::OnRelay| Some(on.id) == second.via || on.relayed == second.address;
        sim.nodes[node].on_relays.iter().position(is_it)
    };
    let node = if of(&sim, A).is_some() { A } else { B };
    let index = of(&sim, node).expect("it goes by a relay");
    sim.release_nth(node, index);
    let since = sim.elapsed();
    sim.run_for(ms(3_000));
    let other = sim.nodes[A].agent.second().expect("there is another relay");
    assert_ne!(other, second);
    let changes =
        |(at, event): &&(Duration, PathEvent)| *at >= since && matches!(event, PathEvent::Doubled { .. });
    let changes = sim.nodes[A].events.iter().filter(changes).count();
    assert!((1..=3).contains(&changes), "{changes}: it does not flap");
}

#[test]
fn nobody_who_did_not_ask_for_it_doubles() {
    let mut sim = playing().with_seed(9);
    sim.with(A, |agent, now| agent.set_doubling(now, false));
    sim.straight_loss = 100;
    sim.run_for(ms(60_000));
    assert_eq!(sim.nodes[A].agent.second(), None);
    assert!(sim.nodes[B].agent.second().is_some());
    sim.with(B, PathAgent::handle_network_change);
}
