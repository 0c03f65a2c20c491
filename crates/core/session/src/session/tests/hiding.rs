//! Friends are told no address of a player who hides them, and nothing is sent to a friend but by a relay.

use std::time::Duration;

use lanrage_control::protocol::Request;
use lanrage_party::{Candidate, Remote, SignalKey, SignedRecord};

use super::{
    stage::*,
    trust::{sealed_in_life, signal},
};
use crate::{input::Input, output::Output, peers::signal::Signal};

fn hide(stage: &mut Stage, relay_only: bool) {
    let settings =
        crate::Settings { relay_only, ..settings(Some("ws://server.example:8787".parse().unwrap())) };
    stage.input(Input::Configure(settings));
}

/// Everything that went straight for a friend's address.
fn straight(stage: &Stage) -> Vec<String> {
    let of = |output: &Output| match output {
        Output::Handshake { targets, .. } => targets.iter().any(|to| to.via.is_none()),
        Output::Probe { to, .. } | Output::SetPath { to, .. } => to.via.is_none(),
        Output::Datagram { to, .. } => *to == Remote::from(somewhere()),
        _ => false,
    };
    stage.tunnel.iter().filter(|output| of(output)).map(|output| format!("{output:?}")).collect()
}

/// The friend tells where it may be reached.
fn hear(stage: &mut Stage, from: &Somebody) {
    let message = sealed_in_life(stage, from, (0, 1), &[somewhere()]);
    signal(stage, from, message);
}

/// What the friend was told last of where this device may be reached.
fn told(stage: &Stage, friend: &Somebody) -> Vec<Candidate> {
    let theirs = stage.party().unwrap().membership.private_key.public();
    let key = SignalKey::new(&stage.invitation().secret, &friend.private_key, &theirs);
    let last = stage.requests.iter().rev().find_map(|request| match request {
        Request::Signal { to, signal, .. } if *to == friend.identity.peer_id() => Some(signal),
        _ => None,
    });
    last.map_or(Vec::new(), |signal| Signal::decode(&key.open(signal).unwrap()).unwrap().candidates)
}

fn bob(stage: &Stage) -> (Somebody, SignedRecord) {
    let bob = Somebody::new(2, stage.invitation().party);
    let record = bob.sign(&stage.invitation().secret);
    (bob, record)
}

#[test]
fn nothing_is_sent_straight_to_a_friend_and_no_address_told() {
    let mut stage = Stage::in_party();
    hide(&mut stage, true);
    assert!(matches!(stage.tunnel.last(), Some(Output::RelayOnly(true))), "the data plane holds back, too");
    let (bob, record) = bob(&stage);
    stage.say_party(&[record]);
    stage.tunnel.clear();
    hear(&mut stage, &bob);
    stage.pass(Duration::from_secs(30));
    assert_eq!(straight(&stage), Vec::<String>::new());
    assert_eq!(told(&stage, &bob), []);
}

#[test]
fn hiding_while_connected_takes_the_addresses_back_and_keeps_the_party() {
    let mut stage = Stage::in_party();
    let (bob, record) = bob(&stage);
    stage.say_party(&[record]);
    hear(&mut stage, &bob);
    stage.prove_path(bob.identity.peer_id(), somewhere());
    assert!(!told(&stage, &bob).is_empty());
    assert!(!straight(&stage).is_empty(), "it was direct");
    stage.tunnel.clear();
    hide(&mut stage, true);
    assert_eq!(told(&stage, &bob), [], "taken back");
    // No longer, as a lost path has the server asked whether it is there, which it does not answer here.
    stage.pass(Duration::from_secs(1));
    assert_eq!(straight(&stage), Vec::<String>::new());
    assert_eq!(stage.snapshot().party.unwrap().peers.len(), 1, "the friend is not forgotten");
    hide(&mut stage, false);
    assert!(!told(&stage, &bob).is_empty());
}
