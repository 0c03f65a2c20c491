use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::stun::TransactionId;

/// Transaction ids nobody can guess: HMAC-SHA256 of a counter under a secret seed.
///
/// RFC 8489 §5 wants ids that are "cryptographically random", because an id is all that stops somebody off
/// the path from forging a reply. The seed must come from the system's random source and be used once.
pub struct TransactionIds {
    keyed: Hmac<Sha256>,
    counter: u64,
}

impl TransactionIds {
    /// Ids that follow from `seed`.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let keyed = Hmac::new_from_slice(&seed).expect("HMAC takes keys of any length");
        Self { keyed, counter: 0 }
    }

    /// The next id. Repeats only after 2⁶⁴ calls.
    pub fn next_id(&mut self) -> TransactionId {
        let mut mac = self.keyed.clone();
        mac.update(&self.counter.to_be_bytes());
        self.counter = self.counter.wrapping_add(1);
        let digest = mac.finalize().into_bytes();
        let mut id = [0; 12];
        id.copy_from_slice(&digest[..12]);
        TransactionId(id)
    }
}

impl std::fmt::Debug for TransactionIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TransactionIds({} used, ..)", self.counter)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_follow_from_the_seed_and_do_not_repeat() {
        let ids = |seed| {
            let mut ids = TransactionIds::from_seed([seed; 32]);
            (0..1_000).map(|_| ids.next_id()).collect::<Vec<_>>()
        };
        assert_eq!(ids(1), ids(1));
        let distinct: HashSet<_> = ids(1).into_iter().chain(ids(2)).collect();
        assert_eq!(distinct.len(), 2_000);
    }
}
