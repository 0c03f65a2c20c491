//! How the device is connected.

use std::net::IpAddr;

/// How the device is connected, as far as paths, routers and mappings depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkState {
    /// Counts the networks from 1. With another number, what was found out about paths, routers and mappings before
    /// may be wrong, even where the addresses are the same: every home has a 192.168.1.2. With the same number, other
    /// addresses are those of interfaces that the way to the internet does not use: containers, say, that come and go.
    pub generation: u64,
    /// The addresses that friends may reach, the ones most easily reached first, without our own adapter's.
    pub addresses: Vec<IpAddr>,
    /// Where packets to the internet go; `None` without internet.
    pub default_route: Option<DefaultRoute>,
}

/// Where packets to the internet go, and what tells one network from another with the same addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultRoute {
    /// The interface's index. A device that is unplugged and plugged in again gets another one.
    pub interface: u32,
    /// The router's addresses, IPv4 first.
    pub gateways: Vec<IpAddr>,
    /// The router's link-layer address, once the system has needed it.
    pub gateway_mac: Option<[u8; 6]>,
    /// How often the interface has lost and found its network, where the system counts it (Linux).
    pub link_changes: Option<u64>,
}

impl DefaultRoute {
    /// Whether `seen` is still this way. Learns the router's link-layer address, which is not known at first.
    pub fn is_confirmed_by(&mut self, seen: &Self) -> bool {
        let same_router = match (self.gateway_mac, seen.gateway_mac) {
            (Some(known), Some(seen)) => known == seen,
            _ => true,
        };
        let same = same_router
            && (self.interface, self.link_changes) == (seen.interface, seen.link_changes)
            && self.gateways == seen.gateways;
        if same {
            self.gateway_mac = self.gateway_mac.or(seen.gateway_mac);
        }
        same
    }
}
