//! Whom a proxy speaks for.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header::FORWARDED};
use ipnet::IpNet;

/// What older proxies say instead of `Forwarded`.
const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies that are believed when they say whom they speak for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies(Vec<IpNet>);

impl Proxies {
    pub(crate) const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether a proxy at this address is believed.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// For whom a request came, as a proxy that is believed says it: the last address in `Forwarded` (RFC 7239), or else
    /// in `X-Forwarded-For`, that is not such a proxy itself. What stands before it was written by whoever is there, who
    /// can write anything.
    pub(crate) fn client(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let lists = |name: &str| {
            let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
            values.flat_map(|value| value.split(',')).map(str::trim).map(str::to_owned).collect::<Vec<_>>()
        };
        let forwarded: Vec<Option<IpAddr>> =
            lists(FORWARDED.as_str()).iter().map(|element| forwarded_for(element)).collect();
        let hops = if forwarded.is_empty() {
            lists(X_FORWARDED_FOR).iter().map(|hop| address(hop)).collect()
        } else {
            forwarded
        };
        for hop in hops.into_iter().rev() {
            // Who is hidden or unreadable is as good as the proxy.
            let hop = hop?;
            if !self.trusts(hop) {
                return Some(hop.to_canonical());
            }
        }
        None
    }
}

/// Whether a request says for whom it came, whoever said so.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED) || headers.contains_key(X_FORWARDED_FOR)
}

/// The `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| address(value.trim().trim_matches('"')))?
    })
}

/// An address with or without a port and brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(headers: &[(&'static str, &str)]) -> Option<String> {
        let proxies = Proxies::new(vec!["127.0.0.0/8".parse().unwrap(), "2001:db8:1::/48".parse().unwrap()]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        proxies.client(&map).map(|ip| ip.to_string())
    }

    #[test]
    fn the_last_address_that_is_no_proxy_of_ours_counts() {
        for (headers, expected) in [
            (vec![("x-forwarded-for", "192.0.2.1")], Some("192.0.2.1")),
            (vec![("x-forwarded-for", "10.9.9.9, 192.0.2.1, 127.0.0.5")], Some("192.0.2.1")),
            (vec![("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "192.0.2.1")], Some("192.0.2.1")),
            (vec![("forwarded", "for=192.0.2.1;proto=https")], Some("192.0.2.1")),
            (vec![("forwarded", r#"for=10.0.0.1, For="[2001:db8:2::9]:4711";by=x"#)], Some("2001:db8:2::9")),
            (
                vec![("forwarded", "for=\"192.0.2.1:80\""), ("x-forwarded-for", "198.51.100.1")],
                Some("192.0.2.1"),
            ),
            (vec![("x-forwarded-for", "192.0.2.1, 2001:db8:1::1")], Some("192.0.2.1")),
            (vec![("x-forwarded-for", "::ffff:192.0.2.1")], Some("192.0.2.1")),
            (vec![("x-forwarded-for", "192.0.2.1, unknown")], None),
            (vec![("forwarded", "for=_hidden")], None),
            (vec![("x-forwarded-for", "127.0.0.1")], None),
            (vec![], None),
        ] {
            assert_eq!(client(&headers).as_deref(), expected, "{headers:?}");
        }
    }
}
