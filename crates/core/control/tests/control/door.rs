//! The door of a party: whoever knows no more than its id gets nothing.

use lanrage_control::{
    protocol::{ErrorCode, Nonce, PartySnapshot, Request, ServerMessage},
    registry::{Caller, Registry, RegistrySettings},
};
use lanrage_party::{DoorPrivateKey, PartySecret};

use crate::support::*;

fn caller(n: u8) -> Caller {
    Caller { peer: id(n), nonce: Some(Nonce::from_random([n; 32])) }
}

/// The request with the proof that peer `n` makes with `key` in the session of `nonce`.
fn proven(mut request: Request, n: u8, key: &DoorPrivateKey, nonce: u8) -> Request {
    if let Request::CreateParty { party, proof, .. }
    | Request::JoinParty { party, proof, .. }
    | Request::GetParty { party, proof } = &mut request
    {
        *proof = Some(key.open(&[nonce; 32], party, &id(n)));
    }
    request
}

fn get() -> Request {
    Request::GetParty { party: party(1), proof: None }
}

fn answers(registry: &mut Registry, n: u8, request: Request) -> Vec<ServerMessage> {
    registry.handle(caller(n), request, START);
    said(registry).into_iter().filter(|(to, _)| *to == id(n)).map(|(_, message)| message).collect()
}

fn refused(registry: &mut Registry, n: u8, request: Request) -> ErrorCode {
    let before = registry.party(&party(1));
    match answers(registry, n, request).as_slice() {
        [ServerMessage::Error(refusal)] => {
            assert_eq!(registry.party(&party(1)), before, "and nothing has changed");
            refusal.code
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn let_in(registry: &mut Registry, n: u8, request: Request) -> PartySnapshot {
    match answers(registry, n, request).as_slice() {
        [ServerMessage::Party { snapshot }] => snapshot.clone(),
        other => panic!("not let in: {other:?}"),
    }
}

/// Party 1 with a door and its host, peer 1.
fn closed() -> Registry {
    let mut registry = empty();
    let_in(&mut registry, 1, with_door(create(record(1, 1, 1))));
    registry
}

#[test]
fn without_a_proof_of_this_session_the_id_gives_nothing() {
    let mut registry = closed();
    let eve = with_door(join(record(6, 6, 1)));
    let wrong = PartySecret::from_random([8; 32]).door_key(0);
    for (request, why) in [
        (eve.clone(), "no proof"),
        (proven(eve.clone(), 6, &wrong, 6), "the key of another secret"),
        (proven(eve.clone(), 6, &door_key(), 7), "made for another session"),
        (proven(eve.clone(), 2, &door_key(), 6), "made for another peer"),
        (create(record(6, 6, 1)), "made anew"),
        (get(), "only read"),
    ] {
        assert_eq!(refused(&mut registry, 6, request), ErrorCode::DoorClosed, "{why}");
    }
    assert_eq!(let_in(&mut registry, 6, proven(eve, 6, &door_key(), 6)).peers.len(), 2);
}

#[test]
fn a_full_party_tells_a_stranger_no_more_than_one_with_room() {
    let settings = RegistrySettings { peers_per_party: 1, ..RegistrySettings::default() };
    let mut registry = Registry::new(settings, START);
    let_in(&mut registry, 1, with_door(create(record(1, 1, 1))));
    let eve = join(record(6, 1, 1));
    assert_eq!(refused(&mut registry, 6, eve.clone()), ErrorCode::DoorClosed);
    assert_eq!(refused(&mut registry, 6, proven(eve, 6, &door_key(), 6)), ErrorCode::PartyFull);
}

#[test]
fn a_member_shows_the_key_in_every_session_and_so_does_the_host() {
    let mut registry = closed();
    let again = with_door(create(record(1, 1, 1)));
    assert_eq!(refused(&mut registry, 1, again.clone()), ErrorCode::DoorClosed);
    assert_eq!(refused(&mut registry, 1, get()), ErrorCode::DoorClosed);
    let_in(&mut registry, 1, proven(again, 1, &door_key(), 1));
    let_in(&mut registry, 1, proven(get(), 1, &door_key(), 1));
    assert_eq!(registry.handle(id(1), get(), START), (), "without a session nothing can be proven");
    assert!(matches!(&said(&mut registry)[..], [(_, ServerMessage::Error(_))]));
}

#[test]
fn a_party_of_before_is_as_it_was_until_its_maker_brings_a_door() {
    let mut registry = party_of(2);
    let eve = |n: u8| join(record(n, n, 1));
    let_in(&mut registry, 6, eve(6));
    // A member is not believed: anybody with the id could have become one.
    let_in(&mut registry, 2, with_door(join(record(2, 2, 1))));
    let_in(&mut registry, 7, eve(7));
    let_in(&mut registry, 1, with_door(create(record(1, 1, 1))));
    assert_eq!(refused(&mut registry, 8, eve(8)), ErrorCode::DoorClosed);
    // Nobody changes it.
    let other = PartySecret::from_random([8; 32]).door_key(0);
    let mut changed = proven(create(record(1, 1, 1)), 1, &door_key(), 1);
    let Request::CreateParty { door, .. } = &mut changed else { unreachable!() };
    *door = Some(other.public());
    let_in(&mut registry, 1, changed);
    assert_eq!(refused(&mut registry, 8, proven(eve(8), 8, &other, 8)), ErrorCode::DoorClosed);
    let_in(&mut registry, 8, proven(eve(8), 8, &door_key(), 8));
}

#[test]
fn an_heir_may_be_a_stranger_and_gives_no_door() {
    let mut registry = party_of(2);
    registry.handle(id(1), Request::LeaveParty { party: party(1), leave: None }, START.plus(DAY));
    said(&mut registry);
    assert_eq!(registry.party(&party(1)).unwrap().host, id(2), "inherited");
    let_in(&mut registry, 2, with_door(create(record(2, 2, 1))));
    let_in(&mut registry, 3, join(record(3, 3, 1)));
}

#[test]
fn a_door_outlives_its_registry_and_a_party_made_again_has_it_again() {
    let mut kept = Disk::default();
    let mut registry = closed();
    registry.take_changes().into_iter().for_each(|change| kept.apply(change));
    let (parties, peers) = kept.parties_and_peers();
    let (mut restored, _) = Registry::restore(RegistrySettings::default(), parties, peers, START);
    let eve = join(record(6, 6, 1));
    assert_eq!(refused(&mut restored, 6, eve.clone()), ErrorCode::DoorClosed);
    // A server that lost everything knows of no party, and its host makes it again.
    let mut lost = empty();
    assert_eq!(refused(&mut lost, 6, eve.clone()), ErrorCode::UnknownParty);
    let_in(&mut lost, 1, proven(with_door(create(record(1, 1, 1))), 1, &door_key(), 1));
    assert_eq!(refused(&mut lost, 6, eve), ErrorCode::DoorClosed);
}
