//! What the owner and moderators decide, and who hears of it.

mod epochs;
mod forgotten;
mod guests;
mod handed_over;
mod hostile;
mod links;

use std::time::Duration;

use lanrage_party::{
    Admission, DeviceIdentity, Invitation, KnockRefusal, KnockWord, Matter, PeerId, Role, Ruling, Standing,
    facts::{CommandError, News},
};

use super::{
    knocks::{hear, host, host_with_friend, joiner, knock, let_in_friend, say, sent, told},
    stage::{Somebody, Stage, entry, settings, somewhere},
};
use crate::{Command, Input, Output, Settings, StoreAction, Wish, peers::gossip::message::Message};

fn wish(stage: &mut Stage, wish: Wish) -> Result<(), CommandError> {
    stage.command(77, Command::Rule(wish));
    stage.results.pop().expect("every command is answered").1
}

fn standing(of: &Somebody, standing: Standing) -> Wish {
    Wish::Standing(of.identity.peer_id(), standing)
}

/// A ruling on somebody as its author signs it.
fn ruled(by: &DeviceIdentity, link: &Invitation, stage: &Stage, peer: PeerId, standing: Standing) -> Ruling {
    let matter = Matter::Peer { peer, standing, name: None, share: None };
    Ruling::sign(by, &link.party, stage.now().wall.0, matter)
}

fn friends(stage: &Stage) -> usize {
    stage.snapshot().party.unwrap().peers.len()
}

fn news(stage: &Stage, code: &str) -> usize {
    stage.notices.iter().filter(|notice| notice.news.code() == code).count()
}

/// A member says that it knows the same rulings as this device.
fn knows_the_same(stage: &mut Stage, member: &Somebody) {
    let digest = stage.party().unwrap().membership.rulings.digest();
    say(stage, member, &Message::Ruled(digest));
}

/// A guest in a party whose maker lets it in, and has a path to it.
fn guest() -> (Stage, Invitation, Somebody) {
    let maker_stage = host();
    let mut link = maker_stage.invitation();
    let maker = Somebody::new(5, link.party);
    link.host = maker.identity.peer_id();
    let mut stage = joiner(&link);
    let token = sent(&mut stage, &link)[0].1.token;
    let answer = knock(&stage, KnockWord::Answer, token, maker.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &answer);
    stage.prove_path(maker.identity.peer_id(), somewhere());
    knows_the_same(&mut stage, &maker);
    stage.tunnel.clear();
    (stage, link, maker)
}

#[test]
fn whoever_is_kicked_hears_it_is_deaf_at_once_and_does_not_come_back_by_itself() {
    let (mut stage, link, bob) = host_with_friend();
    stage.tunnel.clear();
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Kicked)), Ok(()));
    let told_at = stage.tunnel.iter().position(|output| match output {
        Output::Probe { payload, .. } => {
            matches!(Message::parse(payload, link.party), Some(Message::Rulings(_)))
        }
        _ => false,
    });
    let removed_at = stage.tunnel.iter().position(|output| matches!(output, Output::RemovePeer(_)));
    assert!(told_at.unwrap() < removed_at.unwrap(), "it hears why before it is deaf");
    assert!(friends(&stage) == 0 && news(&stage, "removed") == 1);
    stage.tunnel.clear();
    let ask = knock(&stage, KnockWord::Call, [2; 8], bob.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    assert_eq!(sent(&mut stage, &link)[0].1.word, KnockWord::Refusal(KnockRefusal::Removed));
    assert_eq!(friends(&stage), 0);
    let shown = stage.snapshot().party.unwrap();
    assert_eq!((shown.removed.len(), shown.removed[0].name.as_str(), shown.requests.len()), (1, "peer 2", 0));
    // Taken back, it may come again.
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Member)), Ok(()));
    let ask = knock(&stage, KnockWord::Call, [3; 8], bob.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    assert!(friends(&stage) == 1 && stage.snapshot().party.unwrap().removed.is_empty());
}

#[test]
fn a_friend_is_muted_on_this_device_alone_and_still_is_when_it_comes_back() {
    let (mut stage, link, bob) = host_with_friend();
    let peer = bob.identity.peer_id();
    let mute = |stage: &mut Stage, is_muted: bool| {
        stage.tunnel.clear();
        let muted = is_muted.then_some(peer).into_iter().collect();
        let shield = lanrage_shield::Rules { muted, ..Default::default() };
        stage.input(Input::Configure(Settings { shield, ..settings(None) }));
    };
    let is_told = |stage: &Stage, is_muted| {
        stage.tunnel.iter().any(|output| matches!(output, Output::Mute { peer: of, is_muted: now } if *of == peer && *now == is_muted))
    };
    let is_shown = |stage: &Stage| stage.snapshot().party.unwrap().peers[0].is_muted;
    mute(&mut stage, true);
    assert!(is_told(&stage, true) && is_shown(&stage));
    assert!(told(&mut stage, &link).is_empty(), "nobody is told");
    mute(&mut stage, true);
    assert!(!is_told(&stage, true), "nothing has changed");
    mute(&mut stage, false);
    assert!(is_told(&stage, false) && !is_shown(&stage));
    mute(&mut stage, true);
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Kicked)), Ok(()));
    assert_eq!(wish(&mut stage, Wish::Undo), Ok(()));
    stage.tunnel.clear();
    let ask = knock(&stage, KnockWord::Call, [3; 8], bob.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    assert!(is_told(&stage, true) && is_shown(&stage));
}

#[test]
fn a_removal_is_taken_back_for_ten_seconds_with_all_that_came_with_it() {
    let (mut stage, link, bob) = host_with_friend();
    let bob_id = bob.identity.peer_id();
    let shown = |stage: &Stage| stage.snapshot().party.unwrap();
    assert_eq!(wish(&mut stage, Wish::Undo), Err(CommandError::NothingToUndo));
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Moderator)), Ok(()));
    let came_before = shown(&stage);
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Banned)), Ok(()));
    let undo = shown(&stage).undo.unwrap();
    assert_eq!((undo.name.as_str(), undo.is_banned), ("peer 2", true));
    assert_eq!(undo.until_ms, stage.now().wall.0 + 10_000);
    stage.pass(Duration::from_millis(9_900));
    assert_eq!(wish(&mut stage, Wish::Undo), Ok(()));
    let after = shown(&stage);
    assert_eq!((after.admission, after.removed.len(), after.undo), (came_before.admission, 0, None));
    let rulings = &stage.party().unwrap().membership.rulings;
    assert_eq!(rulings.standing(&bob_id), Some(Standing::Moderator));
    assert!(stage.invitation().shares.is_empty(), "the secret is as before");
    assert_eq!(wish(&mut stage, Wish::Undo), Err(CommandError::NothingToUndo), "once");
    let ask = knock(&stage, KnockWord::Call, [3; 8], bob.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    assert_eq!(friends(&stage), 1);
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Kicked)), Ok(()));
    stage.pass(Duration::from_secs(10));
    assert_eq!(shown(&stage).undo, None);
    assert_eq!(wish(&mut stage, Wish::Undo), Err(CommandError::NothingToUndo), "too late");
    // Of whoever only waits nothing was ruled, and nothing can be taken back.
    let cid = Somebody::new(3, link.party);
    let ask = knock(&stage, KnockWord::Ask, [4; 8], cid.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    assert_eq!(wish(&mut stage, standing(&cid, Standing::Kicked)), Ok(()));
    assert_eq!(shown(&stage).undo, None);
    // Whoever is let in again by another word is not to be had back.
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Member)), Ok(()));
    let ask = knock(&stage, KnockWord::Call, [5; 8], bob.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Kicked)), Ok(()));
    assert!(shown(&stage).undo.is_some());
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Member)), Ok(()));
    assert_eq!(shown(&stage).undo, None);
    assert_eq!(wish(&mut stage, Wish::Undo), Err(CommandError::NothingToUndo), "there is nothing");
}

#[test]
fn a_member_drops_whoever_the_owner_kicks_whoever_says_so_and_nobody_at_anothers_word() {
    let (mut stage, link, maker) = guest();
    let bob = Somebody::new(2, link.party);
    say(&mut stage, &maker, &Message::Records(vec![bob.sign(&link.secret)]));
    stage.prove_path(bob.identity.peer_id(), "198.51.100.9:9".parse().unwrap());
    assert_eq!(friends(&stage), 2);
    for author in [&bob.identity, &DeviceIdentity::from_seed(&[66; 32])] {
        let forged = ruled(author, &link, &stage, maker.identity.peer_id(), Standing::Kicked);
        say(&mut stage, &bob, &Message::Rulings(vec![forged]));
    }
    assert_eq!(friends(&stage), 2);
    let kick = ruled(&maker.identity, &link, &stage, bob.identity.peer_id(), Standing::Kicked);
    say(&mut stage, &maker, &Message::Rulings(vec![kick]));
    assert_eq!(friends(&stage), 1);
    // Neither its record nor a newer one of its own brings it back, whoever passes that on.
    say(&mut stage, &maker, &Message::Records(vec![bob.sign(&link.secret)]));
    assert_eq!(friends(&stage), 1);
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Member)), Err(CommandError::NotYours));
}

#[test]
fn whoever_is_out_by_a_part_of_what_was_ruled_and_in_by_the_whole_is_a_member_as_before() {
    let (mut stage, link, maker) = guest();
    let bob = Somebody::new(2, link.party);
    let peer = bob.identity.peer_id();
    say(&mut stage, &maker, &Message::Records(vec![bob.sign(&link.secret)]));
    let at = stage.now().wall.0;
    let say_that = |stage: &mut Stage, after, standing, is_all| {
        let matter = Matter::Peer { peer, standing, name: None, share: None };
        let ruling = Ruling::sign(&maker.identity, &link.party, at + after, matter);
        say(stage, &maker, &Message::Rulings(vec![ruling]));
        if is_all {
            knows_the_same(stage, &maker);
        }
    };
    say_that(&mut stage, 1, Standing::Kicked, false);
    assert_eq!(friends(&stage), 1, "it is deaf at once");
    say_that(&mut stage, 2, Standing::Member, false);
    assert_eq!(friends(&stage), 1);
    knows_the_same(&mut stage, &maker);
    assert_eq!(friends(&stage), 2, "nobody has said its record again");
    // Whoever was out by all that was ruled comes back by themselves.
    say_that(&mut stage, 3, Standing::Kicked, true);
    say_that(&mut stage, 4, Standing::Member, true);
    assert_eq!(friends(&stage), 1);
    say(&mut stage, &maker, &Message::Records(vec![bob.sign(&link.secret)]));
    assert_eq!(friends(&stage), 2);
}

#[test]
fn whoever_is_kicked_itself_leaves_the_network_and_keeps_its_place() {
    let (mut stage, link, maker) = guest();
    let own = stage.snapshot().peer_id.parse().unwrap();
    let kick = ruled(&maker.identity, &link, &stage, own, Standing::Kicked);
    say(&mut stage, &maker, &Message::Rulings(vec![kick]));
    assert!(stage.party().is_none());
    assert_eq!(news(&stage, "you_were_removed"), 1);
    let kept = stage.kept.iter().rev().find_map(|action| match action {
        StoreAction::SaveMembership { active, .. } => Some(*active),
        StoreAction::ForgetMembership { .. } => panic!("whoever is let in again needs its keys"),
        _ => None,
    });
    assert_eq!(kept, Some(false), "it does not come back by itself");
}

#[test]
fn with_a_ban_newcomers_have_to_ask_and_the_owner_lets_them_in() {
    let (mut stage, link, bob) = host_with_friend();
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Banned)), Ok(()));
    assert_eq!(stage.snapshot().party.unwrap().admission, Admission::Ask);
    let cid = Somebody::new(3, link.party);
    let ask = knock(&stage, KnockWord::Ask, [4; 8], cid.sign(&link.secret));
    stage.tunnel.clear();
    hear(&mut stage, &link, somewhere(), &ask);
    assert_eq!(sent(&mut stage, &link)[0].1.word, KnockWord::Refusal(KnockRefusal::NotLetIn));
    assert_eq!((friends(&stage), news(&stage, "wants_in")), (0, 1), "{:?}", stage.notices);
    let shown = stage.snapshot().party.unwrap();
    assert_eq!(
        (shown.requests.len(), shown.requests[0].id.as_str()),
        (1, cid.identity.peer_id().to_string().as_str())
    );
    stage.tunnel.clear();
    assert_eq!(wish(&mut stage, standing(&cid, Standing::Member)), Ok(()));
    let told = sent(&mut stage, &link);
    assert_eq!((told[0].0, &told[0].1.word, told[0].1.token), (somewhere(), &KnockWord::Answer, [4; 8]));
    assert!(friends(&stage) == 1 && stage.snapshot().party.unwrap().requests.is_empty());
    let again = knock(&stage, KnockWord::Ask, [5; 8], cid.sign(&link.secret));
    stage.tunnel.clear();
    hear(&mut stage, &link, somewhere(), &again);
    assert_eq!(sent(&mut stage, &link)[0].1.word, KnockWord::Answer);
}

#[test]
fn a_friend_who_is_in_stays_when_the_party_is_closed_and_nobody_else_comes() {
    let (mut stage, link, _) = host_with_friend();
    assert_eq!(wish(&mut stage, Wish::Admission(Admission::Closed)), Ok(()));
    assert_eq!(friends(&stage), 1);
    let cid = Somebody::new(3, link.party);
    let ask = knock(&stage, KnockWord::Ask, [4; 8], cid.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    assert!(friends(&stage) == 1 && news(&stage, "wants_in") == 0);
    assert_eq!(wish(&mut stage, Wish::Admission(Admission::Open)), Ok(()));
    let ask = knock(&stage, KnockWord::Ask, [5; 8], cid.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    assert_eq!(friends(&stage), 2);
}

#[test]
fn whoever_follows_a_link_and_has_to_ask_waits_for_ten_minutes_and_is_in_when_let_in() {
    let link = host().invitation();
    let maker = Somebody::new(5, link.party);
    let mut stage = joiner(&link);
    let token = sent(&mut stage, &link)[0].1.token;
    let refusal = KnockWord::Refusal(KnockRefusal::NotLetIn);
    let refused = knock(&stage, refusal.clone(), token, maker.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &refused);
    for _ in 0..60 {
        stage.pass(Duration::from_secs(5));
        assert!(stage.results.is_empty(), "it still waits");
        assert!(!sent(&mut stage, &link).is_empty(), "and asks again");
        let refused = knock(&stage, refusal.clone(), token, maker.sign(&link.secret));
        hear(&mut stage, &link, somewhere(), &refused);
    }
    let answer = knock(&stage, KnockWord::Answer, token, maker.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &answer);
    assert!(matches!(stage.results.pop(), Some((9, Ok(())))));
    let mut other = joiner(&link);
    let token = sent(&mut other, &link)[0].1.token;
    let refused = knock(&other, refusal, token, maker.sign(&link.secret));
    hear(&mut other, &link, somewhere(), &refused);
    other.pass(Duration::from_secs(601));
    assert_eq!(other.results.pop().unwrap().1, Err(CommandError::NotLetIn));
}

#[test]
fn whoever_follows_a_link_and_was_removed_is_told_so_unless_another_member_knows_better() {
    let link = host().invitation();
    let [maker, eve] = [5, 6].map(|n| Somebody::new(n, link.party));
    for knows_better in [false, true] {
        let mut stage = joiner(&link);
        let token = sent(&mut stage, &link)[0].1.token;
        let refused = knock(&stage, KnockWord::Refusal(KnockRefusal::Removed), token, eve.sign(&link.secret));
        hear(&mut stage, &link, somewhere(), &refused);
        assert!(stage.results.is_empty());
        if knows_better {
            let answer = knock(&stage, KnockWord::Answer, token, maker.sign(&link.secret));
            hear(&mut stage, &link, somewhere(), &answer);
        }
        stage.pass(Duration::from_secs(3));
        let expected = if knows_better { Ok(()) } else { Err(CommandError::RemovedFromParty) };
        assert_eq!(stage.results.pop().unwrap().1, expected);
    }
}

#[test]
fn with_a_server_whoever_is_out_stays_out_whatever_it_lists() {
    let mut stage = Stage::in_party();
    let link = stage.invitation();
    let bob = Somebody::new(2, link.party);
    let record = bob.sign(&link.secret);
    stage.say_party(std::slice::from_ref(&record));
    stage.prove_path(bob.identity.peer_id(), somewhere());
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Kicked)), Ok(()));
    assert_eq!(friends(&stage), 0);
    stage.say_party(&[record.clone(), Somebody::new(2, link.party).sign(&link.secret)]);
    assert_eq!(friends(&stage), 0);
    assert_eq!(wish(&mut stage, Wish::Admission(Admission::Ask)), Ok(()));
    let cid = Somebody::new(3, link.party);
    let joined = lanrage_control::protocol::Change::PeerJoined { entry: entry(&cid.sign(&link.secret)) };
    stage.say_change(joined);
    assert!(friends(&stage) == 0 && stage.snapshot().party.unwrap().requests.len() == 1);
    assert_eq!(wish(&mut stage, standing(&cid, Standing::Member)), Ok(()));
    assert_eq!(friends(&stage), 1, "and need not ask again");
}

#[test]
fn rulings_are_told_in_short_and_whole_to_whoever_knows_others() {
    let (mut stage, link, bob) = host_with_friend();
    let eve = Somebody::new(6, link.party);
    hear_record(&mut stage, &bob, &eve, &link);
    assert_eq!(wish(&mut stage, standing(&eve, Standing::Kicked)), Ok(()));
    stage.tunnel.clear();
    say(&mut stage, &bob, &Message::Ruled(0));
    let all = told(&mut stage, &link);
    assert!(matches!(&all[0], Message::Rulings(rulings) if rulings.len() == 2), "{all:?}");
    let Some(Message::Ruled(digest)) = all.last() else { panic!("{all:?}") };
    let digest = *digest;
    say(&mut stage, &bob, &Message::Ruled(digest));
    assert!(told(&mut stage, &link).is_empty(), "whoever knows the same is told nothing");
    for _ in 0..100 {
        say(&mut stage, &bob, &Message::Ruled(1));
    }
    let times = told(&mut stage, &link).iter().filter(|said| matches!(said, Message::Rulings(_))).count();
    assert!(times <= 3, "{times}");
}

fn hear_record(stage: &mut Stage, from: &Somebody, of: &Somebody, link: &Invitation) {
    say(stage, from, &Message::Records(vec![of.sign(&link.secret)]));
}

#[test]
fn an_owner_who_leaves_gives_the_party_to_a_moderator_first() {
    let (mut stage, link, bob) = host_with_friend();
    let cid = Somebody::new(3, link.party);
    hear_record(&mut stage, &bob, &cid, &link);
    stage.prove_path(cid.identity.peer_id(), "198.51.100.9:9".parse().unwrap());
    assert_eq!(wish(&mut stage, standing(&cid, Standing::Moderator)), Ok(()));
    stage.tunnel.clear();
    stage.command(8, Command::LeaveParty);
    let heirs: Vec<Option<PeerId>> = told(&mut stage, &link)
        .into_iter()
        .filter_map(|said| match said {
            Message::Rulings(rulings) => Some(rulings[0].matter().heir(&rulings[0].author())),
            _ => None,
        })
        .collect();
    assert_eq!(heirs, [Some(cid.identity.peer_id()); 2]);
}

#[test]
fn a_moderator_and_a_new_owner_are_told_what_they_are_now() {
    let (mut stage, link, maker) = guest();
    let own = stage.snapshot().peer_id.parse().unwrap();
    let lifted = ruled(&maker.identity, &link, &stage, own, Standing::Moderator);
    say(&mut stage, &maker, &Message::Rulings(vec![lifted]));
    assert_eq!((stage.snapshot().party.unwrap().role, news(&stage, "now_moderator")), (Role::Moderator, 1));
    let given = Ruling::sign(&maker.identity, &link.party, stage.now().wall.0 + 1, Matter::Owner(own));
    say(&mut stage, &maker, &Message::Rulings(vec![given]));
    let shown = stage.snapshot().party.unwrap();
    assert!(shown.role == Role::Owner && shown.is_host && news(&stage, "now_host") == 1);
    assert!(!shown.peers[0].is_host && shown.peers[0].role == Role::Member);
    assert_eq!(wish(&mut stage, standing(&maker, Standing::Kicked)), Ok(()));
}

#[test]
fn what_was_ruled_is_kept_for_the_next_start() {
    let mut stage = host();
    let bob = let_in_friend(&mut stage);
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Banned)), Ok(()));
    let saved = stage.kept.iter().rev().find_map(|action| match action {
        StoreAction::SaveMembership { membership, .. } => Some(membership.rulings.clone()),
        _ => None,
    });
    let saved = saved.unwrap();
    assert!(
        saved
            .iter()
            .any(|ruling| ruling.matter().subject() == lanrage_party::Subject::Peer(bob.identity.peer_id()))
    );
    assert!(matches!(stage.notices.last().unwrap().news, News::Removed { .. }));
}

#[test]
fn nobody_of_whom_nothing_was_ruled_is_dropped_before_they_could_say_what_others_have_not_heard() {
    for knows_better in [false, true] {
        let (mut stage, link, maker) = guest();
        let bob = Somebody::new(2, link.party);
        hear_record(&mut stage, &maker, &bob, &link);
        stage.prove_path(bob.identity.peer_id(), "198.51.100.9:9".parse().unwrap());
        // Its maker has handed the party over long ago, and has lost everything since: they close it.
        let at = stage.now().wall.0;
        let closes = Ruling::sign(&maker.identity, &link.party, at, Matter::Admission(Admission::Closed));
        say(&mut stage, &maker, &Message::Rulings(vec![closes]));
        knows_the_same(&mut stage, &maker);
        assert_eq!(friends(&stage), 2, "bob has not said what he knows");
        if knows_better {
            let given = Matter::Owner(bob.identity.peer_id());
            let given = Ruling::sign(&maker.identity, &link.party, at - 9, given);
            say(&mut stage, &bob, &Message::Rulings(vec![given]));
            knows_the_same(&mut stage, &bob);
        }
        stage.pass(Duration::from_millis(3_100));
        assert_eq!(friends(&stage), if knows_better { 2 } else { 1 });
    }
}
