use std::time::Duration;

use lanrage_control::protocol::{Change, Request};
use lanrage_party::{Departure, Invitation, Leave, StoredPeer};

use super::{
    knocks::{host_with_friend, say},
    stage::{Somebody, Stage, entry, somewhere},
};
use crate::{
    Command, Input, InvitationLink, Kept, Output, SavedMembership, StoreAction,
    peers::gossip::message::Message,
};

/// What was kept last: the membership with its host, and every peer that was not removed again.
pub(super) fn kept(stage: &Stage) -> Kept {
    let mut membership = None;
    let mut departures = Vec::new();
    let mut peers: Vec<StoredPeer> = Vec::new();
    for action in &stage.kept {
        match action {
            StoreAction::SaveMembership { membership: saved, host, active: true } => {
                membership = Some((SavedMembership::clone(saved), *host));
            }
            StoreAction::SaveMembership { active: false, .. } | StoreAction::ForgetMembership { .. } => {
                membership = None;
            }
            StoreAction::SavePeer { peer, .. } => {
                peers.retain(|known| known.peer != peer.peer);
                peers.push(StoredPeer::clone(peer));
            }
            StoreAction::RemovePeer { peer, .. } => peers.retain(|known| known.peer != *peer),
            StoreAction::SaveDepartures { departures: gone, .. } => departures.clone_from(gone),
            StoreAction::SaveNat(_) | StoreAction::SaveDhtNodes(_) => {}
        }
    }
    let (membership, host) = membership.expect("a membership is kept");
    Kept { membership, host, peers, departures }
}

fn with_bob() -> (Stage, Somebody) {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    stage.say_party(&[bob.sign(&stage.invitation().secret)]);
    stage.prove_path(bob.identity.peer_id(), somewhere());
    (stage, bob)
}

/// The device after a start, on which `beforehand` happens before it takes up what was kept.
pub(super) fn restarted(before: &Stage, beforehand: impl FnOnce(&mut Stage)) -> Stage {
    let mut stage = Stage::new();
    beforehand(&mut stage);
    stage.input(Input::Restore(kept(before)));
    stage
}

#[test]
fn a_restarted_device_is_in_its_party_before_any_server_answers() {
    let (before, bob) = with_bob();
    let stage = restarted(&before, |_| {});
    let (was, is) = (before.snapshot().party.unwrap(), stage.snapshot().party.unwrap());
    let link = |shown: InvitationLink| Invitation { addresses: Vec::new(), ..shown.0.parse().unwrap() };
    assert_eq!((is.id, is.virtual_ip), (was.id, was.virtual_ip));
    assert_eq!(
        link(is.invitation),
        link(was.invitation),
        "but for the friend's address, which no path proves yet"
    );
    assert_eq!(stage.adapters_opened, 1);
    let key = bob.record.wireguard_key;
    assert!(stage.tunnel.iter().any(|action| matches!(action, Output::AddPeer(p) if p.public_key == key)));
    let tried = stage.tunnel.iter().any(|action| match action {
        Output::Datagram { to, .. } => *to == somewhere().into(),
        Output::Handshake { targets, .. } => targets.contains(&somewhere().into()),
        _ => false,
    });
    assert!(tried, "the friend is tried where it was last: {:?}", stage.tunnel);
}

#[test]
fn a_restarted_device_registers_again_with_a_newer_record_of_the_same_lease() {
    let (before, _) = with_bob();
    let registered = |stage: &Stage| {
        stage.requests.iter().rev().find_map(|request| match request {
            Request::CreateParty { record, .. } => Some(record.claimed().clone()),
            _ => None,
        })
    };
    let mut stage = restarted(&before, |_| {});
    stage.welcome();
    let (old, new) = (registered(&before).unwrap(), registered(&stage).unwrap());
    assert_eq!((new.virtual_ip, new.wireguard_key), (old.virtual_ip, old.wireguard_key));
    assert!(new.sequence > old.sequence);
}

#[test]
fn a_peer_that_left_and_a_party_that_was_left_do_not_come_back() {
    let (mut before, bob) = with_bob();
    let word = Leave::sign(&bob.identity, &before.invitation().party, bob.record.sequence + 1);
    before.say_change(Change::PeerLeft { peer: bob.identity.peer_id(), leave: Some(word) });
    assert!(kept(&before).peers.is_empty());
    before.command(5, Command::LeaveParty);
    assert!(matches!(before.kept.last(), Some(StoreAction::ForgetMembership { .. })));
}

#[test]
fn after_a_restart_no_friend_who_missed_it_brings_back_who_has_left() {
    let (mut before, link, mut bob) = host_with_friend();
    let mut carol = Somebody::new(3, link.party);
    say(&mut before, &bob, &Message::Records(vec![carol.sign(&link.secret)]));
    let leave = Leave::sign(&carol.identity, &link.party, carol.record.sequence + 1);
    let departure = Departure { identity: carol.identity.public(), leave };
    say(&mut before, &bob, &Message::Departures(vec![departure]));

    let kept = kept(&before);
    assert_eq!(kept.departures, [departure]);
    let mut stage = Stage::without_server();
    stage.input(Input::Restore(kept));
    bob.record.sequence += 1;
    let friends = |stage: &Stage| stage.snapshot().party.unwrap().peers.len();
    let tells = |stage: &mut Stage, carol: &Somebody| {
        say(stage, &bob, &Message::Records(vec![bob.sign(&link.secret), carol.sign(&link.secret)]));
    };
    tells(&mut stage, &carol);
    assert_eq!(friends(&stage), 1, "the friend has missed that she left");
    carol.record.sequence += 2;
    tells(&mut stage, &carol);
    assert_eq!(friends(&stage), 2, "she is back");
    assert!(
        matches!(stage.kept.last(), Some(StoreAction::SaveDepartures { departures, .. }) if departures.is_empty())
    );
}

#[test]
fn an_old_record_is_a_replay_even_across_a_restart() {
    let (mut before, mut bob) = with_bob();
    let secret = before.invitation().secret;
    let old = bob.sign(&secret);
    bob.record.sequence += 1;
    before.say_change(Change::PeerUpdated { entry: entry(&bob.sign(&secret)) });
    let mut stage = restarted(&before, |_| {});
    stage.welcome();
    stage.say_party(&[old]);
    assert_eq!(stage.problems(), ["peer_replayed"]);
}

#[test]
fn a_paused_party_is_not_brought_back_by_itself_but_on_request() {
    let (mut stage, _) = with_bob();
    let kept = kept(&stage);
    stage.command(5, Command::PauseParty);
    assert!(matches!(stage.kept.last(), Some(StoreAction::SaveMembership { active: false, .. })));
    assert!(stage.snapshot().party.is_none());
    stage.input(Input::Kept(6, Ok(kept)));
    assert!(stage.snapshot().party.is_some());
    assert!(matches!(stage.results.pop(), Some((6, Ok(())))));
}

/// A stage without a server, on which `before` was paused.
fn paused(before: &Stage) -> Stage {
    let mut stage = Stage::new();
    stage.stored = Some(kept(before));
    stage
}

#[test]
fn the_link_of_a_paused_party_brings_it_back_although_no_server_answers_and_the_link_is_over() {
    let (before, _) = with_bob();
    let mut link = before.invitation();
    let mut stage = paused(&before);
    link.expires_at = Some(stage.now().wall);
    stage.command(9, Command::JoinParty(Box::new(link)));
    stage.pass(Duration::from_secs(60));
    assert!(matches!(stage.results.pop(), Some((9, Ok(())))));
    let (was, is) = (before.snapshot().party.unwrap(), stage.snapshot().party.unwrap());
    assert_eq!((is.id, is.virtual_ip, is.peers.len()), (was.id, was.virtual_ip, 1));
}

#[test]
fn a_join_that_fails_takes_no_membership_with_it() {
    let (before, _) = with_bob();
    let mut stage = paused(&before);
    // Of a party that was made anew: what is kept does not fit.
    let link = Invitation { epoch: 2, ..before.invitation() };
    stage.command(9, Command::JoinParty(Box::new(link)));
    stage.pass(Duration::from_secs(11));
    assert_eq!(stage.results.pop().unwrap().1.unwrap_err().code(), "control_unreachable");
    assert!(!stage.kept.iter().any(|action| matches!(action, StoreAction::ForgetMembership { .. })));
}

#[test]
fn the_link_of_the_party_that_one_is_in_changes_nothing() {
    let (mut stage, _) = with_bob();
    let link = stage.invitation();
    stage.command(9, Command::JoinParty(Box::new(link)));
    assert!(matches!(stage.results.pop(), Some((9, Ok(())))));
    assert_eq!(stage.snapshot().party.unwrap().peers.len(), 1);
}
