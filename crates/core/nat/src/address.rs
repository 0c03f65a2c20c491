use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// One form per address, so that what a peer signals compares equal to where its datagrams come from.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Whether an address means the same everywhere, so that a relay on the internet may be asked to send there, and may send us
/// there. Private addresses mean another network to the
/// relay than to the peer; relays refuse them, and asking would probe the relay's own network. Documentation and
/// benchmark addresses pass: nothing answers there but a test network, for which they stand for public ones.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            // RFC 6598: between a subscriber and its provider's NAT.
            let shared = a == 100 && b & 0xC0 == 64;
            !(ip.is_private() || ip.is_link_local() || ip.is_loopback() || shared || a == 0 || a >= 224)
        }
        // RFC 4291 §2.4: all global unicast that IANA has given out. Keeps out ULA, link-local, mapped ones.
        IpAddr::V6(ip) => Ipv6Addr::segments(&ip)[0] & 0xE000 == 0x2000,
    }
}
