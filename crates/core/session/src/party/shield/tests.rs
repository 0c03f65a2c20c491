use lanrage_party::{Name, Transport};

use super::*;

const NOW: UnixMillis = UnixMillis(1_000);

fn udp(port: u16) -> Place {
    Place { transport: Transport::Udp, port }
}

fn peer(n: u8) -> PeerId {
    PeerId::from_bytes([n; 16])
}

fn doors() -> Vec<Door> {
    let owners = [
        (8_303, Owner::Game(Name::new("Teeworlds").unwrap())),
        (12_345, Owner::Program("my-server".to_owned())),
        (8_080, Owner::Private("node".to_owned())),
        (22, Owner::Program("sshd".to_owned())),
        (5_353, Owner::System),
    ];
    owners.map(|(port, owner)| Door { place: udp(port), owner }).into()
}

fn shield(level: Level) -> Shield {
    let mut shield = Shield::new(Rules { level, ..Rules::default() });
    shield.set_doors(0, Some(doors()), NOW);
    shield
}

fn open(shield: &Shield, peer_number: u8) -> Vec<u16> {
    let gate = shield.gates.of(&peer(peer_number));
    (0..=u16::MAX).filter(|port| gate.is_open(udp(*port))).collect()
}

#[test]
fn each_level_opens_what_it_says_and_nothing_is_open_before_anybody_has_looked() {
    assert_eq!(open(&shield(Level::Guarded), 1), [8_303, 12_345]);
    assert_eq!(open(&shield(Level::Games), 1), [8_303]);
    assert!(open(&shield(Level::Closed), 1).is_empty());
    assert_eq!(open(&shield(Level::Open), 1).len(), 65_536);
    let mut unseen = Shield::new(Rules::default());
    assert!(open(&unseen, 1).is_empty());
    unseen.set_doors(0, None, NOW);
    assert!(unseen.is_blind());
    assert!(open(&unseen, 1).len() > 65_000 && !open(&unseen, 1).contains(&3_389));
    unseen.set_rules(Rules { level: Level::Games, ..Rules::default() });
    assert!(open(&unseen, 1).contains(&8_303) && !open(&unseen, 1).contains(&12_345));
}

#[test]
fn a_friend_may_be_trusted_with_all_or_nothing_and_a_port_be_opened_or_closed_for_one_or_all() {
    let grant = |first, peer, is_open| Grant { transport: Transport::Udp, first, last: first, peer, is_open };
    let mut shield = shield(Level::Games);
    let rules = Rules {
        level: Level::Games,
        trust: [(peer(1), Trust::Full), (peer(2), Trust::Mute)].into(),
        grants: vec![grant(9_000, None, true), grant(8_303, Some(peer(3)), false), grant(22, None, true)],
        ..Rules::default()
    };
    shield.take_gates();
    shield.set_rules(rules.clone());
    assert!(shield.take_gates().is_some() && shield.take_gates().is_none(), "told once");
    assert_eq!(open(&shield, 1).len(), 65_536);
    assert!(open(&shield, 2).is_empty());
    assert_eq!(open(&shield, 3), [9_000]);
    assert_eq!(open(&shield, 4), [8_303, 9_000], "and what is never opened is not");
    shield.set_rules(Rules { level: Level::Closed, ..rules });
    assert_eq!((open(&shield, 3), open(&shield, 4)), (vec![], vec![]));
}

#[test]
fn who_knocks_is_let_in_after_a_look_or_told_once() {
    let mut shield = shield(Level::Guarded);
    let look = shield.handle_refused(peer(1), udp(7_777), true, NOW).unwrap();
    let mut more = doors();
    more.push(Door { place: udp(7_777), owner: Owner::Program("new".to_owned()) });
    assert_eq!(shield.set_doors(look - 1, Some(doors()), NOW), [], "that look was before");
    assert_eq!(shield.set_doors(look, Some(more), NOW), []);
    assert!(open(&shield, 1).contains(&7_777) && shield.refused().count() == 0);

    // The first is a service's, in the second nothing listens, the third is never opened.
    for (port, expected) in [(5_353, true), (6_000, false), (3_389, true)] {
        let look = shield.handle_refused(peer(1), udp(port), true, NOW).unwrap();
        let told = shield.set_doors(look, Some(doors()), NOW);
        assert_eq!(told == [(peer(1), udp(port))], expected, "{port}");
        let look = shield.handle_refused(peer(1), udp(port), true, NOW).unwrap();
        assert_eq!(shield.set_doors(look, Some(doors()), NOW), [], "once");
    }
    assert!(shield.refused().all(|(_, _, refused)| refused.times == 2));
    assert_eq!(shield.handle_refused(peer(1), udp(3_389), false, NOW), Err(None), "nobody can look");
    shield.set_rules(Rules { trust: [(peer(1), Trust::Full)].into(), ..Rules::default() });
    assert_eq!(shield.refused().count(), 0, "it is open now");
}

#[test]
fn a_sweep_of_all_ports_by_many_is_remembered_in_little_room_and_told_a_few_times() {
    let mut shield = shield(Level::Closed);
    let mut told = 0;
    for number in 0..=u8::MAX {
        for port in (1..=u16::MAX).step_by(97).chain(5_890..5_910) {
            let at = UnixMillis(u64::from(port));
            if shield.handle_refused(peer(number), udp(port), true, at).is_ok() && port % 50 == 0 {
                told += shield.set_doors(u64::MAX, Some(doors()), at).len();
            }
            assert!(shield.waiting.len() <= WAITING);
        }
        told += shield.set_doors(u64::MAX, Some(doors()), NOW).len();
    }
    assert_eq!(shield.refused.len(), FRIENDS);
    assert!(shield.refused.values().all(|friend| friend.places.len() <= REFUSED));
    assert!((1..=FRIENDS * TOLD as usize).contains(&told), "{told}");
}

#[test]
fn what_is_not_watched_any_more_is_forgotten() {
    let mut shield = shield(Level::Guarded);
    shield.handle_refused(peer(1), udp(3_389), false, NOW).unwrap_err();
    shield.forget();
    assert_eq!((open(&shield, 1), shield.doors().count(), shield.refused().count()), (vec![], 0, 0));
}
