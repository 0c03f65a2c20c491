//! Interrupt moderation: a thread that is woken for every single packet of many spends its time on waking up.

use std::time::{Duration, Instant};

/// Implementation: arrivals a second from which on a pause is worth it: packets that the device gives, reads of a socket,
/// each with all that came together. A game sends and hears a few hundred, a fast transfer has some thousands of large
/// ones.
const MANY_PER_SECOND: u32 = 20_000;
/// Implementation: over which time they are counted.
const WINDOW: Duration = Duration::from_millis(1);
/// Implementation: how long packets may gather then; less than a queue takes to fill (500 packets).
const PAUSE: Duration = Duration::from_micros(200);

/// Decides after each batch whether the thread pauses before it looks for the next one. Time comes in.
#[derive(Debug)]
pub(crate) struct Moderation {
    since: Instant,
    arrivals: usize,
    are_many: bool,
}

impl Moderation {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { since: now, arrivals: 0, are_many: false }
    }

    /// Notes how many came in a batch, and whether that was all there was; gives the pause to make now.
    pub(crate) fn handle_batch(&mut self, arrivals: usize, is_all: bool, now: Instant) -> Option<Duration> {
        self.arrivals += arrivals;
        let time = now.saturating_duration_since(self.since);
        if time >= WINDOW {
            self.are_many = self.arrivals as f64 > f64::from(MANY_PER_SECOND) * time.as_secs_f64();
            (self.since, self.arrivals) = (now, 0);
        }
        // While there is more to do, a pause would only make the queue longer.
        (self.are_many && is_all).then_some(PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of a second's batches are followed by a pause.
    fn pauses(packets: usize, every: Duration) -> usize {
        let start = Instant::now();
        let mut moderation = Moderation::new(start);
        let batches = Duration::from_secs(1).as_micros() / every.as_micros();
        (1..=batches as u32)
            .filter(|n| moderation.handle_batch(packets, true, start + every * *n).is_some())
            .count()
    }

    #[test]
    fn a_games_packets_are_handled_as_they_come_and_a_flood_in_batches() {
        assert_eq!(pauses(1, Duration::from_millis(1)), 0, "a thousand a second");
        assert_eq!(pauses(40, Duration::from_millis(8)), 0, "bursts of an update");
        assert!(pauses(1, Duration::from_micros(10)) > 99_000);
    }

    #[test]
    fn nothing_waits_while_there_is_more_to_do() {
        let start = Instant::now();
        let mut moderation = Moderation::new(start);
        assert!(moderation.handle_batch(1_000, false, start + WINDOW).is_none());
        assert!(moderation.handle_batch(64, true, start + WINDOW).is_some());
    }

    #[test]
    fn the_first_quiet_window_ends_the_pauses() {
        let start = Instant::now();
        let mut moderation = Moderation::new(start);
        assert!(moderation.handle_batch(1_000, true, start + WINDOW).is_some());
        assert!(moderation.handle_batch(1, true, start + 3 * WINDOW).is_none());
    }
}
