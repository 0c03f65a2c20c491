use std::num::NonZeroU16;

use proptest::prelude::*;

use super::{super::Role, *};
use crate::{
    Admission, Matter, PartyId, Pass, Standing,
    limits::LINKS,
    proof::rulings::tests::{NOW, device, id, on, party, rule, rulings, tell},
};

const HOUR_MS: u64 = 3_600_000;

fn serial(n: u8) -> Serial {
    Serial::from_bytes([n; 4])
}

/// The pass of a link that a device has made.
fn pass(maker: u8, n: u8) -> Pass {
    Pass::of(&device(maker), &party(), serial(n))
}

fn terms(maker: u8, n: u8, uses: u16) -> LinkTerms {
    let key = pass(maker, n).key();
    LinkTerms {
        serial: serial(n),
        key,
        uses: NonZeroU16::new(uses),
        ends: None,
        needs_approval: false,
        for_guests: false,
    }
}

fn link(terms: LinkTerms) -> Matter {
    Matter::Link { terms, is_revoked: false }
}

fn revoked(terms: LinkTerms) -> Matter {
    Matter::Link { terms, is_revoked: true }
}

fn came(peer: u8, n: u8, at: UnixMillis) -> Matter {
    Matter::Redeemed { peer: id(peer), serial: serial(n), at, name: None }
}

/// Whoever comes by a link as anybody judges it, and is let in by `by` if they may come.
fn come(party: &mut Rulings, by: u8, peer: u8, pass: &Pass, at: UnixMillis) -> Result<(), LinkFault> {
    let approval = pass.approve(&party.party, &id(peer));
    assert_eq!(party.judge(&approval, &id(peer), at)?, ByLink::Free);
    let serial = pass.serial();
    let matter = Matter::Redeemed { peer: id(peer), serial, at, name: None };
    party.rule(&device(by), matter, at).unwrap();
    Ok(())
}

/// A party in which newcomers need a link or have to ask, with a moderator, and a link by the owner for so many.
fn asking(uses: u16) -> Rulings {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(1, Standing::Moderator)));
    assert!(rule(&mut party, 0, Matter::Admission(Admission::Ask)));
    assert!(rule(&mut party, 0, link(terms(0, 1, uses))));
    party
}

#[test]
fn who_comes_by_a_link_for_guests_is_one_until_somebody_says_that_they_stay() {
    let mut party = asking(2);
    let guests = LinkTerms { for_guests: true, ..terms(0, 2, 0) };
    assert!(rule(&mut party, 0, link(guests)));
    assert_eq!(come(&mut party, 1, 4, &pass(0, 2), NOW), Ok(()));
    assert_eq!(come(&mut party, 1, 5, &pass(0, 1), NOW), Ok(()));
    assert_eq!((party.role(&id(4)), party.role(&id(5))), (Role::Guest, Role::Member));
    assert!(party.admits(&id(4)) && Role::Guest < Role::Member);
    assert!(!rule(&mut party, 4, came(6, 2, NOW)), "a guest lets nobody in");
    // Nor does a guest act for an owner who is silent, though their turn would be first.
    party.hear_owner(NOW.0);
    let late = NOW.plus(365 * 24 * HOUR_MS);
    let everybody = || (1..6).map(id);
    assert!(party.clone().claim(&device(4), everybody(), late).is_none());
    let forged = Ruling::sign(&device(4), &super::super::tests::party(), late.0, Matter::Owner(id(4)));
    assert!(!party.take(forged, late));
    assert!(party.clone().claim(&device(1), everybody(), late).is_some());
    assert!(rule(&mut party, 1, on(4, Standing::Member)));
    assert_eq!(party.role(&id(4)), Role::Member);
}

#[test]
fn a_link_lets_in_as_many_as_it_is_good_for_whoever_of_them_redeems_it() {
    let mut party = asking(2);
    assert!(!party.admits(&id(2)));
    assert_eq!(come(&mut party, 0, 2, &pass(0, 1), NOW), Ok(()));
    assert!(party.admits(&id(2)) && !party.admits(&id(3)));
    assert_eq!(come(&mut party, 1, 3, &pass(0, 1), NOW.plus(1)), Ok(()));
    assert_eq!(come(&mut party, 1, 4, &pass(0, 1), NOW.plus(2)), Err(LinkFault::UsedUp));
    assert!(!rule(&mut party, 1, came(4, 1, NOW.plus(2))), "nobody may redeem it once more");
    assert!(party.admits(&id(3)) && !party.admits(&id(4)));
    let came: Vec<PeerId> = party.link(serial(1)).unwrap().came.into_iter().map(|(peer, _)| peer).collect();
    assert_eq!(came, [id(2), id(3)]);
    // Whoever is kicked is out, and their use is not given back.
    assert!(rule(&mut party, 1, on(2, Standing::Kicked)) && !party.admits(&id(2)));
    assert_eq!(come(&mut party, 0, 4, &pass(0, 1), NOW.plus(3)), Err(LinkFault::UsedUp));
}

#[test]
fn only_who_may_rule_makes_revokes_and_redeems_links() {
    let mut party = asking(2);
    assert!(!rule(&mut party, 2, link(terms(2, 2, 9))), "a member");
    assert!(!rule(&mut party, 2, came(3, 1, NOW)) && !rule(&mut party, 2, revoked(terms(0, 1, 2))));
    assert!(!rule(&mut party, 1, came(1, 1, NOW)), "nobody says of themselves that they have come by a link");
    assert!(rule(&mut party, 1, link(terms(1, 2, 1))) && party.links().len() == 2);
    assert!(rule(&mut party, 0, on(1, Standing::Member)), "no moderator any more");
    assert_eq!(come(&mut party, 0, 3, &pass(1, 2), NOW), Err(LinkFault::Revoked), "and so are its links");
    assert!(party.link(serial(1)).unwrap().fault(NOW).is_none());
}

#[test]
fn who_came_by_a_moderators_link_stays_when_the_moderator_goes() {
    let mut party = asking(2);
    assert!(rule(&mut party, 1, link(terms(1, 2, 1))));
    come(&mut party, 1, 2, &pass(1, 2), NOW).unwrap();
    come(&mut party, 1, 3, &pass(0, 1), NOW).unwrap();
    assert!(rule(&mut party, 0, on(1, Standing::Banned)));
    assert!(party.admits(&id(2)) && party.admits(&id(3)) && !party.admits(&id(1)));
    assert_eq!(party.link(serial(1)).unwrap().came.len(), 1, "and counts");
}

#[test]
fn what_is_forged_foreign_or_of_somebody_else_is_not_valid() {
    let party = asking(1);
    let judge = |approval: Approval, peer: u8| party.judge(&approval, &id(peer), NOW);
    let own = pass(0, 1).approve(&party.party, &id(2));
    assert_eq!(judge(own, 2), Ok(ByLink::Free));
    assert_eq!(judge(own, 3), Err(LinkFault::NotValid), "replayed for another");
    assert_eq!(judge(pass(2, 1).approve(&party.party, &id(2)), 2), Err(LinkFault::NotValid), "forged");
    let elsewhere = PartyId::from_random([9; 16]);
    assert_eq!(
        judge(pass(0, 1).approve(&elsewhere, &id(2)), 2),
        Err(LinkFault::NotValid),
        "of another party"
    );
    assert_eq!(judge(pass(0, 7).approve(&party.party, &id(2)), 2), Ok(ByLink::Unknown));
}

#[test]
fn a_link_ends_by_the_clock_of_who_would_let_in() {
    let mut party = asking(1);
    let ends = Some(NOW.plus(HOUR_MS));
    assert!(rule(&mut party, 0, link(LinkTerms { ends, ..terms(0, 2, 0) })));
    assert_eq!(come(&mut party, 1, 2, &pass(0, 2), NOW.plus(HOUR_MS - 1)), Ok(()));
    assert_eq!(come(&mut party, 1, 3, &pass(0, 2), NOW.plus(HOUR_MS)), Err(LinkFault::Expired));
    assert!(!rule(&mut party, 1, came(3, 2, NOW.plus(HOUR_MS))));
    assert!(party.admits(&id(2)), "whoever came in time stays");
}

#[test]
fn a_link_with_approval_lets_nobody_in_by_itself() {
    let mut party = asking(1);
    assert!(rule(&mut party, 0, link(LinkTerms { needs_approval: true, ..terms(0, 2, 1) })));
    let approval = pass(0, 2).approve(&party.party, &id(2));
    assert_eq!(party.judge(&approval, &id(2), NOW), Ok(ByLink::ByApproval));
}

#[test]
fn a_revoked_link_lets_nobody_in_until_it_is_brought_back_and_the_owner_has_the_last_word() {
    let mut party = asking(5);
    assert!(rule(&mut party, 1, revoked(terms(0, 1, 5))), "a moderator revokes the owner’s");
    assert_eq!(come(&mut party, 0, 2, &pass(0, 1), NOW), Err(LinkFault::Revoked));
    assert!(rule(&mut party, 1, link(terms(0, 1, 5))));
    assert_eq!(come(&mut party, 0, 2, &pass(0, 1), NOW), Ok(()));
    assert!(rule(&mut party, 0, revoked(terms(0, 1, 5))) && party.admits(&id(2)), "whoever is in stays");
    assert!(!rule(&mut party, 1, link(terms(0, 1, 5))), "what the owner has revoked");
    assert_eq!(party.link(serial(1)).unwrap().fault(NOW), Some(LinkFault::Revoked));
    assert!(rule(&mut party, 0, link(terms(0, 1, 5))) && party.link(serial(1)).unwrap().fault(NOW).is_none());
}

#[test]
fn who_was_let_in_by_a_link_that_was_revoked_before_is_out_when_the_halves_meet() {
    let mut party = asking(5);
    let mut half = party.clone();
    party.rule(&device(0), revoked(terms(0, 1, 5)), NOW.plus(HOUR_MS)).unwrap();
    come(&mut half, 1, 2, &pass(0, 1), NOW.plus(HOUR_MS - 1)).unwrap();
    come(&mut half, 1, 3, &pass(0, 1), NOW.plus(HOUR_MS + 1)).unwrap();
    for _ in 0..2 {
        let others = party.clone();
        tell(&half, &mut party);
        tell(&others, &mut half);
    }
    assert_eq!(party, half);
    assert!(party.admits(&id(2)) && !party.admits(&id(3)));
}

#[test]
fn of_two_who_come_by_the_last_use_at_once_the_first_is_in_for_everybody() {
    let mut party = asking(1);
    let mut half = party.clone();
    come(&mut party, 0, 2, &pass(0, 1), NOW.plus(5)).unwrap();
    come(&mut half, 1, 3, &pass(0, 1), NOW.plus(4)).unwrap();
    let [mut one, mut other] = [party.clone(), half.clone()];
    tell(&half, &mut one);
    tell(&party, &mut other);
    assert_eq!(one, other);
    assert!(one.admits(&id(3)) && !one.admits(&id(2)), "three came first");
    // Who is let in by a person is, however many have come.
    assert!(rule(&mut one, 0, on(2, Standing::Member)) && one.admits(&id(2)));
}

#[test]
fn a_closed_party_keeps_who_came_by_a_link() {
    let mut party = asking(2);
    come(&mut party, 0, 2, &pass(0, 1), NOW).unwrap();
    assert!(rule(&mut party, 0, Matter::Admission(Admission::Closed)));
    assert!(party.admits(&id(2)) && !party.admits(&id(3)));
}

#[test]
fn links_without_end_fill_nothing_those_that_are_of_no_use_go_first_and_no_revocation_is_forgotten() {
    let mut party = asking(1);
    assert!(rule(&mut party, 1, link(terms(1, 99, 0))) && rule(&mut party, 0, revoked(terms(1, 99, 0))));
    come(&mut party, 0, 2, &pass(0, 1), NOW).unwrap();
    for n in 100..100 + LINKS as u8 {
        assert!(rule(&mut party, 0, link(terms(0, n, 1))));
    }
    let own = party.all().filter(|ruling| ruling.author() == id(0));
    let own = own.filter(|ruling| matches!(ruling.matter(), Matter::Link { .. }));
    assert_eq!(own.count(), LINKS);
    assert!(party.link(serial(1)).is_none(), "the one that is used up went first");
    assert!(party.admits(&id(2)), "and who came by it stays");
    assert_eq!(party.link(serial(99)).unwrap().fault(NOW), Some(LinkFault::Revoked));
    assert_eq!(party.live_links(NOW), LINKS - 1);
}

#[test]
fn where_two_have_come_by_each_others_link_since_whoever_heard_the_first_ways_hears_the_second() {
    let mut party = asking(1);
    assert!(rule(&mut party, 0, link(terms(0, 1, 1))) && rule(&mut party, 0, link(terms(0, 2, 1))));
    let mut other = party.clone();
    assert!(rule(&mut party, 0, came(2, 1, NOW)) && rule(&mut party, 0, came(3, 2, NOW)));
    tell(&party, &mut other);
    // Each use is free again for a moment: both come, in another order, by the other's.
    assert!(rule(&mut party, 0, came(3, 3, NOW)) && rule(&mut party, 0, came(2, 2, NOW)));
    assert!(rule(&mut party, 0, came(3, 1, NOW.plus(1))));
    (0..2).for_each(|_| tell(&party, &mut other));
    assert_eq!(other, party);
    assert_eq!(
        (party.link(serial(1)).unwrap().came.len(), party.link(serial(2)).unwrap().came.len()),
        (1, 1)
    );
}

/// What somebody wishes of one of two links that may let in one or two, or of who comes by them.
fn wish() -> impl Strategy<Value = (u8, Matter)> {
    let standings = prop_oneof![
        3 => Just(Standing::Member),
        2 => Just(Standing::Moderator),
        1 => Just(Standing::Kicked),
        1 => Just(Standing::Banned)
    ];
    let ends = prop_oneof![Just(None), (1_u64..40).prop_map(|ms| Some(NOW.plus(ms)))];
    let linked = (0_u8..2, 1_u16..3, ends, any::<bool>()).prop_map(|(n, uses, ends, is_revoked)| {
        Matter::Link { terms: LinkTerms { ends, ..terms(0, n, uses) }, is_revoked }
    });
    let matter = prop_oneof![
        6 => (0_u8..6, 0_u8..2, 0_u64..40).prop_map(|(peer, n, ms)| came(peer, n, NOW.plus(ms))),
        4 => linked,
        3 => (0_u8..6, standings).prop_map(|(peer, standing)| on(peer, standing)),
        1 => (0_u8..3).prop_map(|heir| Matter::Owner(id(heir))),
    ];
    (0_u8..3, matter)
}

proptest! {
    /// Three devices rule on links and let newcomers in by them, each hearing what it hears. When all have heard all, they
    /// conclude the same whatever the order was, and no link has let in more than it is good for.
    #[test]
    fn all_who_have_heard_everything_conclude_the_same_of_links(
        wishes in prop::collection::vec((wish(), 0_usize..3), 0..40),
        order in Just([0_usize, 1, 2, 1, 0, 2]).prop_shuffle(),
    ) {
        let mut halves = [asking(1), asking(1), asking(1)];
        let first = halves[0].clone();
        halves.iter_mut().for_each(|half| tell(&first, half));
        for ((by, matter), told) in wishes {
            // A device knows what it has ruled itself.
            let at = usize::from(by);
            rule(&mut halves[at], by, matter);
            let from = halves[at].clone();
            tell(&from, &mut halves[told]);
        }
        for _ in 0..8 {
            for at in order {
                let from = halves[at].clone();
                halves.iter_mut().for_each(|half| tell(&from, half));
            }
        }
        prop_assert_eq!(&halves[0], &halves[1]);
        prop_assert_eq!(&halves[1], &halves[2]);
        for link in halves[0].links() {
            prop_assert!(link.terms.uses.is_none_or(|uses| link.came.len() <= uses.get().into()));
        }
        let mut late = rulings();
        for _ in 0..4 {
            tell(&halves[0], &mut late);
        }
        prop_assert_eq!(&late, &halves[0]);
    }
}
