//! The last way in: a reply that goes by chat.

use std::{net::SocketAddr, time::Duration};

use lanrage_nat::port_mapping::{MappingProtocol, PortMapping};
use lanrage_party::{Candidate, CandidateType, Invitation, KnockWord};

use super::{
    knocks::{elsewhere, hear, host, joiner, knock, sent},
    reunion::keep,
    stage::{Somebody, Stage, settings, somewhere},
};
use crate::{Command, CommandError, Input, Settings};

const MINUTE: Duration = Duration::from_secs(60);

fn outside() -> SocketAddr {
    "198.51.100.20:7000".parse().unwrap()
}

fn fresh() -> SocketAddr {
    "203.0.113.77:7100".parse().unwrap()
}

/// The router of this device opens a port.
fn map(stage: &mut Stage, external: SocketAddr) {
    let SocketAddr::V4(external) = external else { panic!("routers map IPv4") };
    stage.input(Input::PortMapping(PortMapping::Mapped { external, protocol: MappingProtocol::Pcp }));
}

/// Somebody who follows a link where nobody answers, and is reached at [`outside`].
fn newcomer(link: &Invitation) -> Stage {
    let mut stage = joiner(link);
    map(&mut stage, outside());
    stage
}

fn reply(stage: &Stage) -> Option<String> {
    stage.snapshot().joining.expect("a link is followed").reply
}

fn take(stage: &mut Stage, reply: &str) -> Result<(), CommandError> {
    stage.command(20, Command::TakeReply(reply.to_owned()));
    let (ticket, result) = stage.results.pop().expect("answered at once");
    assert_eq!(ticket, 20);
    result
}

#[test]
fn who_finds_nobody_may_reply_and_is_let_in_by_whoever_knocks_for_it_half_an_hour_long() {
    let link = host().invitation();
    let mut stage = newcomer(&link);
    assert!(reply(&stage).is_some());
    stage.command(2, Command::ReplyCopied);
    assert_eq!(stage.results.pop(), Some((2, Ok(()))));
    stage.pass(20 * MINUTE);
    assert!(stage.results.is_empty() && stage.snapshot().joining.unwrap().is_replied);
    stage.tunnel.clear();
    stage.pass(MINUTE);
    assert!((5..=7).contains(&sent(&mut stage, &link).len()), "its router stays open for who answers there");
    let ann = Somebody::new(2, link.party);
    let call = knock(&stage, KnockWord::Call, [3; 8], ann.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &call);
    assert_eq!(stage.results.pop(), Some((9, Ok(()))));
    let snapshot = stage.snapshot();
    assert!(snapshot.joining.is_none() && snapshot.party.unwrap().peers.len() == 1);
}

#[test]
fn nobody_waits_for_a_reply_for_ever() {
    let link = host().invitation();
    let mut stage = newcomer(&link);
    stage.command(2, Command::ReplyCopied);
    stage.results.clear();
    stage.pass(31 * MINUTE);
    assert!(matches!(stage.results.pop(), Some((9, Err(CommandError::NobodyAnswers { .. })))));
    stage.tunnel.clear();
    stage.pass(MINUTE);
    assert!(sent(&mut stage, &link).is_empty() && stage.snapshot().joining.is_none());
}

#[test]
fn a_member_that_takes_a_reply_knocks_where_it_says_for_ten_minutes_and_no_longer() {
    let mut stage = host();
    let link = stage.invitation();
    stage.pass(2 * MINUTE);
    stage.tunnel.clear();
    let text = reply(&newcomer(&link)).unwrap();
    assert_eq!(take(&mut stage, &format!("he says: {text} (hurry!)")), Ok(()));
    stage.pass(MINUTE);
    let knocks = sent(&mut stage, &link);
    assert!(knocks.iter().all(|(to, knock)| *to == outside() && knock.word == KnockWord::Call));
    assert!((30..=40).contains(&knocks.len()), "{}", knocks.len());
    stage.pass(10 * MINUTE);
    stage.tunnel.clear();
    stage.pass(10 * MINUTE);
    assert!(sent(&mut stage, &link).is_empty(), "nothing is left of it");
}

#[test]
fn who_has_come_by_a_reply_is_knocked_at_no_more() {
    let mut stage = host();
    let link = stage.invitation();
    let text = reply(&newcomer(&link)).unwrap();
    take(&mut stage, &text).unwrap();
    let bob = Somebody::new(2, link.party);
    let mut ask = knock(&stage, KnockWord::Ask, [1; 8], bob.sign(&link.secret));
    ask.candidates = vec![Candidate { kind: CandidateType::ServerReflexive, address: outside() }];
    hear(&mut stage, &link, elsewhere(), &ask);
    stage.prove_path(bob.identity.peer_id(), elsewhere());
    stage.tunnel.clear();
    assert!(keep(&mut stage, &link, bob.identity.peer_id(), 60).is_empty());
    assert_eq!(stage.snapshot().party.unwrap().peers.len(), 1);
}

#[test]
fn a_reply_is_taken_beside_a_server_too() {
    let mut stage = Stage::in_party();
    let link = stage.invitation();
    let serverless = Invitation { control: Vec::new(), ..link.clone() };
    let text = reply(&newcomer(&serverless)).unwrap();
    stage.tunnel.clear();
    take(&mut stage, &text).unwrap();
    stage.pass(MINUTE);
    assert!(sent(&mut stage, &link).iter().any(|(to, _)| *to == outside()));
}

#[test]
fn a_reply_of_another_party_another_day_or_to_nobody_does_nothing() {
    let mut stage = host();
    let link = stage.invitation();
    let text = reply(&newcomer(&link)).unwrap();
    let of_another = Invitation { epoch: 2, ..link.clone() };
    let other = reply(&newcomer(&of_another)).unwrap();
    stage.tunnel.clear();
    assert_eq!(take(&mut stage, &other), Err(CommandError::ReplyToAnother));
    assert_eq!(take(&mut stage, &text[..100]), Err(CommandError::ReplyDamaged));
    assert_eq!(take(&mut stage, &link.link()), Err(CommandError::ReplyNotALink));
    stage.pass(48 * 60 * MINUTE);
    assert_eq!(take(&mut stage, &text), Err(CommandError::ReplyExpired));
    stage.tunnel.clear();
    stage.pass(MINUTE);
    assert!(sent(&mut stage, &link).iter().all(|(to, _)| *to != outside()));
    let mut nobody = Stage::without_server();
    assert_eq!(take(&mut nobody, &text), Err(CommandError::NotInParty));
    assert_eq!(take(&mut newcomer(&link), &text), Err(CommandError::NotInParty));
    nobody.command(1, Command::ReplyCopied);
    assert_eq!(nobody.results.pop(), Some((1, Err(CommandError::NotInParty))));
}

#[test]
fn who_hides_its_addresses_neither_replies_nor_takes_a_reply() {
    let mut stage = host();
    let link = stage.invitation();
    let mut hiding = newcomer(&link);
    let text = reply(&hiding).unwrap();
    let hidden = || Input::Configure(Settings { relay_only: true, ..settings(None) });
    hiding.input(hidden());
    assert_eq!(reply(&hiding), None);
    stage.input(hidden());
    assert_eq!(take(&mut stage, &text), Err(CommandError::ReplyWhileHidden));
}

#[test]
fn a_reply_that_leads_nowhere_is_not_offered_and_one_into_another_household_is_not_followed() {
    let link = host().invitation();
    let mut stage = joiner(&link);
    assert_eq!(reply(&stage), None, "192.168.1.10 means nothing elsewhere");
    map(&mut stage, "192.168.7.2:7000".parse().unwrap());
    assert_eq!(reply(&stage), None, "nor does a port of a router behind another one");
    map(&mut stage, outside());
    let text = reply(&stage).unwrap();
    assert_eq!(reply(&stage), Some(text.clone()), "it does not change by being looked at");
    map(&mut stage, fresh());
    let newer = reply(&stage).unwrap();
    assert_ne!(newer, text);
    let mut host = host();
    host.tunnel.clear();
    take(&mut host, &newer).unwrap();
    host.pass(MINUTE);
    let targets = sent(&mut host, &link);
    assert!(!targets.is_empty() && targets.iter().all(|(to, _)| *to == fresh()));
}

#[test]
fn a_newer_link_is_followed_while_nobody_answers_at_the_older_one() {
    let link = host().invitation();
    let mut stage = newcomer(&link);
    stage.pass(Duration::from_secs(10));
    stage.tunnel.clear();
    let newer = Invitation { addresses: vec![fresh()], ..link.clone() };
    stage.command(10, Command::JoinParty(Box::new(newer)));
    stage.pass(Duration::from_millis(1));
    let knocks = sent(&mut stage, &link);
    assert_eq!(knocks[0].0, fresh());
    let ann = Somebody::new(2, link.party);
    let answer = knock(&stage, KnockWord::Answer, knocks[0].1.token, ann.sign(&link.secret));
    hear(&mut stage, &link, fresh(), &answer);
    stage.results.sort_by_key(|(ticket, _)| *ticket);
    assert_eq!(stage.results, [(9, Ok(())), (10, Ok(()))], "both clicks are answered");
}

#[test]
fn joining_that_is_called_off_is_answered_and_leaves_nothing_behind() {
    for command in [Command::LeaveParty, Command::PauseParty] {
        let link = host().invitation();
        let mut stage = newcomer(&link);
        stage.command(2, Command::ReplyCopied);
        stage.results.clear();
        stage.command(3, command);
        assert_eq!(stage.results, [(9, Err(CommandError::Cancelled)), (3, Ok(()))]);
        assert!(stage.kept.is_empty() && stage.snapshot().joining.is_none());
        stage.pass(MINUTE);
        stage.tunnel.clear();
        stage.pass(MINUTE);
        assert!(sent(&mut stage, &link).is_empty());
    }
}
