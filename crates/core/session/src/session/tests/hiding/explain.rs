use std::time::Duration;

use lanrage_games::{Barrier, Bound, Examined, Reach, Side, Sight, Slug};
use lanrage_party::{PeerId, Place, SearchRedirect, Transport};
use lanrage_shield::{Level, Rules};

use super::super::{
    knocks,
    stage::{Stage, settings},
};
use crate::{
    Command, CommandError, ExaminationWish, Explained, Input, Output, peers::gossip::message::Message,
};

const PLACE: Place = Place { transport: Transport::Udp, port: 8_303 };

fn slug() -> Slug {
    Slug::new("teeworlds").unwrap()
}

fn hosting() -> Side {
    let bound = Bound { place: PLACE, reach: Reach::Party, is_hosting: true, is_open: false };
    Side { sight: Sight::Seen, is_running: true, sockets: vec![bound], ..Side::default() }
}

/// The same, after the other's game was tried.
fn seen(reached: bool) -> Examined {
    let mut examined = Examined::default();
    examined.side = Side { reached: Some(reached), ..hosting() };
    examined
}

fn looks(stage: &mut Stage) -> Vec<ExaminationWish> {
    let wish = |output| match output {
        Output::ExamineGame(wish) => Some(wish),
        _ => None,
    };
    stage.tunnel.drain(..).filter_map(wish).collect()
}

/// What the friend was asked or told, and what the player was.
fn said(stage: &mut Stage) -> (Vec<Message>, Vec<Explained>) {
    let party = stage.invitation().party;
    let (mut messages, mut explained) = (Vec::new(), Vec::new());
    for output in stage.tunnel.drain(..) {
        match output {
            Output::Probe { payload, .. } => messages.extend(
                Message::parse(&payload, party)
                    .filter(|message| matches!(message, Message::GameAsk { .. } | Message::GameTell { .. })),
            ),
            Output::GameExplained { explained: told, .. } => explained.push(*told),
            _ => {}
        }
    }
    (messages, explained)
}

fn ask(stage: &mut Stage, peer: PeerId, is_own: bool) {
    stage.tunnel.clear();
    stage.command(70, Command::ExplainGame { peer, slug: slug(), is_own });
}

#[test]
fn a_game_that_the_friend_hosts_is_asked_for_there_and_then_tried_from_here() {
    let (mut stage, _, bob) = knocks::host_with_friend();
    stage.input(Input::Adapter(Ok("lanrage0".to_owned())));
    let peer = bob.record.peer_id();
    ask(&mut stage, peer, false);
    let (asked, _) = said(&mut stage);
    let [Message::GameAsk { number, try_at: None, .. }] = asked[..] else { panic!("{asked:?}") };
    knocks::say(&mut stage, &bob, &Message::GameTell { number, side: Box::new(hosting()) });
    let wish = looks(&mut stage).remove(0);
    assert_eq!(wish.try_at, Some((bob.record.virtual_ip, PLACE)));
    assert!(wish.opened.is_some() && wish.slug == slug());
    let examined = Box::new(seen(true));
    stage.input(Input::GameExamined { number: wish.number, examined, is_hidden: false });
    let (_, explained) = said(&mut stage);
    let [Explained { is_connected: true, own: Some(own), friend: Some(friend), .. }] = &explained[..] else {
        panic!("{explained:?}")
    };
    assert_eq!((own.reached, friend), (Some(true), &hosting()));
    assert_eq!(stage.results.last(), Some(&(70, Ok(()))));
    assert_eq!(explained[0].host, bob.record.virtual_ip);
}

#[test]
fn a_side_says_that_searches_come_to_the_port_where_the_game_is_hosted_and_to_no_other() {
    let (mut stage, _, bob) = knocks::host_with_friend();
    stage.input(Input::Adapter(Ok("lanrage0".to_owned())));
    let mut told = |hosted| {
        let redirects = vec![SearchRedirect { asked: 8_304, hosted }];
        stage.input(Input::Games { statements: Vec::new(), redirects });
        stage.tunnel.clear();
        knocks::say(
            &mut stage,
            &bob,
            &Message::GameAsk { number: u64::from(hosted), try_at: None, slug: slug() },
        );
        let number = looks(&mut stage).remove(0).number;
        let examined = Box::new(seen(false));
        stage.input(Input::GameExamined { number, examined, is_hidden: false });
        match &said(&mut stage).0[..] {
            [Message::GameTell { side, .. }] => side.brings_searches,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((told(PLACE.port), told(9_001)), (true, false));
}

#[test]
fn a_friend_who_never_answers_is_done_without() {
    let (mut stage, _, bob) = knocks::host_with_friend();
    ask(&mut stage, bob.record.peer_id(), false);
    stage.pass(Duration::from_secs(10));
    let (asked, explained) = said(&mut stage);
    assert!((2..=3).contains(&asked.len()) && explained.len() == 1, "{asked:?}");
    assert!(explained[0].friend.is_none() && explained[0].own.is_none());
    assert_eq!(stage.results.last(), Some(&(70, Ok(()))));
    ask(&mut stage, PeerId::from_bytes([9; 16]), false);
    assert_eq!(stage.results.last(), Some(&(70, Err(CommandError::UnknownPeer))));
    ask(&mut stage, bob.record.peer_id(), true);
    stage.command(71, Command::PauseParty);
    assert!(stage.results.contains(&(70, Err(CommandError::NotInParty))), "{:?}", stage.results);
}

#[test]
fn a_friend_is_told_what_is_seen_here_and_nothing_of_games_where_none_are_shared() {
    let (mut stage, _, bob) = knocks::host_with_friend();
    stage.input(Input::Adapter(Ok("lanrage0".to_owned())));
    let told = |stage: &mut Stage, number: u64, is_hidden: bool| {
        stage.tunnel.clear();
        knocks::say(stage, &bob, &Message::GameAsk { number, try_at: Some(PLACE), slug: slug() });
        let wish = looks(stage).remove(0);
        assert_eq!(wish.try_at, Some((bob.record.virtual_ip, PLACE)), "the asker's own place and no other");
        let examined = Box::new(seen(false));
        stage.input(Input::GameExamined { number: wish.number, examined, is_hidden });
        let (mut messages, _) = said(stage);
        let Some(Message::GameTell { number: told, side }) = messages.pop() else { panic!() };
        assert_eq!(told, number);
        *side
    };
    let side = told(&mut stage, 1, false);
    assert!(side.sight == Sight::Seen && side.is_running && !side.sockets[0].is_open);
    let hidden = told(&mut stage, 2, true);
    stage.input(Input::Configure(crate::Settings { shares_games: false, ..settings(None) }));
    let private = told(&mut stage, 3, false);
    for side in [hidden, private] {
        assert_eq!((side.sight, side.is_running, side.sockets.len()), (Sight::NotShared, false, 0));
        assert_eq!(side.reached, Some(false), "what concerns the network is told");
    }
}

#[test]
fn what_stands_between_a_friend_and_a_port_is_told_to_who_asks() {
    let (mut stage, _, bob) = knocks::host_with_friend();
    let peer = bob.record.peer_id();
    let barrier = |stage: &mut Stage, rules: Rules| {
        stage.input(Input::Configure(crate::Settings { shield: rules, ..settings(None) }));
        ask(stage, peer, true);
        stage.pass(Duration::from_secs(10));
        said(stage).1.remove(0).barrier
    };
    assert_eq!(barrier(&mut stage, Rules::default()), Barrier::Port);
    let closed = Rules { level: Level::Closed, ..Rules::default() };
    assert_eq!(barrier(&mut stage, closed.clone()), Barrier::Level);
    let trust = [(peer, lanrage_shield::Trust::Mute)].into_iter().collect();
    assert_eq!(barrier(&mut stage, Rules { trust, ..closed }), Barrier::Mute);
}
