use std::sync::OnceLock;

use lanrage_party::{DeviceIdentity, PartyId};
use proptest::prelude::*;

use super::*;

fn now(ms: u64) -> Now {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(Instant::now) + Duration::from_secs(1_000);
    Now { instant: start + Duration::from_millis(ms), wall: UnixMillis(1_000_000_000 + ms) }
}

fn party() -> PartyId {
    PartyId::from_random([1; 16])
}

/// The identities of everybody.
fn keys() -> [DeviceIdentity; 4] {
    [1, 2, 3, 4].map(|n| DeviceIdentity::from_seed(&[n; 32]))
}

struct Member {
    identity: DeviceIdentity,
    ready: Ready,
}

/// All of them reach each other; the ids are in order.
fn members(count: usize) -> Vec<Member> {
    let mut identities: Vec<_> = keys().into_iter().take(count).collect();
    identities.sort_by_key(DeviceIdentity::peer_id);
    let mut members: Vec<_> =
        identities.into_iter().map(|identity| Member { identity, ready: Ready::default() }).collect();
    reach(&mut members, now(0));
    members
}

fn reach(members: &mut [Member], now: Now) {
    let ids: Vec<_> = members.iter().map(Member::id).collect();
    for member in members {
        let others: Vec<_> = ids.iter().copied().filter(|id| *id != member.id()).collect();
        member.ready.set_reached(now.instant, &others);
    }
}

impl Member {
    fn id(&self) -> PeerId {
        self.identity.peer_id()
    }

    fn ask(&mut self, now: Now) -> ReadyCheck {
        let at = self.ready.next_at(&self.id(), now.wall);
        let check = ReadyCheck::sign(&self.identity, &party(), at);
        self.ready.ask(now, check.clone());
        check
    }

    fn hear(&mut self, now: Now, from: PeerId, word: CheckWord, all: &[DeviceIdentity]) {
        let is_signed = |check: &ReadyCheck| all.iter().any(|key| check.is_of(&key.public(), &party()));
        self.ready.handle(now, from, word, is_signed);
    }

    fn state(&self) -> Option<ReadyCheckState> {
        self.ready.shown().map(|(_, state, ..)| state)
    }

    fn starter(&self) -> Option<PeerId> {
        self.ready.shown().map(|(starter, ..)| starter)
    }
}

/// Everybody says what is due and hears it at once.
fn talk(members: &mut [Member], now: Now) {
    let all = keys();
    for speaker in 0..members.len() {
        members[speaker].ready.follow(now.instant);
        let from = members[speaker].id();
        let Some((told, word)) = members[speaker].ready.take_due(now.instant) else { continue };
        for member in members.iter_mut().filter(|member| told.contains(&member.id())) {
            member.hear(now, from, word.clone(), &all);
        }
    }
}

fn states(members: &[Member]) -> Vec<Option<ReadyCheckState>> {
    members.iter().map(Member::state).collect()
}

#[test]
fn somebody_asks_all_answer_and_everybody_is_told_once() {
    let mut all = members(3);
    all[0].ask(now(0));
    talk(&mut all, now(10));
    let asker = all[0].id();
    for asked in &mut all[1..] {
        assert_eq!(asked.ready.take_news(), [ReadyNews::Asked(asker)]);
        assert_eq!(asked.ready.of(&asker), Some(Readiness::Ready), "who asks is ready");
    }
    assert!(all[1].ready.answer(now(20).instant, Readiness::NotYet));
    assert!(all[2].ready.answer(now(20).instant, Readiness::Ready));
    talk(&mut all, now(30));
    let not_yet = all[1].id();
    assert_eq!(all[0].ready.of(&not_yet), Some(Readiness::NotYet));
    assert_eq!(all[2].ready.of(&not_yet), Some(Readiness::NotYet));
    assert_eq!(states(&all), [Some(ReadyCheckState::Asking); 3], "whoever needs a moment has it");
    assert!(all[1].ready.answer(now(40).instant, Readiness::Ready));
    talk(&mut all, now(50));
    talk(&mut all, now(300));
    assert_eq!(states(&all), [Some(ReadyCheckState::EverybodyReady); 3]);
    for one in &mut all {
        assert_eq!(one.ready.take_news(), [ReadyNews::Everybody]);
        assert!(!one.ready.answer(now(400).instant, Readiness::NotYet), "it is over");
    }
    talk(&mut all, now(50 + 1_000 * SHOWN.as_millis() as u64));
    assert_eq!(states(&all), [None; 3]);
    assert!(all.iter().all(|one| one.ready.poll_timeout().is_none()), "nothing is due at rest");
}

#[test]
fn it_ends_by_itself_and_nothing_that_is_due_stays_due() {
    let mut all = members(2);
    let friend = all[1].id();
    all[0].ask(now(0));
    let mut steps = 0;
    while let Some(due) = all[0].ready.poll_timeout() {
        all[0].ready.follow(due);
        all[0].ready.take_due(due);
        if due > now(5_000).instant {
            all[0].ready.set_reached(due, &[]);
        }
        steps += 1;
        assert!(steps < 50, "it is waited for what has passed");
    }
    assert_eq!(all[0].ready.of(&friend), None);
    let (ends, shown) = (LASTS + SHOWN, now(0).instant);
    all[1].ask(now(0));
    all[1].ready.follow(shown + LASTS);
    assert_eq!(all[1].state(), Some(ReadyCheckState::TimeIsUp));
    all[1].ready.follow(shown + ends);
    assert_eq!(all[1].state(), None);
    assert_eq!(all[1].ready.take_news(), []);
}

#[test]
fn nobody_is_alone_and_who_is_gone_for_long_is_not_waited_for() {
    let mut all = members(3);
    all[0].ready.set_reached(now(0).instant, &[]);
    all[0].ask(now(0));
    assert_eq!(all[0].state(), Some(ReadyCheckState::Asking), "there is nobody yet");
    reach(&mut all, now(100));
    talk(&mut all, now(200));
    all[1].ready.answer(now(300).instant, Readiness::Ready);
    talk(&mut all, now(310));
    let second = all[1].id();
    all[0].ready.set_reached(now(400).instant, &[second]);
    all[0].ready.follow(now(9_000).instant);
    assert_eq!(all[0].state(), Some(ReadyCheckState::Asking), "a blip");
    all[0].ready.follow(now(400).instant + LOST);
    assert_eq!(all[0].state(), Some(ReadyCheckState::EverybodyReady));
}

#[test]
fn of_two_who_ask_at_once_all_take_the_same_and_their_own_yes_counts() {
    let mut all = members(3);
    all[2].ask(now(0));
    all[0].ask(now(40));
    talk(&mut all, now(90));
    talk(&mut all, now(400));
    let first = all[0].id();
    assert!(all.iter().all(|one| one.starter() == Some(first)), "the smaller id");
    assert_eq!(all[0].ready.of(&all[2].id()), Some(Readiness::Ready), "who asks is ready");
    all[1].ready.answer(now(500).instant, Readiness::Ready);
    talk(&mut all, now(600));
    talk(&mut all, now(2_000));
    assert_eq!(states(&all), [Some(ReadyCheckState::EverybodyReady); 3]);
}

#[test]
fn who_comes_later_or_is_started_again_is_asked_and_nobody_after_the_end() {
    let mut all = members(3);
    let check = all[0].ask(now(0));
    talk(&mut all, now(10));
    all[1].ready.answer(now(20).instant, Readiness::Ready);
    talk(&mut all, now(30));
    let (started, keys) = (all[0].id(), keys());
    all[0].ready = Ready::default();
    let others = [all[1].id(), all[2].id()];
    all[0].ready.set_reached(now(5_000).instant, &others);
    let word =
        |age_ms, is_over| CheckWord { check: check.clone(), age_ms, answer: Readiness::Ready, is_over };
    all[0].hear(now(5_000), others[0], word(5_000, true), &keys);
    assert_eq!(all[0].state(), None, "over is no news");
    all[0].hear(now(5_000), others[0], word(u32::MAX, false), &keys);
    assert_eq!(all[0].state(), None, "nor what is long ago");
    all[0].hear(now(5_000), others[0], word(5_000, false), &keys);
    let (starter, state, own, ends_at) = all[0].ready.shown().unwrap();
    assert_eq!((starter, state, own), (started, ReadyCheckState::Asking, Readiness::Waiting), "asked anew");
    assert_eq!(ends_at, now(LASTS.as_millis() as u64).wall, "and ends when it does for the others");
    assert_eq!(all[0].ready.of(&others[0]), Some(Readiness::Ready));
    assert!(all[0].ready.next_at(&started, UnixMillis(0)) > check.at, "no two have the same time");
}

#[test]
fn forged_and_old_ones_count_for_nobody_and_a_flood_asks_three_times() {
    let mut all = members(2);
    let (ann, keys) = (all[0].id(), keys());
    let word = |check: ReadyCheck| CheckWord { check, age_ms: 0, answer: Readiness::Ready, is_over: false };
    let eve = DeviceIdentity::from_seed(&[9; 32]);
    all[1].hear(now(0), ann, word(ReadyCheck::sign(&eve, &party(), UnixMillis(5))), &keys);
    assert_eq!(all[1].state(), None, "she is no member");
    let check = all[0].ask(now(0));
    all[1].hear(now(0), eve.peer_id(), word(check), &keys);
    assert_eq!(all[1].state(), None, "who is not reached says nothing");
    let mut asked = 0;
    let mut last = None;
    for number in 0..10_000 {
        let check = all[0].ask(now(60_000 + number));
        all[1].hear(now(60_000), ann, word(check.clone()), &keys);
        let is_heard = all[1].ready.last.get(&ann) == Some(&check.at);
        asked += u64::from(is_heard);
        last = is_heard.then_some(check).or(last);
    }
    assert!(asked <= 3, "{asked}");
    assert_eq!(all[1].ready.take_news().len(), 1, "and the player is told once");
    // What was asked before is asked no more, whoever brings it; a starter may have another clock than before.
    let other = members(3).pop().unwrap();
    let old = ReadyCheck::sign(&all[0].identity, &party(), UnixMillis(1));
    all[1].ready.set_reached(now(120_000).instant, &[ann, other.id()]);
    let is_current = |one: &Member| one.ready.current.as_ref().map(|current| current.check.clone()) == last;
    all[1].hear(now(120_000), other.id(), word(old.clone()), &keys);
    assert!(last.is_some() && is_current(&all[1]));
    all[1].hear(now(180_000), ann, word(old.clone()), &keys);
    assert!(!is_current(&all[1]), "her own word");
}

#[test]
fn what_somebody_asks_who_is_put_out_is_asked_no_more() {
    let mut all = members(3);
    all[0].ask(now(0));
    talk(&mut all, now(10));
    let (own, out, stays) = (all[1].id(), all[0].id(), all[2].id());
    all[1].ready.set_members(now(20).instant, &own, |peer| *peer != stays);
    assert_eq!((all[1].starter(), all[1].ready.of(&stays)), (Some(out), None));
    all[1].ready.set_members(now(20).instant, &own, |peer| *peer != out);
    assert_eq!(all[1].state(), None);
    assert!(!all[1].ready.answer(now(30).instant, Readiness::Ready));
}

#[test]
fn a_player_asks_twice_in_a_row_and_not_for_ever() {
    let mut all = members(2);
    let asked = (0..100).filter(|_| all[0].ready.may_ask(now(0).instant)).count();
    assert_eq!(asked, 2);
    assert!(all[0].ready.may_ask(now(COST * 1_000).instant));
    all[0].ask(now(100_000));
    assert!(!all[0].ready.may_ask(now(101_000).instant), "nobody could tell the two apart");
    assert!(all[0].ready.may_ask(now(107_000).instant));
}

proptest! {
    /// Whoever asks and answers, in whatever order and however late each word is: in the end all say the same.
    #[test]
    fn all_come_to_the_same(acts in prop::collection::vec((0_usize..4, 0_u8..3, 1_u64..2_000), 1..40)) {
        let mut all = members(4);
        let mut at = 0;
        for (who, act, wait) in acts {
            at += wait;
            match act {
                0 if !all[who].ready.is_asking() => {
                    if all[who].ready.may_ask(now(at).instant) {
                        all[who].ask(now(at));
                    }
                }
                0 | 1 => { all[who].ready.answer(now(at).instant, Readiness::Ready); }
                _ => { all[who].ready.answer(now(at).instant, Readiness::NotYet); }
            }
            if wait % 2 == 0 {
                talk(&mut all, now(at));
            }
        }
        for step in 0..40 {
            talk(&mut all, now(at + step * 1_000));
        }
        let starters: std::collections::BTreeSet<_> = all.iter().filter(|one| one.ready.is_asking()).map(Member::starter).collect();
        prop_assert!(starters.len() <= 1, "{starters:?}");
        talk(&mut all, now(at + 40_000 + (LASTS + SHOWN).as_millis() as u64));
        talk(&mut all, now(at + 41_000 + 2 * (LASTS + SHOWN).as_millis() as u64));
        prop_assert_eq!(states(&all), [None; 4]);
    }

    /// Whatever a member says, it comes to its end, and nothing that has passed is waited for.
    #[test]
    fn whatever_is_said_comes_to_its_end(
        words in prop::collection::vec((0_usize..3, 0_usize..4, 0_u64..6, any::<u32>(), 0_u8..3, 0_u64..60_000), 0..30),
    ) {
        let mut all = members(4);
        let mut at = 0;
        for (from, starter, number, age_ms, answer, wait) in words {
            at += wait;
            let check = ReadyCheck::sign(&all[starter].identity, &party(), UnixMillis(number));
            let answer = [Readiness::Waiting, Readiness::NotYet, Readiness::Ready][usize::from(answer)];
            let word = CheckWord { check, age_ms: age_ms >> (number * 4), answer, is_over: number == 5 };
            let from = all[from].id();
            let one = &mut all[3].ready;
            one.handle(now(at), from, word, |_| true);
            if wait % 3 == 0 {
                one.answer(now(at).instant, answer);
            }
        }
        let one = &mut all[3].ready;
        let mut steps = 0;
        while let Some(due) = one.poll_timeout() {
            let due = due.max(now(at).instant);
            one.follow(due);
            one.take_due(due);
            steps += 1;
            prop_assert!(steps < 200);
        }
        prop_assert!(one.shown().is_none());
    }
}
