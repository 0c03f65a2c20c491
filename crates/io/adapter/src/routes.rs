use std::{
    io,
    net::{IpAddr, Ipv4Addr},
};

use ipnet::Ipv4Net;
use lanrage_party::{Subnet, VirtualIp};
use route_manager::RouteManager;

use crate::resolvers;

/// Routes wider than this are parts of a default route: a VPN that takes all traffic adds `0.0.0.0/1` and
/// `128.0.0.0/1`, and no private network is wider (RFC 1918).
const WIDEST_NETWORK: u8 = 8;

/// One IPv4 destination that this computer reaches through an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) net: Ipv4Net,
    pub(crate) interface: String,
    /// The router that is sent to on the way; `None` where the destination is on the interface's own link.
    pub(crate) gateway: Option<Ipv4Addr>,
}

/// The network that a party's subnet would collide with, and the interface that leads there.
///
/// Default routes do not count, nor do the routes of `except_interface` (an adapter of ours; empty for none).
/// `None` also if the routing table cannot be read, which is logged: not knowing must not stop a party.
pub fn overlapping_route(subnet: Subnet, except_interface: &str) -> Option<(Ipv4Net, String)> {
    overlap(subnet, except_interface, &read_or_empty()).map(|route| (route.net, route.interface.clone()))
}

/// Every network that this computer needs: those that it has a route to, the default routes apart, its routers, and its name servers. A
/// routing table that cannot be read counts as empty, which is logged.
pub fn networks_in_use() -> Vec<Ipv4Net> {
    let is_network = |net: &Ipv4Net| net.prefix_len() >= WIDEST_NETWORK;
    let table = read_or_empty();
    let routed = table.iter().map(|route| route.net).filter(is_network);
    let needed = table.iter().filter_map(|route| route.gateway).chain(resolvers::read());
    routed.chain(needed.map(Ipv4Net::from)).collect()
}

/// The table as [`overlap`] and [`holder`] read it; empty, with a warning, if the system does not tell.
pub(crate) fn read_or_empty() -> Vec<Route> {
    read().unwrap_or_else(|error| {
        tracing::warn!(%error, "the routing table cannot be read; overlaps with the party's network go unnoticed");
        Vec::new()
    })
}

/// The widest route that shares addresses with the subnet: the network as the user knows it, rather than one
/// host in it.
pub(crate) fn overlap<'r>(subnet: Subnet, except_interface: &str, routes: &'r [Route]) -> Option<&'r Route> {
    let subnet = subnet.net();
    routes
        .iter()
        .filter(|route| route.net.prefix_len() >= WIDEST_NETWORK)
        .filter(|route| route.interface != except_interface)
        .filter(|route| route.net.contains(&subnet) || subnet.contains(&route.net))
        .min_by_key(|route| route.net.prefix_len())
}

/// The route to exactly this address, which every system keeps for its own addresses.
pub(crate) fn holder(address: VirtualIp, routes: &[Route]) -> Option<&Route> {
    routes.iter().find(|route| route.net == Ipv4Net::from(address.0))
}

/// Every IPv4 route of every table. All tables, because policy rules let some (Tailscale's, say) win over the
/// main one.
fn read() -> io::Result<Vec<Route>> {
    let routes = RouteManager::new()?.list()?;
    Ok(routes.iter().filter_map(usable).collect())
}

fn usable(route: &route_manager::Route) -> Option<Route> {
    // A route that refuses traffic (a VPN's kill switch) leads nowhere; ours is more specific and wins.
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    if route.kind() != route_manager::RouteKind::Unicast {
        return None;
    }
    let IpAddr::V4(destination) = route.destination() else { return None };
    let net = Ipv4Net::new(destination, route.prefix()).ok()?.trunc();
    // A route over several next hops names no single interface.
    let interface = route.if_name().cloned().unwrap_or_else(|| "several interfaces".into());
    let gateway = route.gateway().and_then(|gateway| match gateway {
        IpAddr::V4(ip) => Some(ip).filter(|ip| !ip.is_unspecified()),
        IpAddr::V6(_) => None,
    });
    Some(Route { net, interface, gateway })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: &[(&str, &str)]) -> Vec<Route> {
        let route = |(net, interface): &(&str, &str)| Route {
            net: net.parse().unwrap(),
            interface: (*interface).into(),
            gateway: None,
        };
        routes.iter().map(route).collect()
    }

    fn found(subnet: &str, routes: &[(&str, &str)]) -> Option<String> {
        let subnet = Subnet::new(subnet.parse().unwrap()).unwrap();
        overlap(subnet, "lanrage0", &table(routes)).map(|route| route.net.to_string())
    }

    #[test]
    fn a_route_inside_around_or_equal_to_the_subnet_overlaps() {
        for route in ["10.66.3.0/24", "10.0.0.0/8", "10.66.0.0/16", "10.66.0.9/32"] {
            assert_eq!(found("10.66.0.0/16", &[(route, "eth0")]).as_deref(), Some(route));
        }
    }

    #[test]
    fn neighbouring_networks_do_not_overlap() {
        let routes = [("10.65.0.0/16", "eth0"), ("10.67.0.0/16", "eth1"), ("192.168.0.0/16", "wlan0")];
        assert_eq!(found("10.66.0.0/16", &routes), None);
    }

    #[test]
    fn a_default_route_does_not_overlap_whole_or_in_halves() {
        let routes =
            [("0.0.0.0/0", "eth0"), ("0.0.0.0/1", "vpn"), ("128.0.0.0/1", "vpn"), ("8.0.0.0/5", "vpn")];
        assert_eq!(found("10.66.0.0/16", &routes), None);
    }

    #[test]
    fn our_own_adapters_routes_do_not_overlap() {
        let routes =
            [("10.66.0.0/16", "lanrage0"), ("255.255.255.255/32", "lanrage0"), ("224.0.0.0/4", "lanrage0")];
        assert_eq!(found("10.66.0.0/16", &routes), None);
        assert_eq!(found("10.66.0.0/16", &[("10.66.0.0/16", "lanrage1")]).as_deref(), Some("10.66.0.0/16"));
    }

    #[test]
    fn the_network_is_named_rather_than_a_host_in_it() {
        let routes = [("10.66.7.5/32", "eth0"), ("10.66.7.0/24", "eth0"), ("10.66.7.255/32", "eth0")];
        assert_eq!(found("10.66.0.0/16", &routes).as_deref(), Some("10.66.7.0/24"));
    }

    #[test]
    fn an_address_is_held_only_by_the_route_to_exactly_it() {
        let routes = table(&[("10.66.0.0/16", "eth0"), ("10.66.0.7/32", "eth0")]);
        assert_eq!(holder(VirtualIp([10, 66, 0, 7].into()), &routes).unwrap().interface, "eth0");
        assert!(holder(VirtualIp([10, 66, 0, 8].into()), &routes).is_none());
    }
}
