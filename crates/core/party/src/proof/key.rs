use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::text::{from_base64, text_form, to_base64};

/// A WireGuard public key (X25519). Text form: base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WireGuardKey([u8; 32]);

text_form!(WireGuardKey, to_base64, from_base64, "a 32-byte key in base64url");

impl WireGuardKey {
    /// A key from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A WireGuard private key (X25519), one per party membership. Never printed, wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct WireGuardPrivateKey([u8; 32]);

impl WireGuardPrivateKey {
    /// A new key from 32 random bytes.
    pub const fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes, for a secret store or a WireGuard implementation.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> WireGuardKey {
        let secret = x25519_dalek::StaticSecret::from(self.0);
        WireGuardKey(x25519_dalek::PublicKey::from(&secret).to_bytes())
    }

    pub(crate) fn diffie_hellman(&self, theirs: &WireGuardKey) -> [u8; 32] {
        let secret = x25519_dalek::StaticSecret::from(self.0);
        secret.diffie_hellman(&x25519_dalek::PublicKey::from(theirs.0)).to_bytes()
    }
}

/// The secret that makes somebody a member: 32 random bytes made by the host, carried only by invitations.
/// Never printed, wiped on drop.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct PartySecret([u8; 32]);

impl PartySecret {
    /// A new secret from 32 random bytes.
    pub const fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes, for an invitation or a secret store.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The WireGuard preshared key of a pair of peers: the same whichever of the two asks.
    pub fn preshared_key(&self, a: &WireGuardKey, b: &WireGuardKey) -> PresharedKey {
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        let mut key = PresharedKey([0; 32]);
        self.derive(&[b"lanrage psk v1", low.as_bytes(), high.as_bytes()], b"", &mut key.0);
        key
    }

    /// A key for one purpose: HKDF-SHA256 with this secret as salt. `info` is the concatenation of its parts: a label of
    /// the purpose's own, then parts that have fixed lengths for that label.
    pub fn derive(&self, info: &[&[u8]], input: &[u8], output: &mut [u8; 32]) {
        Hkdf::<Sha256>::new(Some(&self.0), input)
            .expand_multi_info(info, output)
            .expect("32 bytes is a valid HKDF-SHA256 output length");
    }
}

/// A pair's WireGuard preshared key. Never printed, wiped on drop.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct PresharedKey([u8; 32]);

impl PresharedKey {
    /// The raw bytes, for a WireGuard implementation.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The preshared key of the pair's express session. A key of its own, so that a handshake that is led to the wrong
    /// one of the two sessions fails instead of being completed there.
    pub fn for_express_lane(&self) -> Self {
        let mut key = Self([0; 32]);
        Hkdf::<Sha256>::new(None, &self.0)
            .expand(b"lanrage express lane v1", &mut key.0)
            .expect("32 bytes is a valid HKDF-SHA256 output length");
        key
    }
}

macro_rules! redacted {
    ($($type:ty),*) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(..)"))
            }
        }
    )*};
}
redacted!(WireGuardPrivateKey, PartySecret, PresharedKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_pair_derive_the_same_preshared_key_and_no_other_pair_does() {
        let secret = PartySecret::from_random([7; 32]);
        let [a, b, c] = [1, 2, 3].map(|n| WireGuardPrivateKey::from_random([n; 32]).public());
        assert_eq!(secret.preshared_key(&a, &b), secret.preshared_key(&b, &a));
        assert_ne!(secret.preshared_key(&a, &b), secret.preshared_key(&a, &c));
        assert_ne!(secret.preshared_key(&a, &b), PartySecret::from_random([8; 32]).preshared_key(&a, &b));
    }

    #[test]
    fn each_lane_of_a_pair_has_its_own_preshared_key() {
        let [bulk, other] = [[7; 32], [8; 32]].map(PresharedKey);
        assert_ne!(bulk.for_express_lane(), bulk);
        assert_ne!(bulk.for_express_lane(), other.for_express_lane());
        assert_eq!(bulk.for_express_lane(), PresharedKey([7; 32]).for_express_lane());
    }

    #[test]
    fn secrets_are_not_printed() {
        let printed = format!("{:?} {:?}", PartySecret([0xAB; 32]), WireGuardPrivateKey([0xAB; 32]));
        assert!(!printed.to_lowercase().contains("ab, ") && !printed.contains("171"), "{printed}");
    }
}
