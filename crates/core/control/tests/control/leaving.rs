//! A membership ends by the member's own word: its session alone may be somebody else's.

use lanrage_control::{
    protocol::{Change, ErrorCode, Request, ServerMessage},
    registry::Registry,
};
use lanrage_party::{Leave, SignedRecord};

use crate::support::*;

fn leave(leave: Option<Leave>) -> Request {
    Request::LeaveParty { party: party(1), leave }
}

/// Peer 1, and peer 2 of a program that signs that it leaves, whose record is of sequence 10.
fn two() -> (Registry, SignedRecord) {
    let mut registry = party_of(1);
    let record = signing_record(2, 2, 10);
    registry.handle(id(2), join(record.clone()), START);
    said(&mut registry);
    (registry, record)
}

#[test]
fn what_the_member_has_not_signed_ends_nothing() {
    let (mut registry, _) = two();
    let own = |party_number: u8, sequence| Leave::sign(&identity(2), &party(party_number), sequence);
    for (word, why) in [
        (None, "nothing"),
        (Some(Leave::sign(&identity(1), &party(1), 11)), "signed by another"),
        (Some(own(2, 11)), "of another party"),
        (Some(own(1, 10)), "as old as the record"),
        (Some(own(1, 9)), "older than the record"),
    ] {
        assert_eq!(code(&mut registry, 2, leave(word)), ErrorCode::UnsignedLeave, "{why}");
        assert!(registry.is_member(&party(1), &id(2)), "{why}");
    }
}

#[test]
fn the_members_own_word_ends_it_and_the_others_are_told_the_word() {
    let (mut registry, record) = two();
    let word = Leave::sign(&identity(2), &party(1), 11);
    registry.handle(id(2), leave(Some(word)), START);
    let told = said(&mut registry);
    let change = Change::PeerLeft { peer: id(2), leave: Some(word) };
    assert!(
        told.iter().any(|(to, message)| *to == id(1)
            && matches!(message, ServerMessage::Delta { change: told, .. } if *told == change)),
        "{told:?}"
    );
    assert!(!registry.is_member(&party(1), &id(2)));
    // Whoever keeps the word cannot end a later membership with it.
    let newer = signing_record(2, 2, 12);
    assert!(newer.claimed().sequence > record.claimed().sequence);
    registry.handle(id(2), join(newer), START);
    said(&mut registry);
    assert_eq!(code(&mut registry, 2, leave(Some(word))), ErrorCode::UnsignedLeave);
}

#[test]
fn a_program_that_is_older_than_that_leaves_as_before() {
    let mut registry = party_of(2);
    let answer = ask(&mut registry, 2, leave(None), START.plus(DAY));
    assert_eq!(answer, [ServerMessage::Left { party: party(1) }]);
    assert!(!registry.is_member(&party(1), &id(2)));
}
