//! Asking the line whether it has IPv6 only, and a translator to IPv4.

use std::{
    io,
    net::{Ipv4Addr, UdpSocket},
    time::Duration,
};

use lanrage_nat::{NAT64_NAME, Nat64Prefix};
use tokio::{net::lookup_host, time::timeout};

/// How long the resolver may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The prefix of the line's translator (RFC 7050), where the line has no IPv4; `None` where it has, or has no translator.
pub async fn prefix() -> Option<Nat64Prefix> {
    if has_ipv4() {
        return None;
    }
    let found = timeout(PATIENCE, lookup_host((NAT64_NAME, 0))).await.ok()?.ok()?;
    let prefix = Nat64Prefix::discover(found.map(|address| address.ip()));
    tracing::info!(?prefix, "the line has no IPv4");
    prefix
}

/// Whether some way leads to the IPv4 internet. Sends nothing.
fn has_ipv4() -> bool {
    let towards = |socket: UdpSocket| socket.connect((Ipv4Addr::new(192, 0, 0, 170), 9));
    let way = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(towards);
    !way.is_err_and(|error| {
        matches!(error.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable)
    })
}
