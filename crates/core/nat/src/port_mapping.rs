//! A port of the router that leads to ours, asked for by PCP (RFC 6887), NAT-PMP (RFC 6886) or UPnP IGD.

mod router;

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    num::NonZeroU16,
    time::Duration,
};

use lanrage_party::facts::PortMappingFault;
use tokio::{
    sync::watch::{Receiver, Sender},
    time::sleep,
};

use router::{Lease, Router};

/// How long after a router that gave nothing another is looked for at most. A change of network does so at once.
pub const RETRY: Duration = Duration::from_secs(300);
/// Implementation: the same at first. A single lost datagram hides a router that knows UPnP alone, or one that starts.
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// Implementation: how much longer each time.
const RETRY_GROWTH: u32 = 4;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MappingRequest {
    /// The UDP port of ours that shall be reachable; `None` gives back what there is.
    pub port: Option<NonZeroU16>,
    /// Another number means that the device may be behind another router, or that the router has forgotten us.
    /// [`NetworkState::generation`](crate::net_watch::NetworkState) is one.
    pub network: u64,
}

/// What there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PortMapping {
    /// None is wanted.
    #[default]
    Off,
    /// The router is being asked; at most some seconds.
    Searching,
    /// What comes to `external` is led to our port.
    Mapped {
        /// The router's address and port on the other side. Where [`Self::is_behind_another_router`], it is no
        /// public one.
        external: SocketAddrV4,
        /// In which language the router was asked.
        protocol: MappingProtocol,
    },
    /// There is none. It is tried again soon, and then later each time, up to [`RETRY`].
    Unavailable {
        /// Why.
        reason: MappingFailure,
    },
}

impl PortMapping {
    /// The address that a friend can send to.
    pub const fn external(&self) -> Option<SocketAddrV4> {
        match self {
            Self::Mapped { external, .. } => Some(*external),
            _ => None,
        }
    }

    /// Whether the router has itself no public address, so that the mapping leads only half of the way: double NAT,
    /// or the provider's (RFC 6598).
    pub fn is_behind_another_router(&self) -> bool {
        self.external().is_some_and(|external| {
            let ip = external.ip();
            let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0b1100_0000 == 64;
            ip.is_private() || ip.is_link_local() || shared
        })
    }
}

/// How a router is asked for a port, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MappingProtocol {
    /// Port Control Protocol (RFC 6887).
    Pcp,
    /// NAT Port Mapping Protocol (RFC 6886).
    NatPmp,
    /// UPnP Internet Gateway Device.
    Upnp,
}

/// Why no port is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum MappingFailure {
    /// The device has no router with an IPv4 address.
    #[error("there is no router")]
    NoRouter,
    /// It has none that knows any of the three.
    #[error("the router maps no ports, or is told not to")]
    NotOffered,
    /// It knows one, and gives nothing.
    #[error("the router refuses to map a port")]
    Refused,
}

impl From<MappingFailure> for PortMappingFault {
    fn from(failure: MappingFailure) -> Self {
        match failure {
            MappingFailure::NoRouter => Self::NoRouter,
            MappingFailure::NotOffered => Self::NotOffered,
            MappingFailure::Refused => Self::Refused,
        }
    }
}

/// Keeps the wanted port mapped and tells of it, until the sender of `wanted` is dropped. **Then gives the mapping
/// back before it returns**, within [`RELEASE_LIMIT`]: so wait for it at the end, rather than abort it.
///
/// Asks by the first of PCP, NAT-PMP and UPnP that the router offers, and renews the lease after half of its time
/// (half an hour with most routers). A mapping that the router makes in the moment in which it is no longer
/// wanted stays until its lease ends.
pub async fn run(mut wanted: Receiver<MappingRequest>, results: Sender<PortMapping>) {
    loop {
        let request = *wanted.borrow_and_update();
        let Some(port) = request.port else {
            results.send_replace(PortMapping::Off);
            match wanted.changed().await {
                Ok(()) => continue,
                Err(_) => return,
            }
        };
        let router = Router::new();
        let goes_on = tokio::select! {
            goes_on = other_request(&mut wanted, request) => goes_on,
            never = keep_mapped(&router, port, &results) => match never {},
        };
        // Who reads this shall not send to a port that is about to be somebody else's.
        results.send_replace(PortMapping::Off);
        router.release().await;
        if !goes_on {
            return;
        }
    }
}

pub use router::RELEASE_LIMIT;

/// Waits until something else is wanted. False if nothing will be, ever.
async fn other_request(wanted: &mut Receiver<MappingRequest>, present: MappingRequest) -> bool {
    wanted.wait_for(|wanted| *wanted != present).await.is_ok()
}

async fn keep_mapped(
    router: &Router,
    port: NonZeroU16,
    results: &Sender<PortMapping>,
) -> std::convert::Infallible {
    let mut pause = FIRST_RETRY;
    loop {
        results.send_replace(PortMapping::Searching);
        match router.map(port).await {
            Ok(lease) => {
                pause = FIRST_RETRY;
                follow(lease, results).await;
            }
            Err(reason) => {
                tracing::debug!(%reason, "no port is mapped");
                results.send_replace(PortMapping::Unavailable { reason });
                sleep(pause).await;
                pause = (pause * RETRY_GROWTH).min(RETRY);
            }
        }
    }
}

/// Tells of the mapping until the router no longer gives it.
async fn follow(mut lease: Lease, results: &Sender<PortMapping>) {
    while let Some(external) = lease.external() {
        let mapping = PortMapping::Mapped { external, protocol: lease.protocol };
        if results.send_replace(mapping) != mapping {
            tracing::info!(protocol = ?lease.protocol, "a port of the router leads to us");
        }
        if !lease.changed().await {
            return;
        }
    }
}

/// Whether a router says with this address that it has none itself.
fn is_no_address(ip: &Ipv4Addr) -> bool {
    ip.is_unspecified() || ip.is_loopback() || ip.is_broadcast() || ip.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(ip: [u8; 4]) -> PortMapping {
        let external = SocketAddrV4::new(ip.into(), 4_000);
        PortMapping::Mapped { external, protocol: MappingProtocol::Pcp }
    }

    #[test]
    fn a_private_address_outside_means_another_router() {
        for ip in [[10, 0, 0, 1], [172, 16, 9, 1], [192, 168, 0, 1], [100, 64, 0, 1], [100, 127, 255, 254]] {
            assert!(mapped(ip).is_behind_another_router(), "{ip:?}");
        }
        for ip in [[9, 9, 9, 9], [100, 63, 0, 1], [100, 128, 0, 1], [203, 0, 113, 1]] {
            assert!(!mapped(ip).is_behind_another_router(), "{ip:?}");
        }
        assert!(!PortMapping::Searching.is_behind_another_router());
    }

    #[test]
    fn routers_without_an_address_of_their_own_are_noticed() {
        assert!(is_no_address(&Ipv4Addr::UNSPECIFIED));
        assert!(!is_no_address(&Ipv4Addr::new(10, 0, 0, 1)));
    }
}
