//! Finding friends in the public store, where there is no server.

mod codes;

use std::{net::SocketAddrV4, time::Duration};

use lanrage_party::{Invitation, NatType, facts::Unanswered};
use lanrage_rendezvous::{Beacon, BeaconEntry, Event, Keys, Kind, PeerMark, Place, SignedItem};

use super::stage::{Stage, settings, somewhere};
use crate::{Command, CommandError, Input, Settings, StoreAction};

/// A device in a party of its own that has no server and looks for friends in the public store.
fn host() -> Stage {
    let mut stage = Stage::without_server();
    stage.input(Input::Configure(Settings { uses_rendezvous: true, ..settings(None) }));
    stage.make_party(1);
    stage
}

#[test]
fn who_passes_a_link_on_looks_at_the_door_more_often_for_a_while() {
    let mut stage = host();
    let looks_of_a_minute = |stage: &mut Stage| {
        let before = stage.looks;
        stage.pass(Duration::from_secs(60));
        stage.looks - before
    };
    assert!(looks_of_a_minute(&mut stage) > 10, "somebody will come now");
    stage.pass(Duration::from_secs(40 * 60));
    let patient = looks_of_a_minute(&mut stage);
    stage.command(2, Command::LinkCopied);
    assert_eq!(stage.results.pop(), Some((2, Ok(()))));
    let eager = looks_of_a_minute(&mut stage);
    assert!(patient > 0 && eager >= 2 * patient, "{patient}, then {eager}");
}

#[test]
fn without_a_party_a_link_is_nobodys() {
    let mut stage = Stage::without_server();
    stage.command(1, Command::LinkCopied);
    assert_eq!(stage.results.pop(), Some((1, Err(CommandError::NotInParty))));
}

#[test]
fn nodes_that_answered_are_kept_also_when_the_party_was_left() {
    let mut stage = host();
    let nodes = vec![SocketAddrV4::new([198, 51, 100, 1].into(), 6_881)];
    for _ in 0..2 {
        stage.kept.clear();
        stage.input(Input::Rendezvous(Event::Nodes(nodes.clone())));
        assert!(matches!(&stage.kept[..], [StoreAction::SaveDhtNodes(kept)] if *kept == nodes));
        stage.command(2, Command::LeaveParty);
    }
}

/// What the public store holds of a party whose one member is behind such a router.
fn beacon(stage: &Stage, link: &Invitation, nat_type: NatType) -> SignedItem {
    let (keys, wall) = (Keys::new(&link.secret, link.epoch), stage.now().wall);
    let addresses = [somewhere()].into_iter().collect();
    let peer = PeerMark([7; 8]);
    let entry = BeaconEntry { peer, age_s: 0, reachable: false, relays: false, nat_type, addresses };
    let beacon = Beacon { written: wall, entries: vec![entry] };
    let place = Place { kind: Kind::Beacon, window: keys.window(wall), slot: 0 };
    keys.seal(place, wall.0 as i64 * 1_000, &beacon.to_plain(), [9; 24])
}

#[test]
fn where_no_router_lets_the_other_in_joining_ends_within_twenty_seconds_and_says_why() {
    use NatType::{PortRestrictedCone, Symmetric, Unknown};
    let link = Invitation { addresses: Vec::new(), ..host().invitation() };
    for (own, theirs, because, is_sure) in [
        (Symmetric, Symmetric, Unanswered::BothSymmetric, true),
        (Symmetric, PortRestrictedCone, Unanswered::SymmetricAndStrict, true),
        (PortRestrictedCone, Symmetric, Unanswered::SymmetricAndStrict, true),
        (Symmetric, Unknown, Unanswered::OneSymmetric, false),
        (Unknown, Symmetric, Unanswered::OneSymmetric, false),
        (PortRestrictedCone, PortRestrictedCone, Unanswered::NotKnown, false),
    ] {
        let mut stage = Stage::behind(own);
        stage.input(Input::Configure(Settings { uses_rendezvous: true, ..settings(None) }));
        stage.items = vec![beacon(&stage, &link, theirs)];
        stage.command(9, Command::JoinParty(Box::new(link.clone())));
        stage.pass(Duration::from_secs(17));
        assert!(stage.results.is_empty(), "{own:?} {theirs:?}");
        stage.pass(Duration::from_secs(2));
        assert_eq!(!stage.results.is_empty(), is_sure, "{own:?} {theirs:?}");
        stage.pass(Duration::from_secs(12));
        assert_eq!(stage.results.pop(), Some((9, Err(CommandError::NobodyAnswers { because }))));
    }
}
