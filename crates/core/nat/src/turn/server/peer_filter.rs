use std::net::IpAddr;

use ipnet::IpNet;

/// Whom a relay may send to.
///
/// Always denied, as they lead to the relay's own host or to nobody: loopback, link-local, multicast, broadcast
/// and unspecified addresses (RFC 8656 §21.1.6), and IPv6 forms of IPv4 addresses. The addresses of the host
/// itself ([`Self::own_host`]) are denied but for the relayed addresses on it, through which two clients of one
/// relay meet. [`Self::allow`] is stronger than all of these.
///
/// Private addresses are allowed unless denied with [`Self::deny`]: a relay inside a home serves that home. One
/// on the open internet whose operator has a private network beside it should deny them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerFilter {
    allowed: Vec<IpNet>,
    denied: Vec<IpNet>,
    own: Vec<IpNet>,
}

/// What a filter says about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    /// The operator says so of this network.
    Named,
    /// Only where a relayed address is.
    OwnHost,
    Denied,
}

impl PeerFilter {
    /// Allows these addresses, whatever else is said of them: for tests on one machine.
    #[must_use]
    pub fn allow(mut self, nets: impl IntoIterator<Item = IpNet>) -> Self {
        self.allowed.extend(nets);
        self
    }

    /// Denies these addresses.
    #[must_use]
    pub fn deny(mut self, nets: impl IntoIterator<Item = IpNet>) -> Self {
        self.denied.extend(nets);
        self
    }

    /// These are addresses of the relay's host: all that it has, on every interface.
    #[must_use]
    pub fn own_host(mut self, nets: impl IntoIterator<Item = IpNet>) -> Self {
        self.own.extend(nets);
        self
    }

    /// The networks of RFC 1918, RFC 6598 and RFC 4193, to be denied on the open internet.
    pub fn private_networks() -> impl Iterator<Item = IpNet> {
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]
            .into_iter()
            .filter_map(|net| net.parse().ok())
    }

    pub(super) fn judge(&self, ip: IpAddr) -> Verdict {
        let within = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&ip));
        if within(&self.allowed) {
            Verdict::Named
        } else if is_special(ip) {
            Verdict::Denied
        } else if within(&self.own) {
            // Also in a network that is denied: where clients meet at this relay they need nothing else of it.
            Verdict::OwnHost
        } else if within(&self.denied) {
            Verdict::Denied
        } else {
            Verdict::Allowed
        }
    }
}

fn is_special(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            ip.is_loopback()
                || ip.is_link_local()
                || ip.is_multicast()
                || ip.is_broadcast()
                // "This network", of which 0.0.0.0 is one (RFC 1122 §3.2.1.3), and the reserved 240.0.0.0/4.
                || ip.octets()[0] == 0
                || ip.octets()[0] >= 240
        }
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_unicast_link_local()
                // Mapped, compatible, translated (RFC 6052) and 6to4 (RFC 3056) forms of an IPv4 address.
                || ip.to_ipv4().is_some()
                || ip.segments()[..6] == [0x64, 0xFF9B, 0, 0, 0, 0]
                || ip.segments()[0] == 0x2002
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(filter: &PeerFilter, ip: &str) -> Verdict {
        filter.judge(ip.parse().unwrap())
    }

    fn nets(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn addresses_that_lead_home_or_nowhere_are_denied() {
        let filter = PeerFilter::default();
        for ip in [
            "127.0.0.1",
            "127.255.0.9",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.1.1",
            "224.0.0.251",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "::1",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:192.0.2.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::1",
        ] {
            assert_eq!(judge(&filter, ip), Verdict::Denied, "{ip}");
        }
        for ip in ["192.0.2.1", "10.0.0.1", "223.255.255.255", "2001:db8::1", "fd00::1"] {
            assert_eq!(judge(&filter, ip), Verdict::Allowed, "{ip}");
        }
    }

    #[test]
    fn rules_of_the_operator_are_kept_in_order() {
        let filter = PeerFilter::default()
            .deny(PeerFilter::private_networks())
            .own_host(nets(&["192.0.2.7/32", "10.0.0.7/32", "2001:db8::7/128"]))
            .allow(nets(&["127.0.0.0/8", "10.9.0.0/16"]));
        for (ip, verdict) in [
            ("127.0.0.1", Verdict::Named),
            ("10.9.1.1", Verdict::Named),
            ("10.0.0.7", Verdict::OwnHost),
            ("10.0.0.8", Verdict::Denied),
            ("192.168.1.1", Verdict::Denied),
            ("fd00::1", Verdict::Denied),
            ("192.0.2.7", Verdict::OwnHost),
            ("2001:db8::7", Verdict::OwnHost),
            ("192.0.2.8", Verdict::Allowed),
        ] {
            assert_eq!(judge(&filter, ip), verdict, "{ip}");
        }
        assert_eq!(PeerFilter::private_networks().count(), 5);
    }
}
