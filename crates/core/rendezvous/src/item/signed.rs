//! A mutable item of BEP 44, without a salt, so that it is one of pkarr as well.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// The Ed25519 public key under which an item lies. Its SHA-1 is the target in the DHT (BEP 44).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemKey(pub [u8; 32]);

/// An item as it lies in the store. Whoever carries it can read and forge nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedItem {
    /// Where it lies.
    pub key: ItemKey,
    /// Its sequence number: of two the greater one is the newer. Microseconds since 1970, for who is honest.
    pub seq: i64,
    /// A DNS packet with one TXT record, as pkarr has it.
    pub value: Vec<u8>,
    /// The key's, over number and value.
    pub signature: [u8; 64],
}

impl SignedItem {
    pub(crate) fn sign(signer: &SigningKey, seq: i64, value: Vec<u8>) -> Self {
        let signature = signer.sign(&signable(seq, &value)).to_bytes();
        Self { key: ItemKey(signer.verifying_key().to_bytes()), seq, value, signature }
    }

    /// Whether the key that it lies under signed it. Rejects weak keys and malleable signatures.
    pub fn is_signed(&self) -> bool {
        let message = signable(self.seq, &self.value);
        VerifyingKey::from_bytes(&self.key.0)
            .and_then(|key| key.verify_strict(&message, &Signature::from_bytes(&self.signature)))
            .is_ok()
    }
}

impl ItemKey {
    /// The key as pkarr writes it: z-base-32, 52 characters.
    pub fn to_z32(self) -> String {
        const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";
        // The last character has one bit of the key, and zeros behind it.
        let bit = |at: usize| self.0.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
        let digit = |at: usize| (0..5).fold(0, |digit, n| digit << 1 | bit(5 * at + n));
        (0..52).map(|at| char::from(ALPHABET[usize::from(digit(at))])).collect()
    }
}

impl fmt::Debug for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_z32())
    }
}

/// What is signed: the bencoded number and value (BEP 44).
fn signable(seq: i64, value: &[u8]) -> Vec<u8> {
    let mut bytes = format!("3:seqi{seq}e1:v{}:", value.len()).into_bytes();
    bytes.extend_from_slice(value);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_hex<const N: usize>(hex: &str) -> [u8; N] {
        std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
    }

    #[test]
    fn the_test_vector_of_bep_44_is_signed() {
        let mut item = SignedItem {
            key: ItemKey(from_hex("77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548")),
            seq: 1,
            value: b"Hello World!".to_vec(),
            signature: from_hex(
                "305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff\
                 1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01",
            ),
        };
        // The published one is over the bencoded text "12:Hello World!".
        assert!(item.is_signed());
        item.seq = 2;
        assert!(!item.is_signed());
    }

    #[test]
    fn a_key_is_written_as_the_published_examples_of_z_base_32_are() {
        // One and a half words of the specification's table, padded with zeros to the length of a key.
        let mut key = [0; 32];
        key[..3].copy_from_slice(&[0xF0, 0xBF, 0xC7]);
        assert!(ItemKey(key).to_z32().starts_with("6n9hq"));
        assert_eq!(ItemKey([0; 32]).to_z32(), "y".repeat(52));
        assert_eq!(ItemKey([0xFF; 32]).to_z32(), "9".repeat(51) + "o");
    }
}
