//! Which UDP ports of this computer have spoken lately, to a friend or to everybody.

use std::{
    array,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{
            AtomicU32, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::{Duration, Instant},
};

/// Who was spoken to may answer for so long at least, and for twice as long at most (RFC 4787 REQ-5: not less than two
/// minutes).
pub const SPOKEN_COUNTS: Duration = Duration::from_secs(120);

/// Words for all ports.
const WORDS: usize = (u16::MAX as usize + 1) / u64::BITS as usize;

type Ports = [AtomicU64; WORDS];

/// Ports that have spoken in this period and in the one before. Its memory is fixed, so that no flood of ports pushes out
/// others, and is taken when a port speaks first. Threads note and look at the same time, without a lock.
#[derive(Debug)]
pub struct Spoken {
    begun: Instant,
    /// The period of which the ports are noted now. Those of an even one are in the first map, of an odd one in the second.
    period: AtomicU32,
    maps: OnceLock<Box<[Ports; 2]>>,
    /// Held while a period begins.
    turning: Mutex<()>,
}

impl Spoken {
    /// None has.
    pub const fn new(now: Instant) -> Self {
        Self { begun: now, period: AtomicU32::new(0), maps: OnceLock::new(), turning: Mutex::new(()) }
    }

    /// A port speaks.
    #[inline]
    pub fn note(&self, port: u16, now: Instant) {
        let empty = || Box::new(array::from_fn(|_| array::from_fn(|_| AtomicU64::new(0))));
        let maps = self.maps.get_or_init(empty);
        let (word, bit) = at(port);
        let word = &maps[map(self.period(maps, now))][word];
        // The common case reads: no cache line travels between the threads.
        if word.load(Relaxed) & bit == 0 {
            word.fetch_or(bit, Relaxed);
        }
    }

    /// Whether a port has spoken lately.
    #[inline]
    pub fn has(&self, port: u16, now: Instant) -> bool {
        let Some(maps) = self.maps.get() else { return false };
        self.period(maps, now);
        let (word, bit) = at(port);
        maps.iter().any(|map| map[word].load(Relaxed) & bit != 0)
    }

    /// The present period, which begins with this if it is time.
    fn period(&self, maps: &[Ports; 2], now: Instant) -> u32 {
        let since = now.saturating_duration_since(self.begun).as_secs() / SPOKEN_COUNTS.as_secs();
        let period = u32::try_from(since).unwrap_or(u32::MAX);
        let present = self.period.load(Acquire);
        // A thread whose clock was read before another's begins none again.
        if period <= present { present } else { self.begin(maps, period) }
    }

    #[cold]
    fn begin(&self, maps: &[Ports; 2], period: u32) -> u32 {
        let _held = self.turning.lock().unwrap_or_else(PoisonError::into_inner);
        let present = self.period.load(Relaxed);
        if period <= present {
            return present;
        }
        if period > present + 1 {
            clear(&maps[map(period - 1)]);
        }
        clear(&maps[map(period)]);
        self.period.store(period, Release);
        period
    }
}

fn clear(ports: &Ports) {
    ports.iter().for_each(|word| word.store(0, Relaxed));
}

const fn map(period: u32) -> usize {
    (period % 2) as usize
}

const fn at(port: u16) -> (usize, u64) {
    (port as usize / u64::BITS as usize, 1 << (port as u32 % u64::BITS))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_port_that_has_spoken_counts_for_its_time_and_no_longer_than_twice_that() {
        let start = Instant::now();
        for after in [0, 1, 59, 119, 120, 121, 1_000] {
            let spoken = Spoken::new(start);
            let at = start + SECOND * after;
            assert!(!spoken.has(7, at));
            spoken.note(7, at);
            assert!(spoken.has(7, at) && !spoken.has(8, at) && !spoken.has(7 + 64, at));
            assert!(spoken.has(7, at + SPOKEN_COUNTS - SECOND), "{after}");
            for pause in 2..7 {
                let spoken = Spoken::new(start);
                spoken.note(7, at);
                assert!(!spoken.has(7, at + SPOKEN_COUNTS * pause), "{after} {pause}");
            }
        }
    }

    #[test]
    fn a_port_that_goes_on_speaking_never_pauses() {
        let (start, mut now) = (Instant::now(), Instant::now());
        let spoken = Spoken::new(start);
        for _ in 0..1_000 {
            spoken.note(u16::MAX, now);
            now += SPOKEN_COUNTS - SECOND;
            assert!(spoken.has(u16::MAX, now));
        }
        assert!(!spoken.has(u16::MAX, now + SPOKEN_COUNTS * 1_000), "nor comes back after long silence");
    }

    #[test]
    fn what_one_thread_notes_another_sees_across_a_turn_of_periods() {
        let start = Instant::now();
        for round in 0..200 {
            let spoken = Spoken::new(start);
            let now = start + SPOKEN_COUNTS * (round % 5) - SECOND.min(SPOKEN_COUNTS * (round % 5));
            thread::scope(|scope| {
                for half in 0..2_u16 {
                    let spoken = &spoken;
                    scope.spawn(move || {
                        (0..500)
                            .for_each(|port| spoken.note(port * 2 + half, now + SECOND * u32::from(half)));
                    });
                }
            });
            assert!((0..1_000).all(|port| spoken.has(port, now + SECOND)), "{round}");
        }
    }
}
