//! UPnP IGD. The search is ours and not the mapping library's, which asks by whatever route the system has for multicast, an
//! adapter's of a party say, and believes whoever answers.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4},
    num::NonZeroU16,
    time::Duration,
};

use igd_next::{
    AddPortError, PortMappingProtocol, RequestError, SearchOptions,
    aio::{
        Gateway,
        tokio::{Tokio, search_gateway},
    },
};
use lanrage_nat::port_mapping::MappingFailure;
use tokio::time::{sleep, timeout};

use super::way_out::WayOut;

/// How long a router may take to answer the search.
const SEARCH: Duration = Duration::from_secs(2);
/// How long a mapping is asked for; it is asked for again after half of that.
const LEASE: Duration = Duration::from_secs(7_200);
/// Implementation: ports tried outside beside the wished one, from our own on, as somebody may have one already.
const PORTS: u16 = 4;
/// What the router shows its owner.
const DESCRIPTION: &str = "LANrage";

/// Specification: "invalid arguments" (UPnP Device Architecture §3.2.2). Routers answer so to a lease or a description that
/// they do not like.
const INVALID_ARGUMENTS: u16 = 402;

/// The router of the way to the internet.
pub(super) struct Igd {
    gateway: Gateway<Tokio>,
    /// Our own address towards it.
    own: Ipv4Addr,
}

/// A mapping of a router.
pub(super) struct IgdMapping {
    igd: Igd,
    port: NonZeroU16,
    external: SocketAddrV4,
}

impl Igd {
    /// Looks for a router on the network of the default route, and only there.
    pub(super) async fn search(way: WayOut) -> Option<Self> {
        let WayOut { own, net, .. } = way;
        let options = SearchOptions {
            // Multicast leaves by the interface of the address that the socket is bound to.
            bind_addr: SocketAddr::from((own, 0)),
            timeout: Some(SEARCH),
            ..SearchOptions::default()
        };
        let gateway = timeout(SEARCH, search_gateway(options)).await.ok()?.ok()?;
        let is_there = matches!(gateway.addr.ip(), IpAddr::V4(ip) if net.contains(&ip) && ip != own);
        if !is_there {
            tracing::debug!(address = %gateway.addr, "somebody beyond our network claims to be the router");
        }
        is_there.then_some(Self { gateway, own })
    }

    /// Asks for a mapping of the port, in every way that routers are known to want. `outside` is where it would be best reached.
    pub(super) async fn map(
        self,
        port: NonZeroU16,
        outside: NonZeroU16,
    ) -> Result<IgdMapping, MappingFailure> {
        let ip = match self.gateway.get_external_ip().await {
            Ok(IpAddr::V4(ip)) if !super::is_no_address(&ip) => ip,
            Ok(_) => return Err(MappingFailure::NoAddress),
            Err(error) => {
                tracing::debug!(%error, "the router does not say its address");
                return Err(MappingFailure::Refused);
            }
        };
        let wished = (outside != port).then_some(outside);
        let next = |offset| NonZeroU16::new(port.get().wrapping_add(offset)).unwrap_or(NonZeroU16::MAX);
        for outside in wished.into_iter().chain((0..PORTS).map(next)) {
            match self.add(outside, port).await {
                Ok(()) => {
                    let external = SocketAddrV4::new(ip, outside.get());
                    return Ok(IgdMapping { igd: self, port, external });
                }
                Err(AddPortError::PortInUse) => {}
                Err(error) => {
                    tracing::debug!(%error, "the router refuses a mapping");
                    return Err(MappingFailure::Refused);
                }
            }
        }
        Err(MappingFailure::Refused)
    }

    async fn add(&self, outside: NonZeroU16, port: NonZeroU16) -> Result<(), AddPortError> {
        let lease = LEASE.as_secs() as u32;
        let to = SocketAddr::from((self.own, port.get()));
        let mut last = AddPortError::ActionNotAuthorized;
        // A lease that never ends, for routers that know no other; it is given back at the end.
        for (lease, description) in [(lease, DESCRIPTION), (0, DESCRIPTION), (lease, ""), (0, "")] {
            let asked =
                self.gateway.add_port(PortMappingProtocol::UDP, outside.get(), to, lease, description);
            match asked.await {
                Ok(()) => return Ok(()),
                Err(error) if is_about_the_words(&error) => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }
}

/// Whether the router may give the port if it is asked in other words.
fn is_about_the_words(error: &AddPortError) -> bool {
    matches!(
        error,
        AddPortError::OnlyPermanentLeasesSupported
            | AddPortError::DescriptionTooLong
            | AddPortError::RequestError(RequestError::ErrorCode(INVALID_ARGUMENTS, _))
    )
}

impl IgdMapping {
    pub(super) const fn external(&self) -> SocketAddrV4 {
        self.external
    }

    /// The port outside, and who gives it back.
    pub(super) fn to_release(&self) -> (Gateway<Tokio>, u16) {
        (self.igd.gateway.clone(), self.external.port())
    }

    /// Keeps the mapping until the router gives it no more, or has another address.
    pub(super) async fn renew(&self) {
        loop {
            sleep(LEASE / 2).await;
            let outside = NonZeroU16::new(self.external.port()).unwrap_or(NonZeroU16::MAX);
            let ip = self.igd.gateway.get_external_ip().await;
            let same = ip.is_ok_and(|ip| ip == IpAddr::V4(*self.external.ip()));
            if !same || self.igd.add(outside, self.port).await.is_err() {
                return;
            }
        }
    }
}

/// Gives a mapping back.
pub(super) async fn release((gateway, port): (Gateway<Tokio>, u16)) {
    if let Err(error) = gateway.remove_port(PortMappingProtocol::UDP, port).await {
        tracing::debug!(%error, "the router does not take the mapping back");
    }
}
