use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use lanrage_party::{Name, Place, Transport};
use proptest::prelude::*;
use strum::IntoEnumIterator;

use super::*;
use crate::{
    catalogue::Catalogue,
    detect::{Listening, Running},
    doors::Heard,
    profile::{Hint, Slug},
    query::Answer,
};

const LEASE: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);
/// That of whoever asks.
const OTHER_LEASE: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 3);

fn udp(port: u16) -> Place {
    Place { transport: Transport::Udp, port }
}

/// Two computers on which nothing is wrong: Teeworlds is hosted on the one, and its list is looked at on the other.
#[derive(Debug, Clone)]
struct Case {
    profile: Profile,
    is_own: bool,
    is_connected: bool,
    is_told: bool,
    host: Option<Side>,
    guest: Option<Side>,
    first_address: Option<Ipv4Addr>,
}

impl Case {
    fn good(is_own: bool) -> Self {
        let mut profile = Catalogue::builtin().game(&Slug::new("teeworlds").unwrap()).unwrap().clone();
        profile.hints = vec![Hint::FewPorts];
        let bound = Bound { place: udp(8_303), reach: Reach::Party, is_hosting: true, is_open: true };
        let host = Side {
            sight: Sight::Seen,
            is_running: true,
            sockets: vec![bound],
            server: Server::Answers,
            version: "0.7.5".to_owned(),
            ..Side::default()
        };
        let guest = Side {
            sight: Sight::Seen,
            is_running: true,
            sockets: vec![Bound { place: udp(51_000), is_hosting: false, ..bound }],
            reached: Some(true),
            ..Side::default()
        };
        let (host, guest, first_address) = (Some(host), Some(guest), None);
        Self { profile, is_own, is_connected: true, is_told: true, host, guest, first_address }
    }

    fn found(&self) -> Vec<Found> {
        let (own, friend) = match self.is_own {
            true => (&self.host, &self.guest),
            false => (&self.guest, &self.host),
        };
        let facts = Facts {
            peer: "Anna",
            profile: &self.profile,
            is_own: self.is_own,
            is_connected: self.is_connected,
            own: own.as_ref(),
            taken_by: Some("other"),
            first_address: self.first_address,
            lease: OTHER_LEASE,
            friend: friend.as_ref(),
            host: LEASE,
            is_told: self.is_told,
            barrier: Barrier::Port,
        };
        facts.judge()
    }

    fn codes(&self) -> Vec<String> {
        let code = |found: &Found| {
            serde_json::to_value(&found.verdict).unwrap()["code"].as_str().unwrap().to_owned()
        };
        self.found().iter().map(code).collect()
    }

    fn host(&mut self) -> &mut Side {
        self.host.get_or_insert_default()
    }

    fn guest(&mut self) -> &mut Side {
        self.guest.get_or_insert_default()
    }
}

type Fault = (&'static str, fn(&mut Case));

/// Each fault, in the order in which the verdicts stand. What a fault makes impossible is done with it: who is not connected
/// answers nothing.
const FAULTS: &[Fault] = &[
    ("not_connected", |case| {
        case.is_connected = false;
        if case.is_own { case.guest = None } else { case.host = None }
    }),
    ("relay_only", |case| case.profile.discovery = vec!["relay".parse().unwrap()]),
    ("no_adapter", |case| case.host().adapter = Device::Fails),
    ("muted", |case| case.guest().is_muting = true),
    ("not_answering", |case| if case.is_own { case.guest = None } else { case.host = None }),
    ("not_shared", |case| {
        if !case.is_own {
            case.host = Some(Side::not_shared())
        }
    }),
    ("unseen", |case| *case.host() = Side::default()),
    ("unknown_there", |case| {
        if !case.is_own {
            *case.host() = Side { sight: Sight::Unknown, ..Side::default() }
        }
    }),
    ("not_running", |case| (case.host().is_running, case.host().sockets) = (false, Vec::new())),
    ("port_taken", |case| (case.host().sockets, case.host().taken) = (Vec::new(), Some(udp(8_303)))),
    ("loopback_only", |case| case.host().sockets.iter_mut().for_each(|bound| bound.reach = Reach::Loopback)),
    ("wrong_address", |case| case.host().sockets.iter_mut().for_each(|bound| bound.reach = Reach::Elsewhere)),
    ("not_hosting", |case| case.host().sockets.clear()),
    ("server_silent", |case| {
        case.host().server = Server::Silent;
        case.guest().reached = Some(false);
    }),
    ("shield_closed", |case| {
        case.host().sockets.iter_mut().for_each(|bound| bound.is_open = false);
        case.guest().reached = Some(false);
    }),
    ("firewall_drops", |case| {
        case.host().firewall = SystemFirewall::On;
        case.guest().reached = Some(false);
    }),
    ("not_reached", |case| case.guest().reached = Some(false)),
    ("other_port", |case| case.host().sockets[0].place = udp(9_000)),
    ("answer_closed", |case| case.guest().refused = vec![udp(5_000), udp(8_304)]),
    ("searches_lost", |case| case.guest().adapter = Device::Searchless),
    ("started_before", |case| {
        case.profile.hints.push(Hint::AfterParty);
        case.guest().is_older = true;
    }),
    ("first_adapter", |case| case.profile.hints.push(Hint::FirstAdapter)),
    ("other_version", |case| case.guest().version = "0.7.4".to_owned()),
    ("full", |case| case.host().is_full = true),
    ("needs_login", |case| case.profile.hints.push(Hint::NeedsLogin)),
    ("direct_play", |case| case.profile.hints.push(Hint::DirectPlay)),
    ("ipx", |case| case.profile.hints.push(Hint::Ipx)),
    ("by_address", |case| case.profile.discovery = vec!["address".parse().unwrap()]),
    ("not_told", |case| case.is_told = !case.is_own),
    ("not_opened", |case| case.guest().is_running = false),
    ("firewall_may_drop", |case| case.guest().firewall = SystemFirewall::On),
];

/// Of one who hosts, nobody asks what the own settings say.
fn is_possible(code: &str, is_own: bool) -> bool {
    match code {
        "not_shared" | "unknown_there" => !is_own,
        "not_told" => is_own,
        _ => true,
    }
}

#[test]
fn each_fault_alone_gives_its_verdict_and_nothing_else() {
    for is_own in [false, true] {
        assert_eq!(Case::good(is_own).codes(), ["nothing_found"]);
        for (code, break_it) in FAULTS.iter().filter(|(code, _)| is_possible(code, is_own)) {
            let mut case = Case::good(is_own);
            break_it(&mut case);
            assert_eq!(case.codes(), [*code], "own: {is_own}");
        }
    }
}

#[test]
fn every_verdict_has_its_fault_and_stands_in_its_order() {
    let codes: Vec<String> = Verdict::iter()
        .map(|verdict| serde_json::to_value(verdict).unwrap()["code"].as_str().unwrap().to_owned())
        .collect();
    let faults: Vec<&str> = FAULTS.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes.len(), faults.len() + 1, "and one for nothing");
    assert!(faults.iter().all(|code| codes.iter().any(|known| known == code)));
    assert_eq!(rules::RULES.len(), FAULTS.len());
}

#[test]
fn of_two_faults_the_one_that_explains_the_other_is_said_first() {
    for is_own in [false, true] {
        for (at, (first, break_first)) in FAULTS.iter().enumerate() {
            for (second, break_second) in &FAULTS[at + 1..] {
                if !is_possible(first, is_own) || !is_possible(second, is_own) {
                    continue;
                }
                // The later one first, so that what the earlier one makes impossible is so.
                let mut case = Case::good(is_own);
                break_second(&mut case);
                break_first(&mut case);
                let codes = case.codes();
                // Where both cannot be, the last one counts.
                if codes.iter().any(|code| code == first) {
                    assert_eq!(codes[0], *first, "with {second}: {codes:?}");
                }
            }
        }
    }
}

#[test]
fn what_lies_here_is_mended_here_and_what_lies_there_by_people() {
    let fix = |is_own: bool, fault: &str| {
        let mut case = Case::good(is_own);
        FAULTS.iter().find(|(code, _)| *code == fault).unwrap().1(&mut case);
        case.found()[0].fix.clone()
    };
    let open = Fix::OpenPort { peer: "Anna".to_owned(), port: 8_303, is_tcp: false };
    assert_eq!(fix(true, "shield_closed"), Some(open));
    assert_eq!(fix(false, "shield_closed"), None);
    assert_eq!(fix(true, "wrong_address"), Some(Fix::CopyBind { address: LEASE.to_string() }));
    assert_eq!(fix(true, "firewall_drops"), Some(Fix::AllowGames));
    let join = Some(Fix::Join { game: "Teeworlds".to_owned(), address: "10.66.0.2:8303".to_owned() });
    assert_eq!((fix(false, "not_opened"), fix(true, "not_opened")), (join, None));
    let bring = Some(Fix::BringSearches { game: "Teeworlds".to_owned() });
    let join = Some(Fix::Join { game: "Teeworlds".to_owned(), address: "10.66.0.2:9000".to_owned() });
    assert_eq!((fix(true, "other_port"), fix(false, "other_port")), (bring, join));
    let mut case = Case::good(false);
    case.profile.launch.clear();
    assert_eq!(case.found()[0].fix, Some(Fix::CopyAddress { address: "10.66.0.2:8303".to_owned() }));
}

fn running(line: &str, sockets: &[&str], started: Option<Instant>) -> Running {
    let socket = |text: &&str| {
        let (transport, address) = text.split_once(' ').unwrap();
        Listening { transport: transport.parse().unwrap(), address: address.parse().unwrap() }
    };
    let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
    Running {
        file: arguments[0].clone(),
        arguments,
        steam_app: None,
        listening: sockets.iter().map(socket).collect(),
        started,
    }
}

fn examined(slug: &str, programs: &[Running], others: &[(&str, Option<&str>)]) -> Examined {
    let of_programs = programs.iter().flat_map(|program| {
        program.listening.iter().map(|socket| Heard { socket: *socket, program: Some(program.file.clone()) })
    });
    let of_others = others.iter().map(|(text, program)| {
        let socket = running("x", &[text], None).listening[0];
        Heard { socket, program: program.map(str::to_owned) }
    });
    let heard: Vec<Heard> = of_programs.chain(of_others).collect();
    Catalogue::builtin().examine(&Slug::new(slug).unwrap(), programs, &heard, LEASE, Some(Instant::now()))
}

#[test]
fn a_computer_is_seen_as_it_is() {
    let server =
        |sockets: &[&str]| examined("teeworlds", &[running("teeworlds-server", sockets, None)], &[]).side;
    let reach =
        |sockets: &[&str]| server(sockets).sockets.first().map(|bound| (bound.place.port, bound.reach));
    assert_eq!(reach(&["udp 0.0.0.0:8303"]), Some((8_303, Reach::Party)));
    assert_eq!(reach(&["udp 10.66.0.2:9000"]), Some((9_000, Reach::Party)));
    assert_eq!(reach(&["udp 127.0.0.1:8303"]), Some((8_303, Reach::Loopback)));
    assert_eq!(reach(&["udp 192.168.1.5:8303"]), Some((8_303, Reach::Elsewhere)));
    assert_eq!(reach(&["udp 127.0.0.1:8303", "udp 0.0.0.0:8304"]), Some((8_304, Reach::Party)));
    assert!(server(&["udp 0.0.0.0:40000"]).hosted().is_none(), "the system has chosen that one");
    let nothing = examined("teeworlds", &[], &[]).side;
    assert_eq!((nothing.sight, nothing.is_running), (Sight::Seen, false));
    assert_eq!(examined("no-such-game", &[], &[]).side.sight, Sight::Unknown);
}

#[test]
fn a_port_is_taken_by_others_and_not_by_the_game_itself() {
    let game = running("teeworlds-server", &["udp 0.0.0.0:8304"], None);
    assert_eq!(examined("teeworlds", std::slice::from_ref(&game), &[]).side.taken, None);
    let taken = examined("teeworlds", &[game], &[("udp 0.0.0.0:8303", Some("netcat"))]);
    assert_eq!((taken.side.taken, taken.taken_by.as_deref()), (Some(udp(8_303)), Some("netcat")));
}

#[test]
fn a_game_is_older_than_the_adapter_if_it_was_started_before() {
    let now = Instant::now();
    let before = now.checked_sub(Duration::from_secs(5)).unwrap();
    for (started, expected) in [(before, true), (now + Duration::from_secs(60), false)] {
        let program = running("teeworlds", &["udp 0.0.0.0:51000"], Some(started));
        assert_eq!(examined("teeworlds", &[program], &[]).side.is_older, expected);
    }
}

#[test]
fn who_plays_hosts_only_if_it_answers_and_a_server_that_does_not_is_silent() {
    let mut plays = examined("openarena", &[running("openarena", &["udp 0.0.0.0:27960"], None)], &[]);
    assert!(plays.side.hosted().is_some());
    plays.handle_answer(None);
    assert_eq!((plays.side.hosted(), plays.side.server), (None, Server::Unasked));
    let mut serves = examined("teeworlds", &[running("teeworlds-server", &["udp 0.0.0.0:8303"], None)], &[]);
    serves.handle_answer(None);
    assert!(serves.side.server == Server::Silent && serves.side.hosted().is_some());
    let answer =
        Answer { version: "1".to_owned(), players: Some(8), max_players: Some(8), ..Answer::default() };
    serves.handle_answer(Some(answer));
    assert!(serves.side.server == Server::Answers && serves.side.is_full && serves.side.version == "1");
}

fn places() -> impl Strategy<Value = Place> {
    (any::<bool>(), 1..=u16::MAX).prop_map(|(is_tcp, port)| Place {
        transport: if is_tcp { Transport::Tcp } else { Transport::Udp },
        port,
    })
}

fn word<T: IntoEnumIterator + Clone + std::fmt::Debug + 'static>() -> impl Strategy<Value = T> {
    prop::sample::select(T::iter().collect::<Vec<T>>())
}

prop_compose! {
    fn bounds()(place in places(), reach in word::<Reach>(), is_hosting: bool, is_open: bool) -> Bound {
        Bound { place, reach, is_hosting, is_open }
    }
}

prop_compose! {
    fn sides()(
        (sight, server, firewall, adapter) in (word::<Sight>(), word::<Server>(), word::<SystemFirewall>(), word::<Device>()),
        (is_running, is_older, is_full, is_muting, brings_searches) in any::<(bool, bool, bool, bool, bool)>(),
        sockets in prop::collection::vec(bounds(), 0..=8),
        taken in prop::option::of(places()),
        refused in prop::collection::vec(places(), 0..=8),
        reached: Option<bool>,
        version in "[a-z0-9.]{0,32}",
    ) -> Side {
        Side { sight, is_running, is_older, sockets, taken, server, version, is_full, firewall, adapter, is_muting, brings_searches, refused, reached }
    }
}

proptest! {
    #[test]
    fn a_side_comes_back_and_what_a_newer_program_adds_is_left_alone(side in sides(), more: Vec<u8>) {
        let mut bytes = write_side(&side);
        prop_assert!(bytes.len() <= 100, "{}", bytes.len());
        for len in 0..bytes.len() {
            prop_assert_eq!(read_side(&bytes[..len]), None);
        }
        bytes.extend(more);
        prop_assert_eq!(read_side(&bytes), Some(side));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic_and_bounded(bytes: Vec<u8>) {
        if let Some(side) = read_side(&bytes) {
            prop_assert!(side.sockets.len() <= 8 && side.refused.len() <= 8 && side.version.len() <= 32);
        }
    }

    #[test]
    fn any_facts_give_at_least_one_verdict_and_each_at_most_once(
        own in prop::option::of(sides()), friend in prop::option::of(sides()), flags: (bool, bool, bool), at: prop::sample::Index,
    ) {
        let games: Vec<&Profile> = Catalogue::builtin().games().collect();
        let facts = Facts {
            peer: "Anna",
            profile: games[at.index(games.len())],
            is_own: flags.0,
            is_connected: flags.1,
            own: own.as_ref(),
            taken_by: None,
            first_address: None,
            lease: OTHER_LEASE,
            friend: friend.as_ref(),
            host: LEASE,
            is_told: flags.2,
            barrier: Barrier::Port,
        };
        let found = facts.judge();
        let kinds: std::collections::HashSet<_> = found.iter().map(|one| std::mem::discriminant(&one.verdict)).collect();
        prop_assert!(!found.is_empty() && kinds.len() == found.len());
        prop_assert_eq!(found.len() > 1 && found.iter().any(|one| matches!(one.verdict, Verdict::NothingFound { .. })), false);
    }
}

#[test]
fn a_game_that_asks_the_first_adapter_alone_is_told_of_by_that_ones_address_unless_it_is_the_partys() {
    let mut case = Case::good(false);
    case.profile.hints.push(Hint::FirstAdapter);
    let address = |case: &Case| match &case.found()[0].verdict {
        Verdict::FirstAdapter { address, .. } => address.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(address(&case), None, "nobody has looked");
    case.first_address = Some(Ipv4Addr::new(192, 168, 1, 5));
    assert_eq!(address(&case).as_deref(), Some("192.168.1.5"));
    assert!(case.found()[0].fix.is_some(), "the friend's address is copied, or joined");
    case.first_address = Some(OTHER_LEASE);
    assert_eq!(case.codes(), ["nothing_found"], "it asks the party's");
}

#[test]
fn a_port_that_no_list_asks_is_no_fault_where_searches_are_brought_there() {
    for is_own in [false, true] {
        let mut case = Case::good(is_own);
        case.host().sockets[0].place = udp(9_000);
        assert_eq!(case.codes(), ["other_port"]);
        case.host().brings_searches = true;
        assert_eq!(case.codes(), ["nothing_found"]);
    }
}

#[test]
fn a_profile_of_which_nothing_is_known_is_judged_as_well() {
    let name = Name::new("Ours").unwrap();
    let mut case = Case::good(false);
    case.profile = Profile::new(Slug::new("ours").unwrap(), name);
    case.host().sockets.clear();
    assert_eq!(case.codes(), ["nothing_found"], "nobody knows where it would listen");
}
