//! When hosts are shown a new state.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lanrage_base::clock::now;
use lanrage_party::PeerId;
use lanrage_session::Session;
use lanrage_tunnel::TunnelCounters;
use tokio::sync::watch;

use super::data_plane::{self, ForwardRates};
use crate::Snapshot;

/// Shortest time between two snapshots.
const PAUSE: Duration = Duration::from_millis(50);
/// Longest time between two snapshots, for the figures.
const PERIOD: Duration = Duration::from_secs(1);

/// Shows the session's state: soon after it has changed, and every second for the figures.
pub(crate) struct Showing {
    snapshots: watch::Sender<Arc<Snapshot>>,
    last: Instant,
    is_due: bool,
    /// [`Session::digest`] of the last snapshot.
    digest: u64,
    forwarded: ForwardRates,
}

impl Showing {
    pub(crate) fn new(snapshots: watch::Sender<Arc<Snapshot>>) -> Self {
        Self { snapshots, last: Instant::now(), is_due: true, digest: 0, forwarded: ForwardRates::default() }
    }

    /// The state has changed; only figures, if the change is small and the digest is as before.
    pub(crate) fn note_change(&mut self, session: &Session, is_small: bool) {
        self.is_due = self.is_due || !is_small || session.digest() != self.digest;
    }

    /// When the next snapshot is due.
    pub(crate) fn next(&self) -> Instant {
        self.last + if self.is_due { PAUSE } else { PERIOD }
    }

    pub(crate) fn is_due(&self) -> bool {
        Instant::now() >= self.next()
    }

    /// Shows the state now.
    pub(crate) fn publish(&mut self, session: &Session, counters: &TunnelCounters) {
        self.is_due = false;
        self.digest = session.digest();
        self.last = Instant::now();
        let traffic = |peer: &PeerId| counters.peers.get(peer).map(data_plane::traffic).unwrap_or_default();
        let forwarded = self.forwarded.views(self.last, &counters.forwarded);
        let mut snapshot = session.snapshot(now(), traffic, data_plane::view(counters, forwarded));
        self.snapshots.send_if_modified(|current| {
            snapshot.revision = current.revision;
            let changed = **current != snapshot;
            if changed {
                snapshot.revision += 1;
                *current = Arc::new(std::mem::take(&mut snapshot));
            }
            changed
        });
    }
}
