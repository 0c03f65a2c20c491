//! Where searches go on a computer that has no other network: into the adapter, and only as long as that is so.

use std::{io, net::Ipv4Addr};

use ipnet::Ipv4Net;

use crate::{
    os::{SEARCHES, linux_route, unless_there},
    routes::{self, Route},
};

/// Makes the routes of searches what the other networks need: none where one of them has a way for searches, as there they go
/// by themselves and are copied; into the adapter, behind any other, where a program's search would be refused. Takes
/// back what is no longer needed.
pub(crate) fn follow(interface: u32, name: &str, source: Ipv4Addr) -> io::Result<()> {
    let table = routes::read_or_empty();
    for net in SEARCHES {
        let there = table.iter().any(|route| route.net == net && route.interface == name);
        match (leads_elsewhere(net, name, &table), there) {
            (false, false) => unless_there(linux_route::add(net, interface, source, linux_route::LAST))?,
            (true, true) => linux_route::remove(net, interface, source, linux_route::LAST)?,
            _ => {}
        }
    }
    Ok(())
}

/// Whether other networks had a way for searches that are led into the adapter with this name.
pub(crate) fn are_taken_from_others(name: &str) -> bool {
    let table = routes::read_or_empty();
    SEARCHES.iter().any(|net| leads_elsewhere(*net, name, &table))
}

fn leads_elsewhere(net: Ipv4Net, name: &str, table: &[Route]) -> bool {
    table.iter().any(|route| route.interface != name && route.net.contains(&net))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_route_and_one_for_searches_lead_them_and_a_network_of_its_own_does_not() {
        let leads = |net: &str, interface: &str| {
            let route = Route { net: net.parse().unwrap(), interface: interface.to_owned(), gateway: None };
            SEARCHES.map(|net| leads_elsewhere(net, "lanrage0", std::slice::from_ref(&route)))
        };
        assert_eq!(leads("0.0.0.0/0", "eth0"), [true, true]);
        assert_eq!(leads("128.0.0.0/1", "vpn"), [true, true]);
        assert_eq!(leads("224.0.0.0/4", "eth0"), [false, true]);
        assert_eq!(leads("255.255.255.255/32", "eth0"), [true, false]);
        assert_eq!(leads("192.168.1.0/24", "eth0"), [false, false]);
        assert_eq!(leads("239.1.0.0/16", "eth0"), [false, false]);
        assert_eq!(leads("0.0.0.0/0", "lanrage0"), [false, false]);
    }
}
