//! The machines that this computer needs by their addresses: its name servers, its routers, and whom its programs are
//! connected to. A party's network that held one would take its place.

use std::net::Ipv4Addr;

use lanrage_party::{Subnet, facts::EndpointUse};

use crate::{
    resolvers,
    routes::{self, Route},
};

/// One that lies in a party's network, and what it is; `None` of a name server.
pub(crate) type Held = (Option<EndpointUse>, Ipv4Addr);

/// The name server or router in the party's network that a look at an open adapter finds. Who is connected to whom says
/// nothing there: friends are in that network.
pub(crate) fn held_while_open(subnet: Subnet, adapter: &str) -> Option<Held> {
    let resolver = resolvers::within(subnet).map(|address| (None, address));
    let gateway = || gateway(subnet, adapter, &routes::read_or_empty());
    resolver.or_else(|| gateway().map(|address| (Some(EndpointUse::Gateway), address)))
}

/// The name server, router or other end of a connection in the party's network, before there is an adapter.
pub(crate) fn held(subnet: Subnet, table: &[Route]) -> Option<Held> {
    let resolver = resolvers::within(subnet).map(|address| (None, address));
    let gateway = || gateway(subnet, "", table).map(|address| (Some(EndpointUse::Gateway), address));
    let connected = || connected(subnet).map(|address| (Some(EndpointUse::Connection), address));
    resolver.or_else(gateway).or_else(connected)
}

fn gateway(subnet: Subnet, except_interface: &str, table: &[Route]) -> Option<Ipv4Addr> {
    let others = table.iter().filter(|route| route.interface != except_interface);
    others.filter_map(|route| route.gateway).find(|address| subnet.covers((*address).into()))
}

/// Whom a program of this computer has a TCP connection with.
#[cfg(target_os = "linux")]
fn connected(subnet: Subnet) -> Option<Ipv4Addr> {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
    tables
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .find_map(|text| found(subnet, &text))
}

#[cfg(not(target_os = "linux"))]
fn connected(_: Subnet) -> Option<Ipv4Addr> {
    None
}

/// The other end, in the party's network, of a connection in one of the kernel's tables (proc_net_tcp.rst).
///
/// Only of one that stands: whoever looks for a friend before the adapter is there has not found anybody else. And only
/// of one that did not begin in that network, as an earlier adapter's have, which wait there to go on.
#[cfg(target_os = "linux")]
fn found(subnet: Subnet, table: &str) -> Option<Ipv4Addr> {
    const ESTABLISHED: &str = "01";
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_whitespace().skip(1);
        let (local, remote, state) = (columns.next()?, columns.next()?, columns.next()?);
        let inside = |end| address(end).filter(|address| subnet.covers((*address).into()));
        (state == ESTABLISHED && inside(local).is_none()).then(|| inside(remote)).flatten()
    })
}

/// The IPv4 address of `HEX:PORT`, also in its mapped form. Words of 32 bits, each in the machine's own order.
#[cfg(target_os = "linux")]
fn address(end: &str) -> Option<Ipv4Addr> {
    let (hex, _) = end.split_once(':')?;
    let mapped = format!("{:016X}{:08X}", 0, 0xFFFF_u32.to_be());
    let hex = hex.strip_prefix(mapped.as_str()).unwrap_or(hex);
    (hex.len() == 8).then_some(())?;
    Some(Ipv4Addr::from(u32::from_str_radix(hex, 16).ok()?.to_ne_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(gateway: [u8; 4], interface: &str) -> Route {
        let net = "0.0.0.0/0".parse().unwrap();
        Route { net, interface: interface.into(), gateway: Some(gateway.into()) }
    }

    #[test]
    fn a_router_in_the_network_is_found_but_not_one_of_our_own_adapter() {
        let table = [via([192, 168, 1, 1], "eth0"), via([10, 66, 0, 1], "lanrage0")];
        assert_eq!(gateway(Subnet::DEFAULT, "lanrage0", &table), None);
        assert_eq!(gateway(Subnet::DEFAULT, "", &table), Some([10, 66, 0, 1].into()));
    }

    /// An address as the kernel writes it on this machine.
    #[cfg(target_os = "linux")]
    fn hex(address: [u8; 4]) -> String {
        format!("{:08X}:01BB", u32::from_ne_bytes(address))
    }

    #[cfg(target_os = "linux")]
    fn in_table(local: &str, remote: &str, state: &str) -> Option<Ipv4Addr> {
        let head = "  sl  local_address rem_address   st tx_queue rx_queue";
        let line = format!("   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000");
        found(Subnet::DEFAULT, &format!("{head}\n{line}\n"))
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_other_end_of_a_standing_connection_is_found_in_both_forms() {
        let (home, server) = (hex([192, 168, 1, 2]), hex([10, 66, 3, 4]));
        assert_eq!(in_table(&home, &server, "01"), Some([10, 66, 3, 4].into()));
        let mapped = |end: &str| format!("{:016X}{:08X}{end}", 0, 0xFFFF_u32.to_be());
        assert_eq!(in_table(&mapped(&home), &mapped(&server), "01"), Some([10, 66, 3, 4].into()));
        assert_eq!(in_table(&home, &hex([10, 67, 3, 4]), "01"), None, "outside");
        assert_eq!(in_table(&home, &server, "02"), None, "nobody has answered");
        assert_eq!(in_table(&hex([10, 66, 0, 9]), &server, "01"), None, "of the adapter before");
        for broken in ["", "zz:1", "0A:1", "0A42"] {
            assert_eq!(in_table(&home, broken, "01"), None, "{broken:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_kernel_writes_addresses_as_they_are_read_here() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let _stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
        let remotes = table.lines().skip(1).filter_map(|line| line.split_whitespace().nth(2));
        let ours = remotes.filter(|end| end.ends_with(&format!(":{port:04X}"))).find_map(address);
        assert_eq!(ours, Some(Ipv4Addr::LOCALHOST));
    }
}
