//! A TCP connection to a server or a relay, by the way that this computer's settings want: straight, or through a proxy.
//!
//! The settings are those of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in capitals or not),
//! and on Windows and macOS also the system's. They are read anew for every connection, since a computer that moves gets
//! others. On Linux a desktop's own settings count as far as its session puts them into the environment.
//!
//! A proxy that fails is never passed by. Whoever set it wants nobody to learn this computer's address, or all traffic to
//! be seen: a way around it would break that exactly when somebody on the way makes the proxy fail. Browsers do the same.

mod connect;
mod direct;
mod proxy;

use std::net::SocketAddr;

use hyper_util::client::proxy::matcher::Matcher;
use lanrage_party::facts::Cause;
use tokio::net::TcpStream;
use tracing::info;
use url::{Host, Url};

use proxy::{Proxy, Way, way};

pub use connect::{Answer, answer};

/// Where a connection is to lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The name or address, as the user or the server gave it: a proxy looks names up itself.
    pub host: Host,
    /// Its TCP port.
    pub port: u16,
    /// Whether TLS follows.
    pub is_encrypted: bool,
}

impl Target {
    /// Where a `ws`, `wss`, `http` or `https` address leads; `None` for one without a host.
    pub fn of(url: &Url) -> Option<Self> {
        Some(Self {
            host: url.host()?.to_owned(),
            port: url.port_or_known_default().unwrap_or(443),
            is_encrypted: matches!(url.scheme(), "wss" | "https"),
        })
    }

    fn way(&self) -> Option<Proxy> {
        match way(&Matcher::from_system(), self) {
            Way::Direct => None,
            Way::Through(proxy) => Some(proxy),
        }
    }
}

/// The proxy on the way to a server with this address, as `host:port`; `None` without one.
pub fn proxy_to(url: &str) -> Option<String> {
    let target = Target::of(&url.parse().ok()?)?;
    target.way().map(|proxy| proxy.name())
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialError {
    /// The name has no address.
    UnknownHost(Cause),
    /// Nothing answered, or the proxy refused.
    Unreachable(Cause),
}

/// A connection to a host that is to be looked up.
///
/// # Errors
/// There is no way there at the moment.
pub async fn dial(target: &Target) -> Result<TcpStream, DialError> {
    match target.way() {
        Some(proxy) => through(&proxy, target).await.map_err(DialError::Unreachable),
        None => direct::connect(&direct::addresses(&target.host, target.port).await?).await,
    }
}

/// A connection to a host whose address is known already. What a proxy is told is the target's name.
///
/// # Errors
/// There is no way there at the moment.
pub async fn dial_address(target: &Target, address: SocketAddr) -> Result<TcpStream, Cause> {
    match target.way().filter(|_| lanrage_nat::is_public(address.ip().to_canonical())) {
        Some(proxy) => through(&proxy, target).await,
        None => TcpStream::connect(address).await.map_err(|error| (&error).into()),
    }
}

async fn through(proxy: &Proxy, target: &Target) -> Result<TcpStream, Cause> {
    info!(proxy = proxy.name(), host = %target.host, port = target.port, "dialling through a proxy");
    connect::through(proxy, target).await
}
