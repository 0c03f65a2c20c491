/// Where the decisions get their randomness: the system's in the product, a fixed sequence in tests.
pub struct Entropy(Source);

type Source = Box<dyn FnMut(&mut [u8]) + Send>;

impl Entropy {
    /// Randomness from this source, which fills a slice with fresh bytes.
    pub fn new(source: impl FnMut(&mut [u8]) + Send + 'static) -> Self {
        Self(Box::new(source))
    }

    #[cfg(test)]
    pub(crate) fn fixed(seed: u8) -> Self {
        let mut counter = u64::from(seed) << 32;
        Self(Box::new(move |bytes| {
            for byte in bytes {
                counter =
                    counter.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = (counter >> 33) as u8;
            }
        }))
    }

    /// Fresh random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}
