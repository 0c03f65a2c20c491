use std::{io, net::Ipv4Addr, sync::Arc};

use ipnet::Ipv4Net;
use lanrage_party::{AdapterPart, Detour, Rank, SEARCHES, facts::SearchTrouble};

use super::{
    Packets,
    linux::{self, copies::Copies, searches},
    linux_netlink,
    linux_route::{self, Way},
    unless_there,
};
use crate::{AdapterConfig, routes, test_packets::test_address};

/// What the kernel has of the adapter, found by the interface's number: other programs may give it another name.
#[derive(Debug, Clone)]
pub(crate) struct SystemSide {
    interface: Option<u32>,
    /// Where searches are copied; elsewhere they are led into the adapter.
    copies: Option<Arc<Copies>>,
}

/// What the system has of the adapter.
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) lost: Vec<AdapterPart>,
    pub(crate) detours: Vec<Detour>,
    pub(crate) searches: Option<SearchTrouble>,
}

impl SystemSide {
    pub(crate) fn new(name: &str, packets: &Packets) -> Self {
        Self { interface: linux_netlink::index(name), copies: packets.copies().cloned() }
    }

    /// The destinations outside of the party's network that must lead into the adapter.
    fn searches(&self) -> &'static [Ipv4Net] {
        if self.copies.is_some() { &[] } else { &SEARCHES }
    }

    /// What is wrong with the ways of searches, but for detours. Where they are copied, they follow those of the other networks.
    fn look_at_searches(&self, interface: u32, name: &str, source: Ipv4Addr) -> Option<SearchTrouble> {
        let Some(copies) = &self.copies else {
            return searches::are_taken_from_others(name).then_some(SearchTrouble::NotOnLan);
        };
        if copies.source().is_none() {
            return Some(SearchTrouble::NotInParty);
        }
        if let Err(error) = searches::follow(interface, name, source) {
            tracing::debug!(%error, "the ways of searches cannot be changed");
        }
        None
    }

    /// What the system has of the adapter, and where it leads packets for friends with these leases. `None` if there is no such
    /// interface.
    pub(crate) fn look(&self, config: &AdapterConfig, friends: &[Ipv4Addr]) -> Option<Found> {
        let interface = self.interface?;
        let link = linux_netlink::link_state(interface)
            .inspect_err(|error| tracing::debug!(%error, "the adapter cannot be looked at"))
            .ok()?;
        let searches = self.look_at_searches(interface, &link.name, config.address.0);
        let to_party = way_to(test_address(config.address, config.subnet));
        let is_ours = |way: &Option<Way>| way.as_ref().is_some_and(|way| way.interface == interface);
        let has_source = |way: &Option<Way>| {
            way.as_ref().is_none_or(|way| way.source.is_none_or(|source| source == config.address.0))
        };
        let mut lost = Vec::new();
        let mut lose = |is_lost: bool, part| lost.extend(is_lost.then_some(part));
        lose(!link.is_up, AdapterPart::Up);
        lose(link.mtu != u32::from(config.mtu), AdapterPart::Mtu);
        // With the address the kernel takes its network's route away too.
        lose(to_party.is_none() || is_ours(&to_party) && !has_source(&to_party), AdapterPart::Address);

        let ways = [(config.subnet.net(), to_party)]
            .into_iter()
            .chain(self.searches().iter().map(|net| (*net, way_to(search_address(*net)))))
            .chain(friends.iter().map(|lease| (Ipv4Net::from(*lease), way_to(*lease))));
        let detours = ways.filter(|(_, way)| !is_ours(way)).map(|(to, way)| Detour {
            to,
            interface: way.and_then(|way| Some(linux_netlink::link_state(way.interface).ok()?.name)),
        });
        Some(Found { name: link.name, lost, detours: detours.collect(), searches })
    }

    /// Puts back copies, or state, packet size, address and routes. What is there already stays as it is; a route that another
    /// program has put before ours comes behind it.
    pub(crate) fn mend(&self, config: &AdapterConfig) -> io::Result<()> {
        let interface = self.interface.ok_or(io::ErrorKind::NotFound)?;
        if let Some(copies) = &self.copies
            && copies.source().is_none()
        {
            // What else is missing the next look finds.
            let name = linux_netlink::link_state(interface)?.name;
            let config = AdapterConfig { name, ..config.clone() };
            copies.renew(linux::search_source(interface, &config).map_err(io::Error::other)?);
            tracing::info!("searches of programs are copied again");
            return Ok(());
        }
        linux_netlink::bring_up(interface, config.mtu.into())?;
        let prefix = config.subnet.net().prefix_len();
        unless_there(linux_netlink::add_address(interface, config.address.0, prefix))?;
        let leads_here = |way: Way| way.interface == interface;
        if !way_to(test_address(config.address, config.subnet)).is_some_and(leads_here) {
            // The kernel makes the network's route with the address, and does not watch it: without it a default route
            // takes the packets. A network that overlaps keeps what is its own.
            let name = linux_netlink::link_state(interface)?.name;
            if routes::overlapping_route(config.subnet, &name).is_none() {
                unless_there(linux_route::add(
                    config.subnet.net(),
                    interface,
                    config.address.0,
                    Rank::First,
                ))?;
            }
        }
        for net in self.searches().iter().copied() {
            if way_to(search_address(net)).is_none_or(|way| way.interface != interface) {
                // Removed first, as one that is there already is refused and not put before others.
                let _ = linux_route::remove(net, interface, config.address.0, Rank::First);
                unless_there(linux_route::add(net, interface, config.address.0, Rank::First))?;
            }
        }
        Ok(())
    }
}

/// A destination that stands for the whole network. Of multicast, one that no system routes by itself (RFC 2365 §6.2).
fn search_address(net: Ipv4Net) -> Ipv4Addr {
    if net.prefix_len() == 32 { net.network() } else { Ipv4Addr::new(239, 192, 0, 1) }
}

fn way_to(address: Ipv4Addr) -> Option<Way> {
    linux_route::way_to(address).unwrap_or_else(|error| {
        tracing::debug!(%address, %error, "the system does not say where it leads");
        None
    })
}
