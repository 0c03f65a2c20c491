//! When members tell each other what was ruled. Unlike records that goes on while a server keeps the list: no server has a
//! word in it.

use std::{collections::BTreeMap, time::Instant};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::PeerId;

use super::{AGAIN, CALM};

/// How often one member is told everything.
const ANSWERS: Rate = Rate { burst: 3, per_second: 1 };

/// With each member that there is a path to, what both have said.
#[derive(Debug, Default)]
pub(crate) struct Ruled {
    talks: BTreeMap<PeerId, Talk>,
}

#[derive(Debug)]
struct Talk {
    /// When it is told our digest next.
    due: Instant,
    /// How often it was told since something changed.
    told: usize,
    /// What it said last.
    heard: Option<u64>,
    answers: TokenBucket,
}

impl Ruled {
    /// There is a path to these members, and to no others.
    pub(crate) fn set_reached(&mut self, now: Instant, reached: &[PeerId]) {
        self.talks.retain(|peer, _| reached.contains(peer));
        for peer in reached {
            self.talks.entry(*peer).or_insert_with(|| Talk {
                due: now,
                told: 0,
                heard: None,
                answers: TokenBucket::new(ANSWERS),
            });
        }
    }

    /// Something was ruled that was not known: everybody is told.
    pub(crate) fn note_change(&mut self, now: Instant) {
        for talk in self.talks.values_mut() {
            (talk.due, talk.told) = (talk.due.min(now), 0);
        }
    }

    /// When [`Self::take_due`] has something to say.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.talks.values().map(|talk| talk.due).min()
    }

    /// Who is to be told our digest now. `None` if nobody is due.
    pub(crate) fn take_due(&mut self, now: Instant, digest: u64) -> Option<Vec<PeerId>> {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return None;
        }
        let mut told = Vec::new();
        for (peer, talk) in self.talks.iter_mut().filter(|(_, talk)| talk.due <= now) {
            let pause = match AGAIN.get(talk.told) {
                Some(pause) if talk.heard != Some(digest) => *pause,
                _ => CALM,
            };
            (talk.due, talk.told) = (now + pause, talk.told.saturating_add(1));
            told.push(*peer);
        }
        Some(told)
    }

    /// A member has said what it knows, in short. Whether it is to be told everything: it knows something else.
    pub(crate) fn handle_digest(&mut self, now: Instant, from: &PeerId, said: u64, digest: u64) -> bool {
        let Some(talk) = self.talks.get_mut(from) else { return false };
        talk.heard = Some(said);
        said != digest && talk.answers.take(now, 1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_digest_is_repeated_until_the_other_says_the_same_and_everything_is_not_told_without_end() {
        let start = Instant::now();
        let bob = PeerId::from_bytes([2; 16]);
        let mut ruled = Ruled::default();
        assert_eq!(ruled.take_due(start, 7), None);
        ruled.set_reached(start, &[bob]);
        let mut times = Vec::new();
        while let Some(due) = ruled.poll_timeout().filter(|due| *due < start + CALM) {
            assert_eq!(ruled.take_due(due, 7), Some(vec![bob]));
            times.push(due - start);
        }
        assert_eq!(times.len(), 4, "{times:?}");
        assert!(!ruled.handle_digest(start, &bob, 7, 7), "it knows the same");
        ruled.note_change(start);
        assert_eq!(ruled.take_due(start, 7), Some(vec![bob]));
        assert_eq!(ruled.poll_timeout(), Some(start + CALM), "and so there is time");
        let told = (0..100).filter(|_| ruled.handle_digest(start, &bob, 8, 7)).count();
        assert_eq!(told, 3);
        assert!(ruled.handle_digest(start + Duration::from_secs(2), &bob, 8, 7));
        assert!(!ruled.handle_digest(start, &PeerId::from_bytes([3; 16]), 8, 7), "a stranger");
    }
}
