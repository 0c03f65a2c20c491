//! What is asked of a router, and what it gave: the words between the decisions and the task that speaks PCP (RFC
//! 6887), NAT-PMP (RFC 6886) and UPnP IGD.

pub mod messages;

use std::{net::SocketAddrV4, num::NonZeroU16};

use lanrage_party::facts::PortMappingFault;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MappingRequest {
    /// The UDP port of ours that shall be reachable; `None` gives back what there is.
    pub port: Option<NonZeroU16>,
    /// Another number means that the device may be behind another router, or that the router has forgotten us.
    /// [`NetworkState::generation`](crate::NetworkState::generation) is one.
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
    /// There is none. It is tried again soon, and then later each time, up to five minutes.
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
    /// It says that it has no address on the internet itself.
    #[error("the router has no address")]
    NoAddress,
    /// It knows one, and gives nothing.
    #[error("the router refuses to map a port")]
    Refused,
}

impl From<MappingFailure> for PortMappingFault {
    fn from(failure: MappingFailure) -> Self {
        match failure {
            MappingFailure::NoRouter => Self::NoRouter,
            MappingFailure::NotOffered => Self::NotOffered,
            MappingFailure::NoAddress => Self::NoAddress,
            MappingFailure::Refused => Self::Refused,
        }
    }
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
}
