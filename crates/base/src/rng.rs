//! Numbers that look random and follow from a seed. Never for anything that has to be secret.

use std::time::Duration;

/// SplitMix64. Written out here, because a seed in a test report has to give the same schedule on every machine and
/// with every version of a library.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The sequence of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// A number in 0..=1.
    pub fn fraction(&mut self) -> f64 {
        f64::from((self.next_u64() >> 32) as u32) / f64::from(u32::MAX)
    }

    /// A time between half of `full` and all of it, so that the clients of a server that comes back do not all come
    /// at once.
    pub fn jittered(&mut self, full: Duration) -> Duration {
        let half = full / 2;
        half + half.mul_f64(self.fraction())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_published_algorithm() {
        let mut rng = Rng::new(1_234_567);
        let published = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(published, std::array::from_fn(|_| rng.next_u64()));
    }

    #[test]
    fn a_jittered_time_is_between_half_and_all_and_differs_by_the_seed() {
        let full = Duration::from_secs(8);
        let mut rng = Rng::new(1);
        for _ in 0..1_000 {
            assert!((full / 2..=full).contains(&rng.jittered(full)));
        }
        assert_ne!(Rng::new(1).jittered(full), Rng::new(2).jittered(full));
    }
}
