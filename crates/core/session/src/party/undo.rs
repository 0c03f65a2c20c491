//! Taking a removal back at once.

use std::time::{Duration, Instant};

use lanrage_control::Now;
use lanrage_party::{Matter, PeerId, UnixMillis};

/// For how long a removal can be taken back by one word.
const WITHIN: Duration = Duration::from_secs(10);

/// What makes everything as it was before somebody was kicked or banned, while that is still fresh.
#[derive(Debug, Default)]
pub(crate) struct Undo(Option<Removal>);

/// A removal by this device's player.
#[derive(Debug)]
pub(crate) struct Removal {
    peer: PeerId,
    /// What they were called.
    pub(crate) name: String,
    /// Banned, not kicked.
    pub(crate) is_banned: bool,
    /// Until when it can be taken back, by the wall clock.
    pub(crate) until: UnixMillis,
    before: Vec<Matter>,
    over: Instant,
}

/// Somebody who is to be removed, as they were before.
#[derive(Debug)]
pub(crate) struct Former {
    pub(crate) peer: PeerId,
    /// What they are called.
    pub(crate) name: String,
    /// They are to be banned, not kicked.
    pub(crate) is_banned: bool,
    /// What makes everything as it was.
    pub(crate) before: Vec<Matter>,
}

impl Undo {
    /// Somebody was removed, and can be had back; an earlier removal stays as it is.
    pub(crate) fn note(&mut self, now: Now, Former { peer, name, is_banned, before }: Former) {
        let until = now.wall.plus(WITHIN.as_millis() as u64);
        self.0 = Some(Removal { peer, name, is_banned, until, before, over: now.instant + WITHIN });
    }

    /// Whoever is in again by another word, of whomever, needs none of this.
    pub(crate) fn follow(&mut self, is_out: impl Fn(&PeerId) -> bool) {
        self.0.take_if(|removal| !is_out(&removal.peer));
    }

    /// What can be taken back.
    pub(crate) const fn removal(&self) -> Option<&Removal> {
        self.0.as_ref()
    }

    /// What makes everything as it was; `None` if that is too long ago. It can be had once.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Vec<Matter>> {
        self.expire(now);
        self.0.take().map(|removal| removal.before)
    }

    /// When [`Self::expire`] has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.0.as_ref().map(|removal| removal.over)
    }

    /// Forgets what is too long ago.
    pub(crate) fn expire(&mut self, now: Instant) {
        self.0.take_if(|removal| removal.over <= now);
    }
}
