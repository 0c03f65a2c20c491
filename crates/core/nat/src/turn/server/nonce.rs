use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Implementation: how long a nonce is taken. RFC 8656 §5 asks for less than an hour.
const LIFETIME: Duration = Duration::from_secs(50 * 60);
const TIME_BYTES: usize = 4;
const MAC_BYTES: usize = 12;

/// Nonces (RFC 8489 §14.10) that need no memory: each is its own expiry time and an HMAC of that and the client's
/// address. So a nonce that was overheard is of no use from elsewhere, and a request from a forged address has
/// none.
pub(super) struct Nonces {
    keyed: Hmac<Sha256>,
    start: Instant,
}

impl Nonces {
    pub(super) fn new(seed: &[u8; 32], now: Instant) -> Self {
        let mut keyed = Hmac::new_from_slice(seed).expect("HMAC takes keys of any length");
        keyed.update(b"TURN nonce");
        Self { keyed, start: now }
    }

    pub(super) fn issue(&self, now: Instant, client: SocketAddr) -> String {
        let expires_at = self.seconds(now + LIFETIME).to_be_bytes();
        let mut nonce = [0; TIME_BYTES + MAC_BYTES];
        nonce[..TIME_BYTES].copy_from_slice(&expires_at);
        nonce[TIME_BYTES..]
            .copy_from_slice(&self.mac(expires_at, client).finalize().into_bytes()[..MAC_BYTES]);
        BASE64URL_NOPAD.encode(&nonce)
    }

    pub(super) fn is_valid(&self, now: Instant, client: SocketAddr, nonce: &str) -> bool {
        let mut bytes = [0; TIME_BYTES + MAC_BYTES + 2];
        if BASE64URL_NOPAD.decode_len(nonce.len()) != Ok(TIME_BYTES + MAC_BYTES) {
            return false;
        }
        let bytes = &mut bytes[..TIME_BYTES + MAC_BYTES];
        if BASE64URL_NOPAD.decode_mut(nonce.as_bytes(), bytes).is_err() {
            return false;
        }
        let Some((expires_at, mac)) = bytes.split_first_chunk::<TIME_BYTES>() else {
            return false;
        };
        self.mac(*expires_at, client).verify_truncated_left(mac).is_ok()
            && self.seconds(now) < u32::from_be_bytes(*expires_at)
    }

    fn seconds(&self, now: Instant) -> u32 {
        u32::try_from(now.saturating_duration_since(self.start).as_secs()).unwrap_or(u32::MAX)
    }

    fn mac(&self, expires_at: [u8; TIME_BYTES], client: SocketAddr) -> Hmac<Sha256> {
        let mut mac = self.keyed.clone();
        mac.update(&expires_at);
        match client.ip() {
            IpAddr::V4(ip) => mac.update(&ip.octets()),
            IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        mac.update(&client.port().to_be_bytes());
        mac
    }
}

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonces(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_nonce_is_for_one_client_and_one_time() {
        let start = Instant::now();
        let nonces = Nonces::new(&[1; 32], start);
        let ours = client("192.0.2.1:1000");
        let nonce = nonces.issue(start, ours);
        assert_eq!(nonce.len(), 22);
        assert!(nonces.is_valid(start, ours, &nonce));
        assert!(nonces.is_valid(start + LIFETIME - Duration::from_secs(1), ours, &nonce));
        assert!(!nonces.is_valid(start + LIFETIME, ours, &nonce));
        assert!(!nonces.is_valid(start, client("192.0.2.1:1001"), &nonce));
        assert!(!nonces.is_valid(start, client("192.0.2.2:1000"), &nonce));
        assert!(!Nonces::new(&[2; 32], start).is_valid(start, ours, &nonce));
    }

    proptest! {
        #[test]
        fn nothing_else_is_a_nonce(text in "[A-Za-z0-9_-]{22}|.{0,40}") {
            let start = Instant::now();
            prop_assert!(!Nonces::new(&[1; 32], start).is_valid(start, client("192.0.2.1:1000"), &text));
        }
    }
}
