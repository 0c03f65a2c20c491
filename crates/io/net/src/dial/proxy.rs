//! Which way a connection takes, decided from the settings and the target alone.

use std::{fmt, net::IpAddr};

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use lanrage_nat::is_public;
use url::Host;
use zeroize::Zeroizing;

use super::Target;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    Direct,
    Through(Proxy),
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) kind: Kind,
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) login: Option<Login>,
}

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// HTTP's CONNECT, in clear text (RFC 9110 §9.3.6).
    Http,
    /// SOCKS 5 (RFC 1928).
    Socks5,
    /// Something that is not spoken here: SOCKS 4, or HTTP in TLS.
    Other,
}

/// Who we are to a proxy. Never shown: it has a password.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    /// The value of `Proxy-Authorization` (RFC 9110 §11.7.2).
    Basic(Zeroizing<Vec<u8>>),
    /// Name and password (RFC 1929).
    Plain(String, Zeroizing<String>),
}

impl Proxy {
    /// `host:port`, for logs and sentences.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Without the login.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.name())
    }
}

/// The way to a target. An address or a name that means another host to the proxy than to us is reached without it.
pub(super) fn way(settings: &Matcher, target: &Target) -> Way {
    let is_near = match &target.host {
        Host::Domain(name) => is_local_name(name),
        Host::Ipv4(ip) => !is_public((*ip).into()),
        Host::Ipv6(ip) => !is_public(IpAddr::from(*ip).to_canonical()),
    };
    if is_near {
        return Way::Direct;
    }
    // What proxies call HTTPS is a tunnel, which is all that is wanted here (RFC 6455 §4.1); the proxy for HTTP is asked
    // for one where nothing else is set and no TLS follows.
    let schemes = if target.is_encrypted { &["https"][..] } else { &["https", "http"] };
    let proxy = schemes.iter().find_map(|scheme| {
        let authority = format!("{}:{}", target.host, target.port);
        let uri = Uri::builder().scheme(*scheme).authority(authority).path_and_query("/").build();
        settings.intercept(&uri.ok()?)
    });
    proxy.and_then(|found| read(&found)).map_or(Way::Direct, Way::Through)
}

/// Whether a name is one of this computer or its own network: `localhost` (RFC 6761 §6.3), names of multicast DNS (RFC
/// 6762 §3), names of a home (RFC 8375), and names without a dot.
fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let is_below = |zone: &str| name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'));
    !name.contains('.') || ["localhost", "local", "home.arpa"].into_iter().any(is_below)
}

/// `None` for what names no host.
fn read(found: &Intercept) -> Option<Proxy> {
    let uri = found.uri();
    let (kind, usual_port) = match uri.scheme_str() {
        Some("http") => (Kind::Http, 80),
        Some("socks5" | "socks5h") => (Kind::Socks5, 1_080),
        Some("https") => (Kind::Other, 443),
        _ => (Kind::Other, 1_080),
    };
    let basic = found.basic_auth().map(|value| Login::Basic(Zeroizing::new(value.as_bytes().to_vec())));
    let plain = || {
        let (name, password) = found.raw_auth()?;
        Some(Login::Plain(name.to_owned(), Zeroizing::new(password.to_owned())))
    };
    Some(Proxy {
        kind,
        host: Host::parse(uri.host()?).ok()?,
        port: uri.port_u16().unwrap_or(usual_port),
        login: basic.or_else(plain),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The way there, as `Debug` says it.
    fn way_to(settings: &Matcher, url: &str) -> String {
        format!("{:?}", way(settings, &Target::of(&url.parse().unwrap()).unwrap()))
    }

    #[test]
    fn what_is_outside_goes_through_the_proxy_that_is_set_for_tunnels() {
        let both = Matcher::builder().https("http://proxy.example:3128").http("web.example:8080").build();
        for url in
            ["wss://play.example", "ws://play.example:8787", "wss://8.8.8.8", "wss://[2001:db8::1]:8787"]
        {
            assert_eq!(way_to(&both, url), "Through(Http proxy.example:3128)", "{url}");
        }
        let http_alone = Matcher::builder().http("http://web.example:8080").build();
        assert_eq!(way_to(&http_alone, "ws://play.example"), "Through(Http web.example:8080)");
        assert_eq!(way_to(&http_alone, "wss://play.example"), "Direct");
        let all = Matcher::builder().all("socks5h://[2001:db8::2]").build();
        assert_eq!(way_to(&all, "ws://play.example"), "Through(Socks5 [2001:db8::2]:1080)");
    }

    #[test]
    fn each_kind_of_proxy_has_its_usual_port_and_those_not_spoken_are_told_from_none() {
        for (setting, way) in [
            ("proxy.example", "Through(Http proxy.example:80)"),
            ("http://10.0.0.3", "Through(Http 10.0.0.3:80)"),
            ("socks5://proxy.example", "Through(Socks5 proxy.example:1080)"),
            ("https://proxy.example", "Through(Other proxy.example:443)"),
            ("socks4a://proxy.example:9", "Through(Other proxy.example:9)"),
            ("", "Direct"),
        ] {
            let settings = Matcher::builder().https(setting.to_owned()).build();
            assert_eq!(way_to(&settings, "wss://play.example"), way, "{setting}");
        }
    }

    #[test]
    fn what_means_another_host_to_a_proxy_is_reached_without_it() {
        let settings =
            Matcher::builder().all("http://proxy.example:3128").no("firm.example, 203.0.113.0/24").build();
        for host in [
            "localhost",
            "game.localhost",
            "gamebox",
            "gamebox.local.",
            "gamebox.home.arpa",
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.5",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "[::1]",
            "[fd00::1]",
            "[fe80::1]",
            "[::ffff:192.168.1.5]",
            // As the user wants it.
            "firm.example",
            "play.firm.example",
            "203.0.113.5",
        ] {
            for scheme in ["ws", "wss"] {
                assert_eq!(way_to(&settings, &format!("{scheme}://{host}:8787")), "Direct", "{host}");
            }
        }
        for host in ["localhost.example", "notfirm.example", "172.32.0.1", "[::ffff:8.8.8.8]", "198.51.100.1"]
        {
            assert_ne!(way_to(&settings, &format!("wss://{host}")), "Direct", "{host}");
        }
    }

    #[test]
    fn name_and_password_are_read_for_the_proxy_and_shown_to_nobody() {
        let target = Target::of(&"wss://play.example".parse().unwrap()).unwrap();
        let of = |setting: &str| match way(&Matcher::builder().https(setting.to_owned()).build(), &target) {
            Way::Through(proxy) => proxy,
            Way::Direct => panic!("{setting} is a proxy"),
        };
        let web = of("http://Aladdin:open%20sesame@proxy.example:3128");
        // The example of RFC 7617 §2.
        let basic = Login::Basic(Zeroizing::new(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_vec()));
        assert!(web.login == Some(basic));
        let socks = of("socks5://Aladdin:open%20sesame@proxy.example");
        let plain = Login::Plain("Aladdin".to_owned(), Zeroizing::new("open sesame".to_owned()));
        assert!(socks.login == Some(plain));
        assert_eq!(format!("{web:?} {socks:?}"), "Http proxy.example:3128 Socks5 proxy.example:1080");
    }
}
