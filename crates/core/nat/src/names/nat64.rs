//! Reaching IPv4 from a line that has IPv6 only, through its provider's translator (NAT64, RFC 6146).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Specification: the name whose addresses are 192.0.0.170 and 192.0.0.171, and no others (RFC 7050 §8.2).
pub const NAT64_NAME: &str = "ipv4only.arpa";
/// Specification: its addresses (RFC 7050 §8.2).
const WELL_KNOWN: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 0, 170), Ipv4Addr::new(192, 0, 0, 171)];
/// Specification: the lengths that a prefix can have, in bytes (RFC 6052 §2.2), the commonest first.
const LENGTHS: [usize; 6] = [12, 8, 7, 6, 5, 4];
/// Specification: the byte that is zero whatever the length (RFC 6052 §2.2).
const RESERVED: usize = 8;

/// The prefix behind which a translator has the IPv4 internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nat64Prefix {
    octets: [u8; 16],
    /// In bytes.
    length: usize,
}

impl Nat64Prefix {
    /// The prefix in the addresses that the line's resolver has for [`NAT64_NAME`] (RFC 7050 §3); `None` if they are no
    /// translator's.
    pub fn discover(addresses: impl IntoIterator<Item = IpAddr>) -> Option<Self> {
        let of = |ip: IpAddr| match ip {
            IpAddr::V6(ip) => LENGTHS.into_iter().find_map(|length| {
                let prefix = Self { octets: ip.octets(), length };
                WELL_KNOWN.into_iter().find(|known| prefix.embed(*known) == ip).map(|_| prefix)
            }),
            IpAddr::V4(_) => None,
        };
        addresses.into_iter().find_map(of)
    }

    /// Where the translator has this address (RFC 6052 §2.2).
    pub fn embed(&self, ip: Ipv4Addr) -> Ipv6Addr {
        let mut octets = [0; 16];
        octets[..self.length].copy_from_slice(&self.octets[..self.length]);
        let places = (self.length..).filter(|place| *place != RESERVED);
        for (place, octet) in places.zip(ip.octets()) {
            octets[place] = octet;
        }
        octets.into()
    }

    /// The same of an address with a port, if it is IPv4 and means the same everywhere: the translator knows no other network.
    pub fn reach(&self, address: SocketAddr) -> Option<SocketAddr> {
        match address.ip().to_canonical() {
            IpAddr::V4(ip) if crate::address::is_public(ip.into()) => {
                Some((self.embed(ip), address.port()).into())
            }
            _ => None,
        }
    }

    /// Addresses of a host, and where they have none of IPv6, those behind the translator.
    pub fn complete(&self, mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
        if addresses.iter().all(IpAddr::is_ipv4) {
            let behind = addresses.iter().filter_map(|ip| Some(self.reach((*ip, 1).into())?.ip()));
            let behind: Vec<IpAddr> = behind.collect();
            addresses.extend(behind);
        }
        addresses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v6(text: &str) -> Ipv6Addr {
        text.parse().unwrap()
    }

    #[test]
    fn rfc6052_2_4_addresses_are_embedded_in_each_length() {
        for (prefix, length, expected) in [
            ("2001:db8::", 4, "2001:db8:c000:221::"),
            ("2001:db8:100::", 5, "2001:db8:1c0:2:21::"),
            ("2001:db8:122::", 6, "2001:db8:122:c000:2:2100::"),
            ("2001:db8:122:300::", 7, "2001:db8:122:3c0:0:221::"),
            ("2001:db8:122:344::", 8, "2001:db8:122:344:c0:2:2100::"),
            ("2001:db8:122:344::", 12, "2001:db8:122:344::192.0.2.33"),
            ("64:ff9b::", 12, "64:ff9b::192.0.2.33"),
        ] {
            let prefix = Nat64Prefix { octets: v6(prefix).octets(), length };
            assert_eq!(prefix.embed([192, 0, 2, 33].into()), v6(expected), "{length}");
            // And found again in what a resolver says.
            let said = WELL_KNOWN.map(|ip| IpAddr::V6(prefix.embed(ip)));
            let found = Nat64Prefix::discover(said).unwrap();
            assert_eq!(found.embed([192, 0, 2, 33].into()), v6(expected), "{length}");
        }
    }

    #[test]
    fn a_line_without_a_translator_has_no_prefix() {
        let said = ["192.0.0.170", "192.0.0.171", "2001:db8::1", "::", "::ffff:192.0.0.1"];
        assert_eq!(Nat64Prefix::discover(said.map(|text| text.parse().unwrap())), None);
    }

    #[test]
    fn addresses_of_private_networks_are_not_behind_the_translator() {
        let prefix = Nat64Prefix { octets: v6("64:ff9b::").octets(), length: 12 };
        let reach = |text: &str| prefix.reach(text.parse().unwrap()).map(|address| address.to_string());
        assert_eq!(reach("203.0.113.5:3478").as_deref(), Some("[64:ff9b::cb00:7105]:3478"));
        for address in ["192.168.1.5:1", "10.66.0.2:1", "100.64.0.1:1", "127.0.0.1:1", "[2001:db8::5]:1"] {
            assert_eq!(reach(address), None, "{address}");
        }
        let ips = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        let both = ips(&["203.0.113.5", "2001:db8::5"]);
        assert_eq!(prefix.complete(both.clone()), both);
        assert_eq!(prefix.complete(ips(&["203.0.113.5"])), ips(&["203.0.113.5", "64:ff9b::cb00:7105"]));
    }
}
