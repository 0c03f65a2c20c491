//! How a peer that goes by its own doing is told from a path that broke.

use std::time::Instant;

use super::{History, PathAgent, PathEvent, PathTransmit, State, rounds::Search, timing};
use crate::{Probe, ProbeError};

/// What makes a farewell one of this session's: a datagram that somebody held back must not end a later one. The sender
/// names the last request that it had of the receiver, and the receiver takes none that names an older one than the session.
#[derive(Debug, Default)]
pub(super) struct Farewells {
    /// The peer's last request.
    asked: Option<u64>,
    /// The first request of ours that can have been made in the present session.
    since: u64,
    /// The peer has said farewell in the present session.
    heard: bool,
}

impl Farewells {
    /// The peer has sent a request.
    pub(super) const fn asked(&mut self, id: u64) {
        self.asked = Some(id);
    }

    /// A session begins; our next request has this id.
    pub(super) const fn begin_session(&mut self, next: u64) {
        (self.since, self.heard) = (next, false);
    }
}

impl PathAgent {
    /// Says to the peer that we go, for now or for good, by the selected path; call it a few times, as any datagram may get lost. False if
    /// there is nobody to tell: no path, or nothing was heard of the peer yet.
    pub fn say_farewell(&mut self, now: Instant, leaves: bool) -> bool {
        self.advance(now);
        let (Some(to), Some(id)) = (self.selected_remote(), self.farewells.asked) else { return false };
        self.transmits.push(PathTransmit::Probe { to, payload: Probe::Farewell { id, leaves }.to_bytes() });
        true
    }

    /// Forgets how it was lately with a peer that has gone: what it does not answer now is no fault of the line.
    pub fn forget_history(&mut self) {
        self.history = History::default();
    }

    /// The peer says that it goes, in answer to our request `id`.
    pub(super) fn handle_farewell(&mut self, id: u64, leaves: bool) -> Result<(), ProbeError> {
        if !(self.farewells.since..self.next_probe_id).contains(&id) {
            self.stats.probes_unexpected += 1;
            return Err(ProbeError::Unexpected);
        }
        if std::mem::replace(&mut self.farewells.heard, true) {
            return Ok(());
        }
        self.paths.iter_mut().for_each(super::Path::rest);
        self.doubting = false;
        self.search = Some(Search::new(self.now, false));
        self.state = State::Waiting { since: self.now, retry_at: self.now + timing::AFTER_FAREWELL };
        self.forget_history();
        self.events.push(PathEvent::Farewell { leaves });
        Ok(())
    }
}
