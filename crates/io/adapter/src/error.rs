use std::io;

use ipnet::Ipv4Net;
use lanrage_party::{Subnet, VirtualIp};

/// Why there is no adapter. The text says what is wrong, [`fix`](Self::fix) what the user can do about it.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// The process may not create or configure network devices, and on Linux there is no helper that would.
    #[error("LANrage is not allowed to create its network adapter")]
    PermissionDenied,
    /// The helper is installed, and nobody listens at its socket.
    #[error("LANrage's helper, which creates the network adapter, is not running")]
    HelperNotRunning,
    /// This system's rules let this user have no adapter, or only at the computer itself.
    #[error("this computer does not allow you to create LANrage's network adapter")]
    HelperDenied,
    /// The helper creates no such adapter for anybody.
    #[error("LANrage's helper refused to create the network adapter: {reason}")]
    HelperRefused {
        /// What is wrong with what was asked for.
        reason: String,
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
    /// What the user of this operating system can do.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::PermissionDenied => on(
                "Install LANrage's package (.deb or .rpm), once: it brings a helper that does it. Or start LANrage as root (sudo).",
                "Start LANrage with sudo.",
                "Close LANrage and start it with \"Run as administrator\".",
            ),
            Self::HelperNotRunning => {
                "Start it with \"sudo systemctl enable --now lanrage-helper.socket\", or install LANrage's package again."
            }
            Self::HelperDenied => {
                "Use LANrage in a session at the computer itself, or have its administrator allow you the polkit action io.lanrage.helper.open-adapter."
            }
            Self::HelperRefused { .. } => {
                "Set the name of the network adapter back to lanrage0 in the settings. If it is that already, install LANrage's package again."
            }
            Self::NoDriver => on(
                "Load the driver with \"sudo modprobe tun\". In a container, pass the device /dev/net/tun through.",
                "Restart the computer; the driver is part of macOS.",
                "Install LANrage again: the file wintun.dll is missing beside the program.",
            ),
            Self::NameTaken { .. } => on(
                "Close other copies of LANrage, or delete an unused adapter with \"sudo ip link delete\".",
                "Close other copies of LANrage.",
                "Close other copies of LANrage, or remove unused adapters in the Device Manager.",
            ),
            Self::InvalidName { .. } => {
                "Choose a name of 1 to 14 letters, digits, \"-\" or \"_\" in the settings."
            }
            Self::AddressOutside { .. } => "Leave the party and join it again.",
            Self::AddressInUse { .. } => "Close the other copy of LANrage that is in this party.",
            Self::SubnetOverlaps { .. } => {
                "Disconnect the other network (often a VPN), or make the party with another network."
            }
            Self::Route { .. } | Self::Io { .. } => {
                "Try again. If it fails again, restart the computer and report the message above."
            }
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

const fn on(linux: &'static str, macos: &'static str, windows: &'static str) -> &'static str {
    if cfg!(windows) {
        windows
    } else if cfg!(target_os = "macos") {
        macos
    } else {
        linux
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_both_networks_and_the_interface_in_the_way() {
        let error = AdapterError::SubnetOverlaps {
            subnet: Subnet::DEFAULT,
            route: "10.0.0.0/8".parse().unwrap(),
            interface: "corp-vpn".into(),
        };
        assert_eq!(
            error.to_string(),
            "the party's network 10.66.0.0/16 overlaps 10.0.0.0/8, which this computer reaches through corp-vpn"
        );
        assert!(error.fix().contains("VPN"));
    }

    #[test]
    fn a_missing_right_and_a_missing_driver_are_told_apart_and_each_has_its_own_fix() {
        assert_ne!(AdapterError::PermissionDenied.to_string(), AdapterError::NoDriver.to_string());
        assert_ne!(AdapterError::PermissionDenied.fix(), AdapterError::NoDriver.fix());
    }

    #[cfg(unix)]
    #[test]
    fn both_forms_of_not_allowed_are_one_case_and_nothing_else_is() {
        let sorted = |errno: rustix::io::Errno| AdapterError::from_io("test", errno.into());
        assert!(matches!(sorted(rustix::io::Errno::PERM), AdapterError::PermissionDenied));
        assert!(matches!(sorted(rustix::io::Errno::ACCESS), AdapterError::PermissionDenied));
        assert!(matches!(sorted(rustix::io::Errno::INVAL), AdapterError::Io { step: "test", .. }));
    }
}
