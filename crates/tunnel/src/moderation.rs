//! Interrupt moderation: a thread that is woken for every single packet of many spends its time on waking up.

use std::time::{Duration, Instant};

use lanrage_party::Lane;

/// Implementation: packets a second from which on a pause is worth it; of the bulk lane, then of the express lane. A game
/// sends and hears a few hundred.
const MANY_PER_SECOND: [u32; 2] = [3_000, 20_000];
/// Implementation: over which time they are counted.
const WINDOW: Duration = Duration::from_millis(1);
/// Implementation: how long packets may gather then, in the same order; far less than a queue takes to fill (500
/// packets), and than a transfer would notice.
const PAUSE: [Duration; 2] = [Duration::from_micros(100), Duration::from_micros(60)];

/// Decides after each batch whether the thread pauses before it looks for the next one. Time comes in.
#[derive(Debug)]
pub(crate) struct Moderation {
    since: Instant,
    packets: usize,
    are_many: bool,
    lane: Lane,
}

impl Moderation {
    pub(crate) const fn new(lane: Lane, now: Instant) -> Self {
        Self { since: now, packets: 0, are_many: false, lane }
    }

    /// So many packets were handled; the pause to make now.
    pub(crate) fn handle_batch(&mut self, packets: usize, now: Instant) -> Option<Duration> {
        self.packets += packets;
        let time = now.saturating_duration_since(self.since);
        if time >= WINDOW {
            self.are_many =
                self.packets as f64 > f64::from(MANY_PER_SECOND[self.lane as usize]) * time.as_secs_f64();
            (self.since, self.packets) = (now, 0);
        }
        self.are_many.then_some(PAUSE[self.lane as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of a second's batches are followed by a pause.
    fn pauses(packets: usize, every: Duration) -> usize {
        let start = Instant::now();
        let mut moderation = Moderation::new(Lane::Express, start);
        let batches = Duration::from_secs(1).as_micros() / every.as_micros();
        (1..=batches as u32)
            .filter(|n| moderation.handle_batch(packets, start + every * *n).is_some())
            .count()
    }

    #[test]
    fn a_games_packets_are_handled_as_they_come_and_a_flood_in_batches() {
        assert_eq!(pauses(1, Duration::from_millis(1)), 0, "a thousand a second");
        assert_eq!(pauses(40, Duration::from_millis(8)), 0, "bursts of an update");
        assert!(pauses(1, Duration::from_micros(10)) > 99_000);
    }

    #[test]
    fn the_first_quiet_window_ends_the_pauses() {
        let start = Instant::now();
        let mut moderation = Moderation::new(Lane::Express, start);
        assert!(moderation.handle_batch(1_000, start + WINDOW).is_some());
        assert!(moderation.handle_batch(1, start + 3 * WINDOW).is_none());
    }
}
