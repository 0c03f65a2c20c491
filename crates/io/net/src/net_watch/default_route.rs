use std::net::IpAddr;

use lanrage_nat::DefaultRoute;
use netdev::{MacAddr, NetworkDevice};

/// Asks the system. `None` without a route to the internet.
pub(super) fn look_up() -> Option<DefaultRoute> {
    let interface = netdev::get_default_interface().ok()?;
    let gateway = interface.gateway.unwrap_or_else(NetworkDevice::new);
    let gateways = gateway.ipv4.into_iter().map(IpAddr::V4).chain(gateway.ipv6.into_iter().map(IpAddr::V6));
    Some(DefaultRoute {
        interface: interface.index,
        gateways: gateways.collect(),
        gateway_mac: (gateway.mac_addr != MacAddr::zero()).then(|| gateway.mac_addr.octets()),
        link_changes: link_changes(&interface.name),
    })
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
