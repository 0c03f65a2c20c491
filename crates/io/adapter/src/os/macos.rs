use std::{
    io,
    os::fd::{FromRawFd, IntoRawFd, OwnedFd},
};

use ipnet::Ipv4Net;
use lanrage_party::{SEARCHES, SearchRule, SearchWays};
use route_manager::{Route, RouteManager};
use tun::AbstractDevice;

use super::Packets;
use crate::{AdapterConfig, AdapterError};

/// The system numbers its `utun` devices itself, so the name asked for is not used. Closing the descriptor
/// removes the device and its routes.
pub(crate) fn create(_name: &str, config: &AdapterConfig) -> Result<(Packets, String), AdapterError> {
    let subnet = config.subnet.net();
    let mut request = tun::Configuration::default();
    request
        .address(config.address.0)
        // A point-to-point device needs a far end; its own address says that there is no single one.
        .destination(config.address.0)
        .netmask(subnet.netmask())
        .mtu(config.mtu)
        .up()
        .platform_config(|platform| {
            platform.enable_routing(false);
        });
    let device = tun::create(&request).map_err(|error| AdapterError::from_io("create it", error.into()))?;
    let name = device.tun_name().map_err(|error| AdapterError::from_io("read its name", error.into()))?;

    let mut routes =
        RouteManager::new().map_err(|error| AdapterError::from_io("open the routing table", error))?;
    add(&mut routes, subnet, &name).map_err(|source| AdapterError::Route { route: subnet, source })?;
    // Nobody sees searches there, so they cannot be copied.
    let ways = SearchWays::new(SearchRule::OWN, false, [true; SEARCHES.len()]);
    for (net, _) in SEARCHES.into_iter().zip(ways.routes).filter(|(_, rank)| rank.is_some()) {
        match add(&mut routes, net, &name) {
            // The system keeps such routes on the main interface. Replacing them would take them from the
            // user's network for good; searches by multicast or limited broadcast stay there instead.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                tracing::warn!(%net, name, "already routed elsewhere; searches sent there miss the party");
            }
            other => other.map_err(|source| AdapterError::Route { route: net, source })?,
        }
    }
    device.set_nonblock().map_err(|source| AdapterError::from_io("take it over", source))?;
    let descriptor = device.into_raw_fd();
    // SAFETY: `into_raw_fd` gave up the only ownership of an open descriptor.
    #[allow(unsafe_code)]
    let device = unsafe { OwnedFd::from_raw_fd(descriptor) };
    let packets =
        Packets::new(vec![device], false).map_err(|source| AdapterError::from_io("take it over", source))?;
    Ok((packets, name))
}

fn add(routes: &mut RouteManager, net: Ipv4Net, name: &str) -> io::Result<()> {
    routes.add(&Route::new(net.network().into(), net.prefix_len()).with_if_name(name.to_owned()))
}
