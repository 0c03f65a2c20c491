//! The name servers that this computer asks. A party's network that held one would answer in its place.

use std::net::Ipv4Addr;

use lanrage_party::Subnet;

/// Where a system keeps its name servers; behind systemd-resolved's stub, the second names those that it asks itself.
#[cfg(unix)]
const FILES: [&str; 2] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/// A name server of this computer inside the party's network.
pub(crate) fn within(subnet: Subnet) -> Option<Ipv4Addr> {
    read().into_iter().find(|address| subnet.covers((*address).into()))
}

/// Every IPv4 name server of this computer. A file that is not there names none.
#[cfg(unix)]
pub(crate) fn read() -> Vec<Ipv4Addr> {
    FILES
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .flat_map(|text| listed(&text))
        .collect()
}

/// Every IPv4 name server of this computer's interfaces.
#[cfg(not(unix))]
pub(crate) fn read() -> Vec<Ipv4Addr> {
    let servers = netdev::get_interfaces().into_iter().flat_map(|interface| interface.dns_servers);
    servers
        .filter_map(|address| match address {
            std::net::IpAddr::V4(address) => Some(address),
            std::net::IpAddr::V6(_) => None,
        })
        .collect()
}

/// The IPv4 addresses behind `nameserver` (resolv.conf(5)).
#[cfg(unix)]
fn listed(text: &str) -> Vec<Ipv4Addr> {
    let server = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next()?.parse().ok()).flatten()
    };
    text.lines().filter_map(server).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn name_servers_are_read_and_nothing_else_is() {
        let text = "# nameserver 10.0.0.1\nsearch example.org\nnameserver 10.53.0.1\n\tnameserver\t192.168.1.1 # home\n\
                    nameserver fe80::1%eth0\nnameserver\nnameservers 10.0.0.2\noptions edns0";
        assert_eq!(listed(text), [Ipv4Addr::new(10, 53, 0, 1), Ipv4Addr::new(192, 168, 1, 1)]);
    }
}
