//! Finding friends in the public store, where there is no server.

use std::{net::SocketAddrV4, time::Duration};

use lanrage_rendezvous::Event;

use super::stage::{Stage, settings};
use crate::{Command, CommandError, Input, Settings, StoreAction};

/// A device in a party of its own that has no server and looks for friends in the public store.
fn host() -> Stage {
    let mut stage = Stage::without_server();
    stage.input(Input::Configure(Settings { uses_rendezvous: true, ..settings(None) }));
    stage.make_party(1);
    stage
}

#[test]
fn who_passes_a_link_on_looks_at_the_door_more_often_for_a_while() {
    let mut stage = host();
    let looks_of_a_minute = |stage: &mut Stage| {
        let before = stage.looks;
        stage.pass(Duration::from_secs(60));
        stage.looks - before
    };
    assert!(looks_of_a_minute(&mut stage) > 10, "somebody will come now");
    stage.pass(Duration::from_secs(40 * 60));
    let patient = looks_of_a_minute(&mut stage);
    stage.command(2, Command::LinkCopied);
    assert_eq!(stage.results.pop(), Some((2, Ok(()))));
    let eager = looks_of_a_minute(&mut stage);
    assert!(patient > 0 && eager >= 2 * patient, "{patient}, then {eager}");
}

#[test]
fn without_a_party_a_link_is_nobodys() {
    let mut stage = Stage::without_server();
    stage.command(1, Command::LinkCopied);
    assert_eq!(stage.results.pop(), Some((1, Err(CommandError::NotInParty))));
}

#[test]
fn nodes_that_answered_are_kept_also_when_the_party_was_left() {
    let mut stage = host();
    let nodes = vec![SocketAddrV4::new([198, 51, 100, 1].into(), 6_881)];
    for _ in 0..2 {
        stage.kept.clear();
        stage.input(Input::Rendezvous(Event::Nodes(nodes.clone())));
        assert!(matches!(&stage.kept[..], [StoreAction::SaveDhtNodes(kept)] if *kept == nodes));
        stage.command(2, Command::LeaveParty);
    }
}
