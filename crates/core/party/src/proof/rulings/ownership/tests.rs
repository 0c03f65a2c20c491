use std::num::NonZeroU16;

use proptest::prelude::*;

use super::*;
use crate::{
    Admission, LinkTerms, Name, Pass, Serial, Standing,
    proof::rulings::{
        Role,
        tests::{NOW, admissions, device, id, on, party, rule, rulings, standings, tell},
    },
};

const HOUR_MS: u64 = 3_600_000;

fn sign(by: u8, version: u64, matter: Matter) -> Ruling {
    Ruling::sign(&device(by), &party(), version, matter)
}

/// All that anybody can see of a party, but for what is ruled on one.
fn seen(party: &Rulings, but: u8) -> impl PartialEq + std::fmt::Debug + use<> {
    let others = (0..8).filter(|n| *n != but).map(id);
    let peers: Vec<_> = others
        .map(|peer| (party.role(&peer), party.standing(&peer), party.admits(&peer), party.came_by(&peer)))
        .collect();
    let mut links = party.links();
    links.sort_by_key(|link| link.terms.serial);
    let links: Vec<_> = links.into_iter().map(|link| (link.terms, link.is_revoked, link.came)).collect();
    let removed: Vec<_> = party.removed().into_iter().filter(|out| out.peer != id(but)).collect();
    (party.owner(), party.admission(), peers, links, removed)
}

/// A party whose maker has ruled, with a moderator, and has handed it over to a third.
fn handed_over() -> Rulings {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(1, Standing::Moderator)));
    assert!(rule(&mut party, 0, on(3, Standing::Banned)) && rule(&mut party, 1, on(4, Standing::Kicked)));
    assert!(rule(&mut party, 0, on(2, Standing::Member)));
    assert!(rule(&mut party, 0, Matter::Admission(Admission::Ask)));
    assert!(rule(&mut party, 0, Matter::Owner(id(2))));
    party
}

#[test]
fn whoever_is_handed_a_party_goes_on_with_what_was_ruled_and_the_owner_before_adds_nothing() {
    let mut party = handed_over();
    let before = seen(&party, 2);
    assert_eq!(party.has_to_take_over(&id(2)), Some(true));
    assert_eq!(party.has_to_take_over(&id(0)), None);
    let mut late = party.clone();
    let made = party.take_over(&device(2));
    assert_eq!(made.len(), 4, "a moderator, a ban, who may come in, and that this is all");
    assert_eq!((seen(&party, 2), party.has_to_take_over(&id(2))), (before, None));
    assert!(party.take_over(&device(2)).is_empty());
    // Until others know that, whoever had the party may date back.
    let dated_back = sign(0, NOW.0 + 1, on(5, Standing::Banned));
    assert!(late.take(dated_back.clone(), NOW.plus(HOUR_MS)) && !late.admits(&id(5)));
    tell(&party, &mut late);
    assert_eq!(late, party);
    for matter in [
        on(5, Standing::Banned),
        on(5, Standing::Moderator),
        on(3, Standing::Member),
        Matter::Admission(Admission::Open),
        Matter::Redeemed { peer: id(3), serial: Serial::from_bytes([1; 4]), at: NOW, name: None },
    ] {
        for version in [0, 1, NOW.0, NOW.0 + 1, NOW.0 + 4] {
            assert!(!party.take(sign(0, version, matter.clone()), NOW.plus(HOUR_MS)), "{matter:?} {version}");
        }
    }
    assert!(!party.take(dated_back, NOW.plus(HOUR_MS)));
}

#[test]
fn whoever_had_a_party_cannot_give_it_to_somebody_else_by_an_earlier_date() {
    let mut party = handed_over();
    let given = |version| sign(0, version, Matter::HandOver { heir: id(6), estate: 0 });
    let mut forgot = party.clone();
    assert!(forgot.take(given(NOW.0 + 3), NOW.plus(HOUR_MS)), "its device may have forgotten the other one");
    assert_eq!(forgot.owner(), id(6));
    let later = NOW.plus(3 * HOUR_MS);
    for version in [0, NOW.0, NOW.0 + 3, NOW.0 + 4, NOW.0 + 5, NOW.0 + HOUR_MS] {
        assert!(!party.take(given(version), later), "{version}");
        assert!(!party.take(sign(0, version, Matter::Owner(id(6))), later), "{version}");
    }
    assert_eq!(party.owner(), id(2));
}

#[test]
fn only_the_heir_says_that_the_party_is_taken_over_and_only_of_that_hand_over() {
    let mut party = handed_over();
    let until = party.hand_overs.keys().next().unwrap().1;
    for (by, version, from) in [
        (0, until + 1, 0),
        (1, until + 1, 0),
        (6, until + 1, 0),
        (2, until, 0),
        (2, until + 2, 0),
        (2, until + 1, 1),
        (2, 0, 0),
    ] {
        let ruling = sign(by, version, Matter::TakenOver { from: id(from) });
        assert!(!party.take(ruling, NOW.plus(HOUR_MS)), "{by} {version} {from}");
    }
    let real = sign(2, until + 1, Matter::TakenOver { from: id(0) });
    assert!(party.take(real.clone(), NOW.plus(HOUR_MS)) && !party.take(real, NOW.plus(HOUR_MS)));
    assert_eq!(party.taken_over.len(), 1);
}

#[test]
fn a_party_that_was_handed_over_before_there_was_more_goes_on_as_it_was() {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(3, Standing::Banned)));
    assert!(party.take(sign(0, NOW.0 + 1, Matter::Owner(id(1))), NOW.plus(1)));
    assert!(party.owner() == id(1) && !party.admits(&id(3)));
    assert_eq!(party.has_to_take_over(&id(1)), Some(false), "nothing says what there was");
    let mut kept = rulings();
    tell(&party, &mut kept);
    assert_eq!(kept, party);
    assert_eq!(party.take_over(&device(1)).len(), 2);
    assert!(!party.admits(&id(3)) && !party.take(sign(0, NOW.0, on(4, Standing::Kicked)), NOW));
}

#[test]
fn a_new_owner_knows_whether_it_lacks_something_of_what_was_ruled() {
    let party = handed_over();
    let mut heir = rulings();
    let lacking = |ruling: &&Ruling| *ruling.matter() == on(3, Standing::Banned);
    let ban = party.all().find(lacking).unwrap().clone();
    party.all().filter(|ruling| !lacking(ruling)).for_each(|ruling| {
        heir.take(ruling.clone(), NOW.plus(1));
    });
    assert_eq!((heir.owner(), heir.has_to_take_over(&id(2))), (id(2), Some(false)));
    assert!(heir.take(ban, NOW.plus(1)));
    assert_eq!(heir.has_to_take_over(&id(2)), Some(true));
}

#[test]
fn a_party_that_goes_round_keeps_what_each_owner_has_ruled_until_another_rules_otherwise() {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(3, Standing::Banned)));
    for (owner, heir) in [(0, 1), (1, 2), (2, 0), (0, 1)] {
        assert!(rule(&mut party, owner, Matter::Owner(id(heir))));
        assert!(!party.take_over(&device(heir)).is_empty(), "{heir}");
        assert!(party.role(&id(owner)) == Role::Member && !party.admits(&id(3)));
    }
    assert!(rule(&mut party, 1, on(3, Standing::Member)) && party.admits(&id(3)));
    let mut late = rulings();
    for _ in 0..4 {
        tell(&party, &mut late);
    }
    assert_eq!(late, party);
}

/// Anything that somebody may sign.
fn matter() -> impl Strategy<Value = Matter> {
    let link = (0_u8..3, 0_u16..3, any::<bool>()).prop_map(|(n, uses, is_revoked)| {
        let serial = Serial::from_bytes([n; 4]);
        let key = Pass::of(&device(0), &party(), serial).key();
        let uses = NonZeroU16::new(uses);
        let terms = LinkTerms { serial, key, uses, ends: None, needs_approval: false, for_guests: n == 2 };
        Matter::Link { terms, is_revoked }
    });
    let redeemed = (0_u8..8, 0_u8..3, 0_u64..9).prop_map(|(peer, n, at)| Matter::Redeemed {
        peer: id(peer),
        serial: Serial::from_bytes([n; 4]),
        at: NOW.plus(at),
        name: Name::new("somebody").ok(),
    });
    prop_oneof![
        6 => (0_u8..8, standings()).prop_map(|(peer, standing)| on(peer, standing)),
        1 => admissions().prop_map(Matter::Admission),
        2 => link,
        2 => redeemed,
    ]
}

proptest! {
    /// Owner and moderator rule, and the party is handed over. Nobody sees a difference when it is taken over, but of the heir
    /// itself; and whatever those two and others sign then with dates of before, in whatever order it comes, changes nothing
    /// that is not a moderator's to say.
    #[test]
    fn taking_over_changes_nothing_and_nothing_that_is_dated_back_changes_anything(
        ruled in prop::collection::vec((0_u8..2, matter()), 0..24),
        dated_back in prop::collection::vec((0_u64..60, matter()), 0..24),
        earlier_heir in 0_u8..8,
    ) {
        let mut party = rulings();
        party.rule(&device(0), on(1, Standing::Moderator), NOW).unwrap();
        for (n, (by, matter)) in (1..).zip(ruled) {
            let _ = party.rule(&device(by), matter, NOW.plus(n));
        }
        party.rule(&device(0), Matter::Owner(id(2)), NOW.plus(40)).unwrap();
        let before = seen(&party, 2);
        let mut others = party.clone();
        prop_assert_eq!(party.has_to_take_over(&id(2)), Some(true));
        party.take_over(&device(2));
        prop_assert_eq!(seen(&party, 2), before);
        let (taken_over, wall) = (party.clone(), NOW.plus(3 * HOUR_MS));
        let heir = Matter::HandOver { heir: id(earlier_heir), estate: 1 };
        let dated_back = dated_back.into_iter().chain([(20, heir)]);
        let lies: Vec<Ruling> = dated_back.map(|(version, matter)| sign(0, NOW.0 + version, matter)).collect();
        for lie in &lies {
            prop_assert!(!party.take(lie.clone(), wall));
        }
        prop_assert_eq!(&party, &taken_over);
        // Others hear the lies first.
        for lie in lies {
            others.take(lie, wall);
        }
        for _ in 0..4 {
            for ruling in party.all() {
                others.take(ruling.clone(), wall);
            }
        }
        prop_assert_eq!(&others, &party);
    }
}
