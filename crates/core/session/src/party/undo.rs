//! Taking a removal back at once.

use std::time::{Duration, Instant};

use lanrage_control::Now;
use lanrage_party::{Matter, UnixMillis};

/// For how long a removal can be taken back by one word.
const WITHIN: Duration = Duration::from_secs(10);

/// What makes everything as it was before somebody was kicked or banned, while that is still fresh.
#[derive(Debug, Default)]
pub(crate) struct Undo(Option<Removal>);

/// A removal by this device's player.
#[derive(Debug)]
pub(crate) struct Removal {
    /// What they were called.
    pub(crate) name: String,
    /// Banned, not kicked.
    pub(crate) is_banned: bool,
    /// Until when it can be taken back, by the wall clock.
    pub(crate) until: UnixMillis,
    before: Vec<Matter>,
    over: Instant,
}

impl Undo {
    /// Somebody was removed. `before` is what makes everything as it was; an earlier removal stays as it is.
    pub(crate) fn note(&mut self, now: Now, name: String, is_banned: bool, before: Vec<Matter>) {
        let until = now.wall.plus(WITHIN.as_millis() as u64);
        self.0 = Some(Removal { name, is_banned, until, before, over: now.instant + WITHIN });
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
