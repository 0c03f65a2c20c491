//! Whoever makes a party waits a moment for a link that leads somewhere.

use std::time::{Duration, Instant};

use crate::{input::Ticket, output::Turn};

/// How long the maker of a party without a server waits for a link with an address that the internet sees. An interface that
/// was just plugged in takes a moment, and a STUN server's answer some tenths of a second.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who waits until the link of a new party says where this device may be reached.
#[derive(Debug, Default)]
pub(crate) struct FirstLink {
    waiting: Option<(Ticket, Instant)>,
}

impl FirstLink {
    /// The maker is told that the party is made when its link is as good as it will be.
    pub(crate) fn wait(&mut self, turn: &Turn<'_>, ticket: Ticket) {
        self.waiting = Some((ticket, turn.now.instant + PATIENCE));
    }

    /// The link is as good as it will be.
    pub(crate) fn is_good(&mut self, turn: &mut Turn<'_>) {
        if let Some((ticket, _)) = self.waiting.take() {
            turn.complete(ticket, Ok(()));
        }
    }

    /// Until when somebody waits for the link.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.map(|(_, until)| until)
    }

    /// Answers whoever has waited long enough.
    pub(crate) fn handle_timeout(&mut self, turn: &mut Turn<'_>) {
        if self.poll_timeout().is_some_and(|until| until <= turn.now.instant) {
            self.is_good(turn);
        }
    }
}
