use lanrage_control::{
    protocol::{Change, ErrorCode, Request, RequestKind, ServerMessage, SessionToken},
    registry::{Registry, RegistrySettings, StoredChange, StoredParty, StoredPeer},
};
use lanrage_party::{NatType, Subnet, VirtualIp};

use crate::support::*;

fn changes_seen_by(n: u8, registry: &mut Registry) -> Vec<Change> {
    said(registry)
        .into_iter()
        .filter_map(|(to, message)| match message {
            ServerMessage::Delta { change, .. } if to == id(n) => Some(change),
            _ => None,
        })
        .collect()
}

#[test]
fn the_creator_hosts_and_everybody_learns_of_everybody() {
    let mut registry = empty();
    let answer = ask(&mut registry, 1, create(record(1, 1, 1)), START);
    let [ServerMessage::Party { snapshot }] = answer.as_slice() else { panic!("{answer:?}") };
    assert_eq!((snapshot.host, snapshot.peers.len(), snapshot.created_at), (id(1), 1, START));
    registry.handle(id(2), join(record(2, 2, 1)), START.plus(1));
    let said = said(&mut registry);
    assert!(matches!(&said[0], (to, ServerMessage::Delta { change: Change::PeerJoined { entry }, .. })
        if *to == id(1) && entry.peer() == id(2) && entry.online));
    assert!(matches!(&said[1], (to, ServerMessage::Party { snapshot })
        if *to == id(2) && snapshot.peers.len() == 2));
    assert_eq!(said.len(), 2);
}

#[test]
fn creating_and_joining_again_is_taken_as_coming_back() {
    let mut registry = party_of(2);
    let before = registry.party(&party(1)).unwrap();
    for request in [create(record(1, 1, 1)), join(record(1, 1, 1))] {
        registry.handle(id(1), request, START.plus(DAY));
        let said = said(&mut registry);
        assert!(matches!(said.as_slice(), [(_, ServerMessage::Party { snapshot })] if *snapshot == before));
    }
    registry.disconnected(id(2), START.plus(DAY));
    assert_eq!(changes_seen_by(1, &mut registry), [Change::PeerOnline { peer: id(2), online: false }]);
    registry.handle(id(2), join(record(2, 2, 1)), START.plus(DAY));
    assert_eq!(changes_seen_by(1, &mut registry), [Change::PeerOnline { peer: id(2), online: true }]);
}

#[test]
fn nobody_takes_over_a_party_that_has_another_host() {
    let mut registry = party_of(2);
    assert_eq!(code(&mut registry, 2, create(record(2, 2, 1))), ErrorCode::PartyExists);
    assert_eq!(code(&mut registry, 3, create(record(3, 3, 1))), ErrorCode::PartyExists);
}

#[test]
fn an_address_has_one_holder_and_the_refusal_names_all_that_are_taken() {
    let mut registry = party_of(2);
    let refused = refusal(&mut registry, 3, join(record(3, 2, 1)));
    assert_eq!((refused.code, refused.party), (ErrorCode::LeaseTaken, Some(party(1))));
    assert_eq!(refused.request, Some(RequestKind::JoinParty));
    let mut taken = refused.taken;
    taken.sort();
    assert_eq!(taken, [1, 2].map(|n| VirtualIp([10, 66, 0, n].into())));
    registry.disconnected(id(2), START.plus(DAY));
    said(&mut registry);
    assert_eq!(code(&mut registry, 3, join(record(3, 2, 1))), ErrorCode::LeaseTaken, "also of who is away");
    registry.handle(id(2), Request::LeaveParty { party: party(1), leave: None }, START.plus(DAY));
    said(&mut registry);
    let answer = ask(&mut registry, 3, join(record(3, 2, 1)), START.plus(DAY));
    assert!(matches!(answer.as_slice(), [ServerMessage::Party { .. }]), "but not of who has left");
}

#[test]
fn an_address_outside_the_network_is_refused_and_makes_no_party() {
    let outside = record_in(party(1), 1, VirtualIp([10, 67, 0, 1].into()), 1);
    let mut registry = empty();
    assert_eq!(code(&mut registry, 1, create(outside)), ErrorCode::OutsideSubnet);
    let broadcast = record_in(party(1), 1, VirtualIp(Subnet::DEFAULT.broadcast()), 1);
    assert_eq!(code(&mut registry, 1, create(broadcast)), ErrorCode::OutsideSubnet);
    assert_eq!(registry.parties(), 0);
}

#[test]
fn a_member_keeps_its_address_until_it_leaves() {
    let mut registry = party_of(2);
    let moved = refusal(&mut registry, 2, join(record(2, 9, 2)));
    assert_eq!(moved.code, ErrorCode::LeaseFixed);
    assert_eq!(moved.lease, Some(VirtualIp([10, 66, 0, 2].into())));
}

#[test]
fn an_older_record_is_never_taken_for_a_newer_one() {
    let mut registry = party_of(1);
    registry.handle(id(1), join(record(1, 1, 5)), START);
    assert!(matches!(said(&mut registry).as_slice(), [(_, ServerMessage::Party { .. })]));
    assert_eq!(code(&mut registry, 1, join(record(1, 1, 4))), ErrorCode::StaleRecord);
    let update = Request::UpdatePeer { party: party(1), record: Some(record(1, 1, 4)), nat_type: None };
    assert_eq!(code(&mut registry, 1, update), ErrorCode::StaleRecord);
}

#[test]
fn a_record_counts_only_from_who_signed_it_and_where_it_belongs() {
    let mut registry = party_of(1);
    assert_eq!(code(&mut registry, 2, join(record(3, 3, 1))), ErrorCode::BadSignature);
    let elsewhere = record_in(party(2), 2, VirtualIp([10, 66, 0, 2].into()), 1);
    let request = Request::JoinParty {
        party: party(1),
        record: elsewhere,
        nat_type: NatType::Unknown,
        door: None,
        proof: None,
    };
    assert_eq!(code(&mut registry, 2, request), ErrorCode::BadSignature);
    let json = serde_json::to_string(&record(2, 2, 1)).unwrap().replace("player 2", "player 1");
    let forged = serde_json::from_str(&json).unwrap();
    assert_eq!(code(&mut registry, 2, join(forged)), ErrorCode::BadSignature);
}

#[test]
fn only_members_hear_of_a_party_and_speak_in_it() {
    let mut registry = party_of(2);
    assert_eq!(
        code(&mut registry, 3, Request::GetParty { party: party(1), proof: None }),
        ErrorCode::NotAMember
    );
    assert_eq!(code(&mut registry, 3, signal(3, 1)), ErrorCode::NotAMember);
    assert_eq!(code(&mut registry, 1, signal(1, 3)), ErrorCode::NotAMember);
    let update = Request::UpdatePeer { party: party(1), record: None, nat_type: Some(NatType::Open) };
    assert_eq!(code(&mut registry, 3, update), ErrorCode::NotAMember);
    assert_eq!(
        code(&mut registry, 1, Request::GetParty { party: party(7), proof: None }),
        ErrorCode::UnknownParty
    );
    registry.handle(id(1), signal(1, 2), START);
    let carried = said(&mut registry);
    assert!(matches!(carried.as_slice(), [(to, ServerMessage::Signal { from, .. })]
        if *to == id(2) && *from == id(1)));
    registry.disconnected(id(2), START);
    said(&mut registry);
    assert_eq!(code(&mut registry, 1, signal(1, 2)), ErrorCode::PeerAway);
}

#[test]
fn an_update_reaches_everybody_and_one_that_changes_nothing_nobody() {
    let mut registry = party_of(2);
    let update = Request::UpdatePeer {
        party: party(1),
        record: Some(record(2, 2, 2)),
        nat_type: Some(NatType::Symmetric),
    };
    for expected in [2, 0] {
        registry.handle(id(2), update.clone(), START);
        let said = said(&mut registry);
        assert_eq!(said.len(), expected, "{said:?}");
        for (_, message) in said {
            assert!(matches!(message, ServerMessage::Delta { change: Change::PeerUpdated { entry }, .. }
                if entry.record == record(2, 2, 2) && entry.nat_type == NatType::Symmetric));
        }
    }
}

#[test]
fn when_the_host_leaves_the_longest_member_inherits_and_the_last_one_takes_the_party_along() {
    let mut registry = party_of(3);
    let answer = ask(&mut registry, 1, Request::LeaveParty { party: party(1), leave: None }, START.plus(DAY));
    assert_eq!(answer, [ServerMessage::Left { party: party(1) }]);
    assert_eq!(registry.party(&party(1)).unwrap().host, id(2));
    registry.handle(id(3), Request::LeaveParty { party: party(1), leave: None }, START.plus(DAY));
    let told = changes_seen_by(2, &mut registry);
    assert_eq!(told, [Change::PeerLeft { peer: id(3), leave: None }]);
    registry.handle(id(2), Request::LeaveParty { party: party(1), leave: None }, START.plus(DAY));
    assert_eq!(registry.party(&party(1)), None);
    assert!(registry.take_changes().contains(&StoredChange::RemoveParty(party(1))));
    said(&mut registry);
    let again = ask(&mut registry, 2, Request::LeaveParty { party: party(1), leave: None }, START.plus(DAY));
    assert_eq!(again, [ServerMessage::Left { party: party(1) }], "leaving twice is harmless");
}

#[test]
fn parties_and_memberships_are_bounded() {
    let settings =
        RegistrySettings { peers_per_party: 2, parties_per_peer: 2, parties: 3, ..Default::default() };
    let mut registry = Registry::new(settings, START);
    let record_of = |p, n| record_in(party(p), n, VirtualIp([10, 66, 0, n].into()), 1);
    registry.handle(id(1), create(record_of(1, 1)), START);
    registry.handle(id(2), join(record_of(1, 2)), START);
    said(&mut registry);
    assert_eq!(code(&mut registry, 3, join(record_of(1, 3))), ErrorCode::PartyFull);
    registry.handle(id(1), create(record_of(2, 1)), START);
    said(&mut registry);
    assert_eq!(code(&mut registry, 1, create(record_of(3, 1))), ErrorCode::TooManyParties);
    assert!(matches!(ask(&mut registry, 1, join(record_of(2, 1)), START)[0], ServerMessage::Party { .. }));
    registry.handle(id(5), create(record_of(3, 5)), START);
    said(&mut registry);
    assert_eq!(code(&mut registry, 6, create(record_of(4, 6))), ErrorCode::TooManyParties);
}

#[test]
fn a_silent_peer_is_away_after_five_minutes_and_a_heartbeat_keeps_it() {
    let mut registry = party_of(2);
    let late = START.plus(10 * MINUTE);
    registry.heartbeat(id(1), late);
    registry.sweep(late);
    assert_eq!(changes_seen_by(1, &mut registry), [Change::PeerOnline { peer: id(2), online: false }]);
    assert_eq!(registry.take_silent(), [id(2)]);
    assert_eq!(registry.take_silent(), []);
}

#[test]
fn members_are_removed_after_thirty_days_of_absence_and_the_empty_party_with_them() {
    let mut registry = party_of(2);
    registry.disconnected(id(2), START.plus(DAY));
    said(&mut registry);
    let mut now = START;
    let mut lived = 0;
    while registry.party(&party(1)).is_some_and(|party| party.peers.len() == 2) {
        now = now.plus(MINUTE);
        lived += 1;
        registry.heartbeat(id(1), now);
        registry.sweep(now);
    }
    assert_eq!(lived * MINUTE, 31 * DAY + MINUTE);
    assert_eq!(changes_seen_by(1, &mut registry), [Change::PeerLeft { peer: id(2), leave: None }]);
    registry.disconnected(id(1), now);
    while registry.parties() > 0 {
        now = now.plus(MINUTE);
        registry.sweep(now);
    }
    assert_eq!(now.since(START), 61 * DAY + 2 * MINUTE);
}

#[test]
fn a_jump_of_the_clock_removes_nobody() {
    let mut registry = party_of(2);
    registry.disconnected(id(2), START.plus(1));
    registry.sweep(START.plus(MINUTE));
    for at in [START.plus(400 * DAY), START.plus(400 * DAY + MINUTE), START, START.plus(MINUTE)] {
        registry.sweep(at);
        assert_eq!(registry.party(&party(1)).unwrap().peers.len(), 2, "{at:?}");
    }
}

#[test]
fn what_was_stored_is_what_comes_back_with_everybody_away() {
    let mut registry = empty();
    registry.handle(id(1), create(record(1, 1, 1)), START);
    registry.handle(id(2), join(record(2, 2, 1)), START.plus(1));
    let (mut parties, mut peers) = (Vec::new(), Vec::new());
    for change in registry.take_changes() {
        match change {
            StoredChange::PutParty(party) => parties.push(party),
            StoredChange::PutPeer(peer) => peers.push(peer),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(registry.take_changes(), [], "written once");
    let mut expected = registry.party(&party(1)).unwrap();
    expected.peers.iter_mut().for_each(|peer| peer.online = false);
    let settings = RegistrySettings::default();
    let (mut restored, refused) =
        Registry::restore(settings.clone(), parties.clone(), peers.clone(), START.plus(DAY));
    assert_eq!((restored.party(&party(1)), refused), (Some(expected), 0));
    assert_eq!(restored.take_changes(), []);

    // The same rows, damaged: one address for both, and the host's row gone.
    let mut twice = peers.clone();
    twice[1].record = record(2, 1, 1);
    twice[1].peer = id(2);
    twice[0].record = record(1, 1, 1);
    twice[0].peer = id(1);
    let (mut restored, refused) = Registry::restore(settings.clone(), parties.clone(), twice, START);
    assert_eq!((restored.party(&party(1)).unwrap().peers.len(), refused), (1, 1));
    assert!(matches!(restored.take_changes().as_slice(), [.., StoredChange::RemovePeer { .. }]));
    peers.retain(|peer| peer.peer == id(2));
    let (restored, _) = Registry::restore(settings.clone(), parties.clone(), peers, START);
    assert_eq!(restored.party(&party(1)).unwrap().host, id(2));
    let (mut restored, refused) = Registry::restore(settings, parties, Vec::new(), START);
    assert_eq!((restored.parties(), refused), (0, 1));
    assert_eq!(restored.take_changes(), [StoredChange::RemoveParty(party(1))]);
}

#[test]
fn heartbeats_are_not_written_one_by_one() {
    let mut registry = party_of(1);
    let written = (1..=240).filter(|minute| {
        registry.heartbeat(id(1), START.plus(minute * MINUTE));
        !registry.take_changes().is_empty()
    });
    assert_eq!(written.count(), 3, "once an hour, of four hours");
}

#[test]
fn tokens_expire_after_their_lifetime_by_the_registrys_word() {
    let mut registry = empty();
    registry.issue_token(SessionToken::from_random([1; 32]), id(2), START);
    let changes = registry.take_changes();
    let [StoredChange::PutToken(token)] = changes.as_slice() else { panic!("{changes:?}") };
    assert!(token.is_good(id(2), START.plus(DAY - 1)));
    assert!(!token.is_good(id(2), START.plus(DAY)), "a day later");
    assert!(!token.is_good(id(3), START), "of another peer");
}

/// What is stored of a party of two whose second member went away at once.
fn stored() -> (Vec<StoredParty>, Vec<StoredPeer>) {
    let mut registry = empty();
    registry.handle(id(1), create(record(1, 1, 1)), START);
    registry.handle(id(2), join(record(2, 2, 1)), START);
    registry.disconnected(id(2), START);
    let mut stored = (Vec::new(), Vec::new());
    for change in registry.take_changes() {
        match change {
            StoredChange::PutParty(party) => stored.0.push(party),
            StoredChange::PutPeer(peer) => stored.1.push(peer),
            other => panic!("{other:?}"),
        }
    }
    stored
}

#[test]
fn a_registry_that_was_away_for_months_itself_gives_everybody_a_new_retention() {
    let (parties, peers) = stored();
    let mut now = START.plus(100 * DAY);
    let (mut registry, _) = Registry::restore(RegistrySettings::default(), parties, peers, now);
    let written = registry.take_changes();
    assert_eq!(written.len(), 2, "also across the next restart: {written:?}");
    let begin = now;
    while registry.party(&party(1)).is_some_and(|party| party.peers.len() == 2) {
        now = now.plus(MINUTE);
        registry.sweep(now);
    }
    assert_eq!(now.since(begin), 30 * DAY + MINUTE);
}

#[test]
fn a_clock_that_was_in_the_future_keeps_nobody_for_years() {
    let (parties, mut peers) = stored();
    peers.iter_mut().for_each(|peer| peer.last_seen = START.plus(4_000 * DAY));
    let (mut registry, _) = Registry::restore(RegistrySettings::default(), parties, peers, START);
    let mut now = START;
    while registry.parties() > 0 {
        now = now.plus(MINUTE);
        registry.sweep(now);
    }
    assert_eq!(now.since(START), 30 * DAY + MINUTE);
}

#[test]
fn a_party_that_nobody_came_to_is_forgotten_after_a_day_and_no_other_one() {
    let mut registry = Registry::new(RegistrySettings::default(), START);
    let record_of = |p, n| record_in(party(p), n, VirtualIp([10, 66, 0, n].into()), 1);
    for request in [create(record_of(1, 1)), create(record_of(2, 1)), create(record_of(3, 1))] {
        registry.handle(id(1), request, START);
    }
    registry.handle(id(2), join(record_of(2, 2)), START);
    registry.handle(id(2), Request::LeaveParty { party: party(2), leave: None }, START);
    registry.disconnected(id(1), START);
    // Sweeps in time, or the registry would think that it was away itself.
    let sweep = |registry: &mut Registry, from: u64, to: u64| {
        (from..=to).for_each(|minute| registry.sweep(START.plus(minute * MINUTE)));
    };
    sweep(&mut registry, 1, 20 * 60);
    registry.handle(id(1), create(record_of(3, 1)), START.plus(20 * 60 * MINUTE));
    registry.disconnected(id(1), START.plus(20 * 60 * MINUTE));
    sweep(&mut registry, 20 * 60, 24 * 60);
    assert_eq!(registry.parties(), 3);
    sweep(&mut registry, 24 * 60, 24 * 60 + 2);
    assert!(!registry.knows(&party(1)) && registry.knows(&party(2)), "one member came and went");
    assert!(registry.knows(&party(3)), "its maker was here");
    assert_eq!(registry.forgotten(), 0, "nobody had to make room");
}

#[test]
fn where_there_is_no_room_the_youngest_party_that_waits_alone_makes_it_and_no_living_one() {
    let settings = RegistrySettings { parties: 4, ..Default::default() };
    let mut registry = Registry::new(settings, START);
    let record_of = |p, n| record_in(party(p), n, VirtualIp([10, 66, 0, n].into()), 1);
    let make = |registry: &mut Registry, p, n, minute: u64| {
        registry.handle(id(n), create(record_of(p, n)), START.plus(minute * MINUTE));
    };
    make(&mut registry, 1, 1, 0);
    registry.handle(id(2), join(record_of(1, 2)), START);
    make(&mut registry, 2, 3, 1);
    make(&mut registry, 3, 4, 2);
    make(&mut registry, 4, 5, 3);
    for away in [1, 2, 3, 4] {
        registry.disconnected(id(away), START.plus(4 * MINUTE));
    }
    let parties = |registry: &Registry| [1, 2, 3, 4, 5, 6, 7].map(|n| registry.knows(&party(n)));
    make(&mut registry, 5, 6, 5);
    assert_eq!(parties(&registry), [true, true, false, true, true, false, false], "3 is younger than 2");
    make(&mut registry, 6, 7, 6);
    assert_eq!(parties(&registry), [true, false, false, true, true, true, false]);
    said(&mut registry);
    assert_eq!(code(&mut registry, 8, create(record_of(7, 8))), ErrorCode::TooManyParties);
    assert_eq!(parties(&registry), [true, false, false, true, true, true, false], "who is here stays");
    assert_eq!(registry.forgotten(), 2);
}
