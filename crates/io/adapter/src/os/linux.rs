pub(super) mod copies;
pub(super) mod groups;
mod joined;
pub(super) mod passing;
pub(super) mod searches;
mod tap;

use std::{io, os::fd::OwnedFd, path::Path};

use rustix::io::Errno;
use tun::AbstractDevice;

use self::copies::Source;
use super::{
    Packets, Searches, linux_helper,
    linux_netlink::{self, index},
    linux_queue,
};
use crate::{AdapterConfig, AdapterError};

/// [`create_for`] the user of this process; where it may not look at searches, the helper does that.
pub(crate) fn create(name: &str, config: &AdapterConfig) -> Result<(Packets, String), AdapterError> {
    create_with(name, config, rustix::process::geteuid().as_raw(), search_source)
}

/// The device's descriptor is not persistent: when the last copy is closed, the kernel removes the device, its
/// address and its routes. Nobody but the owner and who may change the system's network can attach to it.
pub(crate) fn create_for(
    name: &str,
    config: &AdapterConfig,
    owner: u32,
) -> Result<(Packets, String), AdapterError> {
    create_with(name, config, owner, |interface, config| own_tap(interface, config).map(Source::Tap))
}

fn create_with(
    name: &str,
    config: &AdapterConfig,
    owner: u32,
    searches: impl FnOnce(u32, &AdapterConfig) -> Result<Source, AdapterError>,
) -> Result<(Packets, String), AdapterError> {
    let (queues, offloads) =
        linux_queue::open(name, owner, config.offload).map_err(|error| not_created(name, error))?;
    let mut device = settings_of(name)?;
    device.set_mtu(config.mtu).map_err(step("set the largest packet size"))?;
    device.set_address(config.address.0.into()).map_err(step("set the address"))?;
    device.set_netmask(config.subnet.net().netmask().into()).map_err(step("set the network mask"))?;
    disable_ipv6(name);
    device.enabled(true).map_err(step("bring it up"))?;

    let index = index(name)
        .ok_or_else(|| AdapterError::Io { step: "find it again", source: io::ErrorKind::NotFound.into() })?;
    let copies = match searches(index, &AdapterConfig { name: name.to_owned(), ..config.clone() }) {
        Ok(source) => {
            searches::follow(index, name, config.address.0)
                .map_err(|source| AdapterError::Io { step: "lead searches", source })?;
            Some(source)
        }
        Err(error) => {
            tracing::warn!(%error, "searches cannot be copied, and are led into the adapter instead");
            searches::take(index, config.address.0)
                .map_err(|(route, source)| AdapterError::Route { route, source })?;
            None
        }
    };
    let packets =
        Packets::new(queues, offloads).map_err(|source| AdapterError::from_io("take it over", source))?;
    Ok((packets.with_copies(copies), name.to_owned()))
}

/// What programs search by other interfaces, for an open adapter with this number and the name in the configuration: seen by
/// ourselves, or else by the helper.
pub(crate) fn search_source(interface: u32, config: &AdapterConfig) -> Result<Source, AdapterError> {
    own_tap(interface, config)
        .map(Source::Tap)
        .or_else(|_| linux_helper::ask_for_searches(config).map(Source::Helper))
}

/// The same for a user who has the open adapter, to be passed on to them.
pub(crate) fn searches_for(config: &AdapterConfig, owner: u32) -> Result<Searches, AdapterError> {
    let gone = || AdapterError::Io { step: "find it again", source: io::ErrorKind::NotFound.into() };
    let interface = index(&config.name).ok_or_else(gone)?;
    let state = linux_netlink::tun_state(interface)
        .map_err(|source| AdapterError::Io { step: "look at it", source })?;
    if state.and_then(|state| state.owner) != Some(owner) {
        return Err(AdapterError::PermissionDenied);
    }
    Ok(Searches::new(own_tap(interface, config)?, &config.name, config.address.0))
}

fn own_tap(interface: u32, config: &AdapterConfig) -> Result<OwnedFd, AdapterError> {
    tap::open(interface, config.address.0).map_err(|error| AdapterError::from_io("see searches", error))
}

/// The `tun` crate's view of a device by its name: it sets addresses, and reads and writes nothing.
fn settings_of(name: &str) -> Result<tun::Device, AdapterError> {
    let mut request = tun::Configuration::default();
    // Any descriptor will do, and it is not closed: the crate wants one, and its settings go by the name.
    request.tun_name(name).raw_fd(0).close_fd_on_drop(false);
    tun::create(&request).map_err(step("take it over"))
}

fn not_created(name: &str, error: io::Error) -> AdapterError {
    match Errno::from_io_error(&error) {
        // No device file, or one with no driver behind it.
        Some(Errno::NOENT | Errno::NODEV | Errno::NXIO) => AdapterError::NoDriver,
        // Any interface of that name, or a device that somebody else got hold of: the next one may be ours alone.
        Some(Errno::EXIST | Errno::BUSY) => AdapterError::NameTaken { name: name.to_owned() },
        _ => AdapterError::from_io("create it", error),
    }
}

fn step(step: &'static str) -> impl FnOnce(tun::Error) -> AdapterError {
    move |error| AdapterError::from_io(step, error.into())
}

/// Best effort: the tunnel carries IPv4 alone, and with IPv6 on, the kernel fills the device with router
/// solicitations and listener reports that nobody can answer.
fn disable_ipv6(name: &str) {
    let setting = Path::new("/proc/sys/net/ipv6/conf").join(name).join("disable_ipv6");
    if let Err(error) = std::fs::write(&setting, "1")
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::debug!(name, %error, "IPv6 stays on");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_sorted_into_the_cases_that_a_user_can_act_on() {
        let sorted = |errno: Errno| not_created("no-such-device", errno.into());
        assert!(matches!(sorted(Errno::ACCESS), AdapterError::PermissionDenied));
        assert!(matches!(sorted(Errno::PERM), AdapterError::PermissionDenied));
        assert!(matches!(sorted(Errno::NOENT), AdapterError::NoDriver));
        assert!(matches!(sorted(Errno::NODEV), AdapterError::NoDriver));
        assert!(matches!(sorted(Errno::BUSY), AdapterError::NameTaken { .. }));
        assert!(matches!(sorted(Errno::EXIST), AdapterError::NameTaken { .. }));
        assert!(matches!(sorted(Errno::INVAL), AdapterError::Io { .. }));
    }
}
