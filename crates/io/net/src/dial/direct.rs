//! A connection without a proxy: all addresses of a host race, dead ones cost nobody seconds.

use std::{net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lanrage_party::facts::Cause;
use tokio::net::TcpStream;
use url::Host;

use super::DialError;
use crate::nat64;

/// Head start of each address over the next one (RFC 8305 §5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

pub(super) async fn addresses(host: &Host, port: u16) -> Result<Vec<SocketAddr>, DialError> {
    match host {
        Host::Ipv4(ip) => {
            let direct = SocketAddr::from((*ip, port));
            // A line with IPv6 only has it behind a translator.
            let behind = nat64::prefix().await.and_then(|translator| translator.reach(direct));
            Ok(behind.into_iter().chain([direct]).collect())
        }
        Host::Ipv6(ip) => Ok(vec![(*ip, port).into()]),
        Host::Domain(name) => {
            let found = tokio::net::lookup_host((name.as_str(), port)).await;
            let found = found.map_err(|error| DialError::UnknownHost((&error).into()))?;
            Ok(interleave(found.collect()))
        }
    }
}

/// Families in turn, beginning with the system's first choice (RFC 8305 §4).
fn interleave(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = found.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let mut ordered = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        let before = ordered.len();
        ordered.extend(first.next());
        ordered.extend(second.next());
        if ordered.len() == before {
            return ordered;
        }
    }
}

/// The first of the addresses that answers. The next one is tried when one fails, or after a short head start:
/// an address that swallows packets costs a quarter of a second instead of minutes.
pub(super) async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, DialError> {
    let mut untried = addresses.iter();
    let mut attempts = FuturesUnordered::new();
    let mut reason = DialError::UnknownHost(Cause::NoAddress);
    loop {
        attempts.extend(untried.next().map(TcpStream::connect));
        tokio::select! {
            attempt = attempts.next() => match attempt {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => reason = DialError::Unreachable((&error).into()),
                None => return Err(reason),
            },
            () = tokio::time::sleep(ATTEMPT_DELAY), if untried.len() > 0 => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_beginning_with_the_first() {
        let found = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"];
        let found = found.map(|text| text.parse().unwrap()).to_vec();
        let ordered: Vec<String> = interleave(found).iter().map(ToString::to_string).collect();
        assert_eq!(ordered, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
    }
}
