use std::{ops::Range, time::Duration};

/// A seeded sequence: the same seed is the same schedule, on every machine.
#[derive(Debug, Clone)]
pub(super) struct Rng(lanrage_base::rng::Rng);

impl Rng {
    pub(super) const fn new(seed: u64) -> Self {
        Self(lanrage_base::rng::Rng::new(seed))
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }

    /// A number below `end`, which is not 0.
    pub(super) const fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(super) fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(range.start + self.next() % (range.end - range.start))
    }

    /// True so many times in a thousand.
    pub(super) const fn chance(&mut self, per_mille: u32) -> bool {
        self.next() % 1_000 < per_mille as u64
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}
