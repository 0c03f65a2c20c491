//! When members tell each other what was ruled. Unlike records that goes on while a server keeps the list: no server has a
//! word in it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::{PeerId, Ruling, SignedRecord, limits};

use super::schedule::{Schedule, keep_reached};

/// How often one member is told everything.
const ANSWERS: Rate = Rate { burst: 3, per_second: 1 };
/// How long the rest of rulings that come in several messages is waited for, and how many messages may wait.
const HELD: Duration = Duration::from_secs(1);
const HELD_MESSAGES: usize = 64;
/// How many forged rulings one member may bring: an honest one brings none, as it takes none.
const FORGED: Rate = Rate { burst: 8, per_second: 1 };

/// How long a new owner waits for what the one before had ruled, if it is not all here: whoever hands a party over could name
/// more than there is, to go on ruling in it.
const ESTATE: Duration = Duration::from_secs(600);
/// How long it is waited for the rest of what a new owner goes on with, before nothing else of the former owners' counts.
const REST: Duration = Duration::from_secs(60);

/// How long after the first path this device's player waits to rule at the longest, if no member says what was ruled: somebody
/// who says nothing must not keep them from it.
const HEARING: Duration = Duration::from_secs(3);

/// What a device may not know of the rulings of a party, after it has come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ignorance {
    /// It has made the party, or has heard all.
    Nothing,
    /// It has come by a link, and knows none.
    Everything,
    /// It has started again, and others may have ruled meanwhile; or it was restored from a backup, and has forgotten some.
    TheLatest,
}

/// What a wish to rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Somebody is let in or removed, the party is closed, a link revoked: what was ruled otherwise later still counts, or nobody
    /// more is let in.
    Narrow,
    /// More may come in than one, or do more.
    Wide,
}

/// With each member that there is a path to, what both have said.
#[derive(Debug)]
pub(crate) struct Ruled {
    ignorance: Ignorance,
    /// From when on this device's player may rule although nobody has said what was ruled.
    heard_at: Option<Instant>,
    schedule: Schedule<u64>,
    answers: BTreeMap<PeerId, TokenBucket>,
    /// Whether rulings have come of which nobody has said yet that they are all.
    is_partial: bool,
    /// Rulings of which more are surely under way, and who has brought them.
    held: Vec<(PeerId, Vec<Ruling>)>,
    /// Until when those are waited for.
    held_until: Option<Instant>,
    /// Of members that have brought forged rulings.
    forged: BTreeMap<PeerId, TokenBucket>,
    /// Since when this device's player has the party of somebody before, and has not taken over yet.
    inherited_at: Option<Instant>,
    /// Until when those are heard who would be dropped though nothing was ruled of them.
    doubted: BTreeMap<PeerId, Instant>,
    /// That somebody has taken over, and until when the rest of it is waited for.
    taken_over: Option<(Ruling, Instant)>,
    /// Who was removed by rulings of which more are under way. Parts may come in another order than they were sent.
    set_aside: Vec<SignedRecord>,
}

impl Ruled {
    pub(crate) fn new(ignorance: Ignorance) -> Self {
        Self {
            ignorance,
            heard_at: None,
            schedule: Schedule::default(),
            answers: BTreeMap::new(),
            is_partial: false,
            held: Vec::new(),
            held_until: None,
            forged: BTreeMap::new(),
            inherited_at: None,
            doubted: BTreeMap::new(),
            taken_over: None,
            set_aside: Vec::new(),
        }
    }

    /// A member knows the same as this device: it lacks nothing any more.
    pub(crate) const fn note_same(&mut self) {
        self.ignorance = Ignorance::Nothing;
    }

    /// Whether this device's player may rule: what they would not if they knew all must not count against what is known to
    /// others. Whoever comes back alone is kept from little; with somebody there it is a moment until all is heard.
    pub(crate) fn may_rule(&self, now: Instant, is_reached: bool, effect: Effect) -> bool {
        self.heard_at.is_some_and(|at| at <= now)
            || match self.ignorance {
                Ignorance::Nothing => true,
                Ignorance::Everything => false,
                Ignorance::TheLatest => !is_reached && effect == Effect::Narrow,
            }
    }

    /// There is a path to these members, and to no others.
    pub(crate) fn set_reached(&mut self, now: Instant, reached: &[PeerId]) {
        if !reached.is_empty() {
            self.heard_at.get_or_insert(now + HEARING);
        }
        self.schedule.set_reached(now, reached);
        keep_reached(&mut self.answers, reached, || TokenBucket::new(ANSWERS));
    }

    /// Rulings have come, and more may be under way.
    pub(crate) const fn note_partial(&mut self) {
        self.is_partial = true;
    }

    /// Whether more may be under way.
    pub(crate) const fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Of these rulings the rest is surely under way, and may say otherwise: they are kept until it is here.
    pub(crate) fn hold(&mut self, now: Instant, from: PeerId, rulings: Vec<Ruling>) {
        self.held_until.get_or_insert(now + HELD);
        self.held.push((from, rulings));
        if self.held.len() > HELD_MESSAGES {
            self.held_until = Some(now);
        }
    }

    /// What was held, if it was waited for long enough.
    pub(crate) fn take_overdue(&mut self, now: Instant) -> Vec<(PeerId, Vec<Ruling>)> {
        if self.held_until.is_some_and(|until| until <= now) { self.take_held() } else { Vec::new() }
    }

    /// What was held.
    pub(crate) fn take_held(&mut self) -> Vec<(PeerId, Vec<Ruling>)> {
        self.held_until = None;
        std::mem::take(&mut self.held)
    }

    /// A member knows the same: whether that is news.
    pub(crate) const fn take_partial(&mut self) -> bool {
        std::mem::replace(&mut self.is_partial, false)
    }

    /// Whether somebody of whom nothing was ruled is dropped now, at the word of others: once they know the same themselves, or have
    /// said nothing better for a while. Those others may be out, and not have heard of it.
    pub(crate) fn gives_up(&mut self, now: Instant, peer: &PeerId, digest: u64) -> bool {
        let until = *self.doubted.entry(*peer).or_insert(now + HEARING);
        let gives_up = until <= now || self.schedule.has_said(peer, &digest);
        if gives_up {
            self.doubted.remove(peer);
        }
        gives_up
    }

    /// Somebody is removed, and more rulings are under way, which may let them in again. One more than there may be members is forgotten.
    pub(crate) fn set_aside(&mut self, record: SignedRecord) {
        if self.set_aside.len() < limits::PEERS_PER_PARTY {
            self.set_aside.push(record);
        }
    }

    /// Who was set aside, once all is known.
    pub(crate) fn take_set_aside(&mut self) -> Vec<SignedRecord> {
        std::mem::take(&mut self.set_aside)
    }

    /// Nobody is doubted but these.
    pub(crate) fn doubt_only(&mut self, doubted: &[PeerId]) {
        self.doubted.retain(|peer, _| doubted.contains(peer));
    }

    /// Whether somebody was doubted for long enough.
    pub(crate) fn is_sure(&self, now: Instant) -> bool {
        !self.is_partial && self.doubted.values().any(|until| *until <= now)
    }

    /// Whether this device's player goes on with what the owner before had ruled, of which all is known or not.
    pub(crate) fn may_take_over(&mut self, now: Instant, is_complete: bool) -> bool {
        is_complete || now >= *self.inherited_at.get_or_insert(now) + ESTATE
    }

    /// There is nothing to take over.
    pub(crate) const fn has_taken_over(&mut self) {
        self.inherited_at = None;
    }

    /// Somebody has taken over. If that counted before what they go on with is known, whoever is out would be in for a moment.
    pub(crate) fn hold_taken_over(&mut self, now: Instant, ruling: Ruling) {
        let until = self.taken_over.take().map_or(now + REST, |(_, until)| until);
        self.taken_over = Some((ruling, until));
    }

    /// That somebody has taken over, while the rest of it is waited for.
    pub(crate) fn taken_over(&self) -> Option<&Ruling> {
        self.taken_over.as_ref().map(|(ruling, _)| ruling)
    }

    /// The same to be taken now: all is known, or it was waited for long enough.
    pub(crate) fn take_taken_over(&mut self, now: Instant, is_complete: bool) -> Option<Ruling> {
        let is_due = |(_, until): &mut (Ruling, Instant)| is_complete || *until <= now;
        self.taken_over.take_if(is_due).map(|(ruling, _)| ruling)
    }

    /// Whether rulings that this member brings are looked at.
    pub(crate) fn listens_to(&mut self, now: Instant, from: &PeerId) -> bool {
        self.forged.get_mut(from).is_none_or(|forged| forged.take_leaving(now, 0, 1))
    }

    /// A member has brought a ruling that its author has not signed. It is remembered across paths: as many as a party has
    /// members.
    pub(crate) fn note_forged(&mut self, now: Instant, from: &PeerId) {
        if self.forged.len() >= limits::PEERS_PER_PARTY && !self.forged.contains_key(from) {
            self.forged.pop_first();
        }
        self.forged.entry(*from).or_insert_with(|| TokenBucket::new(FORGED)).owe(now, 1);
    }

    /// Something was ruled that was not known: everybody is told.
    pub(crate) fn note_change(&mut self, now: Instant) {
        self.schedule.note_change(now);
    }

    /// When [`Self::take_due`] has something to say.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let inherited = self.inherited_at.map(|at| at + ESTATE);
        let taken_over = self.taken_over.as_ref().map(|(_, until)| *until);
        let doubted = self.doubted.values().min().filter(|_| !self.is_partial).copied();
        let due = [self.schedule.poll_timeout(), self.held_until, inherited, taken_over, doubted];
        due.into_iter().flatten().min()
    }

    /// Who is to be told our digest now, and the digest. `None` if nobody is due.
    pub(crate) fn take_due(
        &mut self,
        now: Instant,
        digest: impl FnOnce() -> u64,
    ) -> Option<(Vec<PeerId>, u64)> {
        self.schedule.take_due(now, digest)
    }

    /// A member has said what it knows, in short. Whether it is to be told everything: it knows something else.
    pub(crate) fn handle_digest(&mut self, now: Instant, from: &PeerId, said: u64, digest: u64) -> bool {
        self.schedule.note_heard(from, said);
        let Some(answers) = self.answers.get_mut(from) else { return false };
        said != digest && answers.take(now, 1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::schedule::CALM, *};

    #[test]
    fn a_digest_is_repeated_until_the_other_says_the_same_and_everything_is_not_told_without_end() {
        let start = Instant::now();
        let bob = PeerId::from_bytes([2; 16]);
        let mut ruled = Ruled::new(Ignorance::Nothing);
        assert_eq!(ruled.take_due(start, || 7), None);
        ruled.set_reached(start, &[bob]);
        let mut times = Vec::new();
        while let Some(due) = ruled.poll_timeout().filter(|due| *due < start + CALM) {
            assert_eq!(ruled.take_due(due, || 7), Some((vec![bob], 7)));
            times.push(due - start);
        }
        assert_eq!(times.len(), 4, "{times:?}");
        assert!(!ruled.handle_digest(start, &bob, 7, 7), "it knows the same");
        ruled.note_change(start);
        assert_eq!(ruled.take_due(start, || 7), Some((vec![bob], 7)));
        assert_eq!(ruled.poll_timeout(), Some(start + CALM), "and so there is time");
        let told = (0..100).filter(|_| ruled.handle_digest(start, &bob, 8, 7)).count();
        assert_eq!(told, 3);
        assert!(ruled.handle_digest(start + Duration::from_secs(2), &bob, 8, 7));
        assert!(!ruled.handle_digest(start, &PeerId::from_bytes([3; 16]), 8, 7), "a stranger");
    }

    #[test]
    fn whoever_may_lack_rulings_rules_when_a_member_knows_the_same_or_says_nothing_for_long() {
        let start = Instant::now();
        let bob = PeerId::from_bytes([2; 16]);
        let may = |ruled: &Ruled, after_ms, is_reached| {
            let now = start + Duration::from_millis(after_ms);
            [Effect::Narrow, Effect::Wide].map(|effect| ruled.may_rule(now, is_reached, effect))
        };
        assert_eq!(may(&Ruled::new(Ignorance::Nothing), 0, false), [true, true]);
        for (ignorance, alone) in [(Ignorance::Everything, false), (Ignorance::TheLatest, true)] {
            let mut ruled = Ruled::new(ignorance);
            assert_eq!(may(&ruled, 1_000_000, false), [alone, false]);
            ruled.set_reached(start, &[bob]);
            assert_eq!(may(&ruled, 0, true), [false, false]);
            assert_eq!(may(&ruled, 2_999, true), [false, false]);
            assert_eq!(may(&ruled, 3_000, true), [true, true], "nobody is kept from it by silence");
            ruled.note_same();
            assert_eq!(may(&ruled, 0, true), [true, true]);
        }
    }
}
