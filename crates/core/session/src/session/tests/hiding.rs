//! Friends are told no address of a player who hides them, and nothing is sent to a friend but by a relay. They are told no
//! game of a player who shares none, and begin nothing where nothing listens for them.

mod explain;

use std::{net::Ipv4Addr, time::Duration};

use lanrage_control::protocol::Request;
use lanrage_games::{Door, Hosted, Owner, Slug, Statement};
use lanrage_party::{
    Candidate, Name, PeerId, Place, Remote, SearchRedirect, SignalKey, SignedRecord, Transport, TunnelEvent,
    VirtualIp,
};
use lanrage_shield::{Gate, Rules, Trust};

use super::{
    knocks,
    stage::*,
    trust::{sealed_in_life, signal},
};
use crate::{
    facts::{CommandError, GameSource},
    input::{Command, Input},
    output::Output,
    peers::{gossip::message::Message, signal::Signal},
};

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

fn teeworlds(title: &str) -> Statement {
    Statement {
        slug: Slug::new("teeworlds").unwrap(),
        name: Name::new("What the friend calls it").unwrap(),
        hosted: Some(Hosted {
            place: Place { transport: Transport::Udp, port: 8_303 },
            title: title.to_owned(),
            map: String::new(),
            version: "0.7.5".to_owned(),
            players: Some(3),
            max_players: Some(8),
            is_locked: false,
        }),
    }
}

fn plays(title: &str, redirects: &[SearchRedirect]) -> Input {
    Input::Games { statements: vec![teeworlds(title)], redirects: redirects.to_vec() }
}

/// The games that friends were told of last, if they were told anything.
fn games_told(stage: &mut Stage) -> Option<Vec<Statement>> {
    let link = stage.invitation();
    knocks::told(stage, &link).into_iter().rev().find_map(|message| match message {
        Message::Games { statements, .. } => Some(statements),
        _ => None,
    })
}

#[test]
fn games_are_watched_and_told_while_a_friend_is_there_and_they_are_shared() {
    let (mut stage, ..) = knocks::host_with_friend();
    assert_eq!(stage.games_watched, None, "nobody can reach a game here without an adapter");
    stage.input(Input::Adapter(Ok("lanrage0".to_owned())));
    let own = stage.party().unwrap().membership.virtual_ip;
    assert_eq!(stage.games_watched, Some(own));
    assert_eq!(games_told(&mut stage), None, "nothing is played");
    stage.input(plays("Skyblock", &[]));
    assert_eq!(games_told(&mut stage), Some(vec![teeworlds("Skyblock")]));
    assert_eq!(stage.snapshot().party.unwrap().games[0].hosted.as_ref().unwrap().players, Some(3));
    let private = crate::Settings { shares_games: false, ..settings(None) };
    stage.input(Input::Configure(private));
    assert_eq!((stage.games_watched, games_told(&mut stage)), (None, Some(Vec::new())), "taken back at once");
    stage.input(plays("late", &[SearchRedirect { asked: 8_303, hosted: 9_000 }]));
    assert_eq!(games_told(&mut stage), None, "a last look of the watch is not told");
    assert_eq!(stage.redirects, []);
    stage.input(Input::Configure(settings(None)));
    assert_eq!(stage.games_watched, Some(own));
    stage.command(9, Command::PauseParty);
    assert_eq!(stage.games_watched, None);
}

#[test]
fn searches_go_elsewhere_only_while_the_game_is_told_of() {
    let (mut stage, ..) = knocks::host_with_friend();
    stage.input(Input::Adapter(Ok("lanrage0".to_owned())));
    let redirects = [SearchRedirect { asked: 8_303, hosted: 9_000 }];
    stage.input(plays("Skyblock", &redirects));
    assert_eq!(stage.redirects, redirects);
    stage.input(plays("Castle", &[]));
    assert_eq!(stage.redirects, [], "the player wishes it no more, or it is over");
    stage.input(plays("Castle", &redirects));
    stage.input(Input::Configure(crate::Settings { shares_games: false, ..settings(None) }));
    assert_eq!(stage.redirects, []);
}

#[test]
fn a_friends_game_is_shown_at_the_friends_own_address_under_the_name_that_it_has_here() {
    let (mut stage, _, bob) = knocks::host_with_friend();
    knocks::say(&mut stage, &bob, &Message::Games { number: 1, statements: vec![teeworlds("Skyblock")] });
    let shown = stage.snapshot().party.unwrap().peers.remove(0);
    let game = &shown.games[0];
    assert_eq!(game.name, "Teeworlds");
    let hosted = game.hosted.as_ref().unwrap();
    assert_eq!(hosted.address, format!("{}:8303", shown.virtual_ip));
    assert!(hosted.can_join);
    let opened =
        |stage: &Stage| stage.notices.iter().filter(|notice| notice.news.code() == "game_opened").count();
    assert_eq!(opened(&stage), 1);
    knocks::say(&mut stage, &bob, &Message::Games { number: 2, statements: vec![teeworlds("Other")] });
    assert_eq!(opened(&stage), 1, "it is the same game");
    knocks::say(&mut stage, &bob, &Message::Games { number: 3, statements: Vec::new() });
    assert!(stage.snapshot().party.unwrap().peers[0].games.is_empty());
}

#[test]
fn a_game_of_which_the_friend_says_nothing_is_shown_as_heard_or_found_until_the_friend_says_otherwise() {
    let (mut stage, _, bob) = knocks::host_with_friend();
    let peer = bob.record.peer_id();
    let games = |stage: &Stage| -> Vec<(String, GameSource, Option<String>)> {
        let shown = stage.snapshot().party.unwrap().peers.remove(0).games;
        shown.into_iter().map(|game| (game.slug, game.source, game.hosted.map(|at| at.address))).collect()
    };
    let address = bob.record.virtual_ip;
    let world = |port: u16| {
        Input::Tunnel(TunnelEvent::Announced {
            peer,
            port: 4_445,
            bytes: format!("[MOTD]World[/MOTD][AD]192.168.1.2:{port}[/AD]").into_bytes(),
        })
    };
    stage.input(world(51_234));
    let heard = ("minecraft-java".to_owned(), GameSource::Announced, Some(format!("{address}:51234")));
    assert_eq!(games(&stage), std::slice::from_ref(&heard));
    stage.input(Input::Tunnel(TunnelEvent::Announced {
        peer: PeerId::from_bytes([9; 16]),
        port: 4_445,
        bytes: b"[AD]5[/AD]".to_vec(),
    }));
    assert_eq!(games(&stage).len(), 1, "nobody's");
    // A search begins on an adapter alone, and not again at once.
    stage.command(7, Command::LookForGames);
    assert_eq!(stage.searches, 0);
    stage.input(Input::Adapter(Ok("lanrage0".to_owned())));
    stage.command(8, Command::LookForGames);
    stage.command(9, Command::LookForGames);
    assert_eq!(
        (stage.searches, stage.results.iter().filter(|(_, result)| result.is_ok()).count() >= 3),
        (1, true)
    );
    let found =
        vec![(address, teeworlds("Skyblock")), (VirtualIp(Ipv4Addr::new(10, 1, 1, 1)), teeworlds("x"))];
    stage.input(Input::GamesFound { found, is_over: true });
    let answers = ("teeworlds".to_owned(), GameSource::Answers, Some(format!("{address}:8303")));
    assert_eq!(games(&stage), [heard, answers.clone()]);
    knocks::say(
        &mut stage,
        &bob,
        &Message::Games { number: 1, statements: vec![Statement { hosted: None, ..teeworlds("") }] },
    );
    assert_eq!(
        games(&stage).iter().filter(|game| game.0 == "teeworlds").count(),
        1,
        "the friend plays, and says so"
    );
    knocks::say(&mut stage, &bob, &Message::Games { number: 2, statements: Vec::new() });
    assert!(games(&stage).iter().all(|game| game.0 != "teeworlds"), "it is over, by the friend's word");
    stage.pass(Duration::from_secs(11));
    assert_eq!(games(&stage), [], "it has not been heard for long");
    stage.command(10, Command::PauseParty);
    stage.command(11, Command::LookForGames);
    assert_eq!(stage.results.last().unwrap().1, Err(CommandError::NotInParty));
}

#[test]
fn a_friend_begins_what_listens_and_a_look_decides_of_what_was_not_seen_yet() {
    let (mut stage, _, bob) = knocks::host_with_friend();
    let place = |port| Place { transport: Transport::Udp, port };
    let door = |port| Door { place: place(port), owner: Owner::Program("server".to_owned()) };
    let opens = |stage: &Stage, port| stage.gates.0.is_open(place(port));
    stage.input(Input::Adapter(Ok("lanrage0".to_owned())));
    assert!(stage.doors_watched && !opens(&stage, 9_000), "nobody has looked yet");
    stage.input(Input::Doors { look: 0, doors: Some(vec![door(9_000)]) });
    assert!(opens(&stage, 9_000));
    let peer = bob.record.peer_id();
    let knock =
        |port, is_for_all| Input::Tunnel(TunnelEvent::Refused { peer, place: place(port), is_for_all });
    stage.input(knock(9_001, false));
    assert_eq!(stage.look, 1, "it is looked at once");
    stage.input(Input::Doors { look: 1, doors: Some(vec![door(9_000), door(9_001)]) });
    assert!(opens(&stage, 9_001) && stage.snapshot().party.unwrap().shield.refused.is_empty());
    stage.input(knock(3_389, false));
    stage.input(knock(3_390, true));
    assert_eq!(stage.look, 3);
    stage.input(Input::Doors { look: 3, doors: Some(vec![door(9_000)]) });
    let reached = |stage: &Stage| stage.notices.iter().filter(|one| one.news.code() == "reached").count();
    let shield = stage.snapshot().party.unwrap().shield;
    let refused: Vec<u16> = shield.refused.iter().map(|refused| refused.port).collect();
    assert_eq!((reached(&stage), refused), (1, vec![3_389]), "a search is nobody's knock");
    let trust = Rules { trust: [(peer, Trust::Full)].into(), ..Rules::default() };
    stage.input(Input::Configure(crate::Settings { shield: trust, ..settings(None) }));
    assert_eq!(stage.gates.1, [(peer, Gate::Open)]);
    stage.command(9, Command::PauseParty);
    assert!(!stage.doors_watched && !opens(&stage, 9_000), "what listened then is forgotten");
}
