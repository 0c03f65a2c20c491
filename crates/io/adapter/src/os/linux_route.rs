use std::{io, net::Ipv4Addr};

use ipnet::Ipv4Net;
use lanrage_party::Rank;
use netlink_packet_core::NLM_F_CREATE;
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    route::{RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType},
};
use rustix::io::Errno;

use super::linux_netlink;

/// The metric of a route to the same destination as others, before or behind them all.
pub(super) const fn metric(rank: Rank) -> u32 {
    match rank {
        Rank::First => 0,
        Rank::Last => u32::MAX,
    }
}

/// Leads a destination straight into an interface, with a source address for senders that chose none.
///
/// By rtnetlink(7) itself, for two things that `route_manager` cannot say. The scope is *link*: with a wider
/// one, sockets with `SO_DONTROUTE`, which some games' searches set, do not find the route. And the route is
/// put before another one of the same metric to the same destination instead of being refused: that one is neither
/// changed nor removed, and works again when ours is gone.
pub(super) fn add(net: Ipv4Net, interface: u32, source: Ipv4Addr, rank: Rank) -> io::Result<()> {
    let route = into_interface(net, interface, source, metric(rank));
    linux_netlink::request(RouteNetlinkMessage::NewRoute(route), NLM_F_CREATE).map(|_| ())
}

/// Takes back what [`add`] has added.
pub(super) fn remove(net: Ipv4Net, interface: u32, source: Ipv4Addr, rank: Rank) -> io::Result<()> {
    let route = into_interface(net, interface, source, metric(rank));
    linux_netlink::request(RouteNetlinkMessage::DelRoute(route), 0).map(|_| ())
}

fn into_interface(net: Ipv4Net, interface: u32, source: Ipv4Addr, metric: u32) -> RouteMessage {
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
        RouteAttribute::Priority(metric),
    ];
    route
}

/// Where the system would send a packet from here: by policy rules and all tables, as for a socket of its own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The interface that it would leave through.
    pub(super) interface: u32,
    /// The source address that it would have.
    pub(super) source: Option<Ipv4Addr>,
}

/// The way to an address; None if there is none.
pub(super) fn way_to(address: Ipv4Addr) -> io::Result<Option<Way>> {
    let mut question = RouteMessage::default();
    question.header.address_family = AddressFamily::Inet;
    question.header.destination_prefix_length = 32;
    question.attributes = vec![RouteAttribute::Destination(RouteAddress::Inet(address))];
    let answer = match linux_netlink::request(RouteNetlinkMessage::GetRoute(question), 0) {
        Ok(Some(RouteNetlinkMessage::NewRoute(answer))) => answer,
        Ok(_) => return Err(io::ErrorKind::InvalidData.into()),
        // No route, or one that forbids, blackholes or is unreachable (ip-route(8)).
        Err(error) if is_refusal(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let (mut interface, mut source) = (None, None);
    for attribute in answer.attributes {
        match attribute {
            RouteAttribute::Oif(index) => interface = Some(index),
            RouteAttribute::PrefSource(RouteAddress::Inet(address)) => source = Some(address),
            _ => {}
        }
    }
    Ok(interface.map(|interface| Way { interface, source }))
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::NETUNREACH | Errno::HOSTUNREACH | Errno::ACCESS | Errno::INVAL)
    )
}
