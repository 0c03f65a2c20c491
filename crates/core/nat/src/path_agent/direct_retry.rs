//! How nobody stays on a relay for longer than necessary.

use std::time::Instant;

use lanrage_base::backoff::Backoff;

use super::{PathAgent, PathTransmit, timing};
use crate::Probe;

/// While a relay carries the packets, both sides now and then try all direct paths at the same time: only then do
/// two routers, whose mappings may be long gone, let each other in. Whoever's time comes first tells the other
/// over the relay.
#[derive(Debug, Clone, Copy)]
pub(super) struct DirectRetry {
    pub(super) next: Instant,
    backoff: Backoff,
}

impl PathAgent {
    /// Whether a relay carries the packets and there are direct paths to try.
    fn lacks_direct(&self) -> bool {
        self.selected_path().is_some_and(|selected| selected.is_relayed())
            && self.paths.iter().any(|path| !path.is_relayed() && !path.is_proven())
    }

    /// Does what is due. Called in every step.
    pub(super) fn retry_direct(&mut self) {
        if !self.lacks_direct() {
            self.direct_retry = None;
            return;
        }
        let now = self.now;
        let backoff = Backoff::new(timing::FIRST_DIRECT_RETRY, timing::LONGEST_RETRY);
        let first = DirectRetry { next: now + backoff.pause(), backoff };
        let retry = self.direct_retry.get_or_insert(first);
        if now < retry.next {
            return;
        }
        retry.next = now + retry.backoff.double();
        if let Some(to) = self.selected_remote() {
            let payload = Probe::TryDirect { id: self.take_probe_id() }.to_bytes();
            self.transmits.push(PathTransmit::Probe { to, payload });
        }
        self.try_direct();
    }

    /// Something changed: the next try is now, and pauses are short again. At most every
    /// [`timing::DIRECT_TRY_GAP`].
    pub(super) fn retry_direct_soon(&mut self) {
        let next = self.last_direct_try.map_or(self.now, |last| self.now.max(last + timing::DIRECT_TRY_GAP));
        let backoff = Backoff::new(timing::FIRST_DIRECT_RETRY / 2, timing::LONGEST_RETRY);
        self.direct_retry = Some(DirectRetry { next, backoff });
    }

    /// The peer tries now; so do we.
    pub(super) fn join_direct_try(&mut self) {
        if self.last_direct_try.is_some_and(|last| self.now < last + timing::DIRECT_TRY_GAP) {
            return;
        }
        if let Some(retry) = &mut self.direct_retry {
            retry.next = self.now + retry.backoff.pause();
        }
        self.try_direct();
    }

    fn try_direct(&mut self) {
        self.last_direct_try = Some(self.now);
        let now = self.now;
        for path in self.paths.iter_mut().filter(|path| !path.is_relayed() && !path.is_proven()) {
            path.hurry(now, timing::DIRECT_TRY);
        }
    }
}
