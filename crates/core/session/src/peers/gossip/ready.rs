//! Whether everybody is ready: somebody asks, and each answers for itself. It is over when everybody who is here is ready, or
//! after three minutes, and is on no disk.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_base::{
    bucket::{Rate, TokenBucket},
    clock::Now,
};
use lanrage_party::{PeerId, ReadyCheck, UnixMillis};

use super::schedule::{Schedule, keep_reached};
use crate::facts::{Readiness, ReadyCheckState};

/// How long answers are waited for.
const LASTS: Duration = Duration::from_secs(180);
/// How long what came of it is shown.
const SHOWN: Duration = Duration::from_secs(20);
/// How long somebody to whom the path is lost is waited for.
const LOST: Duration = Duration::from_secs(10);
/// Of two that begin within this time nobody can tell which was first.
const TOGETHER: Duration = Duration::from_secs(3);
/// What one new check costs of [`ASKED`] and [`OWN`], in seconds.
const COST: u64 = 20;
/// New checks that one member may bring: each costs a signature to verify, and people their attention.
const ASKED: Rate = Rate { burst: 3 * COST, per_second: 1 };
/// What this device's player may ask, which is less than friends hear.
const OWN: Rate = Rate { burst: 2 * COST, per_second: 1 };
/// Words that one member may say of a check.
const SAID: Rate = Rate { burst: 20, per_second: 2 };
/// How long it is quiet after the player was told that somebody asks.
const CALM: Duration = Duration::from_secs(30);

/// What a member says of a check: which it is, and what it answers itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckWord {
    pub(crate) check: ReadyCheck,
    /// How long ago it was begun (milliseconds): clocks may differ by hours.
    pub(crate) age_ms: u32,
    pub(crate) answer: Readiness,
    /// Whether it is over for that member: it is no news then.
    pub(crate) is_over: bool,
}

/// What the player is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadyNews {
    /// This member asks.
    Asked(PeerId),
    Everybody,
}

/// The check of a party, if there is one, and what is remembered of those before.
#[derive(Debug)]
pub(crate) struct Ready {
    current: Option<Current>,
    schedule: Schedule<()>,
    limits: BTreeMap<PeerId, Limits>,
    /// The last check of each member that is known here: none before it counts again.
    last: BTreeMap<PeerId, UnixMillis>,
    own: TokenBucket,
    told_at: Option<Instant>,
    news: Vec<ReadyNews>,
    revision: u64,
}

#[derive(Debug)]
struct Limits {
    said: TokenBucket,
    asked: TokenBucket,
}

/// A check that goes on, or is over a moment ago.
#[derive(Debug)]
struct Current {
    check: ReadyCheck,
    begun: Instant,
    /// When it ends, by this device's clock.
    ends_at: UnixMillis,
    own: Readiness,
    friends: BTreeMap<PeerId, Friend>,
    /// How it ended, and when.
    over: Option<(ReadyCheckState, Instant)>,
}

/// A friend who was here while the check went on.
#[derive(Debug, Clone, Copy, Default)]
struct Friend {
    answer: Readiness,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Here,
    /// There is no path since then.
    Lost(Instant),
    /// There is none for so long that nobody waits.
    Gone,
}

impl Current {
    fn ends(&self) -> Instant {
        self.begun + LASTS
    }

    /// Whether everybody who is here is ready; nobody is alone.
    fn is_everybody_ready(&self) -> bool {
        let mut here = self.friends.values().filter(|friend| friend.place != Place::Gone).peekable();
        self.own == Readiness::Ready
            && here.peek().is_some()
            && here.all(|friend| friend.answer == Readiness::Ready)
    }

    /// When time alone changes something.
    fn poll_timeout(&self) -> Instant {
        let lost = self.friends.values().filter_map(|friend| match friend.place {
            Place::Lost(since) => Some(since + LOST),
            Place::Here | Place::Gone => None,
        });
        match self.over {
            Some((_, at)) => at + SHOWN,
            None => lost.fold(self.ends(), Instant::min),
        }
    }

    /// Whether another check takes the place of this one. A member's own next one does; of several members' the later, and of
    /// those that begin together the one whose starter has the smaller id: all decide alike.
    fn gives_way_to(&self, check: &ReadyCheck, begun: Instant) -> bool {
        if self.over.is_some() || self.check.starter == check.starter {
            return true;
        }
        if self.is_together(begun) { check.starter < self.check.starter } else { begun > self.begun }
    }

    fn is_together(&self, begun: Instant) -> bool {
        begun.max(self.begun) - begun.min(self.begun) < TOGETHER
    }
}

impl Default for Ready {
    fn default() -> Self {
        Self {
            current: None,
            schedule: Schedule::default(),
            limits: BTreeMap::new(),
            last: BTreeMap::new(),
            own: TokenBucket::new(OWN),
            told_at: None,
            news: Vec::new(),
            revision: 0,
        }
    }
}

impl Ready {
    /// There is a path to these members, and to no others.
    pub(crate) fn set_reached(&mut self, now: Instant, reached: &[PeerId]) {
        self.schedule.set_reached(now, reached);
        let new = || Limits { said: TokenBucket::new(SAID), asked: TokenBucket::new(ASKED) };
        keep_reached(&mut self.limits, reached, new);
        let Some(current) = self.current.as_mut().filter(|current| current.over.is_none()) else { return };
        let mut is_news = false;
        for peer in reached {
            let friend = current.friends.entry(*peer).or_insert_with(|| {
                is_news = true;
                Friend::default()
            });
            is_news |= std::mem::take(&mut friend.place) != Place::Here;
        }
        let lost = current
            .friends
            .iter_mut()
            .filter(|(peer, friend)| friend.place == Place::Here && !reached.contains(peer));
        for (_, friend) in lost {
            (friend.place, is_news) = (Place::Lost(now), true);
        }
        if is_news {
            self.revision += 1;
            self.follow(now);
        }
    }

    /// Who else is a member: what somebody asks who is none any more is not asked.
    pub(crate) fn set_members(&mut self, now: Instant, own: &PeerId, is_member: impl Fn(&PeerId) -> bool) {
        self.last.retain(|peer, _| peer == own || is_member(peer));
        let Some(current) = &mut self.current else { return };
        let before = current.friends.len();
        current.friends.retain(|peer, _| is_member(peer));
        if current.check.starter != *own && !is_member(&current.check.starter) {
            self.current = None;
            self.revision += 1;
        } else if current.friends.len() != before {
            self.revision += 1;
            self.follow(now);
        }
    }

    /// Whether a check goes on.
    pub(crate) fn is_asking(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.over.is_none())
    }

    /// Whether this device's player may ask now. Not just after another one began, even if that is over here: for others it may
    /// go on, and they could not tell which is the later.
    pub(crate) fn may_ask(&mut self, now: Instant) -> bool {
        let is_settled = self.current.as_ref().is_none_or(|current| current.begun + 2 * TOGETHER <= now);
        is_settled && self.own.take(now, COST)
    }

    /// The time of this device's next check: no two have the same.
    pub(crate) fn next_at(&self, own: &PeerId, wall: UnixMillis) -> UnixMillis {
        self.last.get(own).map_or(wall, |last| wall.max(last.plus(1)))
    }

    /// This device's player asks, and is ready.
    pub(crate) fn ask(&mut self, now: Now, check: ReadyCheck) {
        self.begin(now, check, now.instant, Readiness::Ready);
    }

    /// This device's player answers. False if nobody asks.
    pub(crate) fn answer(&mut self, now: Instant, answer: Readiness) -> bool {
        let Some(current) = self.current.as_mut().filter(|current| current.over.is_none()) else {
            return false;
        };
        if std::mem::replace(&mut current.own, answer) != answer {
            self.revision += 1;
            self.schedule.note_change(now);
            self.follow(now);
        }
        true
    }

    /// A member says something of a check; `is_signed` says whether that is who asks so. What is signed counts whoever brings
    /// it, once: of one starter only what is later, unless it is the starter's own word, whose clock may have been set back.
    pub(crate) fn handle(
        &mut self,
        now: Now,
        from: PeerId,
        word: CheckWord,
        is_signed: impl FnOnce(&ReadyCheck) -> bool,
    ) {
        let Some(limits) = self.limits.get_mut(&from) else { return };
        if !limits.said.take(now.instant, 1) {
            return;
        }
        if let Some(current) = self.current.as_mut().filter(|current| current.check == word.check) {
            let friend = current.friends.entry(from).or_default();
            if current.over.is_none() && friend.answer != word.answer {
                friend.answer = word.answer;
                self.revision += 1;
                self.follow(now.instant);
            }
            return;
        }
        let age = Duration::from_millis(word.age_ms.into());
        let starter = word.check.starter;
        let is_late = match self.last.get(&starter) {
            Some(last) if from == starter => *last == word.check.at,
            Some(last) => *last >= word.check.at,
            None => false,
        };
        let begun = now.instant.checked_sub(age).unwrap_or(now.instant);
        let gives_way = self.current.as_ref().is_none_or(|current| current.gives_way_to(&word.check, begun));
        if word.is_over || age >= LASTS || is_late || !gives_way {
            return;
        }
        if !limits.asked.take(now.instant, COST) || !is_signed(&word.check) {
            return;
        }
        // Whoever has answered one of two that begin together has answered both.
        let asking = self.current.as_ref().filter(|current| current.over.is_none());
        let own =
            asking.filter(|current| current.is_together(begun)).map_or(Readiness::Waiting, |one| one.own);
        self.begin(now, word.check, begun, own);
        if let Some(current) = &mut self.current {
            current.friends.entry(from).or_default().answer = word.answer;
        }
        self.follow(now.instant);
        let is_calm = self.told_at.is_none_or(|told| now.instant.saturating_duration_since(told) >= CALM);
        if is_calm && own == Readiness::Waiting {
            self.told_at = Some(now.instant);
            self.news.push(ReadyNews::Asked(starter));
        }
    }

    fn begin(&mut self, now: Now, check: ReadyCheck, begun: Instant, own: Readiness) {
        self.last.insert(check.starter, check.at);
        let left = (begun + LASTS).saturating_duration_since(now.instant);
        let friends = self.limits.keys().map(|peer| (*peer, Friend::default())).collect();
        let ends_at = now.wall.plus(left.as_millis() as u64);
        self.current = Some(Current { check, begun, ends_at, own, friends, over: None });
        self.revision += 1;
        self.schedule.note_change(now.instant);
    }

    /// What follows from what is known, and from the time.
    pub(crate) fn follow(&mut self, now: Instant) {
        let Some(current) = &mut self.current else { return };
        for friend in current.friends.values_mut() {
            if matches!(friend.place, Place::Lost(since) if since + LOST <= now) {
                friend.place = Place::Gone;
            }
        }
        match current.over {
            Some((_, at)) if at + SHOWN <= now => {
                self.current = None;
                self.revision += 1;
            }
            Some(_) => {}
            None => {
                let state = match now {
                    _ if current.is_everybody_ready() => ReadyCheckState::EverybodyReady,
                    _ if current.ends() <= now => ReadyCheckState::TimeIsUp,
                    _ => return,
                };
                current.over = Some((state, now));
                self.revision += 1;
                self.schedule.note_change(now);
                if state == ReadyCheckState::EverybodyReady {
                    self.news.push(ReadyNews::Everybody);
                }
            }
        }
    }

    /// What the player is to be told.
    pub(crate) fn take_news(&mut self) -> Vec<ReadyNews> {
        std::mem::take(&mut self.news)
    }

    /// When [`Self::follow`] or [`Self::take_due`] has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let current = self.current.as_ref()?;
        self.schedule.poll_timeout().into_iter().chain([current.poll_timeout()]).min()
    }

    /// Who is to be told of the check now, and what.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(Vec<PeerId>, CheckWord)> {
        let current = self.current.as_ref()?;
        let (told, ()) = self.schedule.take_due(now, || ())?;
        let age_ms = now.saturating_duration_since(current.begun).as_millis();
        let word = CheckWord {
            check: current.check.clone(),
            age_ms: u32::try_from(age_ms).unwrap_or(u32::MAX),
            answer: current.own,
            is_over: current.over.is_some(),
        };
        Some((told, word))
    }

    /// The check that is shown: who asks, how it is with it, what this device's player has answered, and until when.
    pub(crate) fn shown(&self) -> Option<(PeerId, ReadyCheckState, Readiness, UnixMillis)> {
        let current = self.current.as_ref()?;
        let state = current.over.map_or(ReadyCheckState::Asking, |(state, _)| state);
        Some((current.check.starter, state, current.own, current.ends_at))
    }

    /// What a friend has answered to the check that is shown; `None` where they are not waited for.
    pub(crate) fn of(&self, peer: &PeerId) -> Option<Readiness> {
        let friend = self.current.as_ref()?.friends.get(peer)?;
        (friend.place != Place::Gone).then_some(friend.answer)
    }

    /// Grows with every change.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }
}

#[cfg(test)]
mod tests;
