//! The ways of searches: they lead into the adapter where [`SearchWays`] says so, and only as long as it does.

use std::{io, net::Ipv4Addr};

use ipnet::Ipv4Net;

use lanrage_party::{Rank, SEARCHES, SearchRule, SearchWays};

use crate::{
    os::{linux_route, unless_there},
    routes::{self, Route},
};

/// Makes the routes of searches, which are copied, what the other networks need. Takes back what is no longer needed.
pub(crate) fn follow(interface: u32, name: &str, source: Ipv4Addr) -> io::Result<()> {
    let table = routes::read_or_empty();
    let ways = SearchWays::new(SearchRule::OWN, true, lead_elsewhere(name, &table));
    for (net, rank) in SEARCHES.into_iter().zip(ways.routes) {
        let there = table.iter().any(|route| route.net == net && route.interface == name);
        match rank {
            Some(rank) if !there => unless_there(linux_route::add(net, interface, source, rank))?,
            None if there => linux_route::remove(net, interface, source, Rank::Last)?,
            _ => {}
        }
    }
    Ok(())
}

/// Leads searches into the adapter, as they cannot be copied.
pub(crate) fn take(interface: u32, source: Ipv4Addr) -> Result<(), (Ipv4Net, io::Error)> {
    let ways = SearchWays::new(SearchRule::OWN, false, [true; SEARCHES.len()]);
    for (net, rank) in SEARCHES.into_iter().zip(ways.routes) {
        if let Some(rank) = rank {
            unless_there(linux_route::add(net, interface, source, rank)).map_err(|error| (net, error))?;
        }
    }
    Ok(())
}

/// Whether other networks had a way for searches that are led into the adapter with this name.
pub(crate) fn are_taken_from_others(name: &str) -> bool {
    let elsewhere = lead_elsewhere(name, &routes::read_or_empty());
    SearchWays::new(SearchRule::OWN, false, elsewhere).take_from_others(elsewhere)
}

/// To which of the searches other networks lead.
fn lead_elsewhere(name: &str, table: &[Route]) -> [bool; SEARCHES.len()] {
    SEARCHES.map(|net| leads_elsewhere(net, name, table))
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
            lead_elsewhere("lanrage0", std::slice::from_ref(&route))
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
