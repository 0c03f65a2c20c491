//! A party that was handed over: the new owner goes on with what was ruled, and whoever had it before adds nothing.

use std::time::Duration;

use lanrage_party::{Invitation, Matter, PeerId, Role, Ruling, Rulings, Standing};

use super::{friends, guest};
use crate::{
    peers::gossip::message::Message,
    session::tests::{
        knocks::{say, told},
        stage::{Somebody, Stage},
    },
};

fn on(peer: &Somebody, standing: Standing) -> Matter {
    Matter::Peer { peer: peer.identity.peer_id(), standing, name: None, share: None }
}

/// In a party whose maker has banned eve and handed it over to somebody: what the maker knows then.
fn handing_over(stage: &mut Stage, link: &Invitation, maker: &Somebody, heir: PeerId) -> Rulings {
    let [bob, eve] = [2, 3].map(|n| Somebody::new(n, link.party));
    say(stage, maker, &Message::Records(vec![bob.sign(&link.secret), eve.sign(&link.secret)]));
    stage.prove_path(bob.identity.peer_id(), "198.51.100.9:9".parse().unwrap());
    let (mut theirs, at) = (Rulings::new(link.party, maker.identity.peer_id()), stage.now().wall);
    theirs.rule(&maker.identity, on(&eve, Standing::Banned), at).unwrap();
    theirs.rule(&maker.identity, Matter::Owner(heir), at).unwrap();
    theirs
}

fn rulings(stage: &Stage) -> &Rulings {
    &stage.party().unwrap().membership.rulings
}

fn is_taken_over(rulings: &Rulings) -> bool {
    rulings.all().any(|ruling| matches!(ruling.matter(), Matter::TakenOver { .. }))
}

/// A kick of bob that whoever had the party signs later, with a date of before.
fn dated_back(stage: &Stage, link: &Invitation, maker: &Somebody) -> Ruling {
    let bob = Somebody::new(2, link.party);
    Ruling::sign(&maker.identity, &link.party, stage.now().wall.0 - 1, on(&bob, Standing::Kicked))
}

#[test]
fn whoever_is_handed_a_party_takes_over_at_once_tells_everybody_and_the_owner_before_removes_nobody() {
    let (mut stage, link, maker) = guest();
    let own: PeerId = stage.snapshot().peer_id.parse().unwrap();
    let theirs = handing_over(&mut stage, &link, &maker, own);
    stage.tunnel.clear();
    say(&mut stage, &maker, &Message::Rulings(theirs.all().cloned().collect()));
    assert_eq!((stage.snapshot().party.unwrap().role, friends(&stage)), (Role::Owner, 2));
    let says_so = |said: &Message| match said {
        Message::Rulings(rulings) => rulings
            .iter()
            .any(|ruling| ruling.author() == own && matches!(ruling.matter(), Matter::TakenOver { .. })),
        _ => false,
    };
    let times = told(&mut stage, &link).iter().filter(|said| says_so(said)).count();
    assert!(times >= 2, "{times}");
    let late = dated_back(&stage, &link, &maker);
    say(&mut stage, &maker, &Message::Rulings(vec![late]));
    assert_eq!((friends(&stage), stage.snapshot().party.unwrap().removed.len()), (2, 1));
    // It is kept with the rest for the next start.
    let kept: Vec<Ruling> = rulings(&stage).all().cloned().collect();
    let mut again = Rulings::new(link.party, maker.identity.peer_id());
    kept.into_iter().for_each(|ruling| {
        again.take(ruling, stage.now().wall);
    });
    assert_eq!(again.digest(), rulings(&stage).digest());
}

#[test]
fn a_new_owner_that_lacks_something_of_what_was_ruled_waits_for_it_and_not_for_ever() {
    for comes in [true, false] {
        let (mut stage, link, maker) = guest();
        let own: PeerId = stage.snapshot().peer_id.parse().unwrap();
        let theirs = handing_over(&mut stage, &link, &maker, own);
        let (given, ban): (Vec<Ruling>, Vec<Ruling>) =
            theirs.all().cloned().partition(|ruling| ruling.matter().heir(&ruling.author()).is_some());
        say(&mut stage, &maker, &Message::Rulings(given));
        assert!(stage.snapshot().party.unwrap().role == Role::Owner && !is_taken_over(rulings(&stage)));
        stage.pass(Duration::from_secs(590));
        assert!(!is_taken_over(rulings(&stage)));
        if comes {
            say(&mut stage, &maker, &Message::Rulings(ban));
            assert!(is_taken_over(rulings(&stage)), "all is known");
        } else {
            stage.pass(Duration::from_secs(20));
            assert!(is_taken_over(rulings(&stage)), "whoever hands over cannot put it off");
        }
        assert_eq!(rulings(&stage).admits(&Somebody::new(3, link.party).identity.peer_id()), !comes);
    }
}

#[test]
fn whoever_is_out_is_not_in_for_a_moment_while_only_a_part_of_what_goes_on_is_known() {
    let (mut stage, link, maker) = guest();
    let [bob, eve] = [2, 3].map(|n| Somebody::new(n, link.party));
    let mut theirs = handing_over(&mut stage, &link, &maker, bob.identity.peer_id());
    say(&mut stage, &maker, &Message::Rulings(theirs.all().cloned().collect()));
    let (last, rest): (Vec<Ruling>, Vec<Ruling>) = theirs
        .take_over(&bob.identity)
        .into_iter()
        .partition(|ruling| matches!(ruling.matter(), Matter::TakenOver { .. }));
    let is_out = |stage: &Stage| !rulings(stage).admits(&eve.identity.peer_id());
    say(&mut stage, &maker, &Message::Rulings(last.clone()));
    say(&mut stage, &maker, &Message::Ruled(theirs.digest()));
    assert!(is_out(&stage) && !is_taken_over(rulings(&stage)));
    say(&mut stage, &bob, &Message::Rulings(rest));
    say(&mut stage, &bob, &Message::Ruled(theirs.digest()));
    assert!(is_out(&stage) && is_taken_over(rulings(&stage)));
    assert_eq!(rulings(&stage).digest(), theirs.digest());
    let late = dated_back(&stage, &link, &maker);
    say(&mut stage, &maker, &Message::Rulings(vec![late]));
    assert_eq!(friends(&stage), 2, "and bob stays");
}

#[test]
fn what_a_new_owner_goes_on_with_is_waited_for_for_a_minute() {
    let (mut stage, link, maker) = guest();
    let bob = Somebody::new(2, link.party);
    let mut theirs = handing_over(&mut stage, &link, &maker, bob.identity.peer_id());
    say(&mut stage, &maker, &Message::Rulings(theirs.all().cloned().collect()));
    let last = theirs.take_over(&bob.identity).pop().unwrap();
    say(&mut stage, &maker, &Message::Rulings(vec![last]));
    stage.pass(Duration::from_secs(59));
    assert!(!is_taken_over(rulings(&stage)));
    stage.pass(Duration::from_secs(2));
    assert!(
        is_taken_over(rulings(&stage)),
        "nobody keeps it from counting by a word that is never known here"
    );
}
