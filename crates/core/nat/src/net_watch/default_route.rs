use std::net::IpAddr;

use netdev::{MacAddr, NetworkDevice};

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
    /// Asks the system. `None` without a route to the internet.
    pub(super) fn look_up() -> Option<Self> {
        let interface = netdev::get_default_interface().ok()?;
        let gateway = interface.gateway.unwrap_or_else(NetworkDevice::new);
        let gateways =
            gateway.ipv4.into_iter().map(IpAddr::V4).chain(gateway.ipv6.into_iter().map(IpAddr::V6));
        Some(Self {
            interface: interface.index,
            gateways: gateways.collect(),
            gateway_mac: (gateway.mac_addr != MacAddr::zero()).then(|| gateway.mac_addr.octets()),
            link_changes: link_changes(&interface.name),
        })
    }

    /// Whether `seen` is still this way. Learns the router's link-layer address, which is not known at first.
    pub(super) fn is_confirmed_by(&mut self, seen: &Self) -> bool {
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

#[cfg(target_os = "linux")]
fn link_changes(interface: &str) -> Option<u64> {
    let count = std::fs::read_to_string(format!("/sys/class/net/{interface}/carrier_changes")).ok()?;
    count.trim().parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn link_changes(_interface: &str) -> Option<u64> {
    None
}
