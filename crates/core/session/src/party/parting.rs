//! Going without looking like a broken line.

use std::time::{Duration, Instant};

use crate::{output::Turn, party::last_knocks::LastKnocks, peers::connections::Connections};

/// How often friends are told: any datagram may get lost.
const COPIES: u32 = 3;
/// Between two of them: what loses one seldom lasts so long. Who stops waits two of these in all.
const PAUSE: Duration = Duration::from_millis(20);

/// The connections of a party that this device has left or paused, while friends are told so inside their sessions, and by
/// knocks if it was left. No server is needed for that, and none can forge it.
#[derive(Debug)]
pub(crate) struct Parting {
    connections: Connections,
    /// Whether this device goes for good.
    leaves: bool,
    /// What each friend is told of that, to be passed on: this device's signed word.
    word: Option<Vec<u8>>,
    copies_left: u32,
    due: Instant,
    knocks: Option<LastKnocks>,
}

impl Parting {
    pub(crate) const fn new(
        connections: Connections,
        leaves: bool,
        word: Option<Vec<u8>>,
        knocks: Option<LastKnocks>,
        now: Instant,
    ) -> Self {
        Self { connections, leaves, word, copies_left: COPIES, due: now, knocks }
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub(crate) fn poll_timeout(&self) -> Instant {
        let copy = (self.copies_left > 0).then_some(self.due);
        let knock = self.knocks.as_ref().and_then(LastKnocks::poll_timeout);
        copy.into_iter().chain(knock).min().unwrap_or(self.due)
    }

    /// Tells everybody once more, if it is time. True if that was the last time, or there is nobody to tell.
    pub(crate) fn handle_timeout(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.copies_left > 0 && self.due <= turn.now.instant {
            self.copies_left -= 1;
            self.due = turn.now.instant + PAUSE;
            if !self.connections.say_farewell(turn, self.leaves, self.word.as_deref()) {
                self.copies_left = 0;
            }
        }
        if let Some(knocks) = &mut self.knocks {
            knocks.handle_timeout(turn, &mut self.connections);
        }
        let waits = self.knocks.as_ref().is_some_and(|knocks| knocks.poll_timeout().is_some());
        self.copies_left == 0 && !waits
    }

    /// A datagram that claims to be a knock: a friend may say that it knows.
    pub(crate) fn handle_knock(&mut self, bytes: &[u8]) {
        if let Some(knocks) = &mut self.knocks {
            knocks.handle_knock(bytes);
        }
    }

    /// Leaves the party's network for good.
    pub(crate) fn close(self, turn: &mut Turn<'_>) {
        self.connections.close(turn);
    }
}
