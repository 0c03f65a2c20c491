//! Which server is believed: the one of the link, or the first that was met.

mod private;

use std::time::Duration;

use lanrage_party::{
    ServerId,
    facts::{Fault, ServerFault},
};

use super::stage::*;
use crate::{facts::CommandError, input::Command, output::StoreAction};

fn key(n: u8) -> ServerId {
    ServerId::of(&server_identity(n).public())
}

fn kept_server(stage: &Stage) -> Option<ServerId> {
    let saved = stage.kept.iter().rev().find_map(|action| match action {
        StoreAction::SaveMembership { membership, .. } => Some(membership.invitation.server),
        _ => None,
    });
    saved.expect("a membership is kept")
}

/// The server at the same place as before has this key now.
fn server_becomes(stage: &mut Stage, n: u8) {
    stage.lose_server();
    stage.server_key = Some(n);
    stage.pass(Duration::from_secs(1));
    stage.welcome();
}

#[test]
fn the_first_server_is_kept_and_stands_in_the_link_and_another_is_believed_only_by_the_players_word() {
    let mut stage = Stage::with_server_key(7);
    stage.make_party(1);
    stage.say_party(&[]);
    assert_eq!((stage.invitation().server, kept_server(&stage)), (Some(key(7)), Some(key(7))));

    server_becomes(&mut stage, 8);
    let told = stage.snapshot().problems;
    assert!(
        told.iter().any(|problem| matches!(
            &problem.fault,
            Fault::ControlDisconnected { in_party: true, why: ServerFault::OtherServer, .. }
        )),
        "{told:?}"
    );
    assert!(stage.party().is_some(), "the party goes on");
    assert_eq!(kept_server(&stage), Some(key(7)));

    stage.command(5, Command::TrustServer);
    assert_eq!(stage.results.last(), Some(&(5, Ok(()))));
    assert_eq!(kept_server(&stage), Some(key(8)));
    stage.welcome();
    assert_eq!(stage.problems(), Vec::<String>::new());
    stage.command(6, Command::TrustServer);
    assert_eq!(stage.results.last(), Some(&(6, Err(CommandError::SameServer))), "nothing to accept");
}

#[test]
fn a_link_that_names_another_server_is_not_followed() {
    let mut host = Stage::with_server_key(7);
    host.make_party(1);
    host.say_party(&[]);
    let mut link = host.invitation();
    link.host = server_identity(9).peer_id();
    for (answers, result) in [(Some(8), Some(Err(CommandError::OtherServer))), (Some(7), None)] {
        let mut guest = Stage::new();
        guest.server_key = answers;
        guest.command(5, Command::JoinParty(Box::new(link.clone())));
        guest.welcome();
        let told = guest.results.iter().find(|(ticket, _)| *ticket == 5).map(|(_, result)| result.clone());
        assert_eq!(told, result, "{answers:?}");
        assert_eq!(guest.party().is_some(), result.is_none());
    }
}
