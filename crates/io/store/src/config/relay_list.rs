//! A list of relays into the DHT, as one types it.

use url::Url;

/// Relays into the BitTorrent DHT in pkarr's format, as web addresses separated by commas: `https`, or `http` where somebody
/// runs one of their own. At most [`PkarrRelays::MOST`]; none is fine.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PkarrRelays(Vec<Url>);

impl PkarrRelays {
    /// Most relays.
    pub const MOST: usize = 4;
    /// Longest text, in bytes.
    pub const BYTES: usize = 512;

    /// Takes a text as relays; `None` if it is not a list of them.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > Self::BYTES {
            return None;
        }
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let relays: Vec<Url> = parts.map(Self::relay).collect::<Option<_>>()?;
        (relays.len() <= Self::MOST).then_some(Self(relays))
    }

    /// Nothing of an address but where the relay is: keys are added to its path.
    fn relay(text: &str) -> Option<Url> {
        let url: Url = text.parse().ok()?;
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        (matches!(url.scheme(), "https" | "http") && url.has_host() && is_plain).then_some(url)
    }

    /// Where they are.
    pub fn urls(&self) -> &[Url] {
        &self.0
    }

    /// The one form in which they are stored.
    pub fn to_text(&self) -> String {
        let texts: Vec<&str> = self.0.iter().map(|url| url.as_str().trim_end_matches('/')).collect();
        texts.join(", ")
    }
}
