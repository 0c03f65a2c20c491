//! Going without looking like a broken line.

use std::time::{Duration, Instant};

use crate::{output::Turn, peers::connections::Connections};

/// How often friends are told: any datagram may get lost.
const COPIES: u32 = 3;
/// Between two of them: what loses one seldom lasts so long. Who stops waits two of these in all.
const PAUSE: Duration = Duration::from_millis(20);

/// The connections of a party that this device has left or paused, while friends are told so inside their sessions. No server
/// is needed for that, and none can forge it.
#[derive(Debug)]
pub(crate) struct Parting {
    connections: Connections,
    /// Whether this device goes for good.
    leaves: bool,
    /// What each friend is told of that, to be passed on: this device's signed word.
    word: Option<Vec<u8>>,
    copies_left: u32,
    due: Instant,
}

impl Parting {
    pub(crate) const fn new(
        connections: Connections,
        leaves: bool,
        word: Option<Vec<u8>>,
        now: Instant,
    ) -> Self {
        Self { connections, leaves, word, copies_left: COPIES, due: now }
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub(crate) const fn poll_timeout(&self) -> Instant {
        self.due
    }

    /// Tells everybody once more, if it is time. True if that was the last time, or there is nobody to tell.
    pub(crate) fn handle_timeout(&mut self, turn: &mut Turn<'_>) -> bool {
        if turn.now.instant < self.due {
            return false;
        }
        self.copies_left = self.copies_left.saturating_sub(1);
        self.due = turn.now.instant + PAUSE;
        !self.connections.say_farewell(turn, self.leaves, self.word.as_deref()) || self.copies_left == 0
    }

    /// Leaves the party's network for good.
    pub(crate) fn close(self, turn: &mut Turn<'_>) {
        self.connections.close(turn);
    }
}
