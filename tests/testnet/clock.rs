use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{Link, Rng};

/// How often a world may wake up without time moving on before it is a busy loop.
const SPINS: u32 = 1_000;

/// A virtual clock, and what happens when. What is due at the same time happens in the order in which it was said.
#[derive(Debug)]
pub struct Clock<E> {
    start: Instant,
    now: Instant,
    events: BTreeMap<(Instant, u64), E>,
    order: u64,
}

impl<E> Default for Clock<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Clock<E> {
    /// A clock at its start, with nothing under way.
    #[must_use]
    pub fn new() -> Self {
        let start = Instant::now();
        Self { start, now: start, events: BTreeMap::new(), order: 0 }
    }

    /// The time at which the clock began.
    #[must_use]
    pub const fn start(&self) -> Instant {
        self.start
    }

    /// The virtual time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The virtual time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// Lets `event` happen after a pause.
    pub fn after(&mut self, pause: Duration, event: E) {
        self.order += 1;
        self.events.insert((self.now + pause, self.order), event);
    }

    /// Sends a datagram over a link: lets `event` happen whenever a copy of it arrives.
    pub fn send(&mut self, link: Link, delay: Duration, rng: &mut Rng, event: E)
    where
        E: Clone,
    {
        for arrival in link.arrivals(delay, rng) {
            self.after(arrival, event.clone());
        }
    }

    /// When the next event happens.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next event that is due by now.
    pub fn take_due(&mut self) -> Option<E> {
        let entry = self.events.first_entry().filter(|entry| entry.key().0 <= self.now)?;
        Some(entry.remove())
    }

    /// Moves on to `to`; never back.
    pub fn advance(&mut self, to: Instant) {
        self.now = self.now.max(to);
    }
}

/// A world whose time moves from one event or timeout to the next.
pub trait World {
    /// What is under way in it.
    type Event;

    /// Its clock.
    fn clock(&mut self) -> &mut Clock<Self::Event>;

    /// Carries out what those in it ask for, until nobody asks for more.
    fn drain(&mut self);

    /// When somebody wants to be woken next.
    fn timeout(&self) -> Option<Instant>;

    /// Wakes those who want to be woken by now.
    fn handle_timeout(&mut self);

    /// Lets an event happen.
    fn handle(&mut self, event: Self::Event);

    /// Runs until `done`, which is asked before every step, or until nothing is due before `end`; says whether it was
    /// `done`. The clock is then at the last thing that happened.
    ///
    /// # Panics
    /// If somebody wants to be woken again and again without time moving on.
    fn run_to(&mut self, end: Instant, done: impl Fn(&Self) -> bool) -> bool {
        let mut spins = 0;
        loop {
            self.drain();
            if done(self) {
                return true;
            }
            let next = self.clock().next().into_iter().chain(self.timeout()).min();
            let Some(next) = next.filter(|next| *next <= end) else { return false };
            let moves = next > self.clock().now();
            spins = if moves { 0 } else { spins + 1 };
            assert!(spins < SPINS, "a deadline in the past makes the caller spin");
            self.clock().advance(next);
            while let Some(event) = self.clock().take_due() {
                self.handle(event);
                self.drain();
            }
            self.handle_timeout();
        }
    }

    /// Lets time pass, and everything happen that is due in it.
    fn pass(&mut self, time: Duration) {
        let end = self.clock().now() + time;
        self.run_to(end, |_| false);
        self.clock().advance(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes down when its events happen, and wakes up every `period`.
    struct Diary {
        clock: Clock<&'static str>,
        period: Duration,
        due: Instant,
        entries: Vec<(u64, &'static str)>,
    }

    impl Diary {
        fn new(period: Duration) -> Self {
            let clock = Clock::new();
            let due = clock.now() + period;
            Self { clock, period, due, entries: Vec::new() }
        }

        fn write(&mut self, entry: &'static str) {
            self.entries.push((self.clock.elapsed().as_millis() as u64, entry));
        }
    }

    impl World for Diary {
        type Event = &'static str;

        fn clock(&mut self) -> &mut Clock<&'static str> {
            &mut self.clock
        }

        fn drain(&mut self) {}

        fn timeout(&self) -> Option<Instant> {
            Some(self.due)
        }

        fn handle_timeout(&mut self) {
            if self.due <= self.clock.now() {
                self.due += self.period;
                self.write("woken");
            }
        }

        fn handle(&mut self, event: &'static str) {
            self.write(event);
        }
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn events_and_timeouts_happen_at_their_time_and_in_their_order() {
        let mut diary = Diary::new(40 * MS);
        diary.clock.after(30 * MS, "second");
        diary.clock.after(10 * MS, "first");
        diary.clock.after(30 * MS, "third");
        diary.pass(100 * MS);
        let expected = [(10, "first"), (30, "second"), (30, "third"), (40, "woken"), (80, "woken")];
        assert_eq!(diary.entries, expected);
        assert_eq!(diary.clock.elapsed(), 100 * MS);
    }

    #[test]
    fn a_run_ends_as_soon_as_it_may() {
        let mut diary = Diary::new(40 * MS);
        let end = diary.clock.now() + 100 * MS;
        assert!(diary.run_to(end, |diary| !diary.entries.is_empty()));
        assert_eq!(diary.clock.elapsed(), 40 * MS);
    }

    #[test]
    #[should_panic(expected = "spin")]
    fn a_deadline_that_never_passes_is_found() {
        Diary::new(Duration::ZERO).pass(MS);
    }
}
