//! A peer that goes by its own doing.

use lanrage_party::Remote;

use super::sim::{A, B, Sim, ms};
use crate::{PathEvent, Probe, ProbeError, timing};

/// Two that are connected by two ways, and at rest.
fn at_rest() -> Sim {
    let mut sim = Sim::dual_stack();
    sim.sessions_expire = true;
    sim.signal();
    sim.run_until(ms(5_000), Sim::is_connected).expect("they connect");
    sim.run_for(ms(20_000));
    sim.clear_logs();
    sim
}

/// What `node` would say if it went now.
fn farewell_of(sim: &mut Sim, node: usize) -> Vec<u8> {
    let now = sim.now();
    assert!(sim.nodes[node].agent.say_farewell(now, false));
    loop {
        match sim.nodes[node].agent.poll_transmit().expect("a farewell") {
            crate::PathTransmit::Probe { payload, .. }
                if matches!(Probe::parse(&payload), Ok(Probe::Farewell { .. })) =>
            {
                return payload;
            }
            _ => {}
        }
    }
}

/// Something of the peer's arrives at `node` by its session.
fn hear(sim: &mut Sim, node: usize, payload: &[u8]) -> Result<(), ProbeError> {
    let from = sim.nodes[node].agent.paths().next().expect("a path").remote;
    let mut heard = Ok(());
    sim.with(node, |agent, now| heard = agent.handle_probe(now, from, payload));
    heard
}

fn events(sim: &Sim, node: usize) -> Vec<PathEvent> {
    sim.nodes[node].events.iter().map(|(_, event)| *event).collect()
}

#[test]
fn who_says_farewell_is_gone_by_every_way_at_once_and_no_path_is_lost() {
    for goes in [A, B] {
        let mut sim = at_rest();
        // Who goes answers nothing any more.
        sim.nodes[goes].frozen = true;
        for _ in 0..3 {
            sim.with(goes, |agent, now| assert!(agent.say_farewell(now, false)));
            sim.run_for(ms(15));
        }
        let stays = 1 - goes;
        assert_eq!(events(&sim, stays), [PathEvent::Farewell { leaves: false }], "once, for three copies");
        assert_eq!(sim.selected(stays), None);
        sim.nodes[stays].sent.clear();
        sim.run_for(timing::AFTER_FAREWELL - ms(50));
        assert!(sim.nodes[stays].sent.len() <= 2, "next to nothing is tried: {:?}", sim.nodes[stays].sent);
        sim.run_for(ms(60_000));
        let lost = |event: &PathEvent| matches!(event, PathEvent::Lost { .. } | PathEvent::Selected { .. });
        assert!(!events(&sim, stays).iter().any(lost), "{:?}", events(&sim, stays));
        assert_eq!(sim.nodes[stays].agent.history().count(), 0, "nothing of it looks like an outage");
    }
}

#[test]
fn what_was_under_way_when_a_farewell_came_is_no_return() {
    let mut sim = at_rest();
    let asked = Probe::Request { id: 900 }.to_bytes();
    let farewell = farewell_of(&mut sim, B);
    // An answer to this comes by the slower way, behind the farewell.
    sim.with(A, |agent, now| agent.handle_network_change(now));
    sim.run_for(ms(15));
    sim.nodes[B].frozen = true;
    sim.clear_logs();
    hear(&mut sim, A, &farewell).unwrap();
    sim.run_for(ms(100));
    hear(&mut sim, A, &asked).unwrap();
    sim.run_for(ms(900));
    assert_eq!(events(&sim, A), [PathEvent::Farewell { leaves: false }]);
}

#[test]
fn who_comes_back_is_there_with_the_first_handshake() {
    for goes in [A, B] {
        let mut sim = at_rest();
        sim.nodes[goes].frozen = true;
        sim.with(goes, |agent, now| assert!(agent.say_farewell(now, false)));
        sim.run_for(ms(20_000));
        assert!(!sim.is_connected());
        sim.nodes[goes].frozen = false;
        sim.restart(goes);
        sim.signal_to(goes);
        let took = sim.run_until(ms(40_000), Sim::is_connected).expect("they find each other");
        // A round's later bursts are a second apart.
        assert!(took < ms(1_100), "{took:?}");
    }
}

#[test]
fn a_farewell_of_an_earlier_session_ends_no_later_one() {
    let mut sim = at_rest();
    let held_back = farewell_of(&mut sim, B);
    sim.restart(B);
    sim.signal();
    sim.run_for(ms(10_000));
    assert!(sim.is_connected());
    sim.clear_logs();
    assert_eq!(hear(&mut sim, A, &held_back), Err(ProbeError::Unexpected));
    // Nor does one that names what was never asked.
    let invented = Probe::Farewell { id: u64::MAX, leaves: false }.to_bytes();
    assert_eq!(hear(&mut sim, A, &invented), Err(ProbeError::Unexpected));
    assert_eq!(events(&sim, A), []);
    assert!(sim.selected(A).is_some());
    // The present session's own is taken.
    let own = farewell_of(&mut sim, B);
    hear(&mut sim, A, &own).unwrap();
    assert_eq!(events(&sim, A), [PathEvent::Farewell { leaves: false }]);
}

#[test]
fn nobody_is_told_farewell_who_was_not_there() {
    let mut sim = Sim::dual_stack();
    sim.with(A, |agent, now| assert!(!agent.say_farewell(now, false)));
    let remote = Remote::straight("198.51.100.2:2222".parse().unwrap());
    let early = Probe::Farewell { id: 0, leaves: true }.to_bytes();
    sim.with(A, |agent, now| {
        assert_eq!(agent.handle_probe(now, remote, &early), Err(ProbeError::Unexpected));
    });
    assert_eq!(events(&sim, A), []);
}
