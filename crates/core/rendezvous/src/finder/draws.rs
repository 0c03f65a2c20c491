use std::time::Duration;

use hmac::{Hmac, Mac};
use lanrage_base::rng::Rng;
use sha2::Sha256;

/// All that a finder draws: numbers that nobody can foretell for nonces and tokens, and times that look random.
pub(super) struct Draws {
    keyed: Hmac<Sha256>,
    counter: u64,
    rng: Rng,
}

impl Draws {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        let keyed = Hmac::new_from_slice(&seed).expect("HMAC takes keys of any length");
        let mut draws = Self { keyed, counter: 0, rng: Rng::new(0) };
        draws.rng = Rng::new(u64::from_be_bytes(draws.bytes()));
        draws
    }

    /// Bytes that are drawn once: at most 32.
    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut mac = self.keyed.clone();
        mac.update(b"lanrage finder");
        mac.update(&self.counter.to_be_bytes());
        self.counter += 1;
        let drawn: [u8; 32] = mac.finalize().into_bytes().into();
        std::array::from_fn(|at| drawn[at])
    }

    /// A time around `middle`, by `spread` more or less at most.
    pub(super) fn around(&mut self, middle: Duration, spread: Duration) -> Duration {
        middle.saturating_sub(spread) + 2 * spread.mul_f64(self.rng.fraction())
    }
}

impl std::fmt::Debug for Draws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draws({} used, ..)", self.counter)
    }
}
