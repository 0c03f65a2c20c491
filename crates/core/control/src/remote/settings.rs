use std::time::Duration;

use lanrage_party::{AccessKey, ControlEndpoint, ServerId};
use url::Url;

use crate::protocol::SESSION_PATH;

/// Which server, and how to speak to it.
#[derive(Debug, Clone)]
pub struct RemoteSettings {
    /// The server.
    pub endpoint: ControlEndpoint,
    /// Which server is meant; `None` takes any.
    pub server: Option<ServerId>,
    /// The server's key, if it is a private one whose operator has given it to us.
    pub access: Option<AccessKey>,
    /// The program's version, for the server's log.
    pub client_version: String,
    /// 8 random bytes: what jitter, and the numbers of this plane's connections, are made from.
    pub jitter_seed: u64,
    /// Times.
    pub timings: RemoteTimings,
}

/// How long a [`crate::RemoteControlPlane`] waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteTimings {
    /// For the connection: 15 s. The shell gives up sooner and says why.
    pub dial: Duration,
    /// From the connection to the welcome: 10 s.
    pub handshake: Duration,
    /// For the answer to a heartbeat or a request: 10 s. Then the connection is dead.
    pub answer: Duration,
    /// The same right after a network change: 2 s.
    pub answer_after_change: Duration,
    /// A session that lasted this long ends a series of failures: 10 s.
    pub stable_after: Duration,
    /// Before a refused registration is repeated, doubling up to 30 s: 2 s.
    pub register_retry: Duration,
}

impl Default for RemoteTimings {
    fn default() -> Self {
        Self {
            dial: Duration::from_secs(15),
            handshake: Duration::from_secs(10),
            answer: Duration::from_secs(10),
            answer_after_change: Duration::from_secs(2),
            stable_after: Duration::from_secs(10),
            register_retry: Duration::from_secs(2),
        }
    }
}

impl RemoteSettings {
    /// This program as a client of `endpoint`, with the usual times. `jitter_seed` is random.
    pub fn new(endpoint: ControlEndpoint, jitter_seed: u64) -> Self {
        let client_version = env!("CARGO_PKG_VERSION").to_owned();
        Self {
            endpoint,
            server: None,
            access: None,
            client_version,
            jitter_seed,
            timings: RemoteTimings::default(),
        }
    }

    /// The WebSocket's URL: the session's path below the endpoint's.
    pub(super) fn url(&self) -> Url {
        let mut url = self.endpoint.url().clone();
        let base = url.path().trim_end_matches('/').to_owned();
        if !base.ends_with(SESSION_PATH) {
            url.set_path(&format!("{base}{SESSION_PATH}"));
        }
        url
    }

    /// `host:port`, as it is signed.
    pub(super) fn authority(&self) -> String {
        let url = self.endpoint.url();
        format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
    }

    /// The server's host, without the brackets of an IPv6 address.
    pub(super) fn host(&self) -> &str {
        let host = self.endpoint.url().host_str().unwrap_or_default();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_lies_below_whatever_path_the_endpoint_has() {
        for (endpoint, url, authority, host) in [
            ("ws://a.example", "ws://a.example/v1/session", "a.example:80", "a.example"),
            ("wss://a.example/lan/", "wss://a.example/lan/v1/session", "a.example:443", "a.example"),
            ("ws://[::1]:8787", "ws://[::1]:8787/v1/session", "[::1]:8787", "::1"),
            ("ws://a.example/v1/session", "ws://a.example/v1/session", "a.example:80", "a.example"),
        ] {
            let settings = RemoteSettings::new(endpoint.parse().unwrap(), 0);
            let got = (settings.url().to_string(), settings.authority(), settings.host().to_owned());
            assert_eq!(got, (url.to_owned(), authority.to_owned(), host.to_owned()));
        }
    }
}
