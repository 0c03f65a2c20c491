use lanrage_control::protocol::{ErrorCode, Refusal, Request, RequestKind, ServerMessage};
use lanrage_party::{AccessKey, Announcement};

use super::super::stage::{Stage, settings};
use crate::{Input, Settings};

fn refusal(stage: &Stage, code: ErrorCode) -> Refusal {
    Refusal::new(code).about(RequestKind::CreateParty, stage.invitation().party)
}

/// The settings of the stage, with this key of its server.
fn with_key(key: &str) -> Settings {
    let server = Some("ws://server.example:8787".parse().unwrap());
    Settings { server_key: AccessKey::new(key), ..settings(server) }
}

fn shows_key(stage: &Stage) -> bool {
    let made = stage.requests.iter().rev().find_map(|request| match request {
        Request::CreateParty { access, .. } => Some(access.is_some()),
        _ => None,
    });
    made.expect("a registration")
}

#[test]
fn who_makes_a_party_on_a_private_server_without_its_key_hears_so_at_once() {
    let mut stage = Stage::connected();
    stage.make_party(1);
    assert!(!shows_key(&stage));
    stage.refuse(refusal(&stage, ErrorCode::AccessNeeded));
    assert_eq!(stage.results.pop().unwrap().1.unwrap_err().code(), "control_access_needed");
    assert!(stage.party().is_none());

    stage.input(Input::Configure(with_key("the-key-of-the-clan")));
    stage.make_party(2);
    assert!(shows_key(&stage));
    stage.say_party(&[]);
    assert!(matches!(stage.results.pop(), Some((2, Ok(())))));
    let elsewhere = Some("ws://elsewhere.example:8787".parse().unwrap());
    stage.input(Input::Configure(Settings { server: elsewhere, ..with_key("the-key-of-the-clan") }));
    stage.requests.clear();
    stage.input(Input::Configure(with_key("another-key-of-the-clan")));
    assert!(shows_key(&stage), "a party that there is is registered again with another key");
}

#[test]
fn a_party_that_there_is_goes_on_whatever_the_operator_wants_and_is_told_once() {
    let mut stage = Stage::connected();
    stage.make_party(1);
    stage.say_party(&[]);
    let party = stage.snapshot().party.unwrap().id;
    stage.notices.clear();
    for _ in 0..3 {
        stage.refuse(refusal(&stage, ErrorCode::AccessNeeded));
    }
    let told = |stage: &mut Stage| {
        let codes: Vec<_> = stage.notices.drain(..).map(|notice| notice.news.code().to_owned()).collect();
        codes
    };
    assert_eq!(told(&mut stage), ["control_access_needed"]);
    stage.refuse(refusal(&stage, ErrorCode::AccessWrong));
    assert_eq!(told(&mut stage), ["control_access_wrong"]);
    assert_eq!(stage.snapshot().party.unwrap().id, party);
    stage.say_party(&[]);
    stage.refuse(refusal(&stage, ErrorCode::AccessWrong));
    assert_eq!(told(&mut stage), ["control_access_wrong"], "it is news again");
}

#[test]
fn what_the_operator_announces_is_shown_until_it_is_over_or_another_session_begins() {
    let mut stage = Stage::connected();
    let announced = |stage: &Stage| stage.snapshot().announcement.map(String::from);
    let text = Announcement::lossy("Maintenance at 20:00");
    stage.say(ServerMessage::Announcement { text: text.clone() });
    assert_eq!(announced(&stage).as_deref(), Some("Maintenance at 20:00"));
    stage.say(ServerMessage::Announcement { text: None });
    assert_eq!(announced(&stage), None);
    stage.say(ServerMessage::Announcement { text });
    stage.lose_server();
    assert!(announced(&stage).is_some(), "while the server is away it still holds");
    stage.pass(std::time::Duration::from_secs(60));
    stage.welcome();
    assert_eq!(announced(&stage), None, "the server would say it again");
}
