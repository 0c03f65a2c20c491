use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use lanrage_party::{PeerId, RelayOffer, RelayUri, limits};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What a relay that is a process of its own says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayRegistration {
    /// Its name, the same for ever; 1 to [`limits::RELAY_NAME_BYTES`] bytes. Of two relays of one name the later counts.
    pub name: String,
    /// Where it stands, for people; at most [`limits::RELAY_NAME_BYTES`].
    #[serde(default)]
    pub region: String,
    /// How clients reach it, best first; 1 to [`limits::RELAY_URIS`], each with a host.
    pub uris: Vec<RelayUri>,
    /// Share of its capacity in use, 0 to 100.
    pub load_percent: u8,
    /// That its operator is the server's.
    pub proof: RelayProof,
}

impl RelayRegistration {
    /// Whether every part is within its limit.
    pub fn is_within_limits(&self) -> bool {
        let named = |text: &str, shortest| (shortest..=limits::RELAY_NAME_BYTES).contains(&text.len());
        named(&self.name, 1)
            && named(&self.region, 0)
            && (1..=limits::RELAY_URIS).contains(&self.uris.len())
            && self.uris.iter().all(|uri| !uri.host.is_empty())
            && self.load_percent <= 100
    }
}

/// Shows that a relay knows the registration key without telling it, in the session of one peer only: HMAC-SHA256
/// of that peer and the relay's name under the key. Text form: base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RelayProof(pub(crate) [u8; 32]);

impl RelayProof {
    /// What the relay `name` shows in the session of `peer`. `key` is the registration key.
    pub fn new(key: &[u8], peer: &PeerId, name: &str) -> Self {
        Self(mac(key, peer, name).finalize().into_bytes().into())
    }

    /// Whether it was made with this key. Takes the same time wherever they differ.
    pub fn is_of(&self, key: &[u8], peer: &PeerId, name: &str) -> bool {
        mac(key, peer, name).verify_slice(&self.0).is_ok()
    }
}

/// The secret that a relay with this name and its control server share (TURN REST), which neither has to tell the other:
/// both know the registration key. Text in base64url.
pub fn relay_secret(key: &[u8], name: &str) -> Zeroizing<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"lanrage relay secret v1\0");
    mac.update(name.as_bytes());
    Zeroizing::new(BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
}

fn mac(key: &[u8], peer: &PeerId, name: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"lanrage relay registration v1\0");
    mac.update(peer.as_bytes());
    mac.update(name.as_bytes());
    mac
}

impl fmt::Debug for RelayProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayProof(..)")
    }
}

impl Serialize for RelayProof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for RelayProof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| D::Error::custom("expected 32 bytes in base64url"))
    }
}

/// Reads relay offers one by one: an offer that is broken, or an address of a kind that a newer protocol has, costs no
/// more than itself.
pub(super) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RelayOffer>, D::Error> {
    let offered = Vec::<serde_json::Value>::deserialize(deserializer)?;
    let count = offered.len();
    let mut offers: Vec<RelayOffer> = offered.into_iter().filter_map(offer).collect();
    offers.truncate(limits::RELAYS);
    if offers.len() < count {
        tracing::warn!(
            left_out = count - offers.len(),
            "the server offers relays that are not valid, or too many"
        );
    }
    Ok(offers)
}

fn offer(mut offer: serde_json::Value) -> Option<RelayOffer> {
    let uris = offer.get_mut("uris")?.as_array_mut()?;
    uris.retain(|uri| uri.as_str().is_some_and(|uri| uri.parse::<RelayUri>().is_ok()));
    uris.truncate(limits::RELAY_URIS);
    serde_json::from_value(offer).ok().filter(RelayOffer::is_within_limits)
}
