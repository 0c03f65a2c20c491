//! A device that has lost what it knew, or comes back from an old backup, and rules.

use lanrage_party::{Admission, DeviceIdentity, Matter, Role, Ruling, Standing, facts::CommandError};

use super::{friends, hear_record, knows_the_same, standing, wish};
use crate::{
    Command, Input, Wish,
    peers::gossip::message::Message,
    session::tests::{
        knocks::{hear, host, host_with_friend, joiner, knock, say, sent, told},
        restore::kept,
        stage::{Somebody, Stage, somewhere},
    },
};

#[test]
fn who_made_the_party_and_comes_by_its_link_with_nothing_hears_whose_it_is_before_it_rules() {
    let maker_stage = host();
    let link = maker_stage.invitation();
    let founder = DeviceIdentity::from_seed(&[1; 32]);
    assert_eq!(link.host, founder.peer_id());
    let cid = Somebody::new(5, link.party);
    let mut stage = joiner(&link);
    let token = sent(&mut stage, &link)[0].1.token;
    let answer = knock(&stage, lanrage_party::KnockWord::Answer, token, cid.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &answer);
    stage.prove_path(cid.identity.peer_id(), somewhere());
    assert_eq!(stage.snapshot().party.unwrap().role, Role::Owner, "as far as it knows");
    for wanted in [
        standing(&cid, Standing::Kicked),
        standing(&cid, Standing::Moderator),
        Wish::Admission(Admission::Closed),
        Wish::HandOver(cid.identity.peer_id()),
    ] {
        assert_eq!(wish(&mut stage, wanted), Err(CommandError::RulingsUnheard));
    }
    let given = Matter::Owner(cid.identity.peer_id());
    let given = Ruling::sign(&founder, &link.party, stage.now().wall.0, given);
    say(&mut stage, &cid, &Message::Rulings(vec![given]));
    knows_the_same(&mut stage, &cid);
    assert_eq!((stage.snapshot().party.unwrap().role, friends(&stage)), (Role::Member, 1));
    assert_eq!(wish(&mut stage, standing(&cid, Standing::Kicked)), Err(CommandError::NotYours));
}

#[test]
fn a_device_from_an_old_backup_undoes_nothing_that_it_has_forgotten() {
    let (mut stage, link, bob) = host_with_friend();
    let backup = kept(&stage);
    let eve = Somebody::new(6, link.party);
    hear_record(&mut stage, &bob, &eve, &link);
    assert_eq!(wish(&mut stage, standing(&eve, Standing::Banned)), Ok(()));
    let ruled: Vec<Ruling> = stage.party().unwrap().membership.rulings.all().cloned().collect();
    let digest = stage.party().unwrap().membership.rulings.digest();

    let mut stage = Stage::without_server();
    stage.input(Input::Restore(backup));
    // Alone it gives nothing away; it may remove and let in, as what it has forgotten is the later word.
    for wanted in [standing(&bob, Standing::Moderator), Wish::Admission(Admission::Open)] {
        assert_eq!(wish(&mut stage, wanted), Err(CommandError::RulingsUnheard));
    }
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Member)), Ok(()));
    stage.prove_path(bob.identity.peer_id(), somewhere());
    hear_record(&mut stage, &bob, &eve, &link);
    assert_eq!(friends(&stage), 2, "eve is let in whom it banned");
    let lets_in = standing(&eve, Standing::Member);
    assert_eq!(wish(&mut stage, lets_in), Err(CommandError::RulingsUnheard));
    // Nor do rulings do it that are made of themselves: all who are in stay so when somebody is removed.
    let party = stage.party().unwrap();
    let mut all = party.membership.rulings.clone();
    for matter in party.let_in_all(None) {
        all.rule(&DeviceIdentity::from_seed(&[1; 32]), matter, stage.now().wall).unwrap();
    }
    say(&mut stage, &bob, &Message::Rulings(all.all().cloned().collect()));
    assert_eq!(friends(&stage), 2);
    say(&mut stage, &bob, &Message::Rulings(ruled));
    say(&mut stage, &bob, &Message::Ruled(digest));
    assert!(friends(&stage) == 1 && stage.snapshot().party.unwrap().removed.len() == 1);
    knows_the_same(&mut stage, &bob);
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Moderator)), Ok(()), "now it knows");
}

#[test]
fn an_owner_who_leaves_before_it_has_heard_what_was_ruled_hands_over_all_the_same() {
    let (stage, link, bob) = host_with_friend();
    let backup = kept(&stage);
    let mut stage = Stage::without_server();
    stage.input(Input::Restore(backup));
    stage.prove_path(bob.identity.peer_id(), somewhere());
    assert_eq!(wish(&mut stage, standing(&bob, Standing::Kicked)), Err(CommandError::RulingsUnheard));
    stage.tunnel.clear();
    stage.command(8, Command::LeaveParty);
    let hands_over = |said: &Message| match said {
        Message::Rulings(rulings) => {
            rulings[0].matter().heir(&rulings[0].author()) == Some(bob.identity.peer_id())
        }
        _ => false,
    };
    assert!(told(&mut stage, &link).iter().any(hands_over));
}
