use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::ShortCode;
use crate::{
    ItemKey, PLAIN_BYTES, SignedItem,
    item::lock::{Lock, NONCE_BYTES},
};

/// Memory of the slow hash, in KiB, and how often it passes over it: a few hundredths of a second on what people play with.
/// This is the least that is advised for passwords people choose; a code has 75 random bits and lives for fifteen minutes, so it
/// need not be dearer to whoever has it, and is dear enough for whoever wants to try them all.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
/// There is no salt that whoever types a code could know beforehand: this one keeps our codes apart from other uses.
const SALT: &[u8] = b"lanrage short code v1";

/// Where the item of a code lies, and what seals it. Never printed.
#[derive(Clone)]
pub struct CodeKeys(Lock);

impl CodeKeys {
    /// The keys of a code, by Argon2id (RFC 9106). Slow: it takes a few hundredths of a second and 19 MiB.
    pub fn of(code: &ShortCode) -> Self {
        let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).expect("such parameters are allowed");
        let slow = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let text = Zeroizing::new(code.to_string());
        let mut hash = Zeroizing::new([0; 32]);
        slow.hash_password_into(text.as_bytes(), SALT, hash.as_mut_slice())
            .expect("a short text can be hashed so");
        Self::from_hash(&hash)
    }

    fn from_hash(hash: &[u8; 32]) -> Self {
        let derive = |label: &[u8]| {
            let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(hash).expect("any key will do");
            mac.update(label);
            Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()))
        };
        Self(Lock::new(&derive(b"lanrage code key v1"), &derive(b"lanrage code seal v1")))
    }

    /// Under which key the item lies.
    pub fn item_key(&self) -> ItemKey {
        self.0.item_key()
    }

    /// The item. `nonce` is random and never used twice; `seq` is the microsecond of its making.
    pub fn seal(&self, seq: i64, plain: &[u8; PLAIN_BYTES], nonce: [u8; NONCE_BYTES]) -> SignedItem {
        self.0.seal(seq, plain, nonce)
    }

    /// What an item says. `None` if it was not made by somebody who has the code.
    pub fn open(&self, item: &SignedItem) -> Option<[u8; PLAIN_BYTES]> {
        self.0.open(item)
    }
}

impl fmt::Debug for CodeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_the_code_finds_the_item_and_opens_it_and_nobody_else_does() {
        let keys = |seed: u8| CodeKeys::of(&ShortCode::from_random([seed; 10]));
        let item = keys(1).seal(7, &[9; PLAIN_BYTES], [5; NONCE_BYTES]);
        assert_eq!(keys(1).item_key(), item.key, "the same keys, whoever makes them");
        assert_eq!(keys(1).open(&item), Some([9; PLAIN_BYTES]));
        assert!(keys(2).open(&item).is_none() && keys(2).item_key() != item.key);
        let seen = item.value.windows(8).any(|window| window == [9; 8]);
        assert!(!seen, "the item is sealed");
        assert_eq!(format!("{:?}", keys(1)), "CodeKeys(..)");
    }

    #[test]
    fn the_place_follows_from_the_code_alike_in_every_version() {
        let code = ShortCode::from_random([7; 10]);
        assert_eq!(code.to_string(), "7R1E-G3W0-7R1E-G3WA");
        assert_eq!(
            CodeKeys::of(&code).item_key().to_z32(),
            "xy8icm176b8nw5xku6wem6yqriwg4msiitexpuhadycq45qtpbio"
        );
    }
}
