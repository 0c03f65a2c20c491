//! The party's secret after a removal: who is told what has come to it, and who comes in by one of before.

use std::time::Duration;

use lanrage_control::protocol::{Change, PeerEntry, Request};
use lanrage_party::{
    Epoch, Invitation, KnockRefusal, KnockWord, Matter, PartySecret, PeerId, Ruling, Share, SignalKey,
    SignedRecord, Standing, WireGuardPrivateKey,
};

use super::{friends, guest, news, standing, wish};
use crate::{
    Command, Input, Kept, Output, SavedMembership, StoreAction,
    peers::{gossip::message::Message, signal::Signal},
    session::tests::{
        knocks::{hear, host, knock, say, sent},
        stage::{Somebody, Stage, entry, somewhere},
        trust::{introduced, signal},
    },
};

/// The device of an owner who has kicked eve, whom bob has a session with.
struct Scene {
    stage: Stage,
    /// As it was before.
    link: Invitation,
    bob: Somebody,
    eve: Somebody,
}

fn scene() -> Scene {
    let mut stage = host();
    let link = stage.invitation();
    let [bob, eve] = [2, 3].map(|n| Somebody::new(n, link.party));
    for friend in [&bob, &eve] {
        let seed = friend.record.virtual_ip.0.octets()[3];
        let ask = knock(&stage, KnockWord::Ask, [seed; 8], friend.sign(&link.secret));
        hear(&mut stage, &link, somewhere(), &ask);
        stage.prove_path(friend.identity.peer_id(), somewhere());
    }
    stage.tunnel.clear();
    assert_eq!(wish(&mut stage, standing(&eve, Standing::Kicked)), Ok(()));
    Scene { stage, link, bob, eve }
}

/// The secret in force, and the link of it as whoever joins sees the party.
fn present(stage: &Stage) -> Epoch {
    stage.party().unwrap().membership.epochs.present().clone()
}

fn as_link(link: &Invitation, epoch: &Epoch) -> Invitation {
    Invitation { secret: epoch.secret.clone(), epoch: epoch.number, ..link.clone() }
}

fn signed_in(of: &Somebody, epoch: &Epoch) -> SignedRecord {
    let mut record = of.record.clone();
    record.epoch = epoch.number;
    record.sign(&of.identity, &epoch.secret)
}

/// Who is told shares, and how often.
fn told_shares(stage: &Stage, link: &Invitation) -> Vec<PeerId> {
    let told = stage.tunnel.iter().filter_map(|output| match output {
        Output::Probe { peer, payload, .. } => {
            let message = Message::parse(payload, link.party);
            matches!(message, Some(Message::Shares(_))).then_some(*peer)
        }
        _ => None,
    });
    told.collect()
}

#[test]
fn everybody_but_whoever_is_removed_is_told_the_new_secret_and_keeps_the_session() {
    let Scene { mut stage, link, bob, eve } = scene();
    let (bob_id, eve_id) = (bob.identity.peer_id(), eve.identity.peer_id());
    assert_eq!(told_shares(&stage, &link), [bob_id]);
    let touched = |output: &Output| match output {
        Output::AddPeer(peer) => peer.id == bob_id,
        Output::RemovePeer(peer) => *peer == bob_id,
        Output::Enter(_) | Output::Leave => true,
        _ => false,
    };
    assert!(!stage.tunnel.iter().any(touched), "bob's session goes on");
    let now = present(&stage);
    assert!(now.secret != link.secret && now.number != link.epoch);
    let newer = stage.invitation();
    assert_eq!((newer.shares.len(), newer.secret == link.secret), (1, true));
    // Bob asks again, and eve; a member that nothing is known of has no session.
    let marks: Vec<_> = newer.shares.iter().map(|share| share.mark(&link.party)).collect();
    stage.tunnel.clear();
    for friend in [&bob, &eve] {
        say(&mut stage, friend, &Message::SharesAsk(marks.clone()));
    }
    assert_eq!(told_shares(&stage, &link), [bob_id]);
    stage.pass(Duration::from_secs(90));
    assert!(!told_shares(&stage, &link).contains(&eve_id));
    // The kick is taken back: all is as before.
    assert_eq!(wish(&mut stage, standing(&eve, Standing::Member)), Ok(()));
    assert_eq!(present(&stage).number, link.epoch);
    assert!(stage.invitation().shares.is_empty());
}

#[test]
fn whoever_was_away_comes_back_with_the_secret_of_before_and_is_told_nothing_that_the_removed_may_not_know() {
    let Scene { mut stage, link, bob, eve } = scene();
    stage.tunnel.clear();
    for (friend, word) in [(&bob, KnockWord::Answer), (&eve, KnockWord::Refusal(KnockRefusal::Removed))] {
        let seed = 20 + friend.record.virtual_ip.0.octets()[3];
        let call = knock(&stage, KnockWord::Call, [seed; 8], friend.sign(&link.secret));
        hear(&mut stage, &link, somewhere(), &call);
        let said = sent(&mut stage, &link);
        assert_eq!(said.len(), 1);
        assert_eq!(said[0].1.word, word);
        assert!(said[0].1.candidates.is_empty(), "whoever has the old secret may read it");
        let (record, shown) = (&said[0].1.record, said[0].1.record.claimed());
        assert_eq!(record.verify(&link.party, link.epoch, &link.secret), Ok(shown));
    }
    assert_eq!(friends(&stage), 1);
}

#[test]
fn whoever_comes_by_a_link_of_before_asks_and_by_a_new_one_comes_in() {
    let Scene { mut stage, link, eve, .. } = scene();
    let [cid, dan] = [4, 5].map(|n| Somebody::new(n, link.party));
    let ask = knock(&stage, KnockWord::Ask, [4; 8], cid.sign(&link.secret));
    stage.tunnel.clear();
    hear(&mut stage, &link, somewhere(), &ask);
    assert_eq!(sent(&mut stage, &link)[0].1.word, KnockWord::Refusal(KnockRefusal::NotLetIn));
    assert_eq!((friends(&stage), news(&stage, "wants_in")), (1, 1));
    // Anything else that is ruled lets nobody in who waits.
    assert_eq!(wish(&mut stage, standing(&eve, Standing::Banned)), Ok(()));
    assert_eq!(wish(&mut stage, crate::Wish::Admission(lanrage_party::Admission::Open)), Ok(()));
    assert_eq!((friends(&stage), stage.snapshot().party.unwrap().requests.len()), (1, 1));
    stage.tunnel.clear();
    assert_eq!(wish(&mut stage, standing(&cid, Standing::Member)), Ok(()));
    let answers = sent(&mut stage, &link);
    assert!(answers.iter().any(|(_, knock)| knock.word == KnockWord::Answer && knock.token == [4; 8]));
    assert_eq!(friends(&stage), 2);
    let now = present(&stage);
    let newer = as_link(&link, &now);
    let ask = knock(&stage, KnockWord::Ask, [5; 8], signed_in(&dan, &now));
    hear(&mut stage, &newer, somewhere(), &ask);
    let said = sent(&mut stage, &newer);
    assert!(said.iter().any(|(_, knock)| knock.word == KnockWord::Answer && !knock.candidates.is_empty()));
    assert_eq!(friends(&stage), 3);
}

#[test]
fn whoever_asks_by_a_link_of_before_is_refused_without_another_secret_as_they_do_not_know_this_one() {
    let Scene { mut stage, link, .. } = scene();
    let cid = Somebody::new(4, link.party);
    let ask = knock(&stage, KnockWord::Ask, [4; 8], cid.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    let before = present(&stage);
    assert_eq!(wish(&mut stage, standing(&cid, Standing::Kicked)), Ok(()));
    assert_eq!(present(&stage), before);
    assert_eq!(stage.snapshot().party.unwrap().removed.len(), 2);
}

/// A member whom the maker's ruling has reached that eve is out, with a share.
fn behind() -> (Stage, Invitation, Somebody, Share) {
    let (mut stage, link, maker) = guest();
    let eve = Somebody::new(3, link.party);
    say(&mut stage, &maker, &Message::Records(vec![eve.sign(&link.secret)]));
    let share = Share::from_bytes([9; 32]);
    let kick = removal(&stage, &maker, &link, eve.identity.peer_id(), &share);
    stage.tunnel.clear();
    say(&mut stage, &maker, &Message::Rulings(vec![kick]));
    let digest = stage.party().unwrap().membership.rulings.digest();
    say(&mut stage, &maker, &Message::Ruled(digest));
    (stage, link, maker, share)
}

fn removal(stage: &Stage, by: &Somebody, link: &Invitation, peer: PeerId, share: &Share) -> Ruling {
    let share = Some(share.mark(&link.party));
    let matter = Matter::Peer { peer, standing: Standing::Kicked, name: None, share };
    Ruling::sign(&by.identity, &link.party, stage.now().wall.0, matter)
}

fn asked(stage: &mut Stage, link: &Invitation) -> usize {
    stage.pass(Duration::from_millis(1));
    let asked = stage.tunnel.iter().filter(|output| match output {
        Output::Probe { payload, .. } => {
            matches!(Message::parse(payload, link.party), Some(Message::SharesAsk(_)))
        }
        _ => false,
    });
    let asked = asked.count();
    stage.tunnel.clear();
    asked
}

#[test]
fn a_member_asks_for_what_it_lacks_until_it_is_told_and_believes_nothing_else() {
    let (mut stage, link, maker, share) = behind();
    assert_eq!(asked(&mut stage, &link), 1);
    say(&mut stage, &maker, &Message::Shares(vec![Share::from_bytes([8; 32])]));
    assert_eq!(present(&stage).number, link.epoch, "a share that no ruling names");
    stage.pass(Duration::from_millis(990));
    stage.prove_path(maker.identity.peer_id(), somewhere());
    stage.pass(Duration::from_millis(20));
    assert_eq!(asked(&mut stage, &link), 1, "it asks again");
    say(&mut stage, &maker, &Message::Shares(vec![share]));
    assert_ne!(present(&stage).number, link.epoch);
    stage.pass(Duration::from_secs(5));
    assert_eq!(asked(&mut stage, &link), 0);
    let record = stage.party().unwrap().membership.signed().unwrap().claimed().epoch;
    assert_eq!(record, present(&stage).number, "all see by the record that it has the new secret");
}

#[test]
fn a_restarted_member_still_knows_the_secret_and_asks_for_what_it_lacked() {
    let (mut stage, link, maker, share) = behind();
    say(&mut stage, &maker, &Message::Shares(vec![share]));
    let restarted = |stage: &Stage| {
        let mut after = Stage::without_server();
        let saved = stage.kept.iter().rev().find_map(|action| match action {
            StoreAction::SaveMembership { membership, host, .. } => {
                Some((SavedMembership::clone(membership), *host))
            }
            _ => None,
        });
        let (membership, host) = saved.unwrap();
        let (peers, departures) = (Vec::new(), Vec::new());
        after.input(Input::Restore(Kept { membership, host, peers, departures }));
        after
    };
    let after = restarted(&stage);
    assert_eq!(present(&after), present(&stage));
    assert!(after.party().unwrap().membership.epochs.get(link.epoch).is_some());
    let (lacking, ..) = behind();
    let after = restarted(&lacking);
    assert_eq!(present(&after).number, link.epoch);
    assert_eq!(after.party().unwrap().membership.epochs.lacking().len(), 1);
}

#[test]
fn a_link_made_since_leads_a_member_back_who_finds_nobody_with_the_secret_of_before() {
    let Scene { stage: owner, link, .. } = scene();
    let newer = owner.invitation();
    let mut stage = Stage::without_server();
    let first = Invitation { addresses: vec![somewhere()], ..link.clone() };
    stage.command(9, Command::JoinParty(Box::new(first)));
    stage.command(10, Command::JoinParty(Box::new(newer)));
    stage.tunnel.clear();
    stage.pass(Duration::from_millis(1));
    assert_eq!(present(&stage), present(&owner));
    assert!(!sent(&mut stage, &as_link(&link, &present(&owner))).is_empty(), "it knocks with the new secret");
}

#[test]
fn a_server_that_lists_somebody_by_a_secret_not_known_yet_does_not_make_anybody_a_stranger() {
    let mut stage = Stage::in_party();
    let link = stage.invitation();
    let bob = Somebody::new(2, link.party);
    stage.say_party(&[bob.sign(&link.secret)]);
    let epoch = Epoch { number: 0x8000_0007, secret: lanrage_party::PartySecret::from_random([8; 32]) };
    let mut ahead = bob;
    ahead.record.sequence += 1;
    stage.say_change(Change::PeerUpdated { entry: entry(&signed_in(&ahead, &epoch)) });
    assert_eq!((friends(&stage), news(&stage, "peer_of_other_party")), (1, 0), "{:?}", stage.notices);
    assert!(stage.problems().is_empty());
}

#[test]
fn who_knows_a_secret_of_before_alone_is_introduced_to_whom_the_server_lists_by_a_newer_one() {
    let mut stage = Stage::in_party();
    let link = stage.invitation();
    let [bob, eve] = [2, 3].map(|n| Somebody::new(n, link.party));
    let epoch = Epoch { number: 0x8000_0007, secret: PartySecret::from_random([8; 32]) };
    stage.say_party(&[]);
    for listed in [&bob, &eve] {
        let away = PeerEntry { online: false, ..entry(&signed_in(listed, &epoch)) };
        stage.say_change(Change::PeerJoined { entry: away });
    }
    assert_eq!(friends(&stage), 0);
    let said = |stage: &Stage, record| introduced(stage, &bob, (0, 1), &[somewhere()], record);
    let good = said(&stage, Some(bob.sign(&link.secret)));
    let foreign = bob.sign(&PartySecret::from_random([9; 32]));
    for none in [said(&stage, None), said(&stage, Some(eve.sign(&link.secret))), said(&stage, Some(foreign))]
    {
        signal(&mut stage, &bob, none);
        assert_eq!(friends(&stage), 0);
    }
    signal(&mut stage, &eve, good.clone());
    assert_eq!(friends(&stage), 0, "the server gives it out as somebody else's");
    stage.requests.clear();
    signal(&mut stage, &bob, good);
    assert_eq!(friends(&stage), 1);
    let is_answer =
        |request: &Request| matches!(request, Request::Signal { to, .. } if *to == bob.identity.peer_id());
    assert!(stage.requests.iter().any(is_answer), "and is told where this device is");
}

#[test]
fn whoever_comes_back_by_a_server_with_a_secret_of_before_can_read_who_is_there() {
    let mut stage = Stage::in_party();
    let link = stage.invitation();
    let [bob, eve] = [2, 3].map(|n| Somebody::new(n, link.party));
    stage.say_party(&[bob.sign(&link.secret), eve.sign(&link.secret)]);
    assert_eq!(wish(&mut stage, standing(&eve, Standing::Kicked)), Ok(()));
    assert!(present(&stage).number != link.epoch);
    let mut back = bob;
    back.private_key = WireGuardPrivateKey::from_random([9; 32]);
    back.record.wireguard_key = back.private_key.public();
    back.record.sequence += 1;
    stage.requests.clear();
    stage.say_change(Change::PeerUpdated { entry: entry(&back.sign(&link.secret)) });
    let ours = stage.party().unwrap().membership.private_key.public();
    let key = SignalKey::new(&link.secret, &back.private_key, &ours);
    let read = stage.requests.iter().find_map(|request| match request {
        Request::Signal { to, signal, .. } if *to == back.identity.peer_id() => {
            Signal::decode(&key.open(signal).ok()?).ok()?.record
        }
        _ => None,
    });
    let record = read.expect("it is introduced");
    assert_eq!(record.claimed().epoch, link.epoch);
    assert!(record.verify(&link.party, link.epoch, &link.secret).is_ok());
}

#[test]
fn who_may_rule_removes_anew_whom_nobody_knows_the_share_of() {
    let mut stage = host();
    let link = stage.invitation();
    let [bob, eve] = [2, 3].map(|n| Somebody::new(n, link.party));
    for friend in [&bob, &eve] {
        let seed = friend.record.virtual_ip.0.octets()[3];
        let ask = knock(&stage, KnockWord::Ask, [seed; 8], friend.sign(&link.secret));
        hear(&mut stage, &link, somewhere(), &ask);
        stage.prove_path(friend.identity.peer_id(), somewhere());
    }
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Moderator)), Ok(()));
    let lost = Share::from_bytes([9; 32]);
    stage.pass(Duration::from_secs(1));
    let kick = removal(&stage, &bob, &link, eve.identity.peer_id(), &lost);
    say(&mut stage, &bob, &Message::Rulings(vec![kick]));
    let digest = stage.party().unwrap().membership.rulings.digest();
    say(&mut stage, &bob, &Message::Ruled(digest));
    assert_eq!((friends(&stage), present(&stage).number), (1, link.epoch));
    stage.pass(Duration::from_secs(59));
    assert_eq!(present(&stage).number, link.epoch);
    stage.pass(Duration::from_secs(3));
    assert_ne!(present(&stage).number, link.epoch);
}
