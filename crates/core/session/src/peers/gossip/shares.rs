//! Asking members for shares of the party's secret that rulings name and this device does not know.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::PeerId;

/// Between two asks: one is lost now and then, or whoever is asked does not know either.
const AGAIN: Duration = Duration::from_secs(1);
/// Members that are asked at a time.
const ASKED: usize = 2;
/// How long whoever may rule waits before it removes anew whom nobody knows the share of.
const HOPELESS: Duration = Duration::from_secs(60);
/// How often one member is answered.
const ANSWERS: Rate = Rate { burst: 4, per_second: 1 };

/// What this device asks for, and whom it has answered.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    /// Since when it lacks something.
    since: Option<Instant>,
    due: Option<Instant>,
    /// Goes through the members.
    turn: usize,
    answers: BTreeMap<PeerId, TokenBucket>,
}

impl Asking {
    /// Whether something is lacking.
    pub(crate) fn set_lacking(&mut self, now: Instant, is_lacking: bool) {
        if !is_lacking {
            (self.since, self.due) = (None, None);
        } else if self.since.is_none() {
            (self.since, self.due) = (Some(now), Some(now));
        }
    }

    /// When [`Self::take_due`] has something to say.
    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Who of the members that are reached is asked now; nobody if it is not time.
    pub(crate) fn take_due(&mut self, now: Instant, reached: &[PeerId]) -> Vec<PeerId> {
        if self.due.is_none_or(|due| now < due) {
            return Vec::new();
        }
        self.due = Some(now + AGAIN);
        self.turn = self.turn.wrapping_add(ASKED);
        let most = reached.len().max(1);
        reached.iter().cycle().skip(self.turn % most).take(ASKED.min(reached.len())).copied().collect()
    }

    /// Whether it has been asked for so long that nobody knows. Counts anew then.
    pub(crate) fn take_hopeless(&mut self, now: Instant) -> bool {
        let is_hopeless = self.since.is_some_and(|since| since + HOPELESS <= now);
        if is_hopeless {
            self.since = Some(now);
        }
        is_hopeless
    }

    /// Whether a member that asks is answered.
    pub(crate) fn may_answer(&mut self, now: Instant, peer: PeerId, reached: &[PeerId]) -> bool {
        self.answers.retain(|known, _| reached.contains(known));
        reached.contains(&peer)
            && self.answers.entry(peer).or_insert_with(|| TokenBucket::new(ANSWERS)).take(now, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_asked_in_turn_until_nothing_is_lacking_and_who_asks_too_often_is_not_answered() {
        let start = Instant::now();
        let members = [1, 2, 3].map(|n| PeerId::from_bytes([n; 16]));
        let mut asking = Asking::default();
        assert_eq!(asking.poll_timeout(), None);
        asking.set_lacking(start, true);
        let mut asked: BTreeMap<PeerId, usize> = BTreeMap::new();
        while let Some(due) = asking.poll_timeout().filter(|due| *due < start + HOPELESS) {
            assert!(!asking.take_hopeless(due));
            asking.take_due(due, &members).into_iter().for_each(|peer| *asked.entry(peer).or_default() += 1);
            asking.set_lacking(due, true);
        }
        assert_eq!(asked.values().copied().collect::<Vec<_>>(), [40, 40, 40]);
        assert!(asking.take_hopeless(start + HOPELESS) && !asking.take_hopeless(start + HOPELESS));
        assert!(asking.take_due(start + HOPELESS, &[]).is_empty());
        asking.set_lacking(start, false);
        assert_eq!(asking.poll_timeout(), None);
        let answered = (0..9).filter(|_| asking.may_answer(start, members[0], &members)).count();
        assert_eq!(answered, 4);
        assert!(!asking.may_answer(start, PeerId::from_bytes([9; 16]), &members), "a stranger");
    }
}
