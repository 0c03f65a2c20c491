use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_party::PeerId;

/// After how long a digest is said again to somebody who knows something else; then as often as to everybody.
const AGAIN: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_millis(1_000), Duration::from_millis(5_000)];
/// Between two digests to somebody who knows the same.
pub(super) const CALM: Duration = Duration::from_secs(30);

/// Keeps something of each member that there is a path to, and of no others; `new` is for who has come.
pub(super) fn keep_reached<Kept>(
    kept: &mut BTreeMap<PeerId, Kept>,
    reached: &[PeerId],
    new: impl Fn() -> Kept,
) {
    kept.retain(|peer, _| reached.contains(peer));
    for peer in reached {
        kept.entry(*peer).or_insert_with(&new);
    }
}

/// When each member that there is a path to is told a digest of what one knows.
#[derive(Debug)]
pub(super) struct Schedule<Digest> {
    talks: BTreeMap<PeerId, Talk<Digest>>,
}

#[derive(Debug)]
struct Talk<Digest> {
    /// When it is told our digest next.
    due: Instant,
    /// How often it was told since something changed.
    told: usize,
    /// What it said last.
    heard: Option<Digest>,
}

impl<Digest> Default for Schedule<Digest> {
    fn default() -> Self {
        Self { talks: BTreeMap::new() }
    }
}

impl<Digest: PartialEq> Schedule<Digest> {
    /// There is a path to these members, and to no others. True if there was none to one of them.
    pub(super) fn set_reached(&mut self, now: Instant, reached: &[PeerId]) -> bool {
        let is_anybody_new = reached.iter().any(|peer| !self.talks.contains_key(peer));
        keep_reached(&mut self.talks, reached, || Talk { due: now, told: 0, heard: None });
        is_anybody_new
    }

    /// Something is known that was not: everybody is told.
    pub(super) fn note_change(&mut self, now: Instant) {
        for talk in self.talks.values_mut() {
            (talk.due, talk.told) = (talk.due.min(now), 0);
        }
    }

    /// A member has said what it knows.
    pub(super) fn note_heard(&mut self, from: &PeerId, said: Digest) {
        if let Some(talk) = self.talks.get_mut(from) {
            talk.heard = Some(said);
        }
    }

    /// Whether this is what a member has said last.
    pub(super) fn has_said(&self, peer: &PeerId, digest: &Digest) -> bool {
        self.talks.get(peer).is_some_and(|talk| talk.heard.as_ref() == Some(digest))
    }

    /// When [`Self::take_due`] has something to say.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.talks.values().map(|talk| talk.due).min()
    }

    /// Who is to be told our digest now; nobody before it is time.
    pub(super) fn take_due(
        &mut self,
        now: Instant,
        digest: impl FnOnce() -> Digest,
    ) -> Option<(Vec<PeerId>, Digest)> {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return None;
        }
        let digest = digest();
        let mut told = Vec::new();
        for (peer, talk) in self.talks.iter_mut().filter(|(_, talk)| talk.due <= now) {
            let pause = match AGAIN.get(talk.told) {
                Some(pause) if talk.heard.as_ref() != Some(&digest) => *pause,
                _ => CALM,
            };
            (talk.due, talk.told) = (now + pause, talk.told.saturating_add(1));
            told.push(*peer);
        }
        Some((told, digest))
    }
}
