use std::{io, net::Ipv4Addr};

use ipnet::Ipv4Net;
use lanrage_party::{
    Subnet, VirtualIp,
    facts::{Cause, EndpointUse},
};

use crate::helper::denial::Denial;

/// Why there is no adapter. The text is for the log; [`fault`](Self::fault) and [`remedy`](Self::remedy) are what the user
/// is told.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// The process may not create or configure network devices, and on Linux there is no helper that would.
    #[error("LANrage is not allowed to create its network adapter")]
    PermissionDenied,
    /// The helper is installed, and nobody listens at its socket.
    #[error("LANrage's helper, which creates the network adapter, is not running")]
    HelperNotRunning,
    /// This system's rules let this user have no adapter, or only at the computer itself.
    #[error("LANrage's helper does not let user {uid} have a network adapter: {why}")]
    HelperDenied {
        /// Why not.
        why: Denial,
        /// The user, as the helper knows it: in a container it may have another number.
        uid: u32,
    },
    /// The helper creates no such adapter for anybody.
    #[error("LANrage's helper refused to create the network adapter: {cause}")]
    HelperRefused {
        /// What is wrong with what was asked for.
        cause: Cause,
    },
    /// The helper tried, and the system failed; or what it answers cannot be used.
    #[error("LANrage's helper could not create the network adapter: {cause}")]
    HelperFailed {
        /// Why. The helper's own log has more.
        cause: Cause,
    },
    /// The system has no virtual network device to offer: no `/dev/net/tun`, no `wintun.dll`.
    #[error("this computer has no driver for virtual network adapters")]
    NoDriver,
    /// The name and the seven after it belong to other interfaces.
    #[error("the network adapter name {name} and the ones after it are taken")]
    NameTaken {
        /// The name asked for.
        name: String,
    },
    /// The name is not one that an interface can have.
    #[error("{name:?} cannot be the name of a network adapter")]
    InvalidName {
        /// The name asked for.
        name: String,
    },
    /// The address is not a lease of the party's network.
    #[error("the address {address} is outside the party's network {}", .subnet.net())]
    AddressOutside {
        /// The address asked for.
        address: VirtualIp,
        /// The party's network.
        subnet: Subnet,
    },
    /// Another interface of this computer holds the address: usually a second LANrage in the same party.
    #[error("the address {address} is already in use on this computer, by {interface}")]
    AddressInUse {
        /// The address asked for.
        address: VirtualIp,
        /// The interface that holds it.
        interface: String,
    },
    /// Part of the party's network is already reached another way.
    #[error("the party's network {} overlaps {route}, which this computer reaches through {interface}", .subnet.net())]
    SubnetOverlaps {
        /// The party's network.
        subnet: Subnet,
        /// The network in the way.
        route: Ipv4Net,
        /// The interface that leads there.
        interface: String,
    },
    /// The party's network holds a name server of this computer: its questions would go to the party.
    #[error("the party's network {} holds the name server {address}", .subnet.net())]
    SubnetHoldsResolver {
        /// The party's network.
        subnet: Subnet,
        /// The name server.
        address: Ipv4Addr,
    },
    /// The party's network holds the address of somebody whom this computer talks to.
    #[error("the party's network {} holds {address}, which is in use: {used_as}", .subnet.net())]
    SubnetHoldsEndpoint {
        /// The party's network.
        subnet: Subnet,
        /// The address.
        address: Ipv4Addr,
        /// What it is used as.
        used_as: EndpointUse,
    },
    /// The system refused a route.
    #[error("traffic for {route} could not be led into the network adapter: {source}")]
    Route {
        /// The destination.
        route: Ipv4Net,
        /// What the system said.
        source: io::Error,
    },
    /// The system failed at a step for another reason.
    #[error("the network adapter could not be set up ({step}): {source}")]
    Io {
        /// What was being done.
        step: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl AdapterError {
    /// Why, for whoever says that the adapter as a whole is not there.
    pub fn cause(&self) -> Cause {
        match self {
            Self::PermissionDenied | Self::HelperDenied { .. } => Cause::NotAllowed,
            Self::HelperNotRunning => Cause::ConnectionRefused,
            Self::HelperRefused { cause } | Self::HelperFailed { cause } => cause.clone(),
            Self::NoDriver => Cause::NotSupported,
            Self::NameTaken { .. } => Cause::AlreadyThere,
            Self::InvalidName { .. } => Cause::BadName,
            Self::AddressInUse { .. } => Cause::InUse,
            Self::AddressOutside { .. }
            | Self::SubnetOverlaps { .. }
            | Self::SubnetHoldsResolver { .. }
            | Self::SubnetHoldsEndpoint { .. } => Cause::BadAddress,
            Self::Route { source, .. } | Self::Io { source, .. } => source.into(),
        }
    }

    /// Sorts what the system said while a step was done.
    pub(crate) fn from_io(step: &'static str, source: io::Error) -> Self {
        match source.kind() {
            // EPERM and EACCES; ERROR_ACCESS_DENIED on Windows.
            io::ErrorKind::PermissionDenied => Self::PermissionDenied,
            _ => Self::Io { step, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn both_forms_of_not_allowed_are_one_case_and_nothing_else_is() {
        let sorted = |errno: rustix::io::Errno| AdapterError::from_io("test", errno.into());
        assert!(matches!(sorted(rustix::io::Errno::PERM), AdapterError::PermissionDenied));
        assert!(matches!(sorted(rustix::io::Errno::ACCESS), AdapterError::PermissionDenied));
        assert!(matches!(sorted(rustix::io::Errno::INVAL), AdapterError::Io { step: "test", .. }));
    }
}
