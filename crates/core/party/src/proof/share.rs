//! Shares: what the party's secret takes up when somebody is removed, and whoever is removed is never told.

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::PartyId;

/// 32 random bytes that whoever removes somebody adds to the party's secret. Told to members inside their sessions, and by
/// links. Never printed, wiped on drop.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Zeroize, ZeroizeOnDrop)]
pub struct Share([u8; 32]);

/// Which share it is, without telling it: what a ruling names. Everybody who is told a share sees by it that it is the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareMark([u8; 16]);

impl Share {
    /// A new share from 32 random bytes, or one from a link or a store.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes, for a link, a session or a secret store.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Which one it is.
    pub fn mark(&self, party: &PartyId) -> ShareMark {
        let mut hasher = Sha256::new();
        hasher.update(b"lanrage share v1\0");
        hasher.update(party.as_bytes());
        hasher.update(self.0);
        let mut mark = [0; 16];
        mark.copy_from_slice(&hasher.finalize()[..16]);
        ShareMark(mark)
    }
}

impl ShareMark {
    /// How many bytes a mark has.
    pub const BYTES: usize = 16;

    /// A mark from its bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Share(..)")
    }
}
