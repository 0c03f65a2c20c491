//! When the names of servers are asked for again: an address may have been wrong, or be another one by now.

use std::time::{Duration, Instant};

use lanrage_base::backoff::Backoff;

/// After so long without any answer the names are asked for again; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Counts how often the names are to be asked for.
#[derive(Debug)]
pub(crate) struct NameRounds {
    round: u64,
    pause: Backoff,
    /// When the next round begins, while nobody answers at the known addresses.
    due: Option<Instant>,
}

impl NameRounds {
    pub(crate) fn new() -> Self {
        Self { round: 0, pause: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE), due: None }
    }

    /// The present round: with another number all names are asked for.
    pub(crate) const fn round(&self) -> u64 {
        self.round
    }

    /// The network is another one, and with it the name servers.
    pub(crate) fn handle_network_change(&mut self) {
        self.round += 1;
        self.pause.reset();
        self.due = None;
    }

    /// Whether servers are wanted, and none of them answers.
    pub(crate) fn set_silent(&mut self, now: Instant, is_silent: bool) {
        if !is_silent {
            self.pause.reset();
            self.due = None;
        } else if self.due.is_none() {
            self.due = Some(now + self.pause.pause());
        }
    }

    /// True if a round begins.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> bool {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            self.round += 1;
            self.pause.double();
            self.due = None;
        }
        is_due
    }

    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_asked_for_again_while_nobody_answers_and_later_each_time() {
        let (mut names, start) = (NameRounds::new(), Instant::now());
        let mut begun = Vec::new();
        for second in 0..200 {
            let now = start + Duration::from_secs(second);
            if names.handle_timeout(now) {
                begun.push(second);
            }
            names.set_silent(now, second != 160);
        }
        assert_eq!(
            begun,
            [5, 15, 35, 75, 135, 166, 176, 196],
            "and from the start after somebody has answered"
        );
    }

    #[test]
    fn where_somebody_answers_nothing_is_asked_but_in_another_network() {
        let (mut names, now) = (NameRounds::new(), Instant::now());
        names.set_silent(now, true);
        names.set_silent(now, false);
        assert_eq!((names.poll_timeout(), names.round()), (None, 0));
        names.handle_network_change();
        assert_eq!(names.round(), 1);
    }
}
