//! Whoever comes by a link for guests: until they leave.

use lanrage_party::{
    Admission, Departure, KnockRefusal, KnockWord, Leave, LinkFault, Matter, PeerId, Role, Ruling, Standing,
};

use super::{
    friends, guest, knows_the_same,
    links::{SERIAL, answered, host_with_link, invited, refused, terms},
    standing, wish,
};
use crate::{
    Command, StoreAction,
    peers::gossip::message::Message,
    session::tests::{
        knocks::{say, told},
        stage::{Somebody, Stage, somewhere},
    },
};

fn leaves(stage: &mut Stage, who: &mut Somebody) {
    let leave = Leave::sign(&who.identity, &who.record.party, who.record.sequence + 1);
    let departure = Departure { identity: who.identity.public(), leave };
    say(stage, who, &Message::Departures(vec![departure]));
    who.record.sequence += 2;
}

#[test]
fn a_guest_who_has_left_needs_a_link_again_or_somebody_who_lets_them_in() {
    let role = |stage: &Stage| stage.snapshot().party.unwrap().peers[0].role;
    for is_for_many in [false, true] {
        let (mut stage, link) = host_with_link(|terms, _| {
            terms.for_guests = true;
            terms.uses = terms.uses.filter(|_| !is_for_many);
        });
        let mut bob = Somebody::new(2, link.party);
        assert_eq!(answered(&mut stage, &link, 1, invited(&link, &bob)), KnockWord::Answer);
        assert_eq!(role(&stage), Role::Guest);
        assert!(stage.snapshot().party.unwrap().links[0].for_guests);
        stage.prove_path(bob.identity.peer_id(), somewhere());
        leaves(&mut stage, &mut bob);
        assert_eq!(friends(&stage), 0);
        let not_let_in = KnockWord::Refusal(KnockRefusal::NotLetIn);
        assert_eq!(answered(&mut stage, &link, 2, bob.sign(&link.secret)), not_let_in, "without the link");
        let again = answered(&mut stage, &link, 3, invited(&link, &bob));
        if is_for_many {
            assert_eq!((again, role(&stage)), (KnockWord::Answer, Role::Guest));
        } else {
            assert_eq!(again, refused(LinkFault::UsedUp));
            assert_eq!(wish(&mut stage, standing(&bob, Standing::Member)), Ok(()));
            assert_eq!(role(&stage), Role::Member);
        }
    }
}

#[test]
fn of_a_party_in_which_its_player_is_a_guest_a_device_keeps_nothing_and_leaves_for_good() {
    let (mut stage, link, maker) = guest();
    let own: PeerId = stage.snapshot().peer_id.parse().unwrap();
    let at = stage.now().wall;
    let guests = lanrage_party::LinkTerms { for_guests: true, ..terms(&link, 1) };
    let matters = [
        Matter::Admission(Admission::Ask),
        Matter::Link { terms: guests, is_revoked: false },
        Matter::Redeemed { peer: own, serial: SERIAL, at, name: None },
    ];
    let rulings =
        (0..).zip(matters).map(|(n, matter)| Ruling::sign(&maker.identity, &link.party, at.0 + n, matter));
    let rulings = rulings.collect();
    assert!(matches!(
        stage.kept.last(),
        Some(StoreAction::SaveMembership { .. } | StoreAction::SavePeer { .. })
    ));
    say(&mut stage, &maker, &Message::Rulings(rulings));
    knows_the_same(&mut stage, &maker);
    assert_eq!(stage.snapshot().party.unwrap().role, Role::Guest);
    let is_forgotten = |action: &StoreAction| matches!(action, StoreAction::ForgetMembership { .. });
    let forgotten = stage.kept.iter().position(is_forgotten).expect("what was kept of it is forgotten");
    let is_saved = |action: &StoreAction| matches!(action, StoreAction::SaveMembership { .. });
    assert!(!stage.kept[forgotten..].iter().any(is_saved));
    stage.tunnel.clear();
    stage.command(8, Command::PauseParty);
    let said = told(&mut stage, &link);
    assert!(said.iter().any(|said| matches!(said, Message::Departures(_))), "{said:?}");
    assert!(stage.party().is_none());
    assert!(!stage.kept[forgotten..].iter().any(is_saved));
}
