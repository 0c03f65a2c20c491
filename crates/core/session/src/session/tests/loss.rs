use std::time::Duration;

use lanrage_control::protocol::Change;
use lanrage_nat::Probe;
use lanrage_party::TunnelEvent;
use lanrage_party::{PeerId, Remote};

use super::stage::{Somebody, Stage, somewhere};
use crate::{ConnectionState, Input, Output};

/// The friend's program runs and answers whatever is asked of it: for so long, and then until the next probe.
fn answer_for(stage: &mut Stage, peer: PeerId, duration: Duration) {
    let (mut seen, end) = (stage.tunnel.len(), stage.now().instant + duration);
    loop {
        stage.pass(Duration::from_millis(10));
        let asked: Vec<_> = stage.tunnel[seen..]
            .iter()
            .filter_map(|action| match action {
                Output::Probe { payload, .. } => Probe::parse(payload).ok(),
                _ => None,
            })
            .collect();
        seen = stage.tunnel.len();
        for probe in &asked {
            let Probe::Request { id } = probe else { continue };
            let payload = Probe::Response { id: *id, observed: somewhere() }.to_bytes();
            let from = Remote::straight(somewhere());
            stage.input(Input::Tunnel(TunnelEvent::Probe { peer, from, payload }));
        }
        if stage.now().instant >= end && !asked.is_empty() {
            return;
        }
    }
}

/// A friend whose path is at rest: it has just been asked, and will not be again for seconds.
fn at_rest() -> (Stage, PeerId) {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    let peer = bob.identity.peer_id();
    stage.say_party(&[bob.sign(&stage.invitation().secret)]);
    stage.prove_path(peer, somewhere());
    answer_for(&mut stage, peer, Duration::from_secs(20));
    assert_eq!(state(&stage), ConnectionState::Connected);
    (stage, peer)
}

fn state(stage: &Stage) -> ConnectionState {
    stage.snapshot().party.unwrap().peers[0].state
}

#[test]
fn a_friend_who_dies_together_with_the_control_server_is_missed_within_a_second() {
    let (mut stage, _) = at_rest();
    stage.lose_server();
    stage.pass(Duration::from_secs(1));
    assert_eq!(state(&stage), ConnectionState::Reconnecting);
}

#[test]
fn a_friend_of_whom_the_server_says_that_they_are_gone_is_missed_within_a_second() {
    let (mut stage, peer) = at_rest();
    stage.say_change(Change::PeerOnline { peer, online: false });
    stage.pass(Duration::from_secs(1));
    assert_eq!(state(&stage), ConnectionState::Reconnecting);
}

#[test]
fn a_friend_who_lives_stays_connected_whatever_happens_to_the_control_server() {
    let (mut stage, peer) = at_rest();
    stage.say_change(Change::PeerOnline { peer, online: false });
    answer_for(&mut stage, peer, Duration::from_secs(2));
    stage.lose_server();
    answer_for(&mut stage, peer, Duration::from_secs(2));
    assert_eq!(state(&stage), ConnectionState::Connected);
}

#[test]
fn what_changes_in_a_state_is_shown_at_once_and_figures_are_not() {
    let (mut stage, peer) = at_rest();
    let (digest, figures) = (stage.session.digest(), stage.snapshot());
    answer_for(&mut stage, peer, Duration::from_secs(10));
    assert_ne!(stage.snapshot(), figures);
    assert_eq!(stage.session.digest(), digest);
    stage.lose_server();
    let without_server = stage.session.digest();
    assert_ne!(without_server, digest);
    stage.pass(Duration::from_secs(1));
    assert_eq!(state(&stage), ConnectionState::Reconnecting);
    assert_ne!(stage.session.digest(), without_server);
}

#[test]
fn a_probe_that_is_due_because_packets_move_leaves_in_the_same_step() {
    let (mut stage, peer) = at_rest();
    // Long enough that a busy path would have been asked, and a resting one is not yet.
    let due = stage.session.poll_timeout().unwrap().0;
    let until = due.saturating_duration_since(stage.now().instant);
    stage.pass(until.min(Duration::from_millis(400)).saturating_sub(Duration::from_millis(1)));
    let before = stage.tunnel.len();
    stage.input(Input::Traffic(vec![peer]));
    let asked = |output: &Output| matches!(output, Output::Probe { peer: to, .. } if *to == peer);
    assert!(stage.tunnel[before..].iter().any(asked), "{:?}", &stage.tunnel[before..]);
    assert!(stage.session.poll_output().is_none(), "nothing waits");
}

#[test]
fn what_a_friend_is_shown_as_follows_from_the_path() {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    let peer = bob.identity.peer_id();
    stage.say_party(&[bob.sign(&stage.invitation().secret)]);
    assert_eq!(state(&stage), ConnectionState::Connecting);
    stage.prove_path(peer, somewhere());
    assert_eq!(state(&stage), ConnectionState::Connected);
    assert_eq!(stage.notices.last().unwrap().news.code(), "connected");
    // Nobody answers any more.
    let mut seen = vec![ConnectionState::Connected];
    for _ in 0..600 {
        stage.pass(Duration::from_millis(100));
        if seen.last() != Some(&state(&stage)) {
            seen.push(state(&stage));
        }
    }
    assert!(
        matches!(
            seen[..],
            [
                ConnectionState::Connected,
                ConnectionState::Degraded,
                ConnectionState::Reconnecting,
                ConnectionState::Failed
            ] | [ConnectionState::Connected, ConnectionState::Reconnecting, ConnectionState::Failed]
        ),
        "{seen:?}"
    );
    stage.prove_path(peer, somewhere());
    // The losses of a while ago may still count.
    assert!(matches!(state(&stage), ConnectionState::Connected | ConnectionState::Degraded));
    assert_eq!(stage.notices.last().unwrap().news.code(), "reconnected");
}
