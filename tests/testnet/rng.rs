use std::{ops::Range, time::Duration};

/// Dice from a seed: the same seed throws the same, on every machine.
#[derive(Debug, Clone)]
pub struct Rng(lanrage_base::rng::Rng);

impl Rng {
    /// The dice of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(lanrage_base::rng::Rng::new(seed))
    }

    /// The next 64 bits.
    pub const fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// So many bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.word() as u8)
    }

    /// A number below `end`, which is not 0.
    pub const fn below(&mut self, end: usize) -> usize {
        (self.word() % end as u64) as usize
    }

    /// A time of so many milliseconds.
    pub fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(range.start + self.word() % (range.end - range.start))
    }

    /// True so many times in a thousand.
    pub const fn chance(&mut self, per_mille: u32) -> bool {
        self.word() % 1_000 < per_mille as u64
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}
