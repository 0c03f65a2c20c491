use std::time::Duration;

use lanrage_control::protocol::Request;
use lanrage_nat::NetworkState;
use lanrage_party::{
    ControlEndpoint, Invitation, Subnet,
    facts::{CommandError, ServerFault},
};

use super::stage::{Stage, network, settings};
use crate::{Command, ControlView, Input};

#[test]
fn without_its_server_a_party_is_made_all_the_same_and_published_under_the_same_ids_later() {
    let mut stage = Stage::new();
    stage.make_party(7);
    assert_eq!(stage.adapters_opened, 1, "the adapter does not wait for the server");
    stage.pass(Duration::from_secs(4));
    assert!(matches!(stage.results.pop(), Some((7, Ok(())))));
    assert_eq!(stage.notices.pop().unwrap().news.code(), "party_is_local");
    let before = stage.snapshot().party.unwrap();
    stage.pass(Duration::from_secs(60));
    assert!(stage.requests.is_empty());
    stage.welcome();
    let published = stage.requests.iter().any(|request| {
        matches!(request, Request::CreateParty { party, record, .. }
            if party.to_string() == before.id && record.claimed().virtual_ip.to_string() == before.virtual_ip)
    });
    assert!(published, "{:?}", stage.requests);
    stage.say_party(&[]);
    assert!(matches!(stage.snapshot().control, ControlView::Connected { .. }));
    assert_eq!(stage.snapshot().party.unwrap().id, before.id);
}

#[test]
fn a_party_made_without_a_server_is_published_when_one_is_chosen() {
    let mut stage = Stage::without_server();
    stage.make_party(7);
    assert!(matches!(stage.results.pop(), Some((7, Ok(())))), "nobody else has to be waited for");
    let before = stage.snapshot().party.unwrap();
    let server: ControlEndpoint = "ws://server.example:8787".parse().unwrap();
    stage.input(Input::Configure(settings(Some(server.clone()))));
    stage.welcome();
    let published = stage.requests.iter().any(|request| {
        matches!(request, Request::CreateParty { party, record, .. }
            if party.to_string() == before.id && record.claimed().virtual_ip.to_string() == before.virtual_ip)
    });
    assert!(published, "{:?}", stage.requests);
    assert_eq!(stage.invitation().control, [server]);
}

#[test]
fn whoever_makes_a_party_without_a_server_waits_for_a_link_that_leads_to_it_and_not_for_ever() {
    let mut stage = Stage::without_server();
    stage.input(Input::Network(NetworkState::default()));
    stage.make_party(7);
    assert!(stage.results.is_empty(), "its link leads nowhere yet");
    stage.input(Input::Network(network([192, 168, 1, 10])));
    assert!(matches!(stage.results.pop(), Some((7, Ok(())))));
    let link: Invitation = stage.snapshot().party.unwrap().invitation.0.parse().unwrap();
    assert_eq!(link.addresses, ["192.168.1.10:51820".parse().unwrap()]);

    let mut stage = Stage::without_server();
    stage.input(Input::Network(NetworkState::default()));
    stage.make_party(7);
    stage.pass(Duration::from_millis(900));
    assert!(stage.results.is_empty());
    stage.pass(Duration::from_millis(200));
    assert!(matches!(stage.results.pop(), Some((7, Ok(())))), "there is no network");
}

#[test]
fn joining_without_a_server_fails_with_the_reason_and_leaves_nothing_behind() {
    let invitation = Stage::in_party().invitation();
    let mut stage = Stage::new();
    stage.command(9, Command::JoinParty(Box::new(invitation)));
    assert!(stage.snapshot().party.is_none(), "not before somebody answers");
    stage.pass(Duration::from_secs(11));
    let silent = CommandError::ControlUnreachable { why: ServerFault::Silent };
    assert_eq!(stage.results.pop(), Some((9, Err(silent))));
    assert!(stage.snapshot().party.is_none());
    stage.welcome();
    assert!(
        !stage.requests.iter().any(|request| matches!(request, Request::JoinParty { .. })),
        "a membership that was given up is not registered later: {:?}",
        stage.requests
    );
}

#[test]
fn who_cannot_join_hears_why_the_last_connection_failed() {
    let invitation = Stage::in_party().invitation();
    let mut stage = Stage::new();
    stage.command(9, Command::JoinParty(Box::new(invitation)));
    stage.lose_server();
    stage.pass(Duration::from_secs(11));
    let ended = CommandError::ControlUnreachable { why: ServerFault::Ended };
    assert_eq!(stage.results.pop(), Some((9, Err(ended))));
}

#[test]
fn a_second_party_is_refused_and_leaving_makes_room() {
    let mut stage = Stage::in_party();
    stage.make_party(7);
    assert_eq!(stage.results.pop().unwrap().1.unwrap_err().code(), "already_in_party");
    stage.command(8, Command::LeaveParty);
    assert!(matches!(stage.results.pop(), Some((8, Ok(())))));
    assert!(stage.requests.iter().any(|request| matches!(request, Request::LeaveParty { .. })));
    stage.make_party(7);
    assert!(stage.snapshot().party.is_some());
}

#[test]
fn an_expired_invitation_is_refused_at_once() {
    let mut invitation = Stage::in_party().invitation();
    let mut stage = Stage::connected();
    invitation.expires_at = Some(stage.now().wall);
    stage.command(9, Command::JoinParty(Box::new(invitation)));
    assert_eq!(stage.results.pop().unwrap().1.unwrap_err().code(), "invitation_expired");
}

#[test]
fn a_party_takes_a_network_that_is_not_in_the_way_and_is_refused_where_all_are() {
    let mut stage = Stage::connected();
    stage.routes = vec![Subnet::DEFAULT.net()];
    stage.make_party(7);
    let taken = stage.snapshot().party.unwrap().subnet;
    assert_ne!(taken, Subnet::DEFAULT.net().to_string());

    let mut stage = Stage::connected();
    stage.routes = ["10.0.0.0/8", "172.16.0.0/12", "100.64.0.0/10"].map(|net| net.parse().unwrap()).to_vec();
    stage.make_party(7);
    assert_eq!(stage.results.pop().unwrap().1.unwrap_err().code(), "no_free_subnet");
    assert!(stage.snapshot().party.is_none());
}
