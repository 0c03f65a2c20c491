use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{UnixMillis, limits};

/// How a client reaches a relay. What leaves the relay is UDP in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelayTransport {
    /// UDP: the one to use where it passes.
    Udp,
    /// TCP, where UDP is blocked.
    Tcp,
    /// TLS over TCP, where only the web passes.
    Tls,
}

/// The address of a TURN server as a URI (RFC 7065): `turn:host:3478?transport=udp`, `turn:host?transport=tcp`,
/// `turns:host:443?transport=tcp`. An IPv6 address stands in brackets. The default port is 3478, with TLS 5349.
///
/// The host may be empty, as in `turn::3478`: the host that the control server was reached at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelayUri {
    /// Name or address, an IPv6 address without brackets; empty for the control server's own.
    pub host: String,
    /// Port, never 0.
    pub port: u16,
    /// How to reach it.
    pub transport: RelayTransport,
}

/// Why a text is no [`RelayUri`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelayUriError {
    /// Longer than [`limits::RELAY_URI_BYTES`].
    #[error("a relay's address has at most {max} bytes", max = limits::RELAY_URI_BYTES)]
    TooLong,
    /// Not of the form.
    #[error("expected turn:HOST:PORT, turn:HOST:PORT?transport=tcp or turns:HOST:PORT?transport=tcp")]
    Malformed,
}

impl FromStr for RelayUri {
    type Err = RelayUriError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use RelayUriError::{Malformed, TooLong};
        if text.len() > limits::RELAY_URI_BYTES {
            return Err(TooLong);
        }
        let (scheme, rest) = text.split_once(':').ok_or(Malformed)?;
        let (authority, transport) = match rest.split_once("?transport=") {
            Some((authority, transport)) => (authority, Some(transport)),
            None => (rest, None),
        };
        let (transport, default_port) = match (scheme, transport) {
            ("turn", None | Some("udp")) => (RelayTransport::Udp, 3_478),
            ("turn", Some("tcp")) => (RelayTransport::Tcp, 3_478),
            ("turns", None | Some("tcp")) => (RelayTransport::Tls, 5_349),
            _ => return Err(Malformed),
        };
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(Malformed)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| Malformed)?;
                let port =
                    if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(Malformed)?) };
                (host, port)
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
        let port = match port {
            Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => port.parse().map_err(|_| Malformed)?,
            Some(_) => return Err(Malformed),
            None => default_port,
        };
        if port == 0 || !host.chars().all(legal) {
            return Err(Malformed);
        }
        let uri = Self { host: host.to_owned(), port, transport };
        // Its own form is the one that travels, with what was left out here.
        if uri.to_string().len() > limits::RELAY_URI_BYTES { Err(TooLong) } else { Ok(uri) }
    }
}

impl fmt::Display for RelayUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, transport) = match self.transport {
            RelayTransport::Udp => ("turn", "udp"),
            RelayTransport::Tcp => ("turn", "tcp"),
            RelayTransport::Tls => ("turns", "tcp"),
        };
        let Self { host, port, .. } = self;
        if host.contains(':') {
            write!(f, "{scheme}:[{host}]:{port}?transport={transport}")
        } else {
            write!(f, "{scheme}:{host}:{port}?transport={transport}")
        }
    }
}

impl TryFrom<String> for RelayUri {
    type Error = RelayUriError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RelayUri> for String {
    fn from(uri: RelayUri) -> Self {
        uri.to_string()
    }
}

/// A password that is never printed for debugging and is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RelayPassword(String);

impl RelayPassword {
    /// Takes the password.
    pub const fn new(password: String) -> Self {
        Self(password)
    }

    /// The password itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Drop for RelayPassword {
    fn drop(&mut self) {
        drop(Zeroizing::new(std::mem::take(&mut self.0)));
    }
}

impl fmt::Debug for RelayPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayPassword(..)")
    }
}

/// Time-limited credentials for a relay, in the TURN REST form: the user name is `unix_expiry:id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayCredentials {
    /// User name; at most [`limits::RELAY_USERNAME_BYTES`].
    pub username: String,
    /// Password; at most [`limits::RELAY_PASSWORD_BYTES`].
    pub password: RelayPassword,
    /// When they stop being taken for new allocations.
    pub expires_at: UnixMillis,
}

/// A relay that a control server knows, with credentials for one client. It can refuse or delay what it carries, and
/// nothing more: what passes it is WireGuard's ciphertext.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayOffer {
    /// Name that stays the same across offers; at most [`limits::RELAY_NAME_BYTES`].
    pub name: String,
    /// Where it stands, for people; at most [`limits::RELAY_NAME_BYTES`], may be empty.
    #[serde(default)]
    pub region: String,
    /// How to reach it, best first; at most [`limits::RELAY_URIS`].
    pub uris: Vec<RelayUri>,
    /// Share of its capacity in use, 0 to 100.
    #[serde(default)]
    pub load_percent: u8,
    /// Credentials for whoever got the offer.
    pub credentials: RelayCredentials,
}

impl RelayOffer {
    /// Whether every part is within its limit. What is not comes from a broken or hostile server.
    pub fn is_within_limits(&self) -> bool {
        !self.name.is_empty()
            && self.name.len() <= limits::RELAY_NAME_BYTES
            && self.region.len() <= limits::RELAY_NAME_BYTES
            && !self.uris.is_empty()
            && self.uris.len() <= limits::RELAY_URIS
            && self.load_percent <= 100
            && self.credentials.username.len() <= limits::RELAY_USERNAME_BYTES
            && self.credentials.password.reveal().len() <= limits::RELAY_PASSWORD_BYTES
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn uris_are_those_of_rfc_7065() {
        for (text, host, port, transport, canonical) in [
            ("turn:a.example", "a.example", 3_478, RelayTransport::Udp, "turn:a.example:3478?transport=udp"),
            (
                "turn:10.0.0.1:99?transport=udp",
                "10.0.0.1",
                99,
                RelayTransport::Udp,
                "turn:10.0.0.1:99?transport=udp",
            ),
            (
                "turn:[2001:db8::1]?transport=tcp",
                "2001:db8::1",
                3_478,
                RelayTransport::Tcp,
                "turn:[2001:db8::1]:3478?transport=tcp",
            ),
            ("turns:a:443?transport=tcp", "a", 443, RelayTransport::Tls, "turns:a:443?transport=tcp"),
            ("turns:a", "a", 5_349, RelayTransport::Tls, "turns:a:5349?transport=tcp"),
            ("turn::3478", "", 3_478, RelayTransport::Udp, "turn::3478?transport=udp"),
        ] {
            let uri: RelayUri = text.parse().unwrap();
            assert_eq!((uri.host.as_str(), uri.port, uri.transport), (host, port, transport), "{text}");
            assert_eq!(uri.to_string(), canonical);
            assert_eq!(canonical.parse(), Ok(uri));
        }
        for text in [
            "",
            "turn",
            "http:a:1",
            "turn:a:0",
            "turn:a:b",
            "turn:a:+1",
            "turns:a?transport=udp",
            "turn:[::1",
            "turn:[a]:1",
            "turn:a b",
        ] {
            assert_eq!(text.parse::<RelayUri>(), Err(RelayUriError::Malformed), "{text}");
        }
    }

    #[test]
    fn a_uri_whose_own_form_is_too_long_is_refused() {
        let longest = limits::RELAY_URI_BYTES - "turn::3478?transport=udp".len();
        let text = |length: usize| format!("turn:{}", "a".repeat(length));
        assert!(text(longest).parse::<RelayUri>().unwrap().to_string().parse::<RelayUri>().is_ok());
        assert_eq!(text(longest + 1).parse::<RelayUri>(), Err(RelayUriError::TooLong));
    }

    #[test]
    fn a_password_is_not_printed() {
        let password = RelayPassword::new("hunter2".to_owned());
        assert!(!format!("{password:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_uri_or_an_error_and_a_uri_is_read_back(text in "(turn:|turns:)?.{0,40}") {
            if let Ok(uri) = text.parse::<RelayUri>() {
                prop_assert_eq!(uri.to_string().parse::<RelayUri>(), Ok(uri));
            }
        }
    }
}
