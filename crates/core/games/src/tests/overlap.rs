//! Two profiles that claim the same ports: whose a port is, its program says.

use std::net::Ipv4Addr;

use lanrage_party::{Name, Place, Transport};

use crate::{Catalogue, Door, Heard, Listening, Owner, Running, Search, Slug};

const LEASE: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);

/// `two` has a game's port where `one` has its administration, and `twin` is `one` once more.
const GAMES: &str = r#"{"version":1,"games":[
    {"slug":"one","name":"One","servers":["one-server","shared"],"ports":["udp 7000-7010"],"closed":["tcp 7005"],
     "discovery":["ask udp 7000-7010"],"query":"quake3"},
    {"slug":"two","name":"Two","servers":["two-server","shared"],"ports":["udp 7005-65535","tcp 7005"],
     "discovery":["ask udp 7005-7020"],"query":"quake3"},
    {"slug":"twin","name":"Twin","servers":["twin-server"],"ports":["udp 7000-7010"],
     "discovery":["ask udp 7000-7010"],"query":"quake3"}]}"#;

fn games() -> Catalogue {
    let few = GAMES.replace("7005-65535", "7005-7020");
    Catalogue::parse(&few).unwrap()
}

fn running(file: &str, sockets: &[(Transport, u16)]) -> Running {
    let socket = |(transport, port): &(Transport, u16)| Listening {
        transport: *transport,
        address: (Ipv4Addr::UNSPECIFIED, *port).into(),
    };
    let listening = sockets.iter().map(socket).collect();
    Running { file: file.to_owned(), arguments: vec![file.to_owned()], listening, ..Running::default() }
}

fn hosted(programs: &[Running]) -> Vec<(String, Vec<u16>)> {
    let ports = |places: &std::collections::BTreeSet<Place>| places.iter().map(|place| place.port).collect();
    let found = games().detect(programs, LEASE);
    found.iter().map(|game| (game.slug.to_string(), ports(&game.hosted))).collect()
}

fn owners(programs: &[Running]) -> Vec<(String, Owner)> {
    let heard = |program: &Running| {
        let of = |socket: &Listening| Heard { socket: *socket, program: Some(program.file.clone()) };
        program.listening.iter().map(of).collect::<Vec<_>>()
    };
    let heard: Vec<Heard> = programs.iter().flat_map(heard).collect();
    let doors = games().doors(&heard, programs, LEASE);
    doors.into_iter().map(|Door { place, owner }| (place.to_string(), owner)).collect()
}

fn game(name: &str) -> Owner {
    Owner::Game(Name::new(name).unwrap())
}

#[test]
fn each_game_hosts_at_its_own_programs_ports_though_others_claim_them() {
    let one = running("one-server", &[(Transport::Udp, 7_006)]);
    let two = running("two-server", &[(Transport::Udp, 7_007)]);
    let is = |slug: &str, port| (slug.to_owned(), vec![port]);
    assert_eq!(hosted(&[one.clone(), two.clone()]), [is("one", 7_006), is("two", 7_007)]);
    assert_eq!(
        owners(&[one, two]),
        [("udp 7006".to_owned(), game("One")), ("udp 7007".to_owned(), game("Two"))]
    );
}

#[test]
fn a_program_of_both_is_of_that_one_whose_port_it_has_and_of_none_where_both_claim_it() {
    let at = |port| [running("shared", &[(Transport::Udp, port)])];
    assert_eq!(hosted(&at(7_001)), [("one".to_owned(), vec![7_001])]);
    assert_eq!(hosted(&at(7_011)), [("two".to_owned(), vec![7_011])]);
    assert_eq!(hosted(&at(7_006)), []);
    // Then it is a program of the player's, and at the level of games it stays closed.
    assert_eq!(owners(&at(7_006)), [("udp 7006".to_owned(), Owner::Program("shared".to_owned()))]);
}

#[test]
fn a_port_for_administration_is_closed_of_that_game_alone() {
    let socket = [(Transport::Tcp, 7_005)];
    assert_eq!(
        owners(&[running("one-server", &socket)]),
        [("tcp 7005".to_owned(), Owner::Private("one-server".to_owned()))]
    );
    assert_eq!(owners(&[running("two-server", &socket)]), [("tcp 7005".to_owned(), game("Two"))]);
}

#[test]
fn the_port_of_one_that_another_has_is_taken() {
    let slug = |text: &str| Slug::new(text).unwrap();
    let two = running("two-server", &[(Transport::Udp, 7_006)]);
    let heard = [Heard { socket: two.listening[0], program: Some(two.file.clone()) }];
    let idle = running("one-server", &[]);
    let side = games().examine(&slug("one"), &[idle, two.clone()], &heard, LEASE, None);
    let taken = side.side.taken.map(|place| place.port);
    assert_eq!((taken, side.taken_by.as_deref()), (Some(7_006), Some("two-server")));
    assert_eq!(games().examine(&slug("two"), &[two], &heard, LEASE, None).side.taken, None);
}

#[test]
fn an_answer_that_could_be_of_several_is_of_none_and_each_port_is_asked_once() {
    let mut search = Search::new(&games(), [1, 2, 3, 4]);
    let ports: Vec<u16> = search.questions().iter().map(|(port, _)| *port).collect();
    assert_eq!(ports, [7_000, 7_005]);
    let answer =
        b"\xff\xff\xff\xffinfoResponse\n\\challenge\\01020304\\hostname\\Castle\\mapname\\q3dm1\\clients\\1\\sv_maxclients\\8";
    search.handle(LEASE, 7_000, answer);
    assert_eq!(search.take_found(), [], "one, or its twin");
    search.handle(LEASE, 7_005, answer);
    let found: Vec<String> = search.take_found().into_iter().map(|(_, said)| said.slug.to_string()).collect();
    assert_eq!(found, ["two"]);
}

#[test]
fn all_ports_of_a_computer_are_more_than_a_profile_may_claim() {
    let fault = Catalogue::parse(GAMES).unwrap_err();
    assert!(fault.to_string().starts_with("two: "), "{fault}");
}
