//! What a friend is told of where this device is reached, and again when it may not have heard it.

use std::time::Duration;

use lanrage_control::protocol::{Change, Request, ServerMessage};
use lanrage_nat::Probe;
use lanrage_party::{Admission, Invitation, Knock, KnockKey, KnockWord, Remote, Standing, TunnelEvent};

use super::{Somebody, Stage, answer_asked, somewhere};
use crate::{
    Command, ControlView, Input, Output, Wish,
    peers::gossip::message::Message,
    session::tests::{
        knocks::{elsewhere, knock, say},
        trust::{sealed, sealed_in_life, signal},
    },
};

/// A device whose server is there, and two friends, the first of whom is reached.
fn with_two_friends() -> (Stage, [Somebody; 2]) {
    let mut stage = Stage::in_party();
    let party = stage.invitation().party;
    let [bob, cleo] = [2, 3].map(|seed| Somebody::new(seed, party));
    stage.say_party(&[&bob, &cleo].map(|friend| friend.sign(&stage.invitation().secret)));
    stage.prove_path(bob.identity.peer_id(), somewhere());
    (stage, [bob, cleo])
}

/// Time passes in which the server and the first friend are there, and nobody else is.
fn pass_with(stage: &mut Stage, friend: &Somebody, seconds: u64) {
    let mut seen = stage.tunnel.len();
    for _ in 0..seconds {
        for _ in 0..100 {
            stage.pass(Duration::from_millis(10));
            answer_asked(stage, friend.identity.peer_id(), &mut seen);
        }
        stage.say(ServerMessage::Alive);
    }
    assert!(matches!(stage.snapshot().control, ControlView::Connected { .. }));
}

/// How often the server was asked to tell the friend where this device is, since the last time.
fn told_by_server(stage: &mut Stage, friend: &Somebody) -> usize {
    let to = friend.identity.peer_id();
    let told = stage
        .requests
        .iter()
        .filter(|request| matches!(request, Request::Signal { to: whom, .. } if *whom == to));
    let told = told.count();
    stage.requests.clear();
    told
}

/// How often friends were asked to pass on to the friend where this device is.
fn told_by_friends(stage: &Stage, friend: &Somebody) -> usize {
    let (to, party) = (friend.identity.peer_id(), stage.invitation().party);
    let is_carried = |output: &&Output| match output {
        Output::Probe { payload, .. } => {
            matches!(Message::parse(payload, party), Some(Message::Signal { to: whom, .. }) if whom == to)
        }
        _ => false,
    };
    stage.tunnel.iter().filter(is_carried).count()
}

#[test]
fn the_first_word_of_a_friend_in_each_of_its_lives_is_answered_and_no_other() {
    let (mut stage, [bob, _]) = with_two_friends();
    told_by_server(&mut stage, &bob);
    // The first life of all has the number zero.
    for ((life, sequence), answers) in [((0, 1), 1), ((0, 2), 0), ((7, 1), 1), ((7, 2), 0)] {
        let said = sealed_in_life(&stage, &bob, (life, sequence), &[somewhere()]);
        signal(&mut stage, &bob, said);
        assert_eq!(told_by_server(&mut stage, &bob), answers, "life {life}, word {sequence}");
    }
}

#[test]
fn a_friend_who_is_not_found_is_told_again_by_the_server_and_by_friends_and_whoever_is_away_is_not() {
    let (mut stage, [bob, cleo]) = with_two_friends();
    assert!(told_by_server(&mut stage, &cleo) > 0);
    assert_eq!(told_by_friends(&stage, &cleo), 0, "it has yet to be looked for");
    pass_with(&mut stage, &bob, 120);
    let by_friends = told_by_friends(&stage, &cleo);
    assert_eq!(told_by_friends(&stage, &bob), 0, "it is reached");
    let by_server = told_by_server(&mut stage, &cleo);
    assert_eq!((by_server, by_friends), (4, 4), "each half minute: it has not said where it is");
    let said = sealed(&stage, &cleo, 1);
    signal(&mut stage, &cleo, said);
    told_by_server(&mut stage, &cleo);
    stage.tunnel.clear();
    pass_with(&mut stage, &bob, 120);
    // Once a round of tries, and the pauses between those grow.
    let [by_server, by_friends] = [told_by_server(&mut stage, &cleo), told_by_friends(&stage, &cleo)];
    assert!((3..=8).contains(&by_server) && by_friends == by_server, "{by_server}, {by_friends}");
    stage.say_change(Change::PeerOnline { peer: cleo.identity.peer_id(), online: false });
    stage.tunnel.clear();
    pass_with(&mut stage, &bob, 120);
    assert_eq!((told_by_server(&mut stage, &cleo), told_by_friends(&stage, &cleo)), (0, 0));
}

#[test]
fn what_a_friend_says_to_another_is_passed_on_while_a_server_is_there_too() {
    let (mut stage, [bob, cleo]) = with_two_friends();
    let (from, to) = (cleo.identity.peer_id(), bob.identity.peer_id());
    // Whoever is not reached has nothing passed on.
    let sealed = sealed(&stage, &cleo, 1);
    let said = Message::Signal { hops: 1, from, to, sealed };
    say(&mut stage, &cleo, &said);
    assert_eq!(told_by_friends(&stage, &bob), 0);
    let path = elsewhere();
    stage.input(Input::Tunnel(TunnelEvent::SessionEstablished { peer: from, from: Remote::straight(path) }));
    let asked = stage.tunnel.iter().rev().find_map(|output| match output {
        Output::Probe { peer, payload, .. } if *peer == from => Probe::parse(payload).ok(),
        _ => None,
    });
    let Some(Probe::Request { id }) = asked else { panic!("a session is probed at once") };
    let payload = Probe::Response { id, observed: path }.to_bytes();
    stage.input(Input::Tunnel(TunnelEvent::Probe { peer: from, from: Remote::straight(path), payload }));
    say(&mut stage, &cleo, &said);
    assert_eq!(told_by_friends(&stage, &bob), 1);
    // In somebody else's name it is not.
    let Message::Signal { sealed, .. } = said else { unreachable!("it is one") };
    say(&mut stage, &bob, &Message::Signal { hops: 1, from, to: from, sealed });
    assert_eq!(told_by_friends(&stage, &cleo), 0);
}

/// A knock as a member passes it on.
fn passed(link: &Invitation, knock: &Knock) -> Message {
    let bytes = KnockKey::new(&link.secret, link.party, link.epoch).seal(knock, [8; 25]);
    Message::Knock { from: elsewhere(), bytes }
}

#[test]
fn the_owner_hears_of_who_knocks_at_a_member_while_a_server_is_there_too() {
    let (mut stage, [bob, _]) = with_two_friends();
    let link = stage.invitation();
    stage.command(77, Command::Rule(Wish::Admission(Admission::Ask)));
    assert_eq!(stage.results.pop(), Some((77, Ok(()))));
    let dora = Somebody::new(4, link.party);
    let ask = knock(&stage, KnockWord::Ask, [1; 8], dora.sign(&link.secret));
    say(&mut stage, &bob, &passed(&link, &ask));
    assert_eq!(stage.snapshot().party.unwrap().requests.len(), 1);
    // Who is let in hears of it where it asked.
    stage.tunnel.clear();
    let wish = Wish::Standing(dora.identity.peer_id(), Standing::Member);
    stage.command(78, Command::Rule(wish));
    let answered = stage
        .tunnel
        .iter()
        .any(|output| matches!(output, Output::Datagram { to, .. } if to.address == elsewhere()));
    assert!(answered, "{:?}", stage.tunnel);
}
