//! What an error of the adapter is to the user.

use lanrage_party::facts::{
    AdapterFault, AddressTrouble, Cause, ENABLE_HELPER, HelperTrouble, NameTrouble, PermissionTrouble, Remedy,
};

use crate::{
    AdapterError,
    helper::{Denial, USERS},
};

impl AdapterError {
    /// What is wrong.
    pub fn fault(&self) -> AdapterFault {
        match self {
            Self::PermissionDenied => AdapterFault::AdapterPermission { by: PermissionTrouble::System },
            Self::HelperDenied { why, .. } => AdapterFault::AdapterPermission {
                by: match why {
                    Denial::Away => PermissionTrouble::Away,
                    Denial::Forbidden => PermissionTrouble::Forbidden,
                    Denial::NoPolkit => PermissionTrouble::NoPolkit,
                    Denial::PolkitSilent => PermissionTrouble::PolkitSilent,
                },
            },
            Self::HelperNotRunning => {
                AdapterFault::AdapterHelper { trouble: HelperTrouble::Off, cause: self.cause() }
            }
            Self::HelperRefused { cause } => {
                AdapterFault::AdapterHelper { trouble: HelperTrouble::Refused, cause: cause.clone() }
            }
            Self::NoDriver => AdapterFault::AdapterDriver,
            Self::NameTaken { name } => {
                AdapterFault::AdapterName { trouble: NameTrouble::Taken, name: name.clone() }
            }
            Self::InvalidName { name } => {
                AdapterFault::AdapterName { trouble: NameTrouble::Invalid, name: name.clone() }
            }
            Self::AddressInUse { address, interface } => AdapterFault::AdapterAddress {
                trouble: AddressTrouble::InUse,
                address: address.to_string(),
                place: interface.clone(),
            },
            Self::AddressOutside { address, subnet } => AdapterFault::AdapterAddress {
                trouble: AddressTrouble::Outside,
                address: address.to_string(),
                place: subnet.net().to_string(),
            },
            Self::SubnetOverlaps { subnet, route, interface } => AdapterFault::AdapterSubnet {
                subnet: subnet.net().to_string(),
                route: route.to_string(),
                interface: interface.clone(),
            },
            Self::SubnetHoldsResolver { subnet, address } => AdapterFault::AdapterResolver {
                subnet: subnet.net().to_string(),
                address: address.to_string(),
            },
            Self::SubnetHoldsEndpoint { subnet, address, used_as } => AdapterFault::AdapterEndpoint {
                subnet: subnet.net().to_string(),
                address: address.to_string(),
                used_as: *used_as,
            },
            Self::Route { route, .. } => {
                AdapterFault::AdapterRoute { route: route.to_string(), cause: self.cause() }
            }
            Self::HelperFailed { .. } | Self::Io { .. } => {
                AdapterFault::AdapterFailed { cause: self.cause() }
            }
        }
    }

    /// What the user of this operating system can do about it.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::PermissionDenied => {
                on(Remedy::InstallPackage, Remedy::StartWithSudo, Remedy::RunAsAdministrator)
            }
            Self::HelperNotRunning => Remedy::StartHelper { command: ENABLE_HELPER.to_owned() },
            Self::HelperDenied { .. } if cfg!(windows) => Remedy::RunAsAdministrator,
            Self::HelperDenied { why: Denial::Away, uid } => {
                Remedy::UseAtTheComputer { command: allow_command(*uid) }
            }
            Self::HelperDenied { uid, .. } => Remedy::JoinHelperUsers { command: allow_command(*uid) },
            Self::HelperRefused { cause: Cause::BadName } => Remedy::ResetAdapterName,
            Self::HelperRefused { cause: Cause::OtherVersion } => Remedy::RestartLanrage,
            Self::HelperRefused { .. } => Remedy::ReportFailure,
            Self::NoDriver => on(
                Remedy::LoadDriver { command: "sudo modprobe tun".to_owned() },
                Remedy::RestartComputer,
                Remedy::InstallDriver,
            ),
            Self::NameTaken { .. } => on(
                Remedy::FreeAdapterName { command: "sudo ip link delete".to_owned() },
                Remedy::CloseOtherCopies,
                Remedy::RemoveAdapters,
            ),
            Self::InvalidName { .. } => Remedy::ChooseAdapterName,
            Self::AddressOutside { .. } => Remedy::JoinAgain,
            Self::AddressInUse { .. } => Remedy::CloseOtherCopy,
            Self::SubnetOverlaps { .. } => Remedy::DisconnectVpn,
            Self::SubnetHoldsResolver { .. } | Self::SubnetHoldsEndpoint { .. } => Remedy::OtherNetwork,
            Self::HelperFailed { .. } | Self::Route { .. } | Self::Io { .. } => Remedy::ReportFailure,
        }
    }
}

/// Puts a user on the helper's list, whatever permissions root's new files have.
fn allow_command(uid: u32) -> String {
    format!("sudo sh -c 'echo {uid} >> {USERS}; chmod 644 {USERS}'")
}

fn on(linux: Remedy, macos: Remedy, windows: Remedy) -> Remedy {
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
    use lanrage_party::Subnet;

    use super::*;

    #[test]
    fn an_overlap_names_both_networks_and_the_interface_in_the_way() {
        let error = AdapterError::SubnetOverlaps {
            subnet: Subnet::DEFAULT,
            route: "10.0.0.0/8".parse().unwrap(),
            interface: "corp-vpn".into(),
        };
        assert_eq!(
            error.fault(),
            AdapterFault::AdapterSubnet {
                subnet: "10.66.0.0/16".to_owned(),
                route: "10.0.0.0/8".to_owned(),
                interface: "corp-vpn".to_owned(),
            }
        );
        assert_eq!(error.remedy(), Remedy::DisconnectVpn);
    }

    #[cfg(not(windows))]
    #[test]
    fn what_the_helper_refuses_has_a_fix_that_works_where_it_was_refused() {
        let denied = |why| AdapterError::HelperDenied { why, uid: 1007 };
        let command =
            "sudo sh -c 'echo 1007 >> /etc/lanrage-helper.users; chmod 644 /etc/lanrage-helper.users'";
        let listed = Remedy::JoinHelperUsers { command: command.to_owned() };
        for (why, by, remedy) in [
            (Denial::Away, PermissionTrouble::Away, Remedy::UseAtTheComputer { command: command.to_owned() }),
            (Denial::Forbidden, PermissionTrouble::Forbidden, listed.clone()),
            (Denial::NoPolkit, PermissionTrouble::NoPolkit, listed.clone()),
            (Denial::PolkitSilent, PermissionTrouble::PolkitSilent, listed),
        ] {
            let error = denied(why);
            assert_eq!((error.fault(), error.remedy()), (AdapterFault::AdapterPermission { by }, remedy));
        }
        for (cause, remedy) in [
            (Cause::BadName, Remedy::ResetAdapterName),
            (Cause::OtherVersion, Remedy::RestartLanrage),
            (Cause::BadPacketSize, Remedy::ReportFailure),
        ] {
            assert_eq!(AdapterError::HelperRefused { cause }.remedy(), remedy);
        }
    }

    #[test]
    fn a_missing_right_and_a_missing_driver_are_told_apart_and_each_has_its_own_remedy() {
        assert_ne!(AdapterError::PermissionDenied.fault(), AdapterError::NoDriver.fault());
        assert_ne!(AdapterError::PermissionDenied.remedy(), AdapterError::NoDriver.remedy());
    }
}
