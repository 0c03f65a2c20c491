use proptest::prelude::*;

use super::*;

pub(in crate::proof::rulings) const NOW: UnixMillis = UnixMillis(1_795_000_000_000);

pub(in crate::proof::rulings) fn party() -> PartyId {
    PartyId::from_random([1; 16])
}

/// Devices of a party; the first has made it.
pub(in crate::proof::rulings) fn device(n: u8) -> DeviceIdentity {
    DeviceIdentity::from_seed(&[n + 1; 32])
}

pub(in crate::proof::rulings) fn id(n: u8) -> PeerId {
    device(n).peer_id()
}

pub(in crate::proof::rulings) fn rulings() -> Rulings {
    Rulings::new(party(), id(0))
}

pub(in crate::proof::rulings) fn on(peer: u8, standing: Standing) -> Matter {
    Matter::Peer { peer: id(peer), standing, name: None, share: None }
}

/// Somebody rules, if they may.
pub(in crate::proof::rulings) fn rule(rulings: &mut Rulings, by: u8, matter: Matter) -> bool {
    rulings.rule(&device(by), matter, NOW).is_ok()
}

/// Everything that one knows, told to another.
pub(in crate::proof::rulings) fn tell(from: &Rulings, to: &mut Rulings) {
    for ruling in from.all() {
        to.take(ruling.clone(), NOW);
    }
}

#[test]
fn whoever_made_the_party_rules_and_nobody_else_does() {
    let mut party = rulings();
    assert!(!rule(&mut party, 1, on(2, Standing::Kicked)), "a member");
    assert!(!rule(&mut party, 1, Matter::Admission(Admission::Closed)));
    assert!(!rule(&mut party, 1, on(1, Standing::Moderator)), "nobody lifts themselves");
    assert!(!rule(&mut party, 1, Matter::Owner(id(1))));
    assert!(party.is_empty() && party.admits(&id(2)));
    assert!(rule(&mut party, 0, on(2, Standing::Kicked)));
    assert!(!party.admits(&id(2)) && party.admits(&id(1)) && party.admits(&id(0)));
    assert_eq!(party.removed().len(), 1);
    assert!(rule(&mut party, 0, on(2, Standing::Member)), "and takes it back");
    assert!(party.admits(&id(2)) && party.removed().is_empty());
    assert!(!rule(&mut party, 0, on(0, Standing::Kicked)), "the owner cannot be out");
}

#[test]
fn a_moderator_rules_on_members_and_on_nobody_else() {
    let mut party = rulings();
    assert!(
        rule(&mut party, 0, on(1, Standing::Moderator)) && rule(&mut party, 0, on(2, Standing::Moderator))
    );
    assert_eq!(
        (party.role(&id(0)), party.role(&id(1)), party.role(&id(3))),
        (Role::Owner, Role::Moderator, Role::Member)
    );
    assert!(rule(&mut party, 1, on(3, Standing::Banned)) && !party.admits(&id(3)));
    assert!(rule(&mut party, 2, on(3, Standing::Member)) && party.admits(&id(3)), "another takes it back");
    assert!(rule(&mut party, 1, Matter::Admission(Admission::Ask)));
    for forbidden in
        [on(0, Standing::Kicked), on(2, Standing::Kicked), on(3, Standing::Moderator), Matter::Owner(id(1))]
    {
        assert!(!rule(&mut party, 1, forbidden.clone()), "{forbidden:?}");
    }
    assert!(rule(&mut party, 0, on(4, Standing::Banned)));
    assert!(!rule(&mut party, 1, on(4, Standing::Member)), "whom the owner banned");
    assert!(rule(&mut party, 0, on(5, Standing::Kicked)) && rule(&mut party, 1, on(5, Standing::Member)));
}

#[test]
fn what_a_moderator_did_stays_when_the_right_is_taken_away_and_what_it_does_then_is_void() {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(1, Standing::Moderator)));
    assert!(rule(&mut party, 1, on(3, Standing::Banned)) && rule(&mut party, 1, on(4, Standing::Kicked)));
    let mut moderators = party.clone();
    assert!(rule(&mut party, 0, on(1, Standing::Member)));
    assert!(!party.admits(&id(3)) && !party.admits(&id(4)) && party.role(&id(1)) == Role::Member);
    assert!(rule(&mut moderators, 1, on(5, Standing::Banned)), "it does not know yet");
    tell(&moderators, &mut party);
    assert!(party.admits(&id(5)));
    tell(&party, &mut moderators);
    assert!(moderators.admits(&id(5)) && !moderators.admits(&id(3)));
    assert_eq!(party.digest(), moderators.digest());
}

#[test]
fn where_the_party_is_not_open_only_who_was_let_in_is() {
    let mut party = rulings();
    assert!(
        rule(&mut party, 0, on(1, Standing::Member))
            && rule(&mut party, 0, Matter::Admission(Admission::Ask))
    );
    assert!(party.admits(&id(0)) && party.admits(&id(1)) && !party.admits(&id(2)));
    assert!(rule(&mut party, 0, on(2, Standing::Member)) && party.admits(&id(2)));
    assert!(rule(&mut party, 0, Matter::Admission(Admission::Open)) && party.admits(&id(3)));
}

#[test]
fn a_party_is_handed_over_for_good_and_back_and_what_was_ruled_before_holds() {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(3, Standing::Banned)) && rule(&mut party, 0, Matter::Owner(id(1))));
    assert_eq!((party.owner(), party.role(&id(0))), (id(1), Role::Member));
    assert!(!party.admits(&id(3)));
    assert!(!rule(&mut party, 0, on(1, Standing::Kicked)) && !rule(&mut party, 0, Matter::Owner(id(2))));
    assert!(rule(&mut party, 1, on(0, Standing::Kicked)) && !party.admits(&id(0)));
    assert!(rule(&mut party, 1, on(3, Standing::Member)) && party.admits(&id(3)));
    assert!(rule(&mut party, 1, on(0, Standing::Member)) && rule(&mut party, 1, Matter::Owner(id(0))));
    assert_eq!(party.owner(), id(0));
    let mut late = rulings();
    tell(&party, &mut late);
    assert_eq!((late.owner(), late.digest()), (id(0), party.digest()));
    for n in 0..100 {
        assert_eq!(rule(&mut party, n % 2, Matter::Owner(id((n + 1) % 2))), n < 29, "hand-over {n}");
    }
}

#[test]
fn whoever_gives_away_a_party_in_which_newcomers_ask_stays_in_it() {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(1, Standing::Member)));
    assert!(rule(&mut party, 0, Matter::Admission(Admission::Ask)));
    assert!(rule(&mut party, 0, Matter::Owner(id(1))));
    assert!(party.admits(&id(0)) && !party.admits(&id(2)));
    assert!(rule(&mut party, 1, on(0, Standing::Kicked)) && !party.admits(&id(0)));
}

#[test]
fn what_a_moderator_ruled_holds_when_the_party_becomes_theirs() {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(1, Standing::Moderator)));
    assert!(rule(&mut party, 0, Matter::Admission(Admission::Ask)));
    assert!(rule(&mut party, 1, on(2, Standing::Member)) && rule(&mut party, 1, on(3, Standing::Banned)));
    assert!(rule(&mut party, 0, Matter::Owner(id(1))));
    assert!(party.admits(&id(2)) && !party.admits(&id(3)) && party.admits(&id(1)));
    assert!(!rule(&mut party, 1, on(1, Standing::Member)), "nobody rules on themselves");
}

#[test]
fn a_forged_foreign_or_far_future_ruling_changes_nothing() {
    let mut party = rulings();
    let other = PartyId::from_random([9; 16]);
    let foreign = Ruling::sign(&device(0), &other, NOW.0, on(1, Standing::Banned));
    assert!(!party.take(foreign, NOW), "of another party");
    let day = 24 * 3_600_000;
    let future = Ruling::sign(&device(0), &super::tests::party(), NOW.0 + 2 * day, on(1, Standing::Banned));
    assert!(!party.take(future.clone(), NOW) && party.take(future, NOW.plus(2 * day)));
    let greatest = Ruling::sign(&device(0), &super::tests::party(), u64::MAX, on(1, Standing::Member));
    assert!(!party.take(greatest, NOW.plus(2 * day)));
    assert!(!party.admits(&id(1)));
}

#[test]
fn what_is_older_comes_in_vain() {
    let mut party = rulings();
    let first = party.rule(&device(0), on(1, Standing::Kicked), NOW).unwrap().remove(0);
    assert!(rule(&mut party, 0, on(1, Standing::Member)));
    assert!(!party.take(first, NOW) && party.admits(&id(1)));
}

#[test]
fn somebody_acts_for_a_silent_owner_until_the_owner_is_back() {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(2, Standing::Moderator)));
    let everybody = || (1..5).map(id);
    assert!(
        party.claim(&device(2), everybody(), NOW.plus(u64::MAX / 2)).is_none(),
        "the owner was never heard"
    );
    party.hear_owner(NOW.0);
    let due = NOW.plus(ABSENCE_MS);
    assert!(party.claim(&device(2), everybody(), UnixMillis(due.0 - 1)).is_none());
    assert!(party.claim(&device(1), everybody(), due).is_none(), "the moderator comes first");
    let mut half = party.clone();
    let claim = party.claim(&device(2), everybody(), due).unwrap();
    assert_eq!((party.role(&id(2)), party.owner()), (Role::ActingOwner, id(0)));
    // In another half of the party the moderator is not there: a member does it, later.
    let late = due.plus(10 * TURN_MS);
    assert!(half.claim(&device(3), everybody(), late).is_some());
    assert!(half.rule(&device(3), on(4, Standing::Banned), late).is_ok());
    for ruling in half.all() {
        party.take(ruling.clone(), late);
    }
    assert!(half.take(claim, late));
    assert_eq!((half.acting_owner(), party.acting_owner()), (Some(id(2)), Some(id(2))), "whoever was first");
    assert_eq!(half.digest(), party.digest());
    assert!(party.admits(&id(4)), "what the other ruled is void");
    assert!(party.rule(&device(2), on(3, Standing::Banned), late).is_ok() && !party.admits(&id(3)));
    assert!(party.rule(&device(2), Matter::Owner(id(2)), late).is_err(), "acting is not owning");
    party.hear_owner(late.0);
    assert_eq!((party.acting_owner(), party.role(&id(2))), (None, Role::Moderator));
    assert!(!party.admits(&id(3)), "a moderator's ruling");
}

#[test]
fn of_moderators_the_one_who_is_it_for_longest_acts_first_whoever_owned_the_party_since() {
    let mut party = rulings();
    for moderator in [4, 2, 3] {
        assert!(rule(&mut party, 0, on(moderator, Standing::Moderator)));
    }
    assert!(rule(&mut party, 0, Matter::Owner(id(5))) && !party.take_over(&device(5)).is_empty());
    party.hear_owner(NOW.0);
    let everybody = || (0..6).map(id);
    for (turn, moderator) in [(0, 4), (1, 2), (2, 3)] {
        let due = NOW.plus(ABSENCE_MS + turn * TURN_MS);
        assert!(party.clone().claim(&device(moderator), everybody(), UnixMillis(due.0 - 1)).is_none());
        assert!(party.clone().claim(&device(moderator), everybody(), due).is_some(), "{moderator}");
    }
}

#[test]
fn nobody_claims_a_party_whose_owner_was_heard_lately() {
    let mut party = rulings();
    party.hear_owner(NOW.0);
    let forged = Ruling::sign(&device(1), &super::tests::party(), NOW.0 + 1, Matter::Owner(id(1)));
    assert!(!party.take(forged, NOW) && party.acting_owner().is_none());
    let early = Ruling::sign(&device(1), &super::tests::party(), NOW.0 + ABSENCE_MS, Matter::Owner(id(1)));
    assert!(!party.take(early, NOW), "of a time that has not come");
}

#[test]
fn where_clocks_disagree_by_an_hour_whoever_knew_the_others_word_has_the_last() {
    let hour = 3_600_000;
    for (owner, moderator) in [(NOW.plus(hour), NOW), (NOW, NOW.plus(hour))] {
        let mut party = rulings();
        party.rule(&device(0), on(1, Standing::Moderator), owner).unwrap();
        for _ in 0..3 {
            party.rule(&device(1), on(2, Standing::Kicked), moderator).unwrap();
            assert!(!party.admits(&id(2)));
            party.rule(&device(0), on(2, Standing::Member), owner).unwrap();
            assert!(party.admits(&id(2)));
            party.rule(&device(0), Matter::Admission(Admission::Ask), owner).unwrap();
            party.rule(&device(1), Matter::Admission(Admission::Closed), moderator).unwrap();
            assert_eq!(party.admission(), Admission::Closed);
        }
        // Neither has heard of the other's word: a removal stands, whoever's clock is ahead.
        let (mut one, mut other) = (party.clone(), party.clone());
        one.rule(&device(0), on(3, Standing::Member), owner).unwrap();
        other.rule(&device(1), on(3, Standing::Kicked), moderator).unwrap();
        one.rule(&device(0), on(4, Standing::Banned), owner).unwrap();
        other.rule(&device(1), on(4, Standing::Member), moderator).unwrap();
        for _ in 0..2 {
            other.all().cloned().collect::<Vec<_>>().into_iter().for_each(|ruling| {
                one.take(ruling, owner);
            });
            one.all().cloned().collect::<Vec<_>>().into_iter().for_each(|ruling| {
                other.take(ruling, moderator);
            });
        }
        assert_eq!(one, other);
        assert!(!one.admits(&id(3)) && !one.admits(&id(4)));
        // The party may go to either clock.
        one.rule(&device(0), Matter::Owner(id(1)), owner).unwrap();
        assert!(!one.take_over(&device(1)).is_empty());
        one.rule(&device(1), on(4, Standing::Member), moderator).unwrap();
        one.rule(&device(1), on(0, Standing::Kicked), moderator).unwrap();
        assert!(one.admits(&id(4)) && !one.admits(&id(0)) && !one.admits(&id(3)));
        for wall in [owner, moderator] {
            let mut late = rulings();
            for _ in 0..3 {
                one.all().for_each(|ruling| {
                    late.take(ruling.clone(), wall);
                });
            }
            assert_eq!(late, one);
        }
    }
}

#[test]
fn whoever_rules_without_end_fills_nothing_and_the_gravest_stay() {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(1, Standing::Moderator)));
    assert!(rule(&mut party, 1, on(2, Standing::Banned)));
    for n in 3..200 {
        assert!(rule(&mut party, 1, on(n, Standing::Kicked)));
    }
    assert_eq!(party.all().count(), 1 + MODERATOR_RULINGS);
    assert!(!party.admits(&id(2)) && !party.admits(&id(199)) && party.admits(&id(3)));
    assert_eq!(party.role(&id(1)), Role::Moderator);
}

#[test]
fn whoever_lets_in_overrules_no_removal_of_which_they_have_not_heard() {
    let mut party = rulings();
    assert!(rule(&mut party, 0, on(1, Standing::Moderator)));
    let (before, mut moderators) = (party.clone(), party.clone());
    assert!(
        rule(&mut party, 0, on(2, Standing::Banned)) && rule(&mut moderators, 1, on(3, Standing::Kicked))
    );
    // The owner's device has lost what it ruled, and comes back from before.
    let mut restored = before;
    let later = NOW.plus(1_000);
    for matter in [on(2, Standing::Member), on(3, Standing::Member), on(4, Standing::Member)] {
        restored.rule(&device(0), matter, later).unwrap();
    }
    for other in [&moderators, &party] {
        tell(other, &mut restored);
    }
    assert!(!restored.admits(&id(2)) && !restored.admits(&id(3)) && restored.admits(&id(4)));
    assert!(rule(&mut restored, 0, on(2, Standing::Member)) && restored.admits(&id(2)), "now it knows");
    // Whoever takes the right away decides nothing anew.
    let mut halves = rulings();
    assert!(
        rule(&mut halves, 0, on(1, Standing::Moderator)) && rule(&mut halves, 1, on(5, Standing::Member))
    );
    let mut other = halves.clone();
    assert!(rule(&mut other, 0, on(5, Standing::Banned)));
    halves.rule(&device(0), on(1, Standing::Member), later).unwrap();
    tell(&halves, &mut other);
    assert!(!other.admits(&id(5)));
}

pub(super) fn standings() -> impl Strategy<Value = Standing> {
    prop_oneof![
        Just(Standing::Member),
        Just(Standing::Moderator),
        Just(Standing::Kicked),
        Just(Standing::Banned)
    ]
}

pub(super) fn admissions() -> impl Strategy<Value = Admission> {
    prop_oneof![Just(Admission::Open), Just(Admission::Ask), Just(Admission::Closed)]
}

/// Somebody's wish to rule, as it may come in any order.
fn wish() -> impl Strategy<Value = (u8, Matter)> {
    let matter = prop_oneof![
        6 => (0_u8..6, standings()).prop_map(|(peer, standing)| on(peer, standing)),
        1 => admissions().prop_map(Matter::Admission),
        1 => (0_u8..6).prop_map(|heir| Matter::Owner(id(heir))),
    ];
    (0_u8..6, matter)
}

proptest! {
    /// In each of three parts of a party devices of their own rule and hear what they hear; in the end all have heard all. Whatever
    /// the order was, they conclude the same, and the owner is in.
    #[test]
    fn all_who_have_heard_everything_conclude_the_same(
        wishes in prop::collection::vec((wish(), 0_usize..3), 0..40),
        order in Just([0_usize, 1, 2, 1, 0, 2]).prop_shuffle(),
    ) {
        let mut halves = [rulings(), rulings(), rulings()];
        for ((by, matter), told) in wishes {
            // A device knows what it has ruled itself, and takes over sooner or later.
            let at = usize::from(by) % 3;
            rule(&mut halves[at], by, matter);
            if told != at {
                halves[at].take_over(&device(by));
            }
            if told != at {
                let from = halves[at].clone();
                tell(&from, &mut halves[told]);
            }
        }
        for _ in 0..8 {
            for at in order {
                let from = halves[at].clone();
                halves.iter_mut().for_each(|half| tell(&from, half));
            }
        }
        prop_assert_eq!(&halves[0], &halves[1]);
        prop_assert_eq!(&halves[1], &halves[2]);
        prop_assert!(halves[0].admits(&halves[0].owner()));
        let mut late = rulings();
        for _ in 0..4 {
            tell(&halves[0], &mut late);
        }
        prop_assert_eq!(&late, &halves[0]);
    }

    /// The owner's device rules, is restored from a backup of any time before, and rules on whom it likes. All whom it has
    /// removed meanwhile are out in the end, whoever is told first.
    #[test]
    fn a_device_from_an_old_backup_undoes_no_removal_that_it_has_forgotten(
        before in prop::collection::vec(wish(), 0..8),
        forgotten in prop::collection::vec(wish(), 0..8),
        after in prop::collection::vec(wish(), 0..8),
    ) {
        let mut party = rulings();
        let mut wall = NOW;
        let mut rules = |party: &mut Rulings, (by, matter): (u8, Matter)| {
            wall = wall.plus(1);
            // Ownership apart, of which the last test is.
            let by = by % 2;
            let is_about_moderators = matches!(&matter, Matter::Peer { peer, .. } if *peer == id(0) || *peer == id(1));
            if !is_about_moderators && !matches!(matter, Matter::Owner(_)) {
                let _ = party.rule(&device(by), matter, wall);
            }
        };
        rules(&mut party, (0, on(6, Standing::Member)));
        party.rule(&device(0), on(1, Standing::Moderator), NOW).unwrap();
        before.into_iter().for_each(|wish| rules(&mut party, wish));
        let mut restored = party.clone();
        let removed_before = party.removed();
        forgotten.into_iter().for_each(|wish| rules(&mut party, wish));
        let removed: Vec<PeerId> =
            party.removed().into_iter().filter(|out| !removed_before.contains(out)).map(|out| out.peer).collect();
        for (_, matter) in after {
            let lets_in = matches!(matter, Matter::Peer { standing: Standing::Member, .. });
            if lets_in {
                rules(&mut restored, (0, matter));
            }
        }
        let told = restored.clone();
        tell(&party, &mut restored);
        tell(&told, &mut party);
        prop_assert_eq!(&restored, &party);
        for peer in removed {
            prop_assert!(!party.admits(&peer));
        }
    }
}
