use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Seeds for whatever needs its own, out of one.
pub(super) struct Seeds {
    keyed: Hmac<Sha256>,
    counter: u64,
}

impl Seeds {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        let keyed = Hmac::new_from_slice(&seed).expect("HMAC takes keys of any length");
        Self { keyed, counter: 0 }
    }

    pub(super) fn next(&mut self) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        mac.update(b"relay pool");
        mac.update(&self.counter.to_be_bytes());
        self.counter += 1;
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Seeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seeds({} used, ..)", self.counter)
    }
}
