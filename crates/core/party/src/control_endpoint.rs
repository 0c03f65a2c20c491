//! The address of a control server.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::limits::CONTROL_ENDPOINT_BYTES;

/// Where a server listens by itself, without TLS, if nobody tells it otherwise.
const OWN_PORT: u16 = 8787;

/// Where a party's control plane is reached: a `ws://` or `wss://` URL with a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ControlEndpoint(Url);

/// A text is no address of a control server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a server address must be ws:// or wss:// with a host name, without user name or password")]
pub struct NotAControlEndpoint;

impl ControlEndpoint {
    /// The URL.
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// What stands before the secret part of an invitation in its web form, were there a page for that: `https://HOST/join#`. A
    /// server without TLS has none, as no browser would show it as trusted, nor one below a path.
    pub fn page(&self) -> Option<String> {
        let at_root = self.0.scheme() == "wss" && self.0.path() == "/" && self.0.query().is_none();
        let host = self.0.host_str().filter(|_| at_root)?;
        let port = self.0.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("https://{host}{port}/join#"))
    }

    /// The server's address, where it is known by that and not by a name.
    pub fn address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(ip) => Some(ip.into()),
            Host::Ipv6(ip) => Some(ip.into()),
            Host::Domain(_) => None,
        }
    }
}

impl FromStr for ControlEndpoint {
    type Err = NotAControlEndpoint;

    /// Takes `ws://…`, `wss://…`, or `http(s)://…` as the same server's WebSocket address; without any of them, what a player
    /// most likely means. User names and passwords are refused: they would travel in every link.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = NotAControlEndpoint;
        if text.len() > CONTROL_ENDPOINT_BYTES {
            return Err(bad);
        }
        let url = match text.split_once("://") {
            Some(("http", rest)) => Url::parse(&format!("ws://{rest}")),
            Some(("https", rest)) => Url::parse(&format!("wss://{rest}")),
            Some(_) => Url::parse(text),
            None => without_scheme(text),
        };
        let url = url.map_err(|_| bad)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        // Escapes and international names make it longer than it was typed.
        if url.as_str().len() > CONTROL_ENDPOINT_BYTES {
            return Err(bad);
        }
        if matches!(url.scheme(), "ws" | "wss") && url.host_str().is_some_and(|h| !h.is_empty()) && plain {
            Ok(Self(url))
        } else {
            Err(bad)
        }
    }
}

/// An address as it is said among friends. A name has a certificate, so TLS is meant; a plain address, this computer, and a
/// server's own port have none.
fn without_scheme(text: &str) -> Result<Url, url::ParseError> {
    let mut plain = Url::parse(&format!("ws://{text}"))?;
    let is_named = matches!(plain.host(), Some(Host::Domain(name)) if name != "localhost");
    if is_named && plain.port() != Some(OWN_PORT) {
        return Url::parse(&format!("wss://{text}"));
    }
    let authority = text.split(['/', '?']).next().unwrap_or(text);
    let has_port = authority.rsplit(']').next().is_some_and(|end| end.contains(':'));
    if !has_port {
        // Only a URL without a host refuses a port, and that one is refused as well.
        let _refused = plain.set_port(Some(OWN_PORT));
    }
    Ok(plain)
}

impl TryFrom<String> for ControlEndpoint {
    type Error = NotAControlEndpoint;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ControlEndpoint> for String {
    fn from(endpoint: ControlEndpoint) -> Self {
        endpoint.0.into()
    }
}

impl fmt::Display for ControlEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_invitations_is_where_a_browser_trusts_the_server() {
        for (endpoint, page) in [
            ("wss://play.example.org", Some("https://play.example.org/join#")),
            ("wss://play.example.org:8443/", Some("https://play.example.org:8443/join#")),
            ("wss://[2001:db8::1]:443", Some("https://[2001:db8::1]/join#")),
            ("ws://play.example.org:8787", None),
            ("wss://example.org/lanrage", None),
            ("wss://example.org/?key=1", None),
        ] {
            let endpoint: ControlEndpoint = endpoint.parse().unwrap();
            assert_eq!(endpoint.page().as_deref(), page, "{endpoint}");
        }
    }

    fn parse(text: &str) -> Result<String, NotAControlEndpoint> {
        text.parse::<ControlEndpoint>().map(|endpoint| endpoint.to_string())
    }

    #[test]
    fn it_is_a_websocket_address_without_credentials() {
        assert_eq!(parse("https://play.example").unwrap(), "wss://play.example/");
        assert_eq!(parse("ws://[::1]:8787").unwrap(), "ws://[::1]:8787/");
        let long = format!("ws://{}", "x".repeat(300));
        let credentials = ["wss://user:pw@x", "user:pw@x", "user@192.168.1.5"];
        for bad in ["", " ", "ftp://x", "ws://", "ws:x#y", "x y", "::1", &long].into_iter().chain(credentials)
        {
            assert_eq!(parse(bad), Err(NotAControlEndpoint), "{bad}");
        }
    }

    #[test]
    fn without_a_scheme_it_is_what_a_player_most_likely_means() {
        for (typed, meant) in [
            ("play.example.org", "wss://play.example.org/"),
            ("play.example.org:443", "wss://play.example.org/"),
            ("play.example.org:8443/lan", "wss://play.example.org:8443/lan"),
            ("play.example.org:8787", "ws://play.example.org:8787/"),
            ("192.168.1.5", "ws://192.168.1.5:8787/"),
            ("192.168.1.5:80", "ws://192.168.1.5/"),
            ("192.168.1.5:9000", "ws://192.168.1.5:9000/"),
            ("[2001:db8::5]", "ws://[2001:db8::5]:8787/"),
            ("[2001:db8::5]:9000", "ws://[2001:db8::5]:9000/"),
            ("localhost", "ws://localhost:8787/"),
        ] {
            assert_eq!(parse(typed).unwrap(), meant, "{typed}");
        }
    }
}
