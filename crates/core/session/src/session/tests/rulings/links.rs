//! Limited links: who comes in by one, and who is told why not.

use std::{num::NonZeroU16, time::Duration};

use lanrage_party::{
    Admission, Approval, DeviceIdentity, Invitation, Knock, KnockRefusal, KnockWord, LinkFault, LinkTerms,
    Matter, Pass, PeerId, Ruling, Serial, SignedRecord, Standing, UnixMillis, facts::CommandError, limits,
};

use super::{friends, guest, news, ruled, standing, wish};
use crate::{
    Command, Output, StoreAction, Wish,
    peers::gossip::message::Message,
    session::tests::{
        knocks::{elsewhere, hear, host, host_with_friend, joiner, knock, say, sent, told},
        stage::{Somebody, Stage, entry, somewhere},
    },
};

pub(super) const SERIAL: Serial = Serial::from_bytes([7; 4]);

/// What the device on the stage makes a limited link of.
fn pass(link: &Invitation, serial: Serial) -> Pass {
    Pass::of(&DeviceIdentity::from_seed(&[1; 32]), &link.party, serial)
}

pub(super) fn terms(link: &Invitation, uses: u16) -> LinkTerms {
    let key = pass(link, SERIAL).key();
    LinkTerms {
        serial: SERIAL,
        key,
        uses: NonZeroU16::new(uses),
        ends: None,
        needs_approval: false,
        for_guests: false,
    }
}

/// A party of one in which a limited link was made.
pub(super) fn host_with_link(change: impl FnOnce(&mut LinkTerms, &Stage)) -> (Stage, Invitation) {
    let mut stage = host();
    let link = stage.invitation();
    let mut terms = terms(&link, 1);
    change(&mut terms, &stage);
    assert_eq!(wish(&mut stage, Wish::Link(terms)), Ok(()));
    stage.tunnel.clear();
    (stage, link)
}

fn approval(link: &Invitation, of: &Somebody) -> Approval {
    pass(link, SERIAL).approve(&link.party, &of.identity.peer_id())
}

pub(super) fn invited(link: &Invitation, of: &Somebody) -> SignedRecord {
    of.sign(&link.secret).with_approval(Some(approval(link, of)))
}

/// What somebody is answered who knocks with this record.
pub(super) fn answered(stage: &mut Stage, link: &Invitation, token: u8, record: SignedRecord) -> KnockWord {
    stage.tunnel.clear();
    let ask = knock(stage, KnockWord::Ask, [token; 8], record);
    hear(stage, link, somewhere(), &ask);
    sent(stage, link).remove(0).1.word
}

pub(super) fn refused(fault: LinkFault) -> KnockWord {
    KnockWord::Refusal(KnockRefusal::Link(fault))
}

#[test]
fn whoever_comes_by_a_limited_link_is_in_at_once_and_no_more_than_it_is_good_for() {
    let (mut stage, link) = host_with_link(|_, _| {});
    let [bob, cid] = [2, 3].map(|n| Somebody::new(n, link.party));
    assert_eq!(answered(&mut stage, &link, 1, invited(&link, &bob)), KnockWord::Answer);
    assert_eq!((friends(&stage), news(&stage, "wants_in")), (1, 0));
    assert_eq!(answered(&mut stage, &link, 2, invited(&link, &bob)), KnockWord::Answer, "and stays in");
    assert_eq!(answered(&mut stage, &link, 3, invited(&link, &cid)), refused(LinkFault::UsedUp));
    assert_eq!((friends(&stage), news(&stage, "wants_in")), (1, 0));
    let shown = stage.snapshot().party.unwrap().links.remove(0);
    assert_eq!(
        (shown.fault, shown.came, shown.uses),
        (Some(LinkFault::UsedUp), vec!["peer 2".into()], Some(1))
    );
    assert!(shown.is_own && shown.serial == SERIAL.to_string());
}

#[test]
fn whoever_is_not_let_in_keeps_nobody_else_waiting() {
    let (mut stage, link) = host_with_link(|_, _| {});
    let [bob, cid, dan] = [2, 3, 4].map(|n| Somebody::new(n, link.party));
    assert_eq!(answered(&mut stage, &link, 1, invited(&link, &bob)), KnockWord::Answer);
    for token in 10..60 {
        let refusal = answered(&mut stage, &link, token, invited(&link, &cid));
        assert_eq!(refusal, refused(LinkFault::UsedUp), "{token}");
    }
    let terms = LinkTerms { serial: Serial::from_bytes([8; 4]), uses: None, ..terms(&link, 1) };
    let pass = pass(&link, terms.serial);
    assert_eq!(wish(&mut stage, Wish::Link(LinkTerms { key: pass.key(), ..terms })), Ok(()));
    let approval = pass.approve(&link.party, &dan.identity.peer_id());
    let record = dan.sign(&link.secret).with_approval(Some(approval));
    assert_eq!(answered(&mut stage, &link, 2, record), KnockWord::Answer);
}

#[test]
fn a_link_that_is_forged_foreign_anothers_expired_or_revoked_lets_nobody_in() {
    let (mut stage, link) = host_with_link(|terms, stage| {
        terms.uses = None;
        terms.ends = Some(stage.now().wall.plus(60_000));
    });
    let [bob, cid] = [2, 3].map(|n| Somebody::new(n, link.party));
    let forged = Pass::of(&cid.identity, &link.party, SERIAL).approve(&link.party, &cid.identity.peer_id());
    let elsewhere = lanrage_party::PartyId::from_random([9; 16]);
    let foreign = pass(&link, SERIAL).approve(&elsewhere, &cid.identity.peer_id());
    for (token, bad) in [(1, forged), (2, foreign), (3, approval(&link, &bob))] {
        let record = cid.sign(&link.secret).with_approval(Some(bad));
        assert_eq!(answered(&mut stage, &link, token, record), refused(LinkFault::NotValid), "{token}");
    }
    assert_eq!(wish(&mut stage, Wish::Revoke { serial: SERIAL, is_revoked: true }), Ok(()));
    assert_eq!(answered(&mut stage, &link, 4, invited(&link, &cid)), refused(LinkFault::Revoked));
    assert_eq!(wish(&mut stage, Wish::Revoke { serial: SERIAL, is_revoked: false }), Ok(()));
    assert_eq!(answered(&mut stage, &link, 5, invited(&link, &bob)), KnockWord::Answer);
    stage.pass(Duration::from_secs(60));
    assert_eq!(answered(&mut stage, &link, 6, invited(&link, &cid)), refused(LinkFault::Expired));
    assert_eq!(friends(&stage), 1, "whoever came in time stays");
    let unknown = Pass::of(&cid.identity, &link.party, Serial::from_bytes([9; 4]));
    let unknown =
        cid.sign(&link.secret).with_approval(Some(unknown.approve(&link.party, &cid.identity.peer_id())));
    let asks = KnockWord::Refusal(KnockRefusal::NotLetIn);
    assert_eq!(answered(&mut stage, &link, 7, unknown), asks, "as if it came by none");
    assert_eq!(
        wish(&mut stage, Wish::Revoke { serial: Serial::from_bytes([9; 4]), is_revoked: true }),
        Err(CommandError::UnknownLink)
    );
}

#[test]
fn a_limited_link_makes_newcomers_ask_keeps_who_is_in_and_a_closed_party_redeems_none() {
    let (mut stage, link, bob) = host_with_friend();
    assert_eq!(wish(&mut stage, Wish::Link(terms(&link, 9))), Ok(()));
    let shown = stage.snapshot().party.unwrap();
    assert_eq!((shown.admission, shown.peers.len()), (Admission::Ask, 1));
    assert!(!stage.party().unwrap().membership.rulings.has_come_by_link(&bob.identity.peer_id()));
    let [cid, dan] = [3, 4].map(|n| Somebody::new(n, link.party));
    let asks = KnockWord::Refusal(KnockRefusal::NotLetIn);
    assert_eq!(answered(&mut stage, &link, 11, cid.sign(&link.secret)), asks, "the bare link");
    assert_eq!(wish(&mut stage, Wish::Admission(Admission::Closed)), Ok(()));
    assert_eq!(answered(&mut stage, &link, 12, invited(&link, &dan)), asks);
    assert_eq!(wish(&mut stage, Wish::Admission(Admission::Ask)), Ok(()));
    assert_eq!(answered(&mut stage, &link, 13, invited(&link, &dan)), KnockWord::Answer);
    assert_eq!(friends(&stage), 2);
}

#[test]
fn a_link_with_approval_asks_names_itself_and_counts_when_somebody_is_let_in() {
    let (mut stage, link) = host_with_link(|terms, _| terms.needs_approval = true);
    let [bob, cid] = [2, 3].map(|n| Somebody::new(n, link.party));
    let asks = KnockWord::Refusal(KnockRefusal::NotLetIn);
    assert_eq!(answered(&mut stage, &link, 1, invited(&link, &bob)), asks);
    let waiting = stage.snapshot().party.unwrap().requests.remove(0);
    assert_eq!((waiting.name.as_str(), waiting.link), ("peer 2", Some(SERIAL.to_string())));
    assert_eq!(news(&stage, "wants_in"), 1);
    stage.tunnel.clear();
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Member)), Ok(()));
    assert_eq!(sent(&mut stage, &link)[0].1.word, KnockWord::Answer);
    assert_eq!(stage.snapshot().party.unwrap().links[0].came, ["peer 2"]);
    assert_eq!(answered(&mut stage, &link, 2, invited(&link, &cid)), refused(LinkFault::UsedUp));
}

#[test]
fn a_ban_revokes_the_link_that_the_banned_came_by() {
    let (mut stage, link) = host_with_link(|terms, _| terms.uses = None);
    let [bob, cid] = [2, 3].map(|n| Somebody::new(n, link.party));
    assert_eq!(answered(&mut stage, &link, 1, invited(&link, &bob)), KnockWord::Answer);
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Banned)), Ok(()));
    assert_eq!(answered(&mut stage, &link, 2, invited(&link, &cid)), refused(LinkFault::Revoked));
    let removed = KnockWord::Refusal(KnockRefusal::Removed);
    assert_eq!(answered(&mut stage, &link, 3, invited(&link, &bob)), removed);
}

#[test]
fn no_more_links_are_made_than_a_party_can_have_and_none_by_a_member() {
    let mut stage = host();
    let link = stage.invitation();
    let nth = |n: u8| LinkTerms { serial: Serial::from_bytes([n; 4]), ..terms(&link, 1) };
    for n in 0..limits::LINKS as u8 {
        assert_eq!(wish(&mut stage, Wish::Link(nth(n))), Ok(()));
    }
    let most = limits::LINKS as u64;
    assert_eq!(wish(&mut stage, Wish::Link(nth(99))), Err(CommandError::TooManyLinks { most }));
    let revoke = Wish::Revoke { serial: Serial::from_bytes([3; 4]), is_revoked: true };
    assert_eq!(wish(&mut stage, revoke), Ok(()));
    assert_eq!(wish(&mut stage, Wish::Link(nth(99))), Ok(()), "there is room again");
    let (mut member, link, _) = guest();
    assert_eq!(wish(&mut member, Wish::Link(terms(&link, 1))), Err(CommandError::NotYours));
}

/// A guest in a party in which newcomers have to ask, whose maker has made a limited link.
fn guest_of_a_party_with_a_link() -> (Stage, Invitation, Somebody) {
    let (mut stage, link, maker) = guest();
    let at = stage.now().wall.0;
    let own: PeerId = stage.snapshot().peer_id.parse().unwrap();
    let rule = |n, matter| Ruling::sign(&maker.identity, &link.party, at + n, matter);
    let matters = [
        Matter::Peer { peer: own, standing: Standing::Member, name: None, share: None },
        Matter::Admission(Admission::Ask),
        Matter::Link { terms: terms(&link, 1), is_revoked: false },
    ];
    let rulings = (0..).zip(matters).map(|(n, matter)| rule(n, matter)).collect();
    say(&mut stage, &maker, &Message::Rulings(rulings));
    stage.tunnel.clear();
    (stage, link, maker)
}

#[test]
fn a_member_passes_a_newcomer_on_to_who_may_let_it_in_and_says_what_it_knows_of_the_link() {
    let (mut stage, link, maker) = guest_of_a_party_with_a_link();
    let [bob, cid] = [2, 3].map(|n| Somebody::new(n, link.party));
    let ask = knock(&stage, KnockWord::Ask, [1; 8], invited(&link, &bob));
    hear(&mut stage, &link, elsewhere(), &ask);
    let passed = stage.tunnel.iter().any(|output| match output {
        Output::Probe { payload, .. } => {
            matches!(Message::parse(payload, link.party), Some(Message::Knock { from, .. }) if from == elsewhere())
        }
        _ => false,
    });
    assert!(passed, "the maker hears of it");
    assert_eq!(sent(&mut stage, &link)[0].1.word, KnockWord::Refusal(KnockRefusal::NotLetIn));
    assert_eq!(friends(&stage), 1);
    // The maker lets it in, and who waits there is in as well.
    let (serial, at) = (SERIAL, stage.now().wall);
    let redeemed = Matter::Redeemed { peer: bob.identity.peer_id(), serial, at, name: None };
    let redeemed = Ruling::sign(&maker.identity, &link.party, at.0 + 10, redeemed);
    stage.tunnel.clear();
    say(&mut stage, &maker, &Message::Rulings(vec![redeemed]));
    assert_eq!(friends(&stage), 2);
    assert_eq!(sent(&mut stage, &link)[0].1.word, KnockWord::Answer);
    assert_eq!(answered(&mut stage, &link, 2, invited(&link, &cid)), refused(LinkFault::UsedUp));
}

#[test]
fn a_moderator_redeems_what_a_member_passes_on_and_tells_all_others() {
    let (mut stage, link, maker) = guest_of_a_party_with_a_link();
    let own = stage.snapshot().peer_id.parse().unwrap();
    let lifted = ruled(&maker.identity, &link, &stage, own, Standing::Moderator);
    let lifted = Ruling::sign(&maker.identity, &link.party, lifted.version() + 9, lifted.matter().clone());
    say(&mut stage, &maker, &Message::Rulings(vec![lifted]));
    stage.tunnel.clear();
    let bob = Somebody::new(2, link.party);
    let ask = knock(&stage, KnockWord::Ask, [1; 8], invited(&link, &bob));
    let bytes = lanrage_party::KnockKey::new(&link.secret, link.party, link.epoch).seal(&ask, [8; 25]);
    say(&mut stage, &maker, &Message::Knock { from: somewhere(), bytes });
    let redeemed = told(&mut stage, &link).into_iter().any(|said| match said {
        Message::Rulings(rulings) => {
            rulings.iter().any(|ruling| matches!(ruling.matter(), Matter::Redeemed { .. }))
        }
        _ => false,
    });
    assert!(redeemed && friends(&stage) == 2);
}

#[test]
fn rulings_that_come_in_parts_put_nobody_out_before_all_are_known() {
    let (mut stage, link, maker) = guest();
    let [bob, cid] = [2, 3].map(|n| Somebody::new(n, link.party));
    say(&mut stage, &maker, &Message::Records(vec![bob.sign(&link.secret), cid.sign(&link.secret)]));
    let own: PeerId = stage.snapshot().peer_id.parse().unwrap();
    let at = stage.now().wall.0;
    let mut all = lanrage_party::Rulings::new(link.party, link.host);
    let mut rule = |n, matter| {
        let ruling = Ruling::sign(&maker.identity, &link.party, at + n, matter);
        assert!(all.take(ruling.clone(), UnixMillis(at + n)));
        (ruling, all.digest())
    };
    let (asks, _) = rule(1, Matter::Admission(Admission::Ask));
    let came = |peer| Matter::Peer { peer, standing: Standing::Member, name: None, share: None };
    let [(one, _), (other, digest)] = [rule(2, came(own)), rule(3, came(bob.identity.peer_id()))];
    say(&mut stage, &maker, &Message::Rulings(vec![asks]));
    assert!(stage.party().is_some() && friends(&stage) == 3, "more is under way");
    say(&mut stage, &maker, &Message::Rulings(vec![one, other]));
    assert_eq!(friends(&stage), 3);
    say(&mut stage, &maker, &Message::Ruled(digest));
    assert_eq!(friends(&stage), 3, "cid may know better");
    stage.pass(Duration::from_millis(3_100));
    assert_eq!((friends(&stage), news(&stage, "you_were_removed")), (2, 0), "nobody has let cid in");
}

/// A device that follows a limited link.
fn invited_joiner(link: &Invitation) -> (Stage, Knock) {
    let limited =
        Invitation { pass: Some(pass(link, SERIAL)), expires_at: Some(UnixMillis(u64::MAX)), ..link.clone() };
    let mut stage = joiner(&limited);
    let ask = sent(&mut stage, link).remove(0).1;
    (stage, ask)
}

#[test]
fn whoever_follows_a_limited_link_shows_that_and_keeps_and_passes_on_nothing_of_it() {
    let link = host().invitation();
    let (mut stage, ask) = invited_joiner(&link);
    let own = ask.record.claimed().peer_id();
    let shown = ask.record.approval().expect("the link is shown");
    assert!(shown.is_of(&pass(&link, SERIAL).key(), &link.party, &own) && shown.serial() == SERIAL);
    let maker = Somebody::new(5, link.party);
    let answer = knock(&stage, KnockWord::Answer, ask.token, maker.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &answer);
    assert!(matches!(stage.results.pop(), Some((9, Ok(())))));
    let passed_on: Invitation = stage.snapshot().party.unwrap().invitation.0.parse().unwrap();
    assert_eq!((passed_on.pass, passed_on.expires_at), (None, None), "the party’s own link");
    let kept = stage.kept.iter().rev().find_map(|action| match action {
        StoreAction::SaveMembership { membership, .. } => Some(membership.invitation.pass.is_none()),
        _ => None,
    });
    assert_eq!(kept, Some(true));
}

#[test]
fn whoever_follows_a_link_that_lets_nobody_in_is_told_why() {
    let link = host().invitation();
    for (fault, expected) in [
        (LinkFault::Expired, CommandError::InvitationExpired),
        (LinkFault::UsedUp, CommandError::InvitationUsedUp),
        (LinkFault::Revoked, CommandError::InvitationRevoked),
        (LinkFault::NotValid, CommandError::InvitationNotValid),
    ] {
        let (mut stage, ask) = invited_joiner(&link);
        let maker = Somebody::new(5, link.party);
        // One who has not heard of everything asks for patience, before or after.
        let unknowing = Somebody::new(6, link.party);
        let asks = KnockWord::Refusal(KnockRefusal::NotLetIn);
        let mut said = [(refused(fault), &maker), (asks, &unknowing)];
        if fault == LinkFault::UsedUp {
            said.reverse();
        }
        for (word, by) in said {
            let refusal = knock(&stage, word, ask.token, by.sign(&link.secret));
            hear(&mut stage, &link, somewhere(), &refusal);
        }
        assert!(stage.results.is_empty(), "somebody else may know better");
        stage.pass(Duration::from_secs(3));
        assert_eq!(stage.results.pop(), Some((9, Err(expected))));
    }
}

#[test]
fn a_limited_link_that_comes_later_takes_the_place_of_the_first() {
    let link = host().invitation();
    let mut stage = joiner(&link);
    let ask = sent(&mut stage, &link).remove(0).1;
    assert!(ask.record.approval().is_none());
    let maker = Somebody::new(5, link.party);
    let asks = KnockWord::Refusal(KnockRefusal::NotLetIn);
    let refusal = knock(&stage, asks, ask.token, maker.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &refusal);
    let limited = Invitation { pass: Some(pass(&link, SERIAL)), ..link.clone() };
    stage.command(10, Command::JoinParty(Box::new(limited)));
    stage.pass(Duration::from_millis(1));
    let again = sent(&mut stage, &link).remove(0).1;
    assert!(
        again.record.approval().is_some() && again.record.claimed().sequence > ask.record.claimed().sequence
    );
}

#[test]
fn with_a_server_a_limited_link_lets_in_whom_it_lists_and_nobody_beyond_its_uses() {
    let mut stage = Stage::in_party();
    let link = stage.invitation();
    assert_eq!(wish(&mut stage, Wish::Link(terms(&link, 1))), Ok(()));
    let [bob, cid] = [2, 3].map(|n| Somebody::new(n, link.party));
    for newcomer in [&bob, &cid] {
        let entry = entry(&invited(&link, newcomer));
        stage.say_change(lanrage_control::protocol::Change::PeerJoined { entry });
    }
    assert_eq!(friends(&stage), 1);
    assert!(stage.snapshot().party.unwrap().peers[0].id == bob.identity.peer_id().to_string());
    assert!(stage.problems().contains(&"peer_link".to_owned()), "{:?}", stage.problems());
}

#[test]
fn a_member_that_brings_forged_rulings_is_not_listened_to_for_a_while() {
    let (mut stage, link, maker) = guest();
    let bob = Somebody::new(2, link.party);
    say(&mut stage, &maker, &Message::Records(vec![bob.sign(&link.secret)]));
    stage.prove_path(bob.identity.peer_id(), elsewhere());
    let at = stage.now().wall.0;
    let good = |n: u64| {
        let matter = Matter::Peer {
            peer: PeerId::from_bytes([n as u8; 16]),
            standing: Standing::Banned,
            name: None,
            share: None,
        };
        Ruling::sign(&maker.identity, &link.party, at + n, matter)
    };
    // The maker's, with the signature of another one.
    let forged = |n: u64| {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        good(n).put(&mut one);
        good(n + 1).put(&mut other);
        let signed = one.len() - 64;
        one[signed..].copy_from_slice(&other[signed..]);
        Ruling::read(&mut lanrage_base::wire::Reader::new(&one)).unwrap()
    };
    let removed = |stage: &Stage| stage.snapshot().party.unwrap().removed.len();
    for n in 0..20 {
        say(&mut stage, &bob, &Message::Rulings(vec![forged(n)]));
    }
    say(&mut stage, &bob, &Message::Rulings(vec![good(30)]));
    assert_eq!(removed(&stage), 0, "whatever bob brings now");
    say(&mut stage, &maker, &Message::Rulings(vec![good(31)]));
    assert_eq!(removed(&stage), 1, "others are listened to");
    stage.pass(Duration::from_secs(20));
    say(&mut stage, &bob, &Message::Rulings(vec![good(30)]));
    assert_eq!(removed(&stage), 2);
}
