use std::{io, net::Ipv4Addr};

use ipnet::Ipv4Net;
use netlink_packet_core::NLM_F_CREATE;
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    route::{RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType},
};

use super::linux_netlink;

/// Leads a destination straight into an interface, with a source address for senders that chose none.
///
/// By rtnetlink(7) itself, for two things that `route_manager` cannot say. The scope is *link*: with a wider
/// one, sockets with `SO_DONTROUTE`, which some games' searches set, do not find the route. And the route is
/// put before another one to the same destination instead of being refused: that one is neither changed nor
/// removed, and works again when ours is gone.
pub(super) fn add(net: Ipv4Net, interface: u32, source: Ipv4Addr) -> io::Result<()> {
    let mut route = RouteMessage::default();
    route.header.address_family = AddressFamily::Inet;
    route.header.destination_prefix_length = net.prefix_len();
    route.header.table = RouteHeader::RT_TABLE_MAIN;
    route.header.protocol = RouteProtocol::Static;
    route.header.scope = RouteScope::Link;
    route.header.kind = RouteType::Unicast;
    route.attributes = vec![
        RouteAttribute::Destination(RouteAddress::Inet(net.network())),
        RouteAttribute::Oif(interface),
        RouteAttribute::PrefSource(RouteAddress::Inet(source)),
    ];

    linux_netlink::request(RouteNetlinkMessage::NewRoute(route), NLM_F_CREATE).map(|_| ())
}
