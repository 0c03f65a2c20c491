//! The device's own addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netdev::{Interface, interface::state::OperState, interface::types::InterfaceType};

/// How the names of interfaces begin whose addresses a friend can hardly reach: containers, virtual machines,
/// other VPNs. Only their rank depends on it, so a wrong guess costs nothing but order.
const VIRTUAL_NAMES: [&str; 24] = [
    "docker",
    "br-",
    "veth",
    "virbr",
    "vmnet",
    "vboxnet",
    "vethernet",
    "cni",
    "flannel",
    "cali",
    "lxc",
    "lxd",
    "podman",
    "tun",
    "tap",
    "utun",
    "wg",
    "ppp",
    "ipsec",
    "tailscale",
    "zt",
    "nebula",
    "nordlynx",
    "ham",
];

/// The unicast addresses of all interfaces that are up: IPv4, and IPv6 of global or unique local scope. No
/// loopback and no link-local address. Those of VPNs, containers and virtual machines come last; else the
/// system's order stays.
///
/// An interface that cannot be read is left out; a device without network gives an empty list. Takes well
/// under a millisecond on Linux and some milliseconds on Windows: not for the packet path.
pub fn host_addresses() -> Vec<IpAddr> {
    host_addresses_by_interface(|_| false).into_iter().map(|(_, ip)| ip).collect()
}

/// The IPv4 address of the adapter that the system names first, of those that are up: what a game takes that knows one adapter
/// alone. `None` without any.
pub fn first_address() -> Option<Ipv4Addr> {
    first_of(netdev::get_interfaces())
}

fn first_of(mut interfaces: Vec<Interface>) -> Option<Ipv4Addr> {
    // Windows has an order of its own.
    if cfg!(unix) {
        interfaces.sort_by_key(|interface| interface.index);
    }
    let first = interfaces
        .iter()
        .filter(|interface| is_usable(interface))
        .find_map(|interface| interface.ipv4.first());
    first.map(|network| network.addr())
}

/// The same of all interfaces that `exclude` does not leave out, each with the index of its interface.
pub(crate) fn host_addresses_by_interface(exclude: impl Fn(&Interface) -> bool) -> Vec<(u32, IpAddr)> {
    addresses_of(&netdev::get_interfaces(), exclude)
}

/// The index of the interface with this name, in any of the forms that the system has (on Windows also the friendly name and
/// the description).
#[cfg(feature = "tasks")]
pub(crate) fn index_of(name: &str) -> Option<u32> {
    let interfaces = netdev::get_interfaces();
    let named = interfaces.iter().find(|interface| names(interface).any(|known| known == name));
    named.map(|interface| interface.index)
}

fn addresses_of(interfaces: &[Interface], exclude: impl Fn(&Interface) -> bool) -> Vec<(u32, IpAddr)> {
    let mut usable: Vec<&Interface> =
        interfaces.iter().filter(|interface| is_usable(interface) && !exclude(interface)).collect();
    usable.sort_by_key(|interface| is_virtual(interface));

    let mut addresses: Vec<(u32, IpAddr)> = Vec::new();
    for interface in usable {
        let v6 = interface.ipv6.iter().enumerate().filter(|(index, network)| {
            // Platforms that report no flags leave the list empty or every flag unset.
            let flags = interface.ipv6_addr_flags.get(*index).copied().unwrap_or_default();
            is_unicast_v6(network.addr()) && !flags.deprecated && !flags.tentative && !flags.duplicated
        });
        let v4 = interface.ipv4.iter().map(|network| network.addr()).filter(|ip| is_unicast_v4(*ip));
        for ip in v6.map(|(_, network)| IpAddr::V6(network.addr())).chain(v4.map(IpAddr::V4)) {
            if !addresses.iter().any(|(_, known)| *known == ip) {
                addresses.push((interface.index, ip));
            }
        }
    }
    addresses
}

fn names(interface: &Interface) -> impl Iterator<Item = &str> {
    [Some(interface.name.as_str()), interface.friendly_name.as_deref(), interface.description.as_deref()]
        .into_iter()
        .flatten()
}

fn is_usable(interface: &Interface) -> bool {
    // Tunnels and some drivers never report more than `Unknown`: only a certain "no" counts.
    let down =
        matches!(interface.oper_state, OperState::Down | OperState::NotPresent | OperState::LowerLayerDown);
    interface.is_up() && !interface.is_loopback() && !down
}

fn is_virtual(interface: &Interface) -> bool {
    let named_so = names(interface).any(|name| {
        let name = name.to_ascii_lowercase();
        VIRTUAL_NAMES.iter().any(|prefix| name.starts_with(prefix))
    });
    let typed_so = matches!(
        interface.if_type,
        InterfaceType::Tunnel | InterfaceType::Ppp | InterfaceType::Slip | InterfaceType::ProprietaryVirtual
    );
    named_so || typed_so || interface.is_point_to_point()
}

fn is_unicast_v4(ip: Ipv4Addr) -> bool {
    !(ip.is_unspecified() || ip.is_loopback() || ip.is_link_local() || ip.is_broadcast() || ip.is_multicast())
}

fn is_unicast_v6(ip: Ipv6Addr) -> bool {
    let global = ip.segments()[0] & 0xE000 == 0x2000;
    global || ip.is_unique_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `IFF_UP` and `IFF_LOOPBACK` bits are the same number on no two families of systems; asking the
    /// crate's own predicate finds them.
    fn flag(predicate: fn(&Interface) -> bool) -> u32 {
        let mut interface = Interface::dummy();
        (0..32)
            .map(|bit| 1 << bit)
            .find(|flag| {
                interface.flags = *flag;
                predicate(&interface)
            })
            .expect("every system has the flag")
    }

    fn interface(name: &str, addresses: &[&str]) -> Interface {
        let mut interface = Interface::dummy();
        interface.name = name.to_owned();
        interface.flags = flag(Interface::is_up);
        for address in addresses {
            match address.parse::<IpAddr>().unwrap() {
                IpAddr::V4(ip) => interface.ipv4.push(ip.into()),
                IpAddr::V6(ip) => interface.ipv6.push(ip.into()),
            }
        }
        interface
    }

    fn texts(interfaces: &[Interface], exclude: impl Fn(&Interface) -> bool) -> Vec<String> {
        addresses_of(interfaces, exclude).iter().map(|(_, ip)| ip.to_string()).collect()
    }

    #[test]
    fn only_reachable_unicast_addresses_are_taken() {
        let all = [
            "192.168.1.5",
            "127.0.0.1",
            "169.254.3.4",
            "224.0.0.1",
            "255.255.255.255",
            "2001:db8::5",
            "fd00::5",
            "fe80::5",
            "ff02::1",
            "::1",
            "::",
        ];
        assert_eq!(texts(&[interface("eth0", &all)], |_| false), ["2001:db8::5", "fd00::5", "192.168.1.5"]);
    }

    #[test]
    fn vpns_and_containers_come_last() {
        let interfaces = [
            interface("docker0", &["172.17.0.1"]),
            interface("wg0", &["10.9.0.1"]),
            interface("wlan0", &["10.0.0.7"]),
        ];
        assert_eq!(texts(&interfaces, |_| false), ["10.0.0.7", "172.17.0.1", "10.9.0.1"]);
    }

    #[test]
    fn what_is_excluded_is_left_out_and_nothing_else_of_a_like_name() {
        let ours = |interface: &Interface| interface.name == "game0";
        let interfaces = [interface("game0", &["10.66.1.1"]), interface("lanrage0", &["10.0.0.7"])];
        assert_eq!(texts(&interfaces, ours), ["10.0.0.7"]);
    }

    #[test]
    fn interfaces_that_are_down_or_loopback_are_left_out() {
        let mut administratively_down = interface("eth0", &["10.0.0.1"]);
        administratively_down.flags = 0;
        let mut no_carrier = interface("eth1", &["10.0.0.2"]);
        no_carrier.oper_state = OperState::LowerLayerDown;
        let mut loopback = interface("lo", &["10.0.0.3"]);
        loopback.flags |= flag(Interface::is_loopback);
        assert!(addresses_of(&[administratively_down, no_carrier, loopback], |_| false).is_empty());
    }

    #[test]
    fn addresses_that_may_not_be_used_yet_or_any_more_are_left_out() {
        let mut eth = interface("eth0", &["2001:db8::1", "2001:db8::2", "2001:db8::3"]);
        eth.ipv6_addr_flags = vec![Default::default(); 3];
        eth.ipv6_addr_flags[0].deprecated = true;
        eth.ipv6_addr_flags[2].tentative = true;
        assert_eq!(texts(&[eth], |_| false), ["2001:db8::2"]);
    }

    #[test]
    fn the_first_adapter_is_the_one_that_the_system_names_first_of_those_that_are_up() {
        let numbered = |index: u32, address: &str| {
            let mut interface = interface("eth", &[address]);
            interface.index = index;
            interface
        };
        let mut down = numbered(1, "10.0.0.1");
        down.flags = 0;
        let mut all = vec![down, numbered(2, "fd00::5"), numbered(3, "10.0.0.3"), numbered(7, "10.66.1.1")];
        assert_eq!(first_of(all.clone()), Some(Ipv4Addr::new(10, 0, 0, 3)));
        if cfg!(unix) {
            all.reverse();
            assert_eq!(first_of(all), Some(Ipv4Addr::new(10, 0, 0, 3)));
        }
    }

    #[test]
    fn this_device_can_be_asked() {
        for ip in host_addresses() {
            assert!(!ip.is_loopback() && !ip.is_unspecified() && !ip.is_multicast(), "{ip}");
        }
    }
}
